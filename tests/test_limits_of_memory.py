"""With a flag, a run of a manifest kills tasks that exceed their limit of memory."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from projects import PROGRAM

#: Holds 150 MiB: the first try waits to be killed, the second ends.
HOLDS = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: holds}
spec:
  entrypoint: main
  templates:
  - name: main
    retryStrategy: {limit: "1"}
    podSpecPatch: |
      containers: [{name: main, resources: {limits: {memory: "{{=(asInt(retries)+1)*100}}Mi"}}}]
    container:
      image: python:3.11-slim
      command: [python3, -c]
      args:
      - "import signal; held = b'1' * 150_000_000; {{=retries == '0' ? 'signal.pause()' : ''}}"
"""
#: Nobody kills this task; it runs until its memory has been measured, several times a second.
IS_SEEN = ("signal.pause()", "import time; time.sleep(1)")
EXPECTED = """
phase: Succeeded
nodes:
- {name: ., type: Retry, phase: Succeeded}
- {name: (0), phase: Failed, message: "main: OOMKilled (exit code 137)", outputs: {exitCode: "137"}}
- {name: (1), phase: Succeeded}
"""


@pytest.mark.parametrize("enforces", [True, False])
def test_a_try_with_too_little_memory_is_killed_and_the_next_has_more(
    tmp_path: Path, enforces: bool
) -> None:
    (tmp_path / "holds.yaml").write_text(HOLDS if enforces else HOLDS.replace(*IS_SEEN))
    (tmp_path / "expected.yaml").write_text(EXPECTED)
    words = ["--enforce-limits", "--expect", "expected.yaml"] if enforces else []
    done = subprocess.run(
        [PROGRAM, "run", "holds.yaml", *words],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert ("OOMKilled" in done.stdout) == enforces
    # Who enforces the limits depends on the machine.
    by = ("control groups of the kernel enforce them", "this program measures what tasks hold")
    said = any(f"limits of memory: {who}" in done.stderr for who in by)
    assert said == enforces, done.stderr
    assert ("a cluster would kill it" in done.stderr) != enforces, done.stderr


def test_a_pod_with_a_limit_says_why_its_command_did_not_start(tmp_path: Path) -> None:
    """A pod enters its control group by a command of ours, which Argo's words must not mention."""
    missing = HOLDS.replace("[python3, -c]", "[no-such-program]").replace(
        'limit: "1"', 'limit: "0"'
    )
    (tmp_path / "w.yaml").write_text(missing)
    words = [PROGRAM, "run", "w.yaml", "--enforce-limits"]
    done = subprocess.run(
        words, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1, done.stderr
    why = 'exec: "no-such-program": executable file not found in $PATH'
    assert f"main: Error (exit code 64): failed to find name in PATH: {why}" in done.stderr
