"""A folder with Argo manifests and no Kedro project, for tests of runs of files."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from projects import Project


class Folder(Project):
    """A folder whose manifests run unchanged."""

    @classmethod
    def make(cls, root: Path) -> Folder:
        folder = cls(root / "work", root / "home")
        folder.root.mkdir()
        folder.home.mkdir()
        return folder

    def workflow(self, spec: dict[str, Any], name: str = "w.yaml") -> None:
        """Writes a Workflow called `w`."""
        manifest = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "w"},
            "spec": spec,
        }
        self.write({name: json.dumps(manifest)})

    @contextmanager
    def going(self, *words: str) -> Iterator[Following]:
        """Starts a run in its own terminal, which must end by itself."""
        with self.start("run", "w.yaml", *words) as program:
            following = Following(program)
            try:
                yield following
                following.end()
            finally:
                program.kill()

    def tree(self, run: str = "w") -> dict[str, str]:
        """Phases of the tasks of a run, by their names."""
        tasks = self.ok("status", run, "-o", "json").json()["state"]["tasks"]
        return {name: task["phase"] for name, task in tasks.items()}

    def lines(self, name: str) -> list[str]:
        path = self.root / name
        return path.read_text().splitlines() if path.exists() else []


class Following:
    """Reads a program's standard error, line by line."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self.program = program
        self.said: list[str] = []
        self.code: int | None = None

    def until(self, text: str) -> str:
        """Reads up to the line with a text, and gives that line."""
        assert self.program.stderr is not None
        for line in self.program.stderr:
            self.said.append(line)
            if text in line:
                return line
        raise AssertionError(f"it did not say {text!r}:\n{''.join(self.said)}")

    def end(self) -> None:
        """Waits for its end."""
        out, err = the_rest(self.program)
        self.said += [err, out]
        self.code = self.program.returncode

    @property
    def text(self) -> str:
        return "".join(self.said)


def the_rest(program: subprocess.Popen[str], within: float = 60) -> tuple[str, str]:
    """Remaining output and errors of a program that the test has begun to read.

    `communicate` would miss text that came together with the last line: the stream has it in its
    buffer.
    """
    assert program.stdout is not None and program.stderr is not None
    hangs = threading.Timer(within, program.kill)
    hangs.start()
    try:
        err = program.stderr.read()
        out = program.stdout.read()
        program.wait()
    finally:
        hangs.cancel()
    return out, err


def container(script: str, **more: Any) -> dict[str, Any]:
    """A container that runs a script of the shell."""
    return {"container": {"image": "busybox", "command": ["sh", "-c"], "args": [script]}, **more}
