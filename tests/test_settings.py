"""Settings of nodes in `argo.yml`, from Kedro's own reader to the manifest and a run here."""

from __future__ import annotations

import json

import pytest
from projects import MakeProject, Project

pytestmark = pytest.mark.kedro

REGISTRY = """
def make(number):
    return number
def register_pipelines():
    return {
        "__default__": Pipeline([
            node(make, "params:a", "b", name="make", tags=["heavy"]),
            node(make, "b", "c", name="use"),
        ]),
        "tidy": Pipeline([node(make, "params:a", "d", name="sweep")]),
    }
"""
ARGO = """
nodes:
  "*":
    retry: {limit: 1, on: [preempted]}
  tag:heavy:
    retry:
      on: [oom]
      memory: {factor: 2}
  nobody: {timeout: 60}
on_exit: {pipeline: tidy}
patches:
  templates:
    make: {container: {terminationMessagePolicy: FallbackToLogsOnError}}
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    files: dict[str, str | bytes] = {
        "conf/base/argo.yml": ARGO,
        "conf/base/parameters.yml": "a: 1\n",
    }
    return make_project(REGISTRY, files)


def test_settings_reach_the_manifest_though_on_is_true_to_kedros_reader(project: Project) -> None:
    spec = project.manifest()["spec"]
    templates = {template["name"]: template for template in spec["templates"]}
    heavy = templates[templates["pipeline"]["dag"]["tasks"][0]["template"]]
    assert "137" in heavy["retryStrategy"]["expression"]
    assert "143" not in heavy["retryStrategy"]["expression"]
    assert "asInt(retries)" in heavy["podSpecPatch"]
    assert heavy["container"]["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert spec["onExit"] == "on-exit"
    sweep = templates["on-exit"]["dag"]["tasks"][0]
    assert "--pipelines=tidy" in templates[sweep["template"]]["container"]["args"]


def test_the_plan_says_which_selector_set_what(project: Project) -> None:
    plan = json.loads(project.ok("plan", "-o", "json").out)
    set_by = plan["settings"][plan["tasks"][0]["settings"]]["set_by"]
    assert set_by == [{"setting": "retry", "selector": "tag:heavy"}]
    assert "retry (tag:heavy)" in project.ok("plan").out
    assert [task["name"] for task in plan["on_exit"]["tasks"]] == ["sweep"]


def test_a_selector_that_picks_nothing_is_a_warning_with_its_line(project: Project) -> None:
    findings = json.loads(project.ok("lint", "--target", "local", "-o", "json").out)
    (finding,) = [each for each in findings if each["code"] == "selector-without-nodes"]
    assert finding["place"]["file"] == "conf/base/argo.yml"
    assert finding["place"]["span"]["line"] == 9


def test_a_project_with_retries_runs_here_and_says_what_is_left_out(project: Project) -> None:
    result = project.ok("run")
    assert "every task is tried once here" in result.err
    assert "the exit handler `on-exit` does not run here" in result.err
