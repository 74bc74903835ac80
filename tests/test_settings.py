"""Settings of nodes in `argo.yml`, in a run here.

`crates/plan/tests` and `crates/compile/tests` test their effects on a plan and a manifest.
"""

from __future__ import annotations

from projects import MakeProject
from recorded_projects import NODE_SETTINGS


def test_a_project_with_an_exit_handler_runs_it_here_as_well(make_project: MakeProject) -> None:
    project = make_project(NODE_SETTINGS.registry, NODE_SETTINGS.files)
    result = project.ok("run")
    assert "✓ onExit.sweep" in result.err


FLAKY = """
def flaky():
    trace("tried")
    if not Path("again").exists():
        Path("again").touch()
        raise RuntimeError("not yet")
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(flaky, None, "a", name="flaky")])}
"""


def test_a_task_is_tried_again_here_as_well(make_project: MakeProject) -> None:
    project = make_project(
        FLAKY, {"conf/base/argo.yml": 'nodes: {"*": {retry: {limit: 2, on: [error]}}}\n'}
    )
    project.ok("run")
    assert project.traces() == ["tried", "tried"]
    task = project.ok("status", "-o", "json").json()["state"]["tasks"]["flaky"]
    assert (task["phase"], task["attempts"]) == ("Succeeded", 2)
