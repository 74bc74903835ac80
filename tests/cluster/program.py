"""The real program against a real cluster."""

from __future__ import annotations

import os
import pty
import queue
import select
import signal
import sqlite3
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml
from api import ApiServer
from projects import PROGRAM, Project, Result

ENVIRONMENT = "cluster"
#: Seconds; a run of some tasks takes minutes if the controller looks at it only every ten seconds,
#: its default, and the cluster is small and busy.
HANG = 600


class Running:
    """The program while it runs, with its output line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._coming: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=[stream], daemon=True)
            for stream in (process.stdout, process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def says(self, *words: str, seconds: float = HANG) -> str:
        """Waits for a line with these words."""
        deadline = time.monotonic() + seconds
        ended = 0
        while ended < len(self._readers):
            left = deadline - time.monotonic()
            assert left > 0, f"did not say {words}:\n{self.text}"
            try:
                line = self._coming.get(timeout=left)
            except queue.Empty:
                continue
            if line is None:
                ended += 1
                continue
            self.lines.append(line)
            if all(word in line for word in words):
                return line
        raise AssertionError(f"ended without saying {words}:\n{self.text}")

    def ends(self, seconds: float = HANG) -> int:
        """Waits for the program's end, and gives its exit code."""
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(10)
        while not self._coming.empty():
            if (line := self._coming.get()) is not None:
                self.lines.append(line)
        return code

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@dataclass
class ClusterProject(Project):
    """A project whose tasks run on a cluster."""

    hangs_after: ClassVar[float] = HANG

    api: ApiServer = field(kw_only=True)
    kubeconfig: Path = field(kw_only=True)
    #: Variables of every command.
    variables: dict[str, str] = field(default_factory=dict, kw_only=True)
    started: list[Running] = field(default_factory=list, kw_only=True)

    def configure(self, settings: dict[str, Any], image: str) -> None:
        """Writes `argo.yml` for the cluster.

        Args:
            settings: Settings besides namespace and image.
            image: Reference with a tag.
        """
        name, _, tag = image.rpartition(":")
        document = {
            "namespace": self.api.namespace,
            "deployment": {"image": name, "tag": tag},
            **settings,
        }
        if account := os.environ.get("ARGO_KEDRO_TEST_SERVICE_ACCOUNT"):
            document["service_account"] = account
        self.write({f"conf/{ENVIRONMENT}/argo.yml": yaml.safe_dump(document)})

    def environment(self, extra: dict[str, str | None] | None = None) -> dict[str, str]:
        variables = {"KUBECONFIG": str(self.kubeconfig), **self.variables}
        return super().environment({**variables, **(extra or {})})

    def answered(self, answer: str, *words: str) -> int:
        """Runs the program on a terminal, answers its question, and gives its exit code.

        Args:
            answer: Text to type after `[y/N]`, or `Ctrl-C`.
            words: Words of the command.
        """
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [str(PROGRAM), *words],
            cwd=self.root,
            env=self.environment(),
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.DEVNULL,
        )
        os.close(theirs)
        said = b""
        while b"[y/N]" not in said:
            ready, *_ = select.select([ours], [], [], 60)
            assert ready, said
            said += os.read(ours, 4096)
        if answer == "Ctrl-C":
            process.send_signal(signal.SIGINT)
        else:
            os.write(ours, f"{answer}\n".encode())
        process.wait(60)
        os.close(ours)
        return process.returncode

    def submit(self, *words: str, env: dict[str, str | None] | None = None) -> Result:
        """Submits to the end of the command; the image exists already."""
        return self.run("submit", "--env", ENVIRONMENT, "--no-build", *words, env=env)

    def submitted(self, *words: str, env: dict[str, str | None] | None = None) -> tuple[str, str]:
        """Submits, which must succeed, and gives name and unique id of the run."""
        result = self.submit("-o", "json", *words, env=env)
        assert result.code == 0, result
        made = result.json()
        return made["name"], made["uid"]

    def follow(self, *words: str, env: dict[str, str | None] | None = None) -> Running:
        """Starts a command that keeps running."""
        running = Running(self.start(*words, env=env))
        self.started.append(running)
        return running

    def history(self) -> sqlite3.Connection:
        return sqlite3.connect(self.root / ".argo-kedro" / "history.db")

    def events(self, run: str) -> list[str]:
        """The recorded events of a run, as text."""
        with self.history() as history:
            rows = history.execute("SELECT event FROM event WHERE run = ? ORDER BY number", [run])
            return [row[0] for row in rows]

    def runs(self) -> list[str]:
        if not (self.root / ".argo-kedro" / "history.db").exists():
            return []
        with self.history() as history:
            return [row[0] for row in history.execute("SELECT name FROM run")]

    def clean_up(self) -> None:
        """Ends and deletes what this project started."""
        for running in self.started:
            if running.process.poll() is None:
                running.kill()
        for run in self.runs():
            self.api.delete_workflow(run)


__all__ = ["ENVIRONMENT", "PROGRAM", "ClusterProject", "Running"]
