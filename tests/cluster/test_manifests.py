"""Golden manifests against a real API server with Argo's full CRDs."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from golden import manifests


@pytest.mark.parametrize("name", sorted(manifests()))
def test_the_api_server_takes_a_golden_manifest(name: str, api_server: Any) -> None:
    assert api_server.dry_run(manifests()[name]) is None


def test_the_api_server_refuses_what_it_should(api_server: Any) -> None:
    document = manifests()["the_example_as_a_workflow"]
    task = document["spec"]["templates"][0]["dag"]["tasks"][0]
    number = copy.deepcopy(document)
    number["spec"]["templates"][0]["dag"]["tasks"][0]["arguments"]["parameters"][0]["value"] = 3
    assert "must be of type string" in (api_server.dry_run(number) or "")
    task["podSpecPatch"] = "x"
    assert "unknown field" in (api_server.dry_run(document) or "")


def test_more_than_200_tasks_are_taken_under_inline(api_server: Any) -> None:
    document = manifests()["a_wide_pipeline"]
    inline = document["spec"]["templates"][0]["steps"][0][0]["inline"]["dag"]["tasks"]
    assert len(inline) > 200
    assert api_server.dry_run(document) is None
