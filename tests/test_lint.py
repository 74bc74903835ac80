"""`lint`: every finding at once, each with its place and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from projects import PROGRAM, MakeProject, Project, is_clean

FUNCTIONS = """
def copy(value):
    return value
def both(left, right):
    return left
"""
#: Cluster findings that a project without any configuration has are out of the way.
CONFIGURED = "deployment: {image: registry/shop}\nmemory_datasets: {path: 's3://bucket'}\n"


def findings(project: Project, *words: str) -> dict[str, dict[str, Any]]:
    """The findings by code, and that the exit code goes with them."""
    result = project.run("lint", "-o", "json", *words)
    found = {finding["code"]: finding for finding in result.json()}
    errors = [finding for finding in found.values() if finding["severity"] == "error"]
    assert result.code == (1 if errors else 0), result
    assert is_clean(result.text)
    return found


def subject(finding: dict[str, Any]) -> str:
    return json.dumps(finding["place"])


def test_a_project_without_faults_has_no_findings(make_project: MakeProject) -> None:
    project = make_project(files={"conf/base/argo.yml": CONFIGURED})
    result = project.ok("lint")
    assert (result.out, result.err) == ("", "no findings\n")


def test_credentials_that_another_environment_has_are_missing_in_this_one(
    make_project: MakeProject,
) -> None:
    project = make_project(
        files={
            "conf/base/argo.yml": CONFIGURED,
            "conf/cloud/catalog.yml": "x: {type: MemoryDataset, credentials: store}\n",
            "conf/local/credentials.yml": "store: {key: planted}\n",
        }
    )
    assert project.ok("lint").out == ""
    for target in ("cluster", "local"):
        found = findings(project, "--env", "cloud", "--target", target)
        assert list(found) == ["missing-credentials"]
        assert "conf/local/credentials.yml" in found["missing-credentials"]["help"]
    said = project.ok("compile", "--env", "cloud").err
    assert "warning[missing-credentials]: `x` needs the credentials `store`" in said
    project.write({"conf/cloud/credentials.yml": "store: {key: planted}\n"})
    assert project.ok("lint", "--env", "cloud").out == ""


def test_the_hint_to_lint_finds_the_warnings_again(make_project: MakeProject) -> None:
    unused = CONFIGURED + "nodes: {nobody: {cpu: 1}}\n"
    project = make_project(files={"conf/other/argo.yml": unused})
    said = project.ok("compile", "--env", "other").err
    assert "; see: argo-kedro lint --env other\n" in said, said
    assert "nobody" in project.ok("lint", "--env", "other").out
    assert "; see: argo-kedro lint\n" in project.ok("compile").err


def test_every_fault_of_argo_yml_is_found_at_once_where_it_stands(
    make_project: MakeProject,
) -> None:
    project = make_project(
        files={
            "conf/base/argo.yml": """\
                namespce: team
                deployment:
                  image: 3
                machine_types:
                  default: {mem: 1, cpu: 1, gpus: 2}
                """
        }
    )
    result = project.run("lint")
    assert result.code == 1
    for words in (
        "argo.yml:1:1",
        "did you mean `namespace`",
        "argo.yml:3:10",
        "`deployment.image` is 3",
        "argo.yml:5:29",
        "`machine_types.default` has no key `gpus`",
        "3 errors",
    ):
        assert words in result.out, result
    assert is_clean(result.text)


def test_a_fault_in_an_environments_file_is_placed_in_that_file(
    make_project: MakeProject,
) -> None:
    project = make_project(
        files={"conf/base/argo.yml": "namespace: a\n", "conf/cloud/argo.yml": "grouping: tags\n"}
    )
    finding = findings(project, "--env", "cloud")["invalid-setting"]
    assert finding["place"]["file"] == "conf/cloud/argo.yml"
    assert "tag" in finding["help"]


@pytest.mark.parametrize(
    ("argo", "code", "name"),
    [
        ("default_machine_type: lrage\nmachine_types: {large: {mem: 1, cpu: 1}}", None, "large"),
        ("machine_types: {large: {mem: 1, cpu: 1}}", "unused-machine-type", "large"),
        ("deployment: {tag: v1}", "image-not-configured", "deployment.image"),
        ("memory_datasets: {mode: error}", "memory-dataset-crosses-tasks", "number"),
        ("deployment: {}", "handoff-without-path", "number"),
    ],
    ids=["default machine type", "unused machine type", "image", "memory dataset", "hand-off"],
)
def test_what_is_wrong_with_the_configuration_is_named(
    make_project: MakeProject, argo: str, code: str | None, name: str
) -> None:
    found = findings(make_project(files={"conf/base/argo.yml": argo}))
    assert code is None or code in found
    assert name in json.dumps(found)


def test_an_unknown_machine_type_is_placed_at_the_node_that_asks(
    make_project: MakeProject,
) -> None:
    project = make_project(
        FUNCTIONS
        + """
def register_pipelines():
    return {"__default__": Pipeline([Node(copy, "a", "b", name="n", machine_type="larg")])}
""",
        {"conf/base/argo.yml": CONFIGURED + "machine_types: {large: {mem: 1, cpu: 1}}\n"},
    )
    finding = findings(project)["unknown-machine-type"]
    assert "did you mean `large`" in finding["help"].lower()
    line = finding["place"]["span"]["line"]
    assert 'machine_type="larg"' in project.read(finding["place"]["file"]).splitlines()[line - 1]


def test_a_local_path_that_crosses_tasks_is_a_warning_on_a_cluster_only(
    make_project: MakeProject,
) -> None:
    catalog = "number: {type: shop.datasets.JsonFile, filepath: data/number.json}\n"
    files: dict[str, str | bytes] = {
        "conf/base/argo.yml": CONFIGURED,
        "conf/base/catalog.yml": catalog,
    }
    project = make_project(files=files)
    finding = findings(project)["local-path-crosses-tasks"]
    assert finding["severity"] == "warning"
    assert "number" in subject(finding)
    assert findings(project, "--target", "local") == {}


def test_a_cycle_through_a_group_names_the_path(make_project: MakeProject) -> None:
    project = make_project(
        FUNCTIONS
        + """
def register_pipelines():
    return {"__default__": Pipeline([
        FusedPipeline([node(copy, "a", "b", name="one"), node(copy, "c", "d", name="three")],
                      name="loop"),
        node(copy, "b", "c", name="two"),
    ])}
""",
        {"conf/base/catalog.yml": "a: {type: MemoryDataset}\n"},
    )
    finding = findings(project)["group-cycle"]
    assert "loop" in finding["message"]
    assert "two" in json.dumps(finding)


def test_names_that_argo_would_make_one_are_a_warning(make_project: MakeProject) -> None:
    project = make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "x", name="a_b"), node(one, None, "y", name="a-b"),
    ])}
""",
        {"conf/base/argo.yml": CONFIGURED},
    )
    finding = findings(project)["task-name-clash"]
    assert "a_b" in finding["message"]
    assert "a-b" in finding["message"]


def test_a_fused_dataset_that_is_read_elsewhere_is_noted(make_project: MakeProject) -> None:
    project = make_project(
        FUNCTIONS
        + """
def register_pipelines():
    fused = FusedPipeline([node(one, None, "b", name="first"),
                           node(copy, "b", "c", name="second")], name="group")
    return {"__default__": fused, "other": Pipeline([node(copy, "b", "x", name="reads")])}
""",
        {
            "conf/base/argo.yml": CONFIGURED + "runner: {use_memory_datasets: true}\n",
            "conf/base/catalog.yml": "b: {type: shop.datasets.JsonFile, filepath: data/b.json}\n",
        },
    )
    finding = findings(project)["fused-dataset-read-elsewhere"]
    assert "reads" in finding["message"]
    assert project.plan()["group"]["outputs"][0] == {"dataset": "b", "kind": "catalog"}


def test_a_missing_parameter_and_dataset_are_errors(make_project: MakeProject) -> None:
    project = make_project(
        FUNCTIONS
        + """
def register_pipelines():
    return {"__default__": Pipeline([
        node(both, ["nowhere", "params:model.depth"], "b", name="n")])}
"""
    )
    found = findings(project)
    assert "nowhere" in found["missing-dataset"]["message"]
    assert "model.depth" in found["missing-parameter"]["message"]


def test_findings_come_as_annotations_and_as_sarif(make_project: MakeProject) -> None:
    project = make_project(files={"conf/base/argo.yml": CONFIGURED + "x: 1\n"})
    github = project.run("lint", "-o", "github")
    assert github.code == 1
    assert github.out.startswith("::error title=unknown-key,file=conf/base/argo.yml,line=3,")
    sarif = project.run("lint", "-o", "sarif").json()
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "unknown-key"


def test_every_code_has_a_page(two_tasks: Project) -> None:
    rules = [line.split()[0] for line in two_tasks.ok("lint", "--rules").out.splitlines()]
    assert len(rules) == len(set(rules)) > 20
    for code in ("unknown-machine-type", "handoff-without-path", rules[0], rules[-1]):
        assert code in two_tasks.ok("lint", "--explain", code).out


def test_an_unknown_code_is_answered_with_one_that_is_meant(two_tasks: Project) -> None:
    result = two_tasks.run("lint", "--explain", "unknown-machine-typ")
    assert result.code == 2
    assert "unknown-machine-type" in result.err


def test_any_manifest_can_be_linted_outside_of_a_project(
    two_tasks: Project, tmp_path: Path
) -> None:
    (tmp_path / "workflow.yaml").write_text(
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: a-}\n"
        "spec:\n  entrypoint: nowhere\n  templtes: []\n"
    )
    result = two_tasks.run("lint", "workflow.yaml", "-o", "json", cwd=tmp_path)
    assert result.code == 1
    assert "nowhere" in result.out
    assert "templtes" in result.out


def test_the_folder_of_a_project_is_not_needed_to_list_rules(
    two_tasks: Project, tmp_path: Path
) -> None:
    assert two_tasks.run("lint", "--rules", cwd=tmp_path, program=PROGRAM).code == 0
