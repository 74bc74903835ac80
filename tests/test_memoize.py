"""Memoized results serve later runs on this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

from projects import PROGRAM

WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: remembers-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: key, value: one}]}
  templates:
  - name: main
    memoize: {key: "{{workflow.parameters.key}}", maxAge: 1h, cache: {configMap: {name: results}}}
    container:
      image: busybox
      command: [sh, -c, "echo ran >> ran.txt; printf '{{workflow.parameters.key}}' > /tmp/o"]
    outputs: {parameters: [{name: o, valueFrom: {path: /tmp/o}}]}
"""
EXPECTED = """
phase: Succeeded
nodes: [{name: ., outputs: {exitCode: "0", parameters: {o: one}}}]
"""


def test_a_later_run_takes_the_result_and_one_with_another_key_does_not(tmp_path: Path) -> None:
    (tmp_path / "workflow.yaml").write_text(WORKFLOW)
    (tmp_path / "expected.yaml").write_text(EXPECTED)
    ran = tmp_path / "ran.txt"
    for words, times in [([], 1), ([], 1), (["-p", "key=two"], 2), ([], 2)]:
        expect = [] if words else ["--expect", "expected.yaml"]
        done = subprocess.run(
            [PROGRAM, "run", "workflow.yaml", *words, *expect],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert ran.read_text() == "ran\n" * times
