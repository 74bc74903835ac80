"""Runs whose nodes the controller keeps in its own database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api import ARGO, ApiServer
from program import ClusterProject

#: Facts that pods do not give.
ELSEWHERE = ("peak_memory", "started", "finished")


def test_tasks_of_an_off_loaded_run_are_known_by_their_pods(
    cluster_project: Callable[..., ClusterProject], api_server: ApiServer
) -> None:
    project, other = cluster_project(), cluster_project()
    run, _ = project.submitted("--pipelines", "fails")
    assert project.run("watch", run).code == 1
    api_server.ask(
        "PATCH",
        api_server.place(ARGO, "workflows", run),
        {"status": {"nodes": None, "offloadNodeStatusVersion": "fnv:1"}},
        kind="merge-patch+json",
    )

    def tasks(of: ClusterProject) -> dict[str, Any]:
        result = of.ok("status", run, "-o", "json")
        found: dict[str, dict[str, Any]] = result.json()["state"]["tasks"]
        return {
            name: {key: value for key, value in task.items() if key not in ELSEWHERE}
            for name, task in found.items()
        }

    known = tasks(project)
    assert known["train-model"]["cause"]["type"] == "ValueError", known
    assert "by their pods" in other.ok("status", run).err
    seen = tasks(other)
    # A task that never had a pod has no state in the list of pods.
    assert known.pop("score")["phase"] == "Omitted"
    assert seen.pop("score")["phase"] == "Pending"
    assert seen == known
    refused = project.run("retry", run)
    assert refused.code == 2 and "database" in refused.err, refused
