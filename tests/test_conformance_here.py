"""Recorded workflows run here with real processes, and end as on the real controller.

The engine's own tests replay every record without processes (`crates/engine/src/operate/tests.rs`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from projects import PROGRAM

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts" / "conformance"))

from cases import CASES, Case, find

#: Areas with processes and files.
AREAS = ["artifacts", "containers", "outputs", "tags"]
#: Cases that end differently here, and why.
DIFFERENT = {
    "containers/daemon-fails": "steps go on when a daemon of an earlier step fails",
    "containers/out-of-memory": "limits of memory are told and not enforced",
    "outputs/result-long": "the record has its digest",
    "outputs/value-of-suspend": "the controller panics",
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pods need mount namespaces")


def name(case: Case) -> str:
    return f"{case.file.parent.name}/{case.file.stem}"


def cases() -> list[Case]:
    found = [case for area in AREAS for case in find(CASES, [f"{area}/"]) if not case.actions]
    assert {name(case) for case in found} >= DIFFERENT.keys()
    return [case for case in found if name(case) not in DIFFERENT]


@pytest.mark.parametrize("case", cases(), ids=name)
def test_a_workflow_ends_here_as_on_the_real_controller(case: Case, tmp_path: Path) -> None:
    record = case.record.read_text("utf-8")
    if "\nnodes: []" in record or record.startswith("refused"):
        pytest.skip("it is refused, and lint's tests are about that")
    if "\nhangs: true" in record:
        pytest.skip("it waits for ever there, and ends with an error here")
    before = set(os.listdir("/"))
    done = subprocess.run(
        [PROGRAM, "run", case.file, "--allow-errors", "--expect", case.record],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert set(os.listdir("/")) == before
    # The rooms of the pods are removed with their files.
    (run,) = (tmp_path / ".argo-kedro" / "runs").iterdir()
    assert not list((run / "pods").glob("*"))
