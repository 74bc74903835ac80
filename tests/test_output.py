"""Output arrives complete, or the exit code says that it did not."""

from __future__ import annotations

import os
import signal
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
    ["man"],
    ["completion", "bash"],
]


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    return shared_project(TWO_TASKS, {"conf/base/argo.yml": CONFIGURED})


def run_into(project: Project, descriptor: int, *words: str) -> tuple[int, str]:
    """Runs the program with a standard output."""
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


@pytest.mark.parametrize(
    "words", [*DOCUMENTS, ["--help"], ["--version"], ["run", "--help"]], ids=" ".join
)
def test_what_a_full_disk_does_not_take_is_an_error(project: Project, words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        code, said = run_into(project, full.fileno(), *words)
    assert code == 2, (words, said)
    assert "cannot write to standard output: No space left" in said


@pytest.mark.parametrize("words", DOCUMENTS, ids=" ".join)
def test_a_reader_that_goes_before_the_end_of_a_document_hears_nothing(
    project: Project, words: list[str]
) -> None:
    descriptor = closed_pipe()
    code, said = run_into(project, descriptor, *words)
    os.close(descriptor)
    assert code == 128 + signal.SIGPIPE, (words, said)
    assert "standard output" not in said and "Broken pipe" not in said


@pytest.mark.parametrize("words", [["plan"], ["--help"]], ids=" ".join)
def test_a_reader_of_a_text_may_go(project: Project, words: list[str]) -> None:
    descriptor = closed_pipe()
    assert run_into(project, descriptor, *words)[0] == 0
    os.close(descriptor)


@pytest.mark.parametrize("words", [["nonsense"], ["retry", "no-such-run"]], ids=" ".join)
def test_nobody_has_to_read_what_is_wrong(project: Project, words: list[str]) -> None:
    for descriptor in (os.open("/dev/full", os.O_WRONLY), closed_pipe()):
        ended = subprocess.run(
            [str(PROGRAM), *words],
            cwd=project.root,
            env=project.environment(),
            stderr=descriptor,
            check=False,
        )
        os.close(descriptor)
        assert ended.returncode == 2


#: No setting says where a cluster stores `a`.
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
