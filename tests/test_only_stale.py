"""`run --only-stale`: skips tasks whose inputs are unchanged, and says why the others run."""

from __future__ import annotations

import pytest
from projects import VERSIONED, MakeProject, Project

REGISTRY = """
from shop.nodes import make, use
def show(value): trace(f"show {value}"); return value
def beside(rate): trace(f"beside {rate}"); return rate
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, ["raw", "params:factor"], "made", name="make"),
        Node(use, "made", "used", name="use"),
        Node(show, "used", "result", name="show"),
        Node(beside, "params:rate", "rate", name="beside"),
    ])}
"""
NODES = """
from shop.tools import trace
from .amounts import MORE
def make(raw, factor): trace(f"make {raw} {factor}"); return raw * factor
def use(value):
    trace(f"use {value}")
    return value + MORE
"""
FILES = {
    "conf/base/catalog.yml": """\
    result: {type: shop.datasets.JsonFile, filepath: data/result.json}
    raw: {type: shop.datasets.JsonFile, filepath: data/raw.json}
    used: {type: shop.datasets.JsonFile, filepath: data/used.json}
    rate: {type: shop.datasets.JsonFile, filepath: data/rate.json}
    """,
    "conf/base/parameters.yml": "factor: 2\nrate: 1\n",
    "data/raw.json": "10",
    "src/shop/nodes.py": NODES,
    "src/shop/amounts.py": "MORE = 1\n",
}


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    project = make_project(REGISTRY, dict(FILES))
    project.ok("run", "-w", "first")
    return project


def ran(project: Project, *words: str) -> tuple[list[str], str]:
    """The tasks that ran, and the messages."""
    before = len(project.traces())
    said = project.ok("run", "--only-stale", *words).err
    return sorted(line.split()[0] for line in project.traces()[before:]), said


def test_all_runs_where_nothing_has_run_yet(make_project: MakeProject) -> None:
    project = make_project(REGISTRY, dict(FILES))
    said = project.ok("run", "--only-stale").err
    assert len(project.traces()) == 4, said


def test_nothing_runs_where_nothing_has_changed(project: Project) -> None:
    tasks, said = ran(project)
    assert tasks == [] and "no task is left to run" in said
    assert project.ok("list", "-o", "name").out.split() == ["first"]


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_changed_parameter_runs_its_readers_and_what_comes_after(
    project: Project, isolation: str
) -> None:
    tasks, said = ran(project, "--params", "factor=3", "--isolation", isolation)
    assert tasks == ["make", "show", "use"]
    assert "make runs: `params:factor` changed" in said
    assert "use runs: `make` runs" in said
    assert "since first: beside is as before" in said
    assert project.traces()[-1] == "show 31"
    # The last success of each task counts, in any run; its data was handed on.
    project.ok("delete", "first", "--yes")
    assert ran(project, "--params", "factor=3")[0] == []
    assert ran(project, "--params", "factor=3,rate=2")[0] == ["beside"]


def test_changed_code_is_named_also_that_of_what_it_imports(project: Project) -> None:
    project.write({"src/shop/amounts.py": "MORE = 5\n"})
    shown = project.ok("run", "--only-stale", "--dry-run")
    assert "code changed: src/shop/amounts.py" in shown.out
    tasks, said = ran(project)
    assert "make" in tasks and "use" in tasks and "show" in tasks
    assert "use runs" in said
    assert project.traces()[-1] == "show 25" or "show 25" in project.traces()
    project.registry(REGISTRY.replace("return rate\n", "return rate + 0\n", 1))
    tasks, said = ran(project)
    assert "src/shop/pipeline_registry.py" in said and "beside" in tasks
    assert "make" not in tasks


def test_a_task_whose_input_has_another_content_runs(project: Project) -> None:
    # A write of the same content is no change.
    project.write({"data/raw.json": "10"})
    assert ran(project)[0] == []
    project.write({"data/raw.json": "20"})
    tasks, said = ran(project)
    assert tasks == ["make", "show", "use"]
    assert "`raw` changed" in said and "data/raw.json" in said


def test_a_result_that_is_gone_or_another_is_made_again(project: Project) -> None:
    project.write({"data/rate.json": "7"})
    tasks, said = ran(project)
    assert tasks == ["beside"] and "its result `rate` was changed since" in said
    (project.root / "data/used.json").unlink()
    tasks, said = ran(project)
    assert tasks == ["show", "use"] and "its result `used` is gone" in said


def test_a_task_that_ran_again_alone_is_another_input(project: Project) -> None:
    project.ok("retry", "--only", "use")
    tasks, said = ran(project)
    assert tasks == ["show"] and "`use` ran again in first" in said


def test_a_run_that_failed_counts_for_the_tasks_that_did_not(make_project: MakeProject) -> None:
    project = make_project(REGISTRY, dict(FILES))
    assert project.run("run", "--params", "factor=x").code == 1
    tasks, said = ran(project)
    assert tasks == ["make", "show", "use"]
    assert "make runs: `params:factor` changed" in said and "show runs: no good run yet" in said


def test_what_nobody_can_see_runs(make_project: MakeProject) -> None:
    catalog = FILES["conf/base/catalog.yml"].replace(
        "raw: {type: shop.datasets.JsonFile, filepath: data/raw.json}",
        "raw: {type: shop.table.Table}",
    )
    table = """
from kedro.io import AbstractDataset
class Table(AbstractDataset):
    def _load(self): return 10
    def _save(self, data): pass
    def _describe(self): return {}
"""
    project = make_project(
        REGISTRY, {**FILES, "conf/base/catalog.yml": catalog, "src/shop/table.py": table}
    )
    project.ok("run")
    tasks, said = ran(project)
    assert tasks == ["make", "show", "use"]
    assert "cannot see whether `raw` has changed: it has no path on this machine" in said


def test_versions_are_those_of_the_tasks_that_were_skipped(make_project: MakeProject) -> None:
    registry = """
from shop.versioned import Versioned
def make(): trace("make"); return 1
def use(model, rate): trace(f"use {model} {rate}"); return model
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "model", name="make"),
        Node(use, ["model", "params:rate"], "result", name="use"),
    ])}
"""
    catalog = """
result: {type: shop.datasets.JsonFile, filepath: data/result.json}
model: {type: shop.versioned.Versioned, filepath: data/m.json, versioned: true}
"""
    project = make_project(
        registry,
        {
            "conf/base/catalog.yml": catalog,
            "conf/base/parameters.yml": "rate: 1\n",
            "src/shop/versioned.py": VERSIONED,
        },
    )
    project.ok("run", "-w", "first")
    # A later version from a run of other code does not count.
    later = project.root / "data/m.json/2999-01-01T00.00.00.000Z/m.json"
    later.parent.mkdir()
    later.write_text("9")
    tasks, _ = ran(project, "--params", "rate=2")
    assert tasks == ["use"]
    assert project.traces()[-1] == "use 1 2"
