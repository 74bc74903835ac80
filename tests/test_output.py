"""What is printed or written arrives as a whole, or the exit code says that it did not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from projects import PROGRAM, TWO_TASKS, MakeProject, Project
from recorded_projects import CONFIGURED

DOCUMENTS = [
    ["compile"],
    ["schema"],
    ["lint", "-o", "json"],
    ["lint", "-o", "sarif"],
    ["plan", "-o", "json"],
    ["list", "-o", "json"],
    ["submit", "--dry-run", "--image", "registry/shop:1"],
]


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    return shared_project(TWO_TASKS, {"conf/base/argo.yml": CONFIGURED})


def run_into(project: Project, descriptor: int, *words: str) -> tuple[int, str]:
    """Runs the program with this standard output."""
    ended = subprocess.run(
        [str(PROGRAM), *words],
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=descriptor,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stderr


def closed_pipe() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


@pytest.mark.parametrize("words", DOCUMENTS, ids=" ".join)
def test_a_document_that_a_full_disk_or_a_closed_pipe_does_not_take_is_an_error(
    project: Project, words: list[str]
) -> None:
    for descriptor in (os.open("/dev/full", os.O_WRONLY), closed_pipe()):
        code, said = run_into(project, descriptor, *words)
        os.close(descriptor)
        assert code == 2, (words, said)
        assert "cannot write to standard output" in said


def test_a_reader_of_a_table_may_go_and_a_full_disk_is_an_error(project: Project) -> None:
    descriptor = closed_pipe()
    assert run_into(project, descriptor, "plan")[0] == 0
    os.close(descriptor)
    with open("/dev/full", "w") as full:
        assert run_into(project, full.fileno(), "plan")[0] == 2


#: Nothing says where `a` is stored on a cluster.
WITHOUT_PATH = "deployment: {image: registry/shop, tag: v1}\n"


@pytest.fixture
def wrong(make_project: MakeProject) -> Project:
    return make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="make"), node(print, "a", None, name="use")])}
""",
        files={"conf/base/argo.yml": WITHOUT_PATH},
    )


def test_what_cannot_run_is_compiled_with_exit_code_1_and_replaces_no_file(
    wrong: Project, tmp_path: Path
) -> None:
    file = tmp_path / "workflow.yaml"
    file.write_text("as it was\n")
    shown = wrong.run("compile")
    assert shown.code == 1
    assert "kind: Workflow" in shown.out
    assert "handoff-without-path" in shown.err
    kept = wrong.run("compile", "-o", file)
    assert kept.code == 1
    assert "--allow-errors" in kept.err
    assert file.read_text() == "as it was\n"
    wrong.ok("compile", "--allow-errors", "-o", file)
    assert file.read_text() == shown.out
    assert wrong.run("compile", "--check", file).code == 1
    wrong.ok("compile", "--allow-errors", "--check", file)
