"""Golden manifests against Hera's types, which come from Argo's own API description."""

from __future__ import annotations

from typing import Any

import pytest
from golden import manifests

models = pytest.importorskip("hera.workflows.models", reason="hera is not installed")
KINDS = {
    "Workflow": models.Workflow,
    "WorkflowTemplate": models.WorkflowTemplate,
    "CronWorkflow": models.CronWorkflow,
}


def read_and_write(document: dict[str, Any]) -> dict[str, Any]:
    model = KINDS[document["kind"]].model_validate(document)
    return model.model_dump(by_alias=True, exclude_unset=True, mode="json")


def test_there_are_golden_manifests_of_every_kind() -> None:
    assert {document["kind"] for document in manifests().values()} == set(KINDS)


@pytest.mark.parametrize("name", sorted(manifests()))
def test_a_golden_manifest_has_only_fields_and_types_of_argo(name: str) -> None:
    document = manifests()[name]
    # Hera drops a field that Argo does not have.
    assert read_and_write(document) == document


def test_the_judge_sees_a_number_as_parameter_and_an_unknown_field() -> None:
    document = manifests()["the_example_as_a_workflow"]
    task = document["spec"]["templates"][0]["dag"]["tasks"][0]
    task["podSpecPatch"] = "x"
    assert read_and_write(document) != document
    task["arguments"]["parameters"][0]["value"] = 3
    with pytest.raises(ValueError, match="valid string"):
        read_and_write(document)
