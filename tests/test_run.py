"""`run`: the compiled workflow, here, each task in its own process."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pipelines_for_runs import FAILING, ISOLATIONS
from projects import MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_data_crosses_tasks_by_hand_off(two_tasks: Project, isolation: str) -> None:
    result = two_tasks.ok("run", "--isolation", isolation)
    assert two_tasks.traces() == ["make", "use 20"]
    assert json.loads(two_tasks.read("data/result.json")) == 40
    assert re.findall(r"(make|use) +Succeeded", result.out) == ["make", "use"]
    assert "result" in result.err
    assert is_clean(result.text)


def test_the_state_folder_is_ignored_by_git_by_itself(two_tasks: Project) -> None:
    two_tasks.ok("run")
    assert two_tasks.read(".argo-kedro/.gitignore") == "*\n"


def test_every_task_is_a_process_with_the_runs_one_id(make_project: MakeProject) -> None:
    project = make_project(
        """
def show(value):
    trace(f"{os.getpid()} {os.environ['WORKFLOW_ID']} {os.environ['NUM_CPU']}")
    return value
def start():
    return show(0)
def register_pipelines():
    return {"__default__": Pipeline([
        node(start, None, "a", name="first"),
        node(show, "a", "b", name="second"), node(show, "a", "c", name="third"),
    ])}
"""
    )
    project.ok("run", env={"WORKFLOW_ID": "outer"})
    pids, ids, cores = zip(*(line.split() for line in project.traces()), strict=True)
    assert len(set(pids)) == 3
    assert len(set(ids)) == 1
    assert ids[0] != "outer"
    assert set(cores) == {"1"}
    project.ok("run")
    assert len({line.split()[1] for line in project.traces()}) == 2


def test_a_second_run_is_a_run_of_its_own(two_tasks: Project) -> None:
    two_tasks.ok("run")
    two_tasks.ok("run")
    assert two_tasks.traces() == ["make", "use 20"] * 2
    first, second = two_tasks.ok("list", "-o", "name").out.split()
    assert first != second
    latest = two_tasks.ok("status", "@latest", "-o", "json").json()
    assert latest["run"]["name"] == first
    by_prefix = two_tasks.ok("status", second, "-o", "json").json()
    assert by_prefix["state"]["phase"] == "Succeeded"
    assert by_prefix["run"]["uid"] != latest["run"]["uid"]


def test_the_same_name_twice_is_two_runs(two_tasks: Project) -> None:
    two_tasks.ok("run", "--workflow-name", "mine")
    two_tasks.ok("run", "-w", "mine")
    second, first = two_tasks.ok("list", "-o", "name").out.split()
    assert first == "mine"
    assert second.startswith("mine-")
    assert two_tasks.traces() == ["make", "use 20"] * 2


def test_a_group_runs_as_one_process_and_keeps_its_data_in_memory(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def make():
    trace(os.getpid())
    return {"not": "json", 1: object()}
def use(value):
    trace(os.getpid())
    assert type(value[1]) is object
    return 1
def register_pipelines():
    return {"__default__": FusedPipeline([
        node(make, None, "kept", name="make"), node(use, "kept", "result", name="use")],
        name="group")}
""",
        {
            "conf/base/argo.yml": "runner: {use_memory_datasets: true}\n",
            "conf/base/catalog.yml": """\
                kept: {type: shop.datasets.JsonFile, filepath: data/k.json}
                """,
        },
    )
    project.ok("run")
    assert len(set(project.traces())) == 1
    assert not (project.root / "data/k.json").exists()


def test_tags_and_environments_select_as_with_kedro_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def show(value):
    trace(value)
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        node(show, "params:x", "a", name="first", tags="t"),
        node(show, "a", "b", name="second")])}
""",
        {"conf/base/parameters.yml": "x: base\n", "conf/cloud/parameters.yml": "x: cloud\n"},
    )
    project.ok("run", "--tags", "t", "--env", "cloud")
    assert project.traces() == ["cloud"]


def test_the_state_can_be_kept_elsewhere(two_tasks: Project, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    two_tasks.ok("run", "--state", state)
    assert not (two_tasks.root / ".argo-kedro").exists()
    assert two_tasks.ok("list", "--state", state, "-o", "name").out.startswith("shop-")


def test_nodes_without_a_name_run(make_project: MakeProject) -> None:
    project = make_project(
        """
from functools import partial
def add(left, right):
    trace(left + right)
    return left + right
def register_pipelines():
    return {"__default__": Pipeline([
        Node(one, None, "a"), Node(lambda a: a + 1, "a", "b"), Node(partial(add, 1), "b", "c")])}
"""
    )
    project.ok("run")
    assert project.traces() == ["3"]


def test_hints_name_the_command_that_was_typed(make_project: MakeProject) -> None:
    project = make_project(FAILING)
    assert "kedro argo run" in project.kedro("argo", "retry").err
    failed = project.kedro("argo", "run")
    assert failed.code == 1
    assert "kedro argo retry shop-" in failed.err
    assert "argo-kedro retry" not in failed.err
