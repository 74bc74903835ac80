"""Failing interpreters and workers: one clear error, a hint, and the right exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from explained_error import COMMANDS, assert_explained
from projects import MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro


def test_an_interpreter_without_kedro(two_tasks: Project, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = bare / "bin" / "python"
    for result in (
        two_tasks.run("plan", env={"VIRTUAL_ENV": str(bare)}),
        two_tasks.run("plan", "--python", python, env={"VIRTUAL_ENV": None}),
    ):
        assert_explained(result, f"{python} has no `", "uv pip install --python", "--python")


def test_an_interpreter_that_is_none(two_tasks: Project, tmp_path: Path) -> None:
    missing = two_tasks.run("plan", "--python", tmp_path / "nowhere")
    assert_explained(missing, str(tmp_path / "nowhere"), "--python")
    text = tmp_path / "text"
    text.write_text("no program")
    assert two_tasks.run("plan", "--python", text).code == 2
    for program in ("true", "cat"):
        result = two_tasks.run("plan", "--python", program)
        assert result.code == 2, result
        assert "error: " in result.err
        assert is_clean(result.text)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("print('last words'); os._exit(3)", ["exit status: 3", "last words"]),
        ("os.kill(os.getpid(), signal.SIGKILL)", ["signal: 9"]),
        ("os.abort()", ["signal: 6"]),
    ],
    ids=["os._exit", "SIGKILL", "abort"],
)
def test_a_worker_that_dies(two_tasks: Project, ending: str, words: list[str]) -> None:
    two_tasks.registry(f"def register_pipelines():\n    {ending}\n")
    for command in COMMANDS:
        result = two_tasks.run(*command)
        assert_explained(result, "ended without a result", "kedro registry list", *words)


def test_a_worker_that_answers_garbage(two_tasks: Project) -> None:
    two_tasks.registry(
        """
import stat
for descriptor in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            os.write(descriptor, b"garbage\\n")
    except OSError:
        pass
def register_pipelines():
    return {}
"""
    )
    assert_explained(two_tasks.run("plan"), "is not valid")


def test_a_worker_that_dies_while_tasks_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def end():
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()
def register_pipelines():
    return {"__default__": Pipeline([node(end, None, "a", name="end")])}
"""
    )
    result = project.run("run")
    assert result.code == 2, result
    assert "the process that runs the tasks has ended" in result.err
    assert "retry" in result.err
    assert is_clean(result.text)
    assert project.are_gone(project.processes())


def test_ctrl_c_while_the_project_is_read_leaves_nothing(make_project: MakeProject) -> None:
    project = make_project("tell('ready')\nsignal.pause()\n")
    project.fifo("ready")
    program = project.start("plan")
    project.hear("ready")
    program.send_signal(signal.SIGINT)
    program.wait(timeout=60)
    gone = project.are_gone(project.processes())
    for pid in project.processes():
        os.kill(pid, signal.SIGKILL)
    _, err = program.communicate(timeout=60)
    assert program.returncode in (130, -signal.SIGINT), err
    assert gone
