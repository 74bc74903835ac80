"""Read-only projects."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from explained_error import assert_explained
from mounted import mount
from projects import MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro


@pytest.fixture
def read_only(make_project: MakeProject) -> Iterator[Project]:
    """A project on a read-only disk, with nodes that write nothing."""
    project = make_project(
        """
def use(value):
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="make"), node(use, "a", "b", name="use")])}
"""
    )
    folder = str(project.root)
    mount("--bind", folder, folder)
    mount("-o", "remount,bind,ro", folder)
    yield project
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_read_only_project_cannot_keep_its_runs(read_only: Project) -> None:
    assert_explained(read_only.run("run"), ".argo-kedro", "--state FOLDER")


def test_a_read_only_project_can_be_read_and_run_with_its_state_elsewhere(
    read_only: Project, tmp_path: Path
) -> None:
    assert list(read_only.plan()) == ["make", "use"]
    assert read_only.ok("compile", "--allow-errors").out
    assert read_only.ok("list").out == ""
    read_only.ok("run", "--state", tmp_path / "state")


def test_init_in_a_read_only_project_names_the_file(read_only: Project) -> None:
    result = read_only.run("init", "--yes")
    assert result.code == 2
    assert "argo.yml" in result.err
    assert is_clean(result.text)
