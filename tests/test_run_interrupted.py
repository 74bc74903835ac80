"""Interrupted runs here, and their remaining processes."""

from __future__ import annotations

import signal

import pytest
from pipelines_for_runs import BLOCKING, ISOLATIONS
from projects import MakeProject, is_clean

pytestmark = pytest.mark.kedro


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_ctrl_c_stops_every_process_and_leaves_a_run_to_go_on_with(
    make_project: MakeProject, isolation: str, number: signal.Signals
) -> None:
    project = make_project(BLOCKING)
    project.fifo("ready")
    with project.start("run", "--isolation", isolation) as program:
        project.hear("ready")
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert project.are_gone(project.processes())
    assert "after" not in project.traces()
    assert "retry" in err
    assert is_clean(out + err)
    state = project.ok("status", "-o", "json").json()["state"]
    assert state["phase"] == "Failed"
    assert state["tasks"]["block"]["message"] == "stopped"


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_second_ctrl_c_kills_a_task_that_will_not_end(
    make_project: MakeProject, isolation: str
) -> None:
    project = make_project(BLOCKING)
    project.fifo("ready")
    project.fifo("told")
    words = ["run", "--pipelines", "stubborn", "--isolation", isolation]
    with project.start(*words) as program:
        project.hear("ready")
        program.send_signal(signal.SIGINT)
        project.hear("told")
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    assert program.returncode == 130
    assert project.are_gone(project.processes())


def test_a_process_that_a_node_leaves_behind_does_not_hold_the_run(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def leave():
    subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(leave, None, "a", name="leave")])}
"""
    )
    for isolation in ISOLATIONS:
        project.ok("run", "--isolation", isolation)
        assert project.are_gone(project.processes())
