"""Kedro projects in temporary folders, and the real program run in them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import yaml
from kedro import __version__

BIN = Path(sys.executable).parent
PROGRAM = BIN / "argo-kedro"

HEADER = """\
import json, os, signal, subprocess, sys
from pathlib import Path
from argo_kedro.pipeline import FusedPipeline, Node
from kedro.pipeline import Pipeline, node, pipeline
from shop.tools import *

"""

TOOLS = '''\
"""Code by which the nodes of these projects leave traces and meet the test."""
import os, signal
from pathlib import Path


def trace(text):
    """Adds a line to a file of the project."""
    with open("trace.txt", "a") as file:
        file.write(f"{text}\\n")


def one():
    """Makes a number."""
    return 1


def tell(fifo, text="x"):
    """Hands a text to who reads the pipe; waits for a reader."""
    with open(fifo, "w") as file:
        file.write(text)


def wait(fifo):
    """Waits until somebody writes to the pipe; dies after a minute."""
    signal.alarm(60)
    with open(fifo) as file:
        text = file.read()
    signal.alarm(0)
    return text
'''

DATASETS = """\
import json
from pathlib import Path
from kedro.io import AbstractDataset, DatasetError


class JsonFile(AbstractDataset):
    def __init__(self, filepath):
        self._path = Path(filepath)

    def load(self):
        return json.loads(self._path.read_text())

    def save(self, data):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(data))

    def _exists(self):
        return self._path.exists()

    def _describe(self):
        return {"filepath": str(self._path)}
"""


@dataclass
class Result:
    """End of a program."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    def json(self) -> Any:
        return json.loads(self.out)

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self) -> str:
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


@dataclass
class Project:
    """A Kedro project in a temporary folder."""

    #: Seconds; every command ends much sooner.
    hangs_after: ClassVar[float] = 120

    root: Path
    home: Path
    mark: str = field(default_factory=lambda: uuid4().hex)

    def write(self, files: dict[str, str | bytes]) -> None:
        """Writes files; texts lose their common indentation."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(textwrap.dedent(content), encoding="utf-8")

    def registry(self, source: str) -> None:
        """Writes `pipeline_registry.py`, with the imports for its functions on top."""
        self.write({"src/shop/pipeline_registry.py": HEADER + textwrap.dedent(source)})

    def environment(self, extra: dict[str, str | None] | None = None) -> dict[str, str]:
        variables: dict[str, str | None] = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "VIRTUAL_ENV": str(BIN.parent),
            "NO_COLOR": "1",
            "COLUMNS": "80",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "KEDRO_DISABLE_TELEMETRY": "1",
            "ARGO_KEDRO_TEST": self.mark,
            **(extra or {}),
        }
        return {name: value for name, value in variables.items() if value is not None}

    def run(
        self,
        *words: str | Path,
        env: dict[str, str | None] | None = None,
        cwd: Path | None = None,
        program: Path = PROGRAM,
    ) -> Result:
        """Runs the program to its end."""
        ended = subprocess.run(
            [str(program), *map(str, words)],
            cwd=cwd or self.root,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=self.hangs_after,
            check=False,
        )
        return Result(ended.returncode, ended.stdout, ended.stderr)

    def kedro(self, *words: str, env: dict[str, str | None] | None = None) -> Result:
        """Runs Kedro's own command."""
        return self.run(*words, env=env, program=BIN / "kedro")

    def start(self, *words: str, env: dict[str, str | None] | None = None) -> subprocess.Popen[str]:
        """Starts the program in its own session, so that a test can send signals."""
        return subprocess.Popen(
            [str(PROGRAM), *words],
            cwd=self.root,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ok(self, *words: str | Path, env: dict[str, str | None] | None = None) -> Result:
        """Runs the program, which must succeed."""
        result = self.run(*words, env=env)
        assert result.code == 0, result
        return result

    def plan(self, *words: str) -> dict[str, dict[str, Any]]:
        """The tasks of the plan, by name."""
        tasks = self.ok("plan", "-o", "json", *words).json()["tasks"]
        return {task["name"]: task for task in tasks}

    def manifest(self, *words: str) -> dict[str, Any]:
        """Compiles the project."""
        loaded: dict[str, Any] = yaml.safe_load(self.ok("compile", *words).out)
        return loaded

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def traces(self) -> list[str]:
        """The lines that nodes wrote."""
        path = self.root / "trace.txt"
        return path.read_text().splitlines() if path.exists() else []

    def fifo(self, name: str) -> Path:
        path = self.root / name
        os.mkfifo(path)
        return path

    def hear(self, name: str) -> str:
        """Waits for a message of a node."""
        descriptor = os.open(self.root / name, os.O_RDONLY | os.O_NONBLOCK)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            assert poll.poll(20_000), f"nobody wrote to {name}"
            return os.read(descriptor, 1 << 16).decode()
        finally:
            os.close(descriptor)

    def processes(self) -> list[int]:
        """Processes of this project's commands that still run."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                variables = (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if self.mark.encode() in variables and state != "Z":
                found.append(int(entry.name))
        return found

    def are_gone(self, processes: list[int]) -> bool:
        """Waits for processes to end."""
        poll = select.poll()
        for pid in processes:
            try:
                descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            poll.register(descriptor, select.POLLIN)
            ended = poll.poll(10_000)
            poll.unregister(descriptor)
            os.close(descriptor)
            if not ended:
                return False
        return True


MakeProject = Callable[..., Project]


def build_project(folder: Path, registry: str, files: dict[str, str | bytes]) -> Project:
    project = Project(folder / "shop", folder / "home")
    project.home.mkdir(parents=True)
    pyproject = f"""\
        [tool.kedro]
        package_name = "shop"
        project_name = "Shop"
        kedro_init_version = "{__version__}"
        """
    project.write(
        {
            "pyproject.toml": pyproject,
            "src/shop/__init__.py": "",
            "src/shop/settings.py": "",
            "src/shop/tools.py": TOOLS,
            "src/shop/datasets.py": DATASETS,
            "conf/base/catalog.yml": "{}\n",
            "conf/base/parameters.yml": "{}\n",
            "conf/local/.gitkeep": "",
            **files,
        }
    )
    project.registry(registry)
    return project


#: `make` hands 20 to `use`, which doubles it into the catalog.
TWO_TASKS = """
def make():
    trace("make")
    return 20

def use(number):
    trace(f"use {number}")
    return number * 2

def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "number", name="make"),
        Node(use, "number", "result", name="use"),
    ])}
"""
#: A module with a versioned dataset: `Versioned`.
VERSIONED = """\
import json
from pathlib import PurePosixPath, Path
from kedro.io import AbstractVersionedDataset


class Versioned(AbstractVersionedDataset):
    def __init__(self, filepath, version=None):
        super().__init__(PurePosixPath(filepath), version)

    def load(self):
        return json.loads(Path(self._get_load_path()).read_text())

    def save(self, data):
        path = Path(self._get_save_path())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data))

    def _exists(self):
        return Path(self._get_load_path()).exists()

    def _describe(self):
        return {}
"""
RESULT = {
    "conf/base/catalog.yml": """\
    result:
      type: shop.datasets.JsonFile
      filepath: data/result.json
    """
}


def is_clean(text: str) -> bool:
    """Says whether a text has no Rust panic and no Python traceback of argo-kedro itself."""
    marks = ("panicked at", "RUST_BACKTRACE", "/argo_kedro/", "argo_kedro.worker")
    return not any(mark in text for mark in marks)
