"""Quotas of a namespace: argo-kedro refuses before a run what the cluster would refuse."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from api import ApiServer, node
from program import ClusterProject

PAGE = Path(__file__).parents[2] / "docs" / "rules" / "missing-amount.md"
#: Quota for a controller whose containers have requests and no limits, as in Argo's own settings.
HARD = {"limits.memory": "64Gi"}


def of_page(begin: str) -> dict[str, Any]:
    """The YAML block on the rule's page with this beginning."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    block = next(block for block in blocks if block.startswith(begin))
    document: dict[str, Any] = yaml.safe_load(block)
    return document


@pytest.fixture
def add(api_server: ApiServer, mark: str) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Puts an object into the namespace, and deletes it at the end."""
    made: list[str] = []

    def put(plural: str, document: dict[str, Any]) -> None:
        document = copy.deepcopy(document)
        document["metadata"]["name"] = f"{mark}-{document['metadata']['name']}"
        api_server.ask("POST", api_server.core(plural), document)
        made.append(api_server.core(plural, document["metadata"]["name"]))

    yield put
    for path in reversed(made):
        api_server.delete(path)


@pytest.mark.alone
def test_a_quota_refuses_pods_without_an_amount_and_the_page_mends_it(
    project: ClusterProject,
    cluster_project: Callable[..., ClusterProject],
    api_server: ApiServer,
    add: Callable[[str, dict[str, Any]], None],
) -> None:
    add("resourcequotas", {"metadata": {"name": "all"}, "spec": {"hard": HARD}})
    # The error comes before anything is built or made.
    refused = project.submit()
    assert refused.code == 2, refused
    assert "error[missing-amount]" in refused.err, refused
    assert "limits.memory" in refused.err, refused
    assert not project.runs(), refused
    # The cluster decides: create the same Workflow without argo-kedro's check.
    compiled = yaml.safe_load(project.ok("compile", "--env", "cluster").out)
    made = api_server.create_workflow(compiled)["metadata"]["name"]
    try:
        status = api_server.until_over(made)["status"]
        messages = [each.get("message", "") for each in status["nodes"].values()]
        assert status["phase"] in ("Error", "Failed"), status
        assert any("failed quota" in text and "limits.memory" in text for text in messages), status
    finally:
        api_server.delete_workflow(made)
    # Amounts in argo.yml, as on the page.
    patched = cluster_project(**of_page("patches:"))
    name, _ = patched.submitted()
    status = api_server.until_over(name)["status"]
    assert status["phase"] == "Succeeded", status
    # Or amounts from the namespace.
    add("limitranges", of_page("apiVersion: v1\nkind: LimitRange"))
    name, _ = project.submitted()
    workflow = api_server.until_over(name)
    assert workflow["status"]["phase"] == "Succeeded", workflow
    assert node(workflow, "make"), workflow
