"""`retry --only`: one task runs again, and the tasks after it stay unchanged."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from manifests import Folder, Following, container
from projects import RESULT, MakeProject

CHAIN = """
def first():
    trace("first")
    if Path("broken").exists():
        raise ValueError("broken")
    return 1
def second(value):
    trace("second")
    if Path("second-broken").exists():
        raise ValueError("broken")
    return value
def third(value):
    trace("third")
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        Node(first, None, "a", name="first"),
        Node(second, "a", "b", name="second"),
        Node(third, "b", "result", name="third"),
    ])}
"""


def phases(project: Any) -> dict[str, str]:
    tasks = project.ok("status", "-o", "json").json()["state"]["tasks"]
    return {name: task["phase"] for name, task in tasks.items()}


def test_a_task_of_a_run_that_succeeded_runs_again_alone(make_project: MakeProject) -> None:
    project = make_project(CHAIN, dict(RESULT))
    project.ok("run")
    again = project.ok("retry", "--only", "second")
    assert "1 task to run again, and nothing else" in again.err
    assert project.traces() == ["first", "second", "third", "second"]
    assert set(phases(project).values()) == {"Succeeded"}
    unknown = project.run("retry", "--only", "secnd")
    assert unknown.code == 2 and "did you mean `second`?" in unknown.err
    both = project.run("retry", "--only", "second", "--from", "first")
    assert both.code == 2
    # The task fails now, and so does the run; the other tasks stay.
    project.write({"second-broken": ""})
    assert project.run("retry", "--only", "second").code == 1
    assert phases(project) == {"first": "Succeeded", "second": "Failed", "third": "Succeeded"}


def test_what_did_not_run_is_left_for_later(make_project: MakeProject) -> None:
    project = make_project(CHAIN, {**RESULT, "broken": ""})
    assert project.run("run").code == 1
    (project.root / "broken").unlink()
    alone = project.ok("retry", "--only", "first")
    assert "2 tasks left. To continue: argo-kedro retry" in alone.err
    assert project.traces() == ["first", "first"]
    assert project.run("status").code == 0
    project.ok("retry")
    assert project.traces() == ["first", "first", "second", "third"]
    assert set(phases(project).values()) == {"Succeeded"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.make(tmp_path)


def test_a_task_with_tasks_in_it_runs_again_with_them(folder: Folder) -> None:
    say = container(
        "echo {{inputs.parameters.word}} >> count.txt; ! grep -qx {{inputs.parameters.word}} fails",
        name="say",
        inputs={"parameters": [{"name": "word"}]},
        retryStrategy={"limit": "1"},
    )

    def call(name: str, template: str = "say", **more: Any) -> dict[str, Any]:
        arguments = {"parameters": [{"name": "word", "value": name}]} if template == "say" else {}
        return {"name": name, "template": template, "arguments": arguments, **more}

    folder.workflow(
        {
            "entrypoint": "main",
            "templates": [
                {
                    "name": "main",
                    "dag": {
                        "tasks": [
                            call("before"),
                            call("pair", "pair", dependencies=["before"]),
                            call("after", dependencies=["pair"]),
                        ]
                    },
                },
                {"name": "pair", "steps": [[call("x"), call("y")], [call("z")]]},
                say,
            ],
        }
    )
    folder.write({"fails": ""})
    folder.ok("run", "w.yaml")
    count = len(folder.lines("count.txt"))
    folder.ok("retry", "--only", "y")
    assert folder.lines("count.txt")[count:] == ["y"]
    assert set(folder.tree().values()) == {"Succeeded"}
    # Both attempts fail; the tasks after it have run before, and stay.
    folder.write({"fails": "z\n"})
    assert folder.run("retry", "--only", "z").code == 1
    assert folder.lines("count.txt")[count + 1 :] == ["z", "z"]
    folder.write({"fails": ""})
    folder.ok("retry", "--only", "z")
    assert folder.lines("count.txt")[count + 3 :] == ["z"]
    assert set(folder.tree().values()) == {"Succeeded"}
    # A group means all tasks in it.
    count = len(folder.lines("count.txt"))
    folder.ok("retry", "--only", "pair")
    assert sorted(folder.lines("count.txt")[count:]) == ["x", "y", "z"]
    folder.ok("retry", "--from", "pair")
    assert sorted(folder.lines("count.txt")[count + 3 :]) == ["after", "x", "y", "z"]
    assert set(folder.tree().values()) == {"Succeeded"}


@pytest.mark.parametrize("way", ["--only", "--from"])
def test_a_task_that_is_tried_again_runs_again_as_often_as_it_is_asked(
    folder: Folder, way: str
) -> None:
    """The next nodes are below the last attempt of such a task, and below nothing else."""
    tasks = [
        {"name": "a", "template": "say"},
        {"name": "b", "template": "say", "dependencies": ["a"]},
        {"name": "c", "template": "say", "dependencies": ["b"]},
    ]
    say = container("echo x >> count.txt", name="say", retryStrategy={"limit": "1"})
    templates = [{"name": "main", "dag": {"tasks": tasks}}, say]
    folder.workflow({"entrypoint": "main", "templates": templates})
    folder.ok("run", "w.yaml")
    for task in ["a", "a", "b", "a", "c"]:
        folder.ok("retry", way, task)
    assert len(folder.lines("count.txt")) == 3 + (5 if way == "--only" else 3 + 3 + 2 + 3 + 1)
    nodes = folder.ok("status", "-o", "json").json()["status"]["nodes"]
    names = {id: node["name"] for id, node in nodes.items()}
    below = {
        node["name"]: [names[id] for id in node.get("children", [])] for node in nodes.values()
    }
    assert below == {
        "w": ["w.a"],
        "w.a": ["w.a(0)"],
        "w.a(0)": ["w.b"],
        "w.b": ["w.b(0)"],
        "w.b(0)": ["w.c"],
        "w.c": ["w.c(0)"],
        "w.c(0)": [],
    }


def test_what_comes_after_a_task_is_still_there_if_the_program_is_killed_meanwhile(
    folder: Folder,
) -> None:
    tasks = [
        {"name": "a", "template": "say"},
        {"name": "b", "template": "say", "dependencies": ["a"]},
    ]
    script = "echo x >> count.txt; [ ! -e hangs ] || { echo begun > told; read answer < hangs; }"
    say = container(script, name="say", retryStrategy={"limit": "1"})
    templates = [{"name": "main", "dag": {"tasks": tasks}}, say]
    folder.workflow({"entrypoint": "main", "templates": templates})
    folder.ok("run", "w.yaml")
    folder.fifo("told")
    folder.fifo("hangs")
    with folder.start("retry", "--only", "a") as program:
        folder.hear("told")
        program.send_signal(signal.SIGKILL)
        program.wait()
    (folder.root / "hangs").unlink()
    folder.write({"count.txt": ""})
    folder.ok("retry", "--from", "a")
    assert len(folder.lines("count.txt")) == 2
    assert set(folder.tree().values()) == {"Succeeded"}


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_comes_after_several_tasks_is_below_each_of_them(
    folder: Folder, is_killed: bool
) -> None:
    """The first of them has long ended when the controller makes the next node."""
    tasks = [
        {"name": "a", "template": "a"},
        {"name": "b", "template": "b"},
        {"name": "c", "template": "c", "dependencies": ["a", "b"]},
    ]
    hangs = "[ ! -e hangs ] || { echo begun > told; read answer < hangs; }"
    templates = [
        {"name": "main", "dag": {"tasks": tasks}},
        container("echo a >> count.txt", name="a"),
        container("read answer < goes; echo b >> count.txt", name="b"),
        container(f"echo c >> count.txt; {hangs}", name="c"),
    ]
    folder.workflow({"entrypoint": "main", "templates": templates})
    folder.fifo("goes")
    if is_killed:
        folder.fifo("told")
        folder.fifo("hangs")
    with folder.start("run", "w.yaml") as program:
        following = Following(program)
        following.until("✓ a")
        (folder.root / "goes").write_text("go\n")
        if is_killed:
            folder.hear("told")
            program.send_signal(signal.SIGKILL)
            program.wait()
            (folder.root / "hangs").unlink()
        else:
            following.end()
    nodes = folder.ok("status", "-o", "json").json()["status"]["nodes"]
    names = {id: node["name"] for id, node in nodes.items()}
    for parent in ("w.a", "w.b"):
        (node,) = (node for node in nodes.values() if node["name"] == parent)
        assert [names[id] for id in node["children"]] == ["w.c"], parent
    folder.write({"count.txt": ""})
    folder.ok("retry", "--from", "a")
    assert folder.lines("count.txt") == ["a", "c"]


def test_what_a_killed_program_left_running_is_no_longer_on_record_as_running(
    folder: Folder,
) -> None:
    hangs = "[ ! -e hangs ] || { echo begun > told; read answer < hangs; }"
    tasks = [{"name": name, "template": name} for name in ("a", "b")]
    templates = [
        {"name": "main", "dag": {"tasks": tasks, "failFast": False}},
        container("true", name="a"),
        container(hangs, name="b"),
    ]
    folder.workflow({"entrypoint": "main", "templates": templates})
    folder.fifo("told")
    folder.fifo("hangs")
    with folder.start("run", "w.yaml") as program:
        folder.hear("told")
        program.send_signal(signal.SIGKILL)
        program.wait()
    folder.ok("retry", "--only", "a")
    tasks_now = folder.run("status", "-o", "json").json()["state"]["tasks"]
    assert tasks_now["b"]["phase"] == "Failed", tasks_now
    assert "no longer exists" in tasks_now["b"]["message"], tasks_now


def test_why_another_task_failed_stays(make_project: MakeProject) -> None:
    project = make_project(
        """
def good():
    trace("good")
    return 1
def bad():
    trace("bad")
    raise ValueError("bad luck")
def register_pipelines():
    return {"__default__": Pipeline([
        Node(good, None, "a", name="good"), Node(bad, None, "result", name="bad")])}
""",
        dict(RESULT),
    )
    assert project.run("run").code == 1
    before = project.ok("status", "-o", "json").json()["state"]["tasks"]["bad"]
    assert before["cause"]["message"] == "bad luck"
    again = project.ok("retry", "--only", "good")
    assert sorted(project.traces()) == ["bad", "good", "good"]
    assert not re.search(r"bad +(started|\d)", again.err), again
    assert project.ok("status", "-o", "json").json()["state"]["tasks"]["bad"] == before
