"""Output of runs here: logs, events, and display."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest
from pipelines_for_runs import BLOCKING, FAILING
from projects import PROGRAM, RESULT, MakeProject, Project

pytestmark = pytest.mark.kedro


def test_output_of_each_task_is_in_its_log_and_shown_when_asked(
    make_project: MakeProject,
) -> None:
    project = make_project(FAILING)
    quiet = project.run("run", "--workflow-name", "fixed")
    assert "last words" not in quiet.text
    log = project.read(".argo-kedro/runs/fixed/logs/failing-node.log")
    assert "last words\n" in log
    assert "ValueError: the number is wrong" in log
    asked = project.run("run", "--logs")
    assert "[failing-node] last words\n" in asked.err


def test_json_output_is_every_event_and_nothing_else(two_tasks: Project) -> None:
    events = two_tasks.ok("run", "-o", "json").events()
    kinds = [
        (event["event"], event.get("task")) for event in events if event["event"] != "log_line"
    ]
    (name,) = two_tasks.ok("list", "-o", "name").out.split()
    assert events[0]["name"] == name
    assert kinds == [
        ("run_named", None),
        ("run_started", None),
        ("task_started", "make"),
        ("task_finished", "make"),
        ("task_started", "use"),
        ("task_finished", "use"),
        ("run_finished", None),
    ]
    assert events[-1]["phase"] == "Succeeded"
    assert all(event["at"].startswith("20") for event in events)


def test_a_run_that_goes_on_can_be_watched(make_project: MakeProject) -> None:
    project = make_project(
        """
        def first():
            tell("running")
            return wait("go")
        def second(number):
            raise ValueError("too deep")
        def register_pipelines():
            return {"__default__": Pipeline([
                Node(first, None, "number", name="first"),
                Node(second, "number", "result", name="second")])}
        """,
        RESULT,
    )
    for fifo in ("running", "go"):
        project.fifo(fifo)
    running = project.start("run", "-o", "name")
    assert running.stdout is not None
    name = running.stdout.readline().strip()
    project.hear("running")
    watching = project.start("watch", "-o", "json")
    assert watching.stderr is not None
    assert watching.stderr.readline() == f"run {name} · 2 tasks left\n"
    (project.root / "go").write_text("x")
    out, err = watching.communicate(timeout=60)
    kinds = [(it["event"], it.get("task")) for it in map(json.loads, out.splitlines())]
    assert kinds[-1] == ("run_finished", None) and ("task_finished", "second") in kinds
    # Earlier events are not repeated, and each event appears once.
    assert ("task_started", "first") not in kinds and len(kinds) == len(set(kinds))
    assert (watching.returncode, running.wait(60)) == (1, 1), err
    # A finished run is shown in its last state.
    over = project.run("watch")
    assert over.code == 1 and "ValueError: too deep" in over.out, over
    assert "argo-kedro retry" in over.err
    only_name = project.run("watch", "-o", "name")
    assert (only_name.out, only_name.err) == (f"{name}\n", "")
    assert project.run("watch", "--logs").code == 1
    retried = project.run("retry", "-o", "name")
    assert (retried.code, retried.out) == (1, f"{name}\n"), retried
    running.stdout.close()


def test_quiet_says_nothing_but_the_table(two_tasks: Project) -> None:
    result = two_tasks.ok("run", "--quiet")
    assert result.err == ""
    assert "Succeeded" in result.out


def test_a_run_that_goes_on_is_shown_as_running(make_project: MakeProject) -> None:
    project = make_project(BLOCKING)
    project.fifo("ready")
    with project.start("run") as program:
        project.hear("ready")
        state = project.ok("status", "-o", "json").json()["state"]
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    assert state["phase"] == "Running"
    assert state["tasks"]["block"]["phase"] == "Running"


def test_a_reader_of_the_output_that_has_gone_is_no_failure(two_tasks: Project) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [str(PROGRAM), "run", "-o", "json"],
        cwd=two_tasks.root,
        env=two_tasks.environment(),
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(write)
    assert ended.returncode == 0, ended.stderr
    assert two_tasks.traces() == ["make", "use 20"]


def test_output_that_is_no_text_does_not_stop_the_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def shout():
    os.write(1, b"\\xff\\xfe no text \\x00 \\x1b[31m\\n" + b"x" * 200_000)
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(shout, None, "a", name="shout")])}
"""
    )
    events = project.ok("run", "-o", "json").events()
    lines = [it["line"] for it in events if it["event"] == "log_line"]
    assert any("no text" in line for line in lines)
    assert sum(line.count("x") for line in lines) >= 200_000
