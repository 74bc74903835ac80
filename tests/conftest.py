"""Fixtures that make Kedro projects in temporary folders."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flights_project import FLIGHTS, REGISTRY
from projects import RESULT, TWO_TASKS, MakeProject, Project, build_project

# A shell in the background, or `nohup`, ignores these signals, and programs would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def make_project(tmp_path: Path) -> Iterator[MakeProject]:
    """Makes a project from its registry and further files; ends its remaining processes."""
    made: list[Project] = []

    def make(
        registry: str = TWO_TASKS, files: dict[str, str | bytes] | None = None, name: str = "a"
    ) -> Project:
        made.append(build_project(tmp_path / name, registry, files or {}))
        return made[-1]

    yield make
    for project in made:
        for pid in project.processes():
            os.kill(pid, 9)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> MakeProject:
    """Makes a project that the tests of a module share without changing it."""

    def make(registry: str, files: dict[str, str | bytes] | None = None) -> Project:
        return build_project(tmp_path_factory.mktemp("shared") / "a", registry, files or {})

    return make


@pytest.fixture
def two_tasks(make_project: MakeProject) -> Project:
    return make_project(TWO_TASKS, dict(RESULT))


@pytest.fixture
def flights(make_project: MakeProject) -> Project:
    """A project with data on this machine."""
    return make_project(REGISTRY, FLIGHTS)


@pytest.fixture
def as_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives this process the variables of a project's user."""
    monkeypatch.setenv("KEDRO_DISABLE_TELEMETRY", "1")
