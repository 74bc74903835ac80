"""`run --from-run`: a new run continues from the data of an earlier one."""

from __future__ import annotations

import signal

import pytest
from projects import RESULT, VERSIONED, MakeProject, Project

CHAIN = """
def make(): trace("make"); return {"number": 20}
def use(value): trace(f"use {value['number']}"); return value["number"] * 2
def show(value): trace(f"show {value}"); return value
def beside(): return 1
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "made", name="make"),
        Node(use, "made", "Used", name="use"),
        Node(show, "Used", "result", name="show"),
    ]), "other": Pipeline([Node(beside, None, "none", name="beside")])}
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(CHAIN, dict(RESULT))


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_run_begins_in_the_middle(project: Project, isolation: str) -> None:
    project.ok("run", "-w", "whole")
    alone = project.run("run", "--from-nodes", "show")
    assert alone.code == 2 and "`use`" in alone.err and "--from-run @latest" in alone.err, alone
    words = ["--from-nodes", "show", "--from-run", "@latest", "--isolation", isolation]
    shown = project.ok("run", "--dry-run", *words)
    assert "takes over Used from run whole" in shown.err
    project.ok("run", "-w", "last", *words)
    assert project.traces() == ["make", "use 20", "show 40", "show 40"]
    # The new run no longer needs the old one, and its own data can be taken over.
    project.ok("delete", "whole", "--yes")
    project.ok("retry", "last", "--only", "show")
    project.ok("run", "--nodes", "show", "--from-run", "las")
    assert project.traces()[4:] == ["show 40", "show 40"]
    unneeded = project.ok("run", "--from-run", "last")
    assert "read nothing that only run last has" in unneeded.err


def test_what_a_run_has_not_made_is_named_with_who_makes_it(project: Project) -> None:
    project.ok("run", "--nodes", "make", "-w", "part")
    lacking = project.run("run", "--nodes", "show", "--from-run", "part")
    assert lacking.code == 2, lacking
    assert "run `part` did not make `Used`, which the node `show` reads" in lacking.err
    assert "the node `use` makes it" in lacking.err and "--from-nodes use" in lacking.err
    none = project.run("run", "--from-run", "parx")
    assert none.code == 2 and "hint:" in none.err


def test_data_of_a_task_that_failed_is_not_taken(make_project: MakeProject) -> None:
    failing = CHAIN.replace(
        'Node(use, "made", "Used", name="use"),',
        'FusedPipeline([Node(use, "made", "Used", name="use"),'
        ' Node(lambda x: 1 / 0, "Used", "never", name="fails")], name="pair"),',
    )
    project = make_project(failing, dict(RESULT))
    assert project.run("run", "-w", "failed").code == 1
    lacking = project.run("run", "--nodes", "show", "--from-run", "failed")
    assert lacking.code == 2 and "retry failed" in lacking.err, lacking


def test_a_run_that_goes_on_is_refused(make_project: MakeProject) -> None:
    waiting = CHAIN.replace("return value\n", 'tell("told"); wait("go"); return value\n', 1)
    project = make_project(waiting, dict(RESULT))
    project.fifo("told")
    project.fifo("go")
    with project.start("run", "-w", "going") as going:
        project.hear("told")
        refused = project.run("run", "--nodes", "show", "--from-run", "going")
        going.send_signal(signal.SIGINT)
        going.communicate(timeout=60)
    assert refused.code == 2 and "run `going` is still running" in refused.err, refused


def test_a_run_of_another_project_is_refused(make_project: MakeProject) -> None:
    one = make_project(CHAIN, dict(RESULT), "one")
    other = make_project(CHAIN, dict(RESULT), "other")
    text = other.read("pyproject.toml").replace('"Shop"', '"Bakery"')
    other.write({"pyproject.toml": text})
    state = one.root / ".argo-kedro"
    one.ok("run", "-w", "shops")
    words = ["--state", state, "run", "--nodes", "show", "--from-run", "shops"]
    refused = other.run(*words)
    assert refused.code == 2 and "of the project `Shop`" in refused.err, refused


SAVED = """
from shop.versioned import Versioned
def make(): trace("make"); return int(os.environ["NUMBER"])
def use(model, own): trace(f"use {model} {own}"); return model
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "model", name="make"),
        Node(lambda model: model + 1, "model", "own", name="copy"),
        Node(use, ["model", "own"], "result", name="use"),
    ])}
"""
CATALOG = """
result: {type: shop.datasets.JsonFile, filepath: data/result.json}
model: {type: shop.versioned.Versioned, filepath: data/model.json, versioned: true}
own: {type: shop.datasets.JsonFile, filepath: "data/${oc.env:WORKFLOW_ID,none}/own.json"}
"""


def test_versions_and_folders_of_the_earlier_run_are_those_of_the_new_one(
    make_project: MakeProject,
) -> None:
    settings = (
        "from omegaconf.resolvers import oc\n"
        'CONFIG_LOADER_ARGS = {"custom_resolvers": {"oc.env": oc.env}}\n'
    )
    files = {
        "src/shop/versioned.py": VERSIONED,
        "src/shop/settings.py": settings,
        "conf/base/catalog.yml": CATALOG,
    }
    project = make_project(SAVED, files)
    project.ok("run", "-w", "first", env={"NUMBER": "1"})
    project.ok("run", "-w", "second", env={"NUMBER": "2"})
    project.ok("run", "--nodes", "use", "--from-run", "first", "-w", "third")
    assert project.traces()[-1] == "use 1 2"
    # The fourth run also takes over what the third did; the first is deleted meanwhile.
    project.ok("delete", "first", "--yes")
    project.ok("run", "--nodes", "use", "--from-run", "third")
    assert project.traces()[-1] == "use 1 2"
    results = project.ok("results", "third", "-o", "json").text
    assert "own" in results
