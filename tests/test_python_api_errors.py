"""`import argo_kedro`: errors of the program as exceptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import argo_kedro
import pytest
from argo_kedro.api.program import _Errors
from notebook import error_of
from projects import Project

pytestmark = pytest.mark.usefixtures("as_the_user")


def test_bad_input_is_an_error_with_a_hint(
    two_tasks: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = two_tasks.root
    monkeypatch.chdir(tmp_path)
    for call in (argo_kedro.run, argo_kedro.runs, argo_kedro.get_run):
        error = error_of(call)
        assert error.code == "not_a_project"
        assert f"{tmp_path} is not in a Kedro project" in error.message
        assert error.hints == ("name the folder of a Kedro project: project=FOLDER",)
    gone = error_of(lambda: argo_kedro.run(project=tmp_path / "nope"))
    assert "project=FOLDER" in gone.hints[0] and f"{tmp_path}/nope" in gone.message
    unknown = error_of(lambda: argo_kedro.run("__defualt__", project=root))
    assert (unknown.code, unknown.hints) == ("unknown_pipeline", ("did you mean `__default__`?",))
    assert error_of(lambda: argo_kedro.run("x", project=root, wait=False)).code == unknown.code
    for params, named in (
        ({"model": {"when": tmp_path}}, "`model.when` is of the type"),
        ({"a": [1, {2}]}, "`a[1]` is of the type set"),
        ({"a": {1: 2}}, "`a.1` has the key 1"),
        ([1], "`params` is of the type list"),
        ({"a": "${b"}, "cannot read `params`"),
    ):
        bad: Any = params
        assert named in error_of(lambda: argo_kedro.run(params=bad, project=root)).message  # noqa: B023
    nodes: Any = 3
    assert "`nodes` is 3" in error_of(lambda: argo_kedro.run(nodes=nodes, project=root)).message
    assert error_of(lambda: argo_kedro.get_run(project=root)).code == "no_runs"
    run = argo_kedro.run(project=root, progress=False)
    for missing in ("nope", "--nope", "@nope", "no\u2028pe"):
        assert error_of(lambda: argo_kedro.get_run(missing, project=root)).code == "unknown_run"  # noqa: B023
    assert error_of(lambda: run.logs("mkae")).hints == ("did you mean `make`?",)
    isolation: Any = "thread"
    assert error_of(lambda: argo_kedro.run(isolation=isolation, project=root)).code == "usage"
    two_tasks.write({"src/shop/pipeline_registry.py": "import nothing_of_this_name\n"})
    broken = error_of(lambda: argo_kedro.run(project=root))
    assert broken.code == "project_import_failed" and "pipeline_registry.py" in broken.detail
    assert broken.detail in str(broken) and "argo_kedro/" not in str(broken)
    assert "nothing_of_this_name" in broken.hints[0]
    assert broken._render_traceback_()[0].startswith("ArgoKedroError: cannot import the project")
    monkeypatch.setattr("argo_kedro._program.NAME", "no-such-program")
    lost = error_of(lambda: argo_kedro.runs(project=root))
    assert lost.code == "program_missing" and "Looked in" in lost.message


@pytest.mark.parametrize("wait", [True, False])
def test_nothing_to_run_is_no_error(
    two_tasks: Project, capfd: pytest.CaptureFixture[str], wait: bool
) -> None:
    two_tasks.write({"data/result.json": "1"})
    made = argo_kedro.run(project=two_tasks.root, only_missing_outputs=True, wait=wait)
    assert made is None
    told = capfd.readouterr().err
    assert "every output exists already" in told and "{" not in told
    assert list(argo_kedro.runs(project=two_tasks.root)) == []


def test_no_run_and_a_failure_is_an_error(
    two_tasks: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "argo-kedro"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("argo_kedro.api.program.locate_program", lambda: str(program))
    for wait in (True, False):
        error = error_of(
            lambda: argo_kedro.run(project=two_tasks.root, only_missing_outputs=True, wait=wait)  # noqa: B023
        )
        assert error.code == "no_result"


def test_only_an_error_of_the_program_is_read_as_one() -> None:
    """A builder of images may print its own JSON to the same stream."""
    ours = {"code": "unknown_run", "message": "no run", "hints": ["list"], "exit_code": 2}
    others: list[Any] = [
        "denied",
        None,
        {"code": 403, "message": "denied"},
        {**ours, "hints": "list"},
        {**ours, "exit_code": None},
        {**ours, "causes": 3},
        {key: it for key, it in ours.items() if key != "hints"},
    ]
    lines = ['{"error":' + json.dumps(it) + "}" for it in others]
    lines += ['{"error": half', '{"error":' + "[" * 100_000]
    said: list[str] = []
    errors = _Errors(said.append)
    errors.take_all("\n".join(lines).encode())
    errors.raise_if_any(0)
    assert said == lines
    errors.take_all(json.dumps({"error": ours}).encode())
    assert said == lines
    assert error_of(lambda: errors.raise_if_any(2)).hints == ("list",)


def test_findings_that_stand_in_the_way_are_shown(two_tasks: Project) -> None:
    two_tasks.write({"conf/base/argo.yml": "runnr: {}\n"})
    error = error_of(lambda: argo_kedro.run(project=two_tasks.root))
    assert error.code == "findings" and "runnr" in error.message
    assert "argo.yml" in error.detail and "\x1b" not in error.detail
    # The findings appear once.
    assert str(error) == error.detail
