"""Disks that are full before a run, or become full during it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from explained_error import assert_explained
from mounted import mount
from projects import MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Writes until the disk is full."""
    descriptor = os.open(folder / "filler", os.O_CREAT | os.O_WRONLY)
    with contextlib.suppress(OSError):
        while os.write(descriptor, b"x" * 4096):
            pass
    os.close(descriptor)


def test_a_disk_that_is_full_before_the_run(two_tasks: Project, small_disk: Path) -> None:
    fill(small_disk)
    result = two_tasks.run("run", "--state", small_disk / "state")
    assert_explained(result, "--state FOLDER")
    assert two_tasks.traces() == []


def test_a_disk_that_fills_up_during_the_run(make_project: MakeProject, small_disk: Path) -> None:
    project = make_project(
        """
def chatter():
    for _ in range(100_000):
        print("x" * 60)
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(chatter, None, "a", name="chatter")])}
"""
    )
    result = project.run("run", "--state", small_disk / "state")
    assert result.code == 2, result
    assert "space" in result.err
    assert "hint:" in result.err
    assert is_clean(result.text)
    assert project.are_gone(project.processes())


def test_a_disk_too_small_for_the_data_fails_the_task(
    make_project: MakeProject, small_disk: Path
) -> None:
    project = make_project(
        """
def make():
    return b"x" * 10_000_000
def use(value):
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(make, None, "big", name="make"), node(use, "big", "b", name="use")])}
"""
    )
    result = project.run("run", "--state", small_disk / "state")
    assert result.code in (1, 2), result
    # Either the task meets the full disk first, or the record of its end does.
    assert re.search("No space left|disk is full", result.text), result
    assert is_clean(result.text)


def test_a_file_that_a_full_disk_does_not_take_is_named(
    two_tasks: Project, small_disk: Path
) -> None:
    fill(small_disk)
    result = two_tasks.run("compile", "--allow-errors", "-o", small_disk / "workflow.yaml")
    assert result.code == 2, result
    assert f"cannot write {small_disk}/workflow.yaml: No space left" in result.err
    assert "make room" in result.err
    assert ".argo-kedro" not in result.err and "--state" not in result.err
    assert is_clean(result.text)
