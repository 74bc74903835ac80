"""`${ka.random:}` in configuration: letters for each run, the same in all its tasks."""

from __future__ import annotations

import json
import re

import pytest
from argo_kedro.random_name import random_name
from projects import MakeProject, Project

pytestmark = pytest.mark.kedro

REGISTRY = """
def show(name, text):
    return [name, text]
def register_pipelines():
    return {"__default__": Pipeline([
        node(show, ["params:name", "params:text"], "first", name="first"),
        node(show, ["params:name", "first"], "second", name="second"),
    ])}
"""
FILES: dict[str, str | bytes] = {
    "conf/base/globals.yml": "name: run-${ka.random:}\n",
    "conf/base/parameters.yml": "name: ${ka.random:}\ntext: ${globals:name}\n",
    "conf/base/catalog.yml": """\
        first: {type: shop.datasets.JsonFile, filepath: data/first.json}
        second: {type: shop.datasets.JsonFile, filepath: data/second.json}
        """,
    "conf/base/argo.yml": "deployment: {image: registry/shop, tag: '${ka.random:}'}\n",
}


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(REGISTRY, dict(FILES))


def letters(project: Project) -> str:
    """The letters of the run, the same in all places."""
    name, (again, text) = json.loads(project.read("data/second.json"))
    assert re.fullmatch("[a-z0-9]{6}", name)
    assert (again, text) == (name, f"run-{name}")
    return str(name)


def test_kedro_run_reads_it(project: Project) -> None:
    seen = set()
    for _ in range(2):
        done = project.kedro("run")
        assert done.code == 0, done
        seen.add(letters(project))
    assert len(seen) == 2


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_all_tasks_of_a_run_have_the_same(project: Project, isolation: str) -> None:
    seen = set()
    for _ in range(2):
        project.ok("run", "--isolation", isolation)
        seen.add(letters(project))
    assert len(seen) == 2
    # A compiled manifest has none: the build chooses the tag, and equal projects give equal bytes.
    assert "image: registry/shop\n" in project.ok("compile", "--allow-errors").out


def test_a_run_that_goes_on_from_another_has_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_ID", "u1")
    first = random_name()
    monkeypatch.setenv("WORKFLOW_ID", "u3")
    assert random_name() != first
    monkeypatch.setenv("ARGO_KEDRO_RUN_VERSION_FROM", "u2,u1")
    assert random_name() == first
