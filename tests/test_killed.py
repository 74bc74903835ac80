"""`run`: whichever process is killed, the run ends as a whole, and its retry runs alone."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from projects import BIN, PROGRAM, RESULT, MakeProject, Project, is_clean

pytestmark = [
    pytest.mark.kedro,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

ISOLATIONS = ["fork", "spawn"]

#: `block` blocks, with a process of its own, until a file `mended` exists.
BLOCKING = """
def make():
    trace("make")
    return 20
def block(value):
    trace("block")
    if not Path("mended").exists():
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        tell("ready", f"{os.getpid()} {os.getppid()}")
        signal.pause()
    return value * 2
def after(value):
    trace("after")
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "a", name="make"), Node(block, "a", "b", name="block"),
        Node(after, "b", "result", name="after")])}
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    project = make_project(BLOCKING, dict(RESULT))
    project.fifo("ready")
    return project


def start(project: Project, *command: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        list(map(str, command)),
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def phases(project: Project) -> dict[str, str]:
    state = project.ok("status", "-o", "json").json()["state"]
    return {name: task["phase"] for name, task in state["tasks"].items()}


def goes_on(project: Project) -> None:
    """A retry runs the remaining tasks, once."""
    project.write({"mended": ""})
    project.ok("retry")
    assert project.traces() == ["make", "block", "block", "after"]


def read_until(program: subprocess.Popen[str], words: str) -> None:
    assert program.stderr
    for line in program.stderr:
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}")


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("whole_group", [False, True], ids=["kedro", "group"])
@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
def test_a_signal_to_kedro_stops_the_run(
    project: Project, isolation: str, whole_group: bool, number: signal.Signals
) -> None:
    program = start(project, BIN / "kedro", "argo", "run", "--isolation", isolation)
    project.hear("ready")
    running = project.processes()
    (os.killpg if whole_group else os.kill)(program.pid, number)
    out, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert project.are_gone(running)
    assert is_clean(out + err)
    # The exception in the node came from the stop, so it is no reason of the failure.
    assert "KeyboardInterrupt" not in out + err
    # The task got one polite signal, and was not killed.
    task = project.ok("status", "-o", "json").json()["state"]["tasks"]["block"]
    assert task["message"] == "stopped" and task["exit_code"] != 128 + signal.SIGKILL
    goes_on(project)


def test_kedro_that_is_killed_takes_the_run_with_it(project: Project) -> None:
    program = start(project, BIN / "kedro", "argo", "run")
    project.hear("ready")
    running = project.processes()
    program.kill()
    program.communicate(timeout=60)
    assert project.are_gone(running)
    assert phases(project) == {"make": "Succeeded", "block": "Failed", "after": "Omitted"}
    goes_on(project)


@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "to the end"])
def test_a_worker_that_nobody_has_connected_to_ends_with_kedro(
    project: Project, make_project: MakeProject, is_killed: bool
) -> None:
    """The program reads another project with its own worker."""
    other = make_project(BLOCKING, dict(RESULT), name="other")
    other.fifo("ready")
    command = [BIN / "kedro", "argo", "run", "--project", other.root]
    # The path of a socket has to be short.
    with tempfile.TemporaryDirectory() as folder:
        program = start(project, "env", f"TMPDIR={folder}", *command)
        other.hear("ready")
        running = project.processes()
        assert len(os.listdir(folder)) == 1
        program.send_signal(signal.SIGKILL if is_killed else signal.SIGTERM)
        program.communicate(timeout=60)
        assert project.are_gone(running)
        assert os.listdir(folder) == []


def test_a_run_that_is_to_outlive_its_terminal_does(project: Project) -> None:
    program = start(project, "sh", "-c", f"trap '' HUP; exec {BIN / 'kedro'} argo run")
    task = int(project.hear("ready").split()[0])
    os.killpg(program.pid, signal.SIGHUP)
    assert phases(project)["block"] == "Running"
    os.kill(task, signal.SIGKILL)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, "killed by signal 9" in out) == (1, True), err


@pytest.mark.parametrize("command", [[PROGRAM], [BIN / "kedro", "argo"]], ids=["program", "kedro"])
def test_the_second_ctrl_c_ends_a_run_whose_worker_is_frozen(
    project: Project, command: list[Path]
) -> None:
    program = start(project, *command, "run")
    worker = int(project.hear("ready").split()[1])
    running = project.processes()
    os.kill(worker, signal.SIGSTOP)
    os.killpg(program.pid, signal.SIGINT)
    read_until(program, "Ctrl-C again")
    os.killpg(program.pid, signal.SIGINT)
    _, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert project.are_gone(running)
    assert phases(project)["block"] == "Failed"
    goes_on(project)


def test_ctrl_c_reaches_a_task_that_is_no_fork(project: Project) -> None:
    project.write({"conf/base/argo.yml": CUSTOM})
    program = project.start("run")
    project.hear("ready")
    running = project.processes()
    program.send_signal(signal.SIGINT)
    _, err = program.communicate(timeout=60)
    assert program.returncode == 130, err
    assert project.are_gone(running)


#: The user's own template: its command is not the worker's, and starts more processes.
CUSTOM = """\
    nodes: {block: {template: shell}}
    template:
      templates:
        - name: shell
          container: {command: [sh, -c], args: ["sleep 600 & echo $$$$ $PPID > ready; wait"]}
    """


@pytest.mark.parametrize("kind", [*ISOLATIONS, "custom"])
def test_no_task_outlives_program_and_worker(project: Project, kind: str) -> None:
    if kind == "custom":
        project.write({"conf/base/argo.yml": CUSTOM})
    words = ["--isolation", kind] if kind in ISOLATIONS else []
    program = project.start("run", *words)
    _, parent = map(int, project.hear("ready").split())
    running = project.processes()
    # Frozen processes can end nothing before they die.
    doomed = {program.pid, parent}
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in doomed:
            os.kill(pid, number)
    program.wait(timeout=60)
    assert project.are_gone(running)
    program.communicate(timeout=60)


def test_a_task_ends_with_its_worker_though_nobody_else_is_left(project: Project) -> None:
    program = project.start("run")
    task, worker = map(int, project.hear("ready").split())
    watched = os.pidfd_open(task)
    keepers = [pid for pid in project.processes() if b"keep" in words_of(pid)]
    assert len(keepers) == 1
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in (*keepers, program.pid, worker):
            os.kill(pid, number)
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    assert poll.poll(10_000)
    os.close(watched)
    program.wait(timeout=60)


def words_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except ProcessLookupError:
        return []


def test_a_retry_waits_for_tasks_that_are_being_ended(project: Project) -> None:
    with project.start("run", "--workflow-name", "fixed") as program:
        project.hear("ready")
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    project.write({"mended": ""})
    # This lock stands for the process that ends the tasks of a killed program.
    with (project.root / ".argo-kedro/runs/fixed/tasks.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with project.start("retry") as program:
            read_until(program, "waiting for tasks")
            assert project.traces() == ["make", "block"]
            fcntl.flock(lock, fcntl.LOCK_UN)
            program.communicate(timeout=60)
    assert program.returncode == 0
    assert project.traces() == ["make", "block", "block", "after"]


def test_what_a_node_has_put_into_the_background_does_not_hold_up_a_retry(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def leave():
    subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not Path("mended").exists():
        tell("ready")
        signal.pause()
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(leave, None, "a", name="leave")])}
"""
    )
    project.fifo("ready")
    program = project.start("run")
    project.hear("ready")
    program.kill()
    program.wait(timeout=60)
    project.write({"mended": ""})
    project.ok("retry")
    # Only the nodes' two background processes are left; the worker's last fork may be just ending.
    left = project.processes()
    background = [pid for pid in left if b"import signal; signal.pause()" in words_of(pid)]
    assert len(background) == 2
    assert project.are_gone([pid for pid in left if pid not in background])
    for pid in background:
        os.kill(pid, signal.SIGKILL)
    program.communicate(timeout=60)
