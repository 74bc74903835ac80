"""`import argo_kedro`: runs that continue, and are interrupted, killed or stopped."""

from __future__ import annotations

import signal

import argo_kedro
import pytest
from argo_kedro import Phase, RunFailed
from argo_kedro.api.history import _STARTED
from notebook import error_of, python, start
from projects import RESULT, MakeProject

pytestmark = pytest.mark.usefixtures("as_the_user")

WAITS = """
def first():
    tell("running")
    return wait("go")
def register_pipelines():
    return {"__default__": Pipeline([Node(first, None, "result", name="first")])}
"""


def test_a_run_goes_on_when_nobody_waits_for_it(make_project: MakeProject) -> None:
    project = make_project(WAITS, dict(RESULT))
    for name in ("running", "go"):
        project.fifo(name)
    name = python(project, "import argo_kedro; print(argo_kedro.run(wait=False).name)").strip()
    project.hear("running")
    run = argo_kedro.get_run(project=project.root)
    assert (run.name, run.status.phase) == (name, Phase.RUNNING)
    with pytest.raises(TimeoutError, match="it goes on"):
        run.wait(timeout=0, progress=False)
    # An interrupt ends the wait.
    with start(project, "import argo_kedro; argo_kedro.get_run().wait()") as waiting:
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == f"run {name} · 1 task left\n"
        waiting.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in waiting.communicate()[1]
    assert run.status.phase is Phase.RUNNING
    (project.root / "go").write_text("x")
    assert run.wait(progress=False).status.phase is Phase.SUCCEEDED


def test_to_interrupt_a_run_that_is_waited_for_stops_it(make_project: MakeProject) -> None:
    project = make_project(WAITS, dict(RESULT))
    for name in ("running", "go"):
        project.fifo(name)
    code = """
        import argo_kedro
        try:
            argo_kedro.run()
        except KeyboardInterrupt:
            print(argo_kedro.get_run().status.message)
        """
    with start(project, code) as process:
        project.hear("running")
        # Jupyter sends the signal only to the kernel.
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=project.hangs_after)
    assert out == "stopped\n", err
    assert "stopping the tasks" in err and "Traceback" not in err
    assert project.are_gone(project.processes())
    error = error_of(argo_kedro.get_run(project=project.root).wait)
    assert isinstance(error, RunFailed) and "stopped" in error.message


KILLED = """
def first():
    tell("running")
    return wait("go")
def register_pipelines():
    return {"__default__": Pipeline([Node(first, None, "result", name="first")]),
        "other": Pipeline([Node(one, None, "x", name="one")])}
"""


def test_why_a_process_ended_is_kept_until_its_run_is_continued(make_project: MakeProject) -> None:
    project = make_project(KILLED, dict(RESULT))
    project.fifo("running")
    go = project.fifo("go")
    run = argo_kedro.run(project=project.root, wait=False)
    project.hear("running")
    process = _STARTED[(run.project, run.name)]._process
    process.kill()
    process.wait()
    assert project.are_gone(project.processes())
    # A new run in between does not drop the first process.
    assert argo_kedro.run("other", project=project.root, wait=False).name != run.name
    killed = error_of(run.wait)
    assert killed.code == "no_result" and "exit code -9" in killed.message
    # The nodes no longer need the pipes.
    for pipe in (go, project.root / "running"):
        pipe.unlink()
    go.write_text("x")
    assert run.retry(progress=False).wait(progress=False).status.phase is Phase.SUCCEEDED


def test_a_killed_run_that_was_continued_elsewhere_is_what_became_of_it(
    make_project: MakeProject,
) -> None:
    project = make_project(KILLED, dict(RESULT))
    project.fifo("running")
    go = project.fifo("go")
    run = argo_kedro.run(project=project.root, wait=False)
    project.hear("running")
    process = _STARTED[(run.project, run.name)]._process
    process.kill()
    process.wait()
    assert project.are_gone(project.processes())
    for pipe in (go, project.root / "running"):
        pipe.unlink()
    go.write_text("x")
    project.ok("retry", run.name)
    assert run.wait(progress=False).status.phase is Phase.SUCCEEDED


def test_a_run_can_be_stopped(make_project: MakeProject) -> None:
    project = make_project(WAITS, dict(RESULT))
    for name in ("running", "go"):
        project.fifo(name)
    run = argo_kedro.run(project=project.root, wait=False)
    project.hear("running")
    run.stop()
    run.wait(raise_on_failure=False)
    assert (run.status.phase, run.status.message) == (Phase.FAILED, "Stopped with strategy 'Stop'")
    assert error_of(run.stop).message.endswith("has ended already")
