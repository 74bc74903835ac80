"""`plan`: the future tasks, their machines and their data.

`crates/plan/tests` tests the planning itself.
"""

from __future__ import annotations

import pytest
from projects import MakeProject, Project, is_clean
from recorded_projects import BRANCHES

pytestmark = pytest.mark.kedro


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    return shared_project(BRANCHES.registry, BRANCHES.files)


def test_the_table_fits_the_terminal_and_says_it_all(project: Project) -> None:
    result = project.ok("plan")
    words = ("prepare", "x-train", "choose", "largest of its nodes", "→ best", "4 tasks")
    for word in (*words, "retry (tag:heavy)"):
        assert word in result.out
    # Faults on a cluster, in short; some versions of Kedro first warn of dataset names with a dot.
    assert "error[handoff-without-path]: " in result.err, result
    assert is_clean(result.out)


def test_mermaid_draws_each_task_and_each_dependency(project: Project) -> None:
    lines = project.ok("plan", "-o", "mermaid").out.splitlines()
    assert lines[0].startswith("flowchart")
    assert sum("-->" in line for line in lines) == 4
    assert sum('["' in line for line in lines) == 4


def test_a_selection_plans_that_part_alone(project: Project) -> None:
    words = ["plan", "-o", "name"]
    assert project.ok(*words, "--to-nodes", "x.train").out == "prepare\nx-train\n"
    assert project.ok(*words, "--from-inputs", "raw", "--to-outputs", "kept").out == "prepare\n"


def test_kedro_argo_says_what_argo_kedro_says(project: Project) -> None:
    ours = project.ok("plan", "-o", "json").out
    through_kedro = project.kedro("argo", "plan", "-o", "json")
    assert through_kedro.code == 0, through_kedro
    # Kedro announces its logging configuration on standard output before any plugin runs.
    assert through_kedro.out.endswith(ours)


def test_the_words_after_kedro_argo_arrive_unchanged(project: Project) -> None:
    result = project.kedro("argo", "plan", "--nodes", "no such, --help")
    assert result.code == 2
    assert "no such" in result.err
    helped = project.kedro("argo", "plan", "--help")
    assert "--from-nodes" in helped.out
    assert project.kedro("argo", "--help").out.count("compile") >= 1


MISSING = """
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "raw", name="first"),
        node(lambda value: value, "raw", "kept", name="second"),
    ])}
"""


def test_only_nodes_with_missing_outputs_are_planned_when_asked(make_project: MakeProject) -> None:
    project = make_project(
        MISSING, {"conf/base/catalog.yml": BRANCHES.files["conf/base/catalog.yml"]}
    )
    words = ("plan", "--only-missing-outputs", "-o", "name")
    assert project.run(*words).out.split() == ["first", "second"]
    project.write({"data/raw.json": "1"})
    assert project.run(*words).out.split() == ["second"]
    project.write({"data/kept.json": "1"})
    nothing = project.run(*words)
    assert (nothing.code, nothing.out) == (0, "")
    assert "every output exists" in nothing.err
