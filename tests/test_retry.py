"""`retry`: a run continues where it stopped, for any reason."""

from __future__ import annotations

import json
import os
import shutil
import signal

import pytest
from projects import RESULT, MakeProject, Project, is_clean

ISOLATIONS = ["fork", "spawn"]

#: Every node leaves a trace; `second` fails until a file `mended` exists.
FAILING = """
def first():
    trace("first")
    return {"number": 20}
def second(value):
    trace("second")
    if not Path("mended").exists():
        raise ValueError("not yet")
    return value["number"] * 2
def third(value):
    trace(f"third {value}")
    return value
def beside():
    trace("beside")
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        Node(first, None, "a", name="first"),
        Node(second, "a", "b", name="second"),
        Node(third, "b", "result", name="third"),
        Node(beside, None, "d", name="beside"),
    ])}
"""


@pytest.fixture
def failed(make_project: MakeProject) -> Project:
    """A project with one run that failed in its second task."""
    project = make_project(FAILING, dict(RESULT))
    result = project.run("run")
    assert result.code == 1, result
    (project.root / "trace.txt").unlink()
    return project


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_only_what_did_not_succeed_runs_with_the_data_of_what_did(
    failed: Project, isolation: str
) -> None:
    failed.write({"mended": ""})
    result = failed.ok("retry", "--isolation", isolation)
    assert failed.traces() == ["second", "third 40"]
    assert json.loads(failed.read("data/result.json")) == 40
    assert "2 tasks left" in result.err
    state = failed.ok("status", "-o", "json").json()["state"]
    assert state["phase"] == "Succeeded"
    attempts = {name: task["attempts"] for name, task in state["tasks"].items()}
    assert attempts == {"first": 1, "second": 2, "third": 1, "beside": 1}


def test_a_retry_that_fails_again_can_be_retried(failed: Project) -> None:
    again = failed.run("retry")
    assert again.code == 1
    assert failed.traces() == ["second"]
    failed.write({"mended": ""})
    failed.ok("retry", "-o", "json")
    assert failed.traces() == ["second", "second", "third 40"]


def test_the_command_that_a_failed_run_prints_works(failed: Project) -> None:
    (name,) = failed.ok("list", "-o", "name").out.split()
    failed.write({"mended": ""})
    failed.ok("retry", name)
    assert failed.ok("list", "-o", "name").out.split() == [name]


def test_a_run_that_succeeded_has_nothing_to_go_on_with(two_tasks: Project) -> None:
    two_tasks.ok("run")
    result = two_tasks.ok("retry")
    assert "no task is left" in result.err
    assert two_tasks.traces() == ["make", "use 20"]


def test_mended_code_is_what_a_retry_runs(failed: Project) -> None:
    failed.registry(FAILING.replace('Path("mended").exists()', "True"))
    failed.ok("retry")
    assert failed.traces() == ["second", "third 40"]


def test_the_runs_own_environment_and_parameters_count(make_project: MakeProject) -> None:
    project = make_project(
        """
def show(value):
    trace(value)
    if not Path("mended").exists():
        raise ValueError("not yet")
def register_pipelines():
    return {"other": Pipeline([node(show, "params:x", None, name="show")]),
            "__default__": Pipeline([])}
""",
        {"conf/base/parameters.yml": "x: base\n", "conf/cloud/parameters.yml": "x: cloud\n"},
    )
    for words in (["--env", "cloud"], ["--params", "x=given"]):
        assert project.run("run", "--pipelines", "other", *words).code == 1
        project.write({"mended": ""})
        project.ok("retry")
        (project.root / "mended").unlink()
    assert project.traces() == ["cloud", "cloud", "given", "given"]


def test_a_node_that_is_gone_from_the_project_is_named(failed: Project) -> None:
    failed.registry(FAILING.replace('name="third"', 'name="renamed"'))
    result = failed.run("retry")
    assert result.code == 2
    assert "`third`" in result.err
    assert "hint:" in result.err
    assert failed.traces() == []


def test_data_of_a_finished_task_that_was_deleted_is_explained(failed: Project) -> None:
    for folder in (failed.root / ".argo-kedro/runs").glob("*/data"):
        shutil.rmtree(folder)
    failed.write({"mended": ""})
    result = failed.run("retry")
    assert result.code == 1
    assert "nothing was handed over" in result.text
    assert is_clean(result.text)


def test_there_is_no_run_to_go_on_with_yet(two_tasks: Project) -> None:
    result = two_tasks.run("retry")
    assert result.code == 2
    assert "hint:" in result.err
    assert "run" in result.err
    assert not (two_tasks.root / ".argo-kedro").exists()


def test_an_unknown_and_an_ambiguous_run_are_errors(failed: Project) -> None:
    failed.run("run")
    unknown = failed.run("retry", "nowhere")
    ambiguous = failed.run("retry", "shop-")
    assert (unknown.code, ambiguous.code) == (2, 2)
    assert "nowhere" in unknown.err
    assert "shop-" in ambiguous.err
    assert "list" in unknown.err


DYING = """
def first():
    trace("first")
    return 20
def second(value):
    trace("second")
    if not Path("mended").exists():
        Path("mended").touch()
        tell("ready")
        signal.pause()
    return value * 2
def third(value):
    trace(f"third {value}")
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        Node(first, None, "a", name="first"),
        Node(second, "a", "b", name="second"),
        Node(third, "b", "result", name="third"),
    ])}
"""


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_run_whose_program_was_killed_goes_on(make_project: MakeProject, isolation: str) -> None:
    project = make_project(DYING, dict(RESULT))
    project.fifo("ready")
    with project.start("run", "--isolation", isolation) as program:
        project.hear("ready")
        program.kill()
        program.wait(timeout=60)
        state = project.ok("status", "-o", "json").json()["state"]
        assert state["phase"] == "Failed"
        assert {name: task["phase"] for name, task in state["tasks"].items()} == {
            "first": "Succeeded",
            "second": "Failed",
            "third": "Pending",
        }
        project.ok("retry", "--isolation", isolation)
        for pid in project.processes():
            os.kill(pid, signal.SIGKILL)
    assert project.traces() == ["first", "second", "second", "third 40"]
    assert json.loads(project.read("data/result.json")) == 40


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_no_task_outlives_a_program_that_was_killed(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(DYING, dict(RESULT))
    project.fifo("ready")
    program = project.start("run", "--isolation", isolation)
    project.hear("ready")
    program.kill()
    program.wait(timeout=60)
    left = project.processes()
    gone = project.are_gone(left)
    for pid in project.processes():
        os.kill(pid, signal.SIGKILL)
    program.communicate(timeout=60)
    assert gone, f"{len(left)} processes go on"


def test_a_run_that_still_goes_on_cannot_be_retried(make_project: MakeProject) -> None:
    project = make_project(DYING, dict(RESULT))
    project.fifo("ready")
    with project.start("run") as program:
        project.hear("ready")
        result = project.run("retry")
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    assert result.code == 2
    assert "still running" in result.err
    assert "status" in result.err


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_run_that_was_stopped_goes_on(make_project: MakeProject, isolation: str) -> None:
    project = make_project(DYING, dict(RESULT))
    project.fifo("ready")
    with project.start("run", "--isolation", isolation) as program:
        project.hear("ready")
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    project.ok("retry", "--isolation", isolation)
    assert project.traces() == ["first", "second", "second", "third 40"]


def test_a_killed_task_leaves_no_half_written_data(make_project: MakeProject) -> None:
    project = make_project(
        """
class Slow:
    def __reduce__(self):
        if not Path("mended").exists():
            Path("mended").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return (int, (20,))
def make():
    trace("make")
    return [b"x" * 1_000_000, Slow()]
def use(value):
    trace(f"use {value[1]}")
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "a", name="make"), Node(use, "a", "b", name="use")])}
"""
    )
    assert project.run("run").code == 1
    project.ok("retry")
    assert project.traces() == ["make", "make", "use 20"]
    names = [path.name for path in (project.root / ".argo-kedro/runs").rglob("data/*")]
    assert names == ["a.pickle"]


@pytest.mark.parametrize(
    "words",
    [
        ["logs", "--container", "init"],
        ["logs", "--timestamps"],
    ],
)
def test_what_is_for_clusters_is_refused_for_a_run_here(failed: Project, words: list[str]) -> None:
    refused = failed.run(*words)
    assert refused.code == 2 and "for runs on a cluster" in refused.err, refused


#: `raw` and `argo.yml` need the parameter; `second` fails until a file `mended` exists.
WITH_PARAMETERS = """
def first(who, depth):
    trace(f"first {who} {depth}")
    return depth
def second(number, who):
    trace(f"second {who}")
    if not Path("mended").exists():
        raise ValueError("not yet")
    return number
def beside(value):
    trace("beside")
def register_pipelines():
    return {"__default__": Pipeline([
        Node(first, ["params:who", "params:depth"], "a", name="first"),
        Node(second, ["a", "params:who"], "result", name="second"),
        Node(beside, "params:other", None, name="beside"),
    ])}
"""
CONFIGURATION = {
    "conf/base/parameters.yml": "who: ${runtime_params:who}\ndepth: 1\nother: 2\n",
    "conf/base/argo.yml": "namespace: team-${runtime_params:who}\n",
    "conf/base/catalog.yml": (
        "result: {type: shop.datasets.JsonFile, filepath: 'data/${runtime_params:who}.json'}\n"
    ),
}


@pytest.fixture
def with_parameters(make_project: MakeProject) -> Project:
    """A run that failed at `second`, with a parameter that the configuration needs."""
    project = make_project(WITH_PARAMETERS, dict(CONFIGURATION))
    assert project.run("run", "--params", "who=anna").code == 1
    (project.root / "trace.txt").unlink()
    project.write({"mended": ""})
    return project


def test_a_retry_reads_the_project_with_the_parameters_of_the_run(with_parameters: Project) -> None:
    with_parameters.ok("retry")
    assert with_parameters.traces() == ["second anna"]
    assert with_parameters.read("data/anna.json") == "1"


def test_a_retry_reads_the_configuration_folder_of_the_run(make_project: MakeProject) -> None:
    moved = {name.replace("conf/", "$x/"): text for name, text in CONFIGURATION.items()}
    project = make_project(WITH_PARAMETERS, {**moved, "$x/local/.gitkeep": ""})
    words = ["--params", "who=anna", "--conf-source", str(project.root / "$x")]
    assert project.run("run", *words).code == 1
    project.write({"mended": ""})
    project.ok("retry")
    assert project.read("data/anna.json") == "1"


def test_other_parameters_for_a_retry_stay_with_the_run(with_parameters: Project) -> None:
    (with_parameters.root / "mended").unlink()
    said = with_parameters.run("retry", "--params", "depth=5,who=ben")
    assert said.code == 1
    assert "first read a changed parameter" in said.err, said
    assert "--nodes first --restart-successful" in said.err
    assert with_parameters.traces() == ["second ben"]
    with_parameters.write({"mended": ""})
    with_parameters.ok("retry", "--nodes", "first", "--restart-successful")
    assert with_parameters.traces() == ["second ben", "first ben 5", "second ben"]
    assert with_parameters.read("data/ben.json") == "5"


def test_a_run_without_parameters_takes_some_with_a_retry(failed: Project) -> None:
    failed.registry(
        FAILING.replace('Node(second, "a", "b"', 'Node(take, ["a", "params:x"], "b"').replace(
            "def third", "def take(value, x):\n    return x\ndef third"
        )
    )
    failed.ok("retry", "--params", "x=7")
    assert failed.traces() == ["third 7"]


def test_workflow_parameters_and_nodes_of_a_run_here_are_checked(with_parameters: Project) -> None:
    wrong = with_parameters.run("retry", "-p", "parms={}")
    assert wrong.code == 2 and "did you mean `params`" in wrong.err, wrong
    gone = with_parameters.run("retry", "--nodes", "frist", "--restart-successful")
    assert gone.code == 2 and "did you mean `first`" in gone.err, gone
    with_parameters.ok("retry", "-p", 'params={"who": "cleo", "depth": 1}')
    assert with_parameters.traces() == ["second cleo"]
