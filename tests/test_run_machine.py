"""Tasks here share the machine."""

from __future__ import annotations

import pytest
from pipelines_for_runs import ISOLATIONS
from projects import MakeProject

pytestmark = pytest.mark.kedro


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_tasks_that_do_not_wait_for_each_other_run_side_by_side(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(
        """
def left():
    tell("to_right"); wait("to_left"); return 1
def right():
    wait("to_right"); tell("to_left"); return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(left, None, "a", name="left"), node(right, None, "b", name="right")])}
""",
        {"conf/base/argo.yml": "machine_types: {default: {mem: 64Mi, cpu: 100m}}\n"},
    )
    project.fifo("to_left")
    project.fifo("to_right")
    project.ok("run", "--isolation", isolation)


def test_tasks_that_together_ask_more_than_the_machine_has_run_one_by_one(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def alone():
    os.mkdir("taken"); os.rmdir("taken"); return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(alone, None, f"d{n}", name=f"n{n}") for n in range(6)])}
""",
        {"conf/base/argo.yml": "machine_types: {default: {mem: 900, cpu: 1}}\n"},
    )
    events = project.ok("run", "-o", "json").events()
    kinds = [it["event"] for it in events if it["event"] in ("task_started", "task_finished")]
    assert kinds == ["task_started", "task_finished"] * 6


def test_a_gpu_machine_type_runs_here(make_project: MakeProject) -> None:
    project = make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        Node(one, None, "a", name="n", machine_type="g2-standard-96")])}
"""
    )
    project.ok("run")
