"""The record of runs: unwritable, damaged, and cleared."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import PROGRAM, TWO_TASKS, MakeProject, Project, Result

#: This user may not write root's files.
NOBODY = 65534


@pytest.fixture
def ran(make_project: MakeProject) -> Project:
    project = make_project(TWO_TASKS)
    project.ok("run", "--workflow-name", "first")
    return project


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """Gives a folder that other users may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for inner in [folder, *folder.rglob("*")]:
        if inner.is_dir():
            inner.chmod(0o755)
    shutil.rmtree(folder)


def read_only(project: Project, folder: Path) -> Path:
    """Copies a project to a read-only place."""
    copy = folder / "project"
    shutil.copytree(project.root, copy)
    for path in [copy, *copy.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return copy


def as_nobody(folder: Path, *words: str) -> Result:
    """Runs the program in a folder, as a user whom permissions restrict."""
    done = subprocess.run(
        [str(PROGRAM), *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
        user=NOBODY if os.geteuid() == 0 else None,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def test_a_history_that_cannot_be_written_can_be_read(ran: Project, elsewhere: Path) -> None:
    folder = read_only(ran, elsewhere)
    for words in (["list"], ["status"], ["status", "first"]):
        result = as_nobody(folder, *words)
        assert result.code == 0 and "Succeeded" in result.out, result
    assert as_nobody(folder, "logs").code == 0


def test_what_was_not_brought_into_the_file_yet_can_be_read_where_nothing_can_be_written(
    ran: Project, elsewhere: Path
) -> None:
    state = ran.root / ".argo-kedro"
    # An open connection keeps committed rows in a file beside the history.
    with sqlite3.connect(state / "history.db") as history:
        history.execute("UPDATE run SET pipeline = 'renamed'")
        history.commit()
        assert (state / "history.db-wal").stat().st_size > 0
        folder = read_only(ran, elsewhere)
        (folder / ".argo-kedro" / "history.db-shm").unlink()
    result = as_nobody(folder, "list")
    assert result.code == 0 and "renamed" in result.out, result


def test_what_is_damaged_costs_no_more_than_that(ran: Project) -> None:
    ran.ok("run", "--workflow-name", "second")
    with sqlite3.connect(ran.root / ".argo-kedro" / "history.db") as history:
        history.execute("UPDATE run SET phase = 'Faild' WHERE name = 'first'")
    listed = ran.ok("list")
    assert "second" in listed.out and "first" not in listed.out, listed
    assert "cannot read the record of run first" in listed.err, listed
    assert "Succeeded" in ran.ok("status", "second").out
    status = ran.run("status", "first")
    assert status.code == 2 and "delete first" in status.err, status
    ran.ok("delete", "first")
    assert ran.ok("list", "-o", "name").out == "second\n"
    assert ran.ok("list").err == ""


def test_a_project_that_cannot_be_told_has_no_empty_history(ran: Project) -> None:
    ran.write({"pyproject.toml": "[tool.kedro\n"})
    for words in (["status", "first"], ["logs", "first"], ["results", "first"]):
        result = ran.run(*words)
        assert result.code == 2 and "pyproject.toml is not valid TOML" in result.err, result
    # A folder that the user names must exist.
    result = ran.run("status", "first", "--project", "none")
    assert result.code == 2 and "there is no folder none" in result.err, result


def test_a_history_that_is_damaged_says_what_to_move_away(ran: Project) -> None:
    history = ran.root / ".argo-kedro" / "history.db"
    history.write_bytes(b"x" * history.stat().st_size)
    result = ran.run("list")
    assert result.code == 2 and "is damaged" in result.err, result
    assert "mv .argo-kedro/history.db* damaged/" in result.err, result
    subprocess.run(
        "mkdir damaged && mv .argo-kedro/history.db* damaged/", shell=True, cwd=ran.root, check=True
    )
    ran.ok("run")


FAILING = """
def fail():
    raise ValueError("too deep")
def register_pipelines():
    return {"__default__": Pipeline([node(fail, None, "a", name="fail")])}
"""


def test_a_run_whose_folder_is_gone_says_so(make_project: MakeProject) -> None:
    project = make_project(FAILING)
    assert project.run("run", "--workflow-name", "first").code == 1
    shutil.rmtree(project.root / ".argo-kedro" / "runs")
    retry = project.run("retry")
    assert retry.code == 2 and "the folder of run `first` does not exist" in retry.err, retry
    assert "start a new run" in retry.err, retry
    logs = project.ok("logs")
    assert "no longer exists: there is no file" in logs.err, logs
    project.ok("delete", "first")
    assert project.ok("list", "-o", "name").out == ""


def test_a_run_is_deleted_with_its_data(ran: Project) -> None:
    ran.ok("run", "--workflow-name", "second")
    deleted = ran.ok("delete", "first")
    assert "deleted first" in deleted.err, deleted
    assert ran.ok("list", "-o", "name").out == "second\n"
    assert [path.name for path in (ran.root / ".argo-kedro" / "runs").iterdir()] == ["second"]
    assert ran.run("delete").code == 2


def test_runs_of_an_age_are_deleted_together(ran: Project) -> None:
    ran.ok("run", "--workflow-name", "second")
    with sqlite3.connect(ran.root / ".argo-kedro" / "history.db") as history:
        history.execute("UPDATE run SET created = '2020-01-01T00:00:00Z' WHERE name = 'first'")
    wrong = ran.run("delete", "--older-than", "soon")
    assert wrong.code == 2 and "7d, 12h" in wrong.err, wrong
    assert "deleted 1 run: first" in ran.ok("delete", "--older-than", "7d").err
    assert "no finished run on this machine" in ran.ok("delete", "--older-than", "7d").err
    assert ran.ok("list", "-o", "name").out == "second\n"


BLOCKING = """
def block():
    tell("ready")
    signal.pause()
def register_pipelines():
    return {"__default__": Pipeline([node(block, None, "a", name="block")])}
"""


def test_stop_ends_a_run_here_which_cannot_be_deleted_before(make_project: MakeProject) -> None:
    project = make_project(BLOCKING)
    project.fifo("ready")
    with project.start("run", "--workflow-name", "slow") as program:
        project.hear("ready")
        refused = project.run("delete", "slow")
        assert refused.code == 2 and "stop slow" in refused.err, refused
        project.ok("delete", "--older-than", "0s")
        assert "was told to stop" in project.ok("stop").err
        _, err = program.communicate(timeout=60)
    assert program.returncode == 1, err
    status = project.ok("status")
    assert "Stopped" in status.out and "Failed" not in status.out, status
    assert project.ok("status", "-o", "json").json()["state"]["phase"] == "Failed"
    again = project.run("stop")
    assert again.code == 2 and "has ended" in again.err, again


PRINTS = """
def slow():
    print("begun", flush=True)
    tell("running")
    return wait("go")
def after(x):
    print(f"after {x}", end="")
def register_pipelines():
    return {"__default__": Pipeline([
        node(slow, None, "a", name="slow"), node(after, "a", None, name="after"),
    ])}
"""


def test_the_output_of_a_run_here_is_followed_to_its_end(make_project: MakeProject) -> None:
    project = make_project(PRINTS)
    project.fifo("running")
    go = project.fifo("go")
    with project.start("run") as running:
        project.hear("running")
        with (
            project.start("logs", "--follow") as following,
            project.start("logs", "-f", "@latest", "after") as of_one,
        ):
            assert following.stdout is not None
            lines = iter(following.stdout.readline, "")
            assert next(line for line in lines if "begun" in line) == "[slow] begun\n"
            go.write_text("x")
            rest, err = following.communicate(timeout=project.hangs_after)
            assert following.returncode == 0 and "[after] after x" in rest, (rest, err)
            out, err = of_one.communicate(timeout=project.hangs_after)
            assert of_one.returncode == 0 and "after x" in out, (out, err)
            assert "begun" not in out
        running.communicate(timeout=project.hangs_after)
    # `logs --follow` of a finished run shows its whole output.
    assert "[slow] begun" in project.ok("logs", "--follow").out
