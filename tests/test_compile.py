"""`compile`: the manifest that Argo gets.

`crates/compile/tests` tests the manifests of projects as well.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from projects import MakeProject, Project, build_project
from recorded_projects import GPU_GROUP


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    return shared_project(GPU_GROUP.registry, GPU_GROUP.files)


@pytest.fixture(scope="module")
def text(project: Project) -> str:
    return project.ok("compile").out


@pytest.fixture(scope="module")
def manifest(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def template(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (it for it in manifest["spec"]["templates"] if it["name"] == name)
    return dict(found)


def variables(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    return {it["name"]: it for it in template(manifest, name)["container"]["env"]}


def test_the_same_project_gives_the_same_bytes(project: Project, text: str, tmp_path: Path) -> None:
    shutil.copytree(project.root, tmp_path / "elsewhere")
    elsewhere = Project(tmp_path / "elsewhere", project.home)
    assert (
        project.ok("compile", env={"TZ": "Asia/Tokyo", "LANG": "C", "COLUMNS": "200"}).out == text
    )
    assert elsewhere.ok("compile", env={"PYTHONHASHSEED": "7"}).out == text


def test_no_path_of_this_machine_is_in_it(project: Project, text: str) -> None:
    assert str(project.root) not in text
    assert str(project.home) not in text


def test_tasks_run_their_nodes_after_what_they_wait_for(manifest: dict[str, Any]) -> None:
    tasks = template(manifest, manifest["spec"]["entrypoint"])["dag"]["tasks"]
    assert [task["name"] for task in tasks] == ["both", "three"]
    assert tasks[1]["dependencies"] == ["both"]
    parameters = {it["name"]: it["value"] for it in tasks[0]["arguments"]["parameters"]}
    assert parameters == {"kedro_nodes": "one,two", "handoff": "c"}


def test_a_gpu_is_a_limit_a_toleration_and_a_node_selector(manifest: dict[str, Any]) -> None:
    gpu = template(manifest, "gpu")
    assert gpu["container"]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert gpu["nodeSelector"] == {"pool": "gpu"}
    assert gpu["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert "tolerations" not in template(manifest, "default")


def test_every_container_has_the_variables_of_the_existing_plugin(
    manifest: dict[str, Any],
) -> None:
    found = variables(manifest, "gpu")
    assert found["WORKFLOW_ID"]["value"] == "{{workflow.uid}}"
    assert (found["NUM_CPU"]["value"], found["MEM_LIMIT_GB"]["value"]) == ("4", "16")
    assert found["LOG_LEVEL"]["value"] == "INFO"
    assert variables(manifest, "default")["NUM_CPU"]["value"] == "1"


def test_a_secret_is_a_reference(manifest: dict[str, Any]) -> None:
    secret = variables(manifest, "default")["TOKEN"]
    assert secret == {
        "name": "TOKEN",
        "valueFrom": {"secretKeyRef": {"name": "vault", "key": "token"}},
    }


def test_data_is_handed_off_under_the_runs_own_path(manifest: dict[str, Any]) -> None:
    path = variables(manifest, "default")["ARGO_KEDRO_HANDOFF_PATH"]["value"]
    assert path == "s3://bucket/prefix/{{workflow.uid}}"


def test_configuration_reaches_the_workflow(manifest: dict[str, Any]) -> None:
    assert manifest["metadata"]["namespace"] == "team"
    assert manifest["spec"]["serviceAccountName"] == "robot"
    assert template(manifest, "gpu")["container"]["image"] == "registry/shop:v1"
    assert manifest["metadata"]["labels"]["argo-kedro/env"] == "local"


def test_a_cronworkflow_has_the_schedule_that_was_typed(project: Project) -> None:
    manifest = project.manifest("--kind", "cronworkflow", "--schedule", "0 6 * * *")
    assert manifest["kind"] == "CronWorkflow"
    assert manifest["spec"]["schedules"] == ["0 6 * * *"]


def test_a_cronworkflow_without_a_schedule_is_refused(project: Project) -> None:
    result = project.run("compile", "--kind", "cronworkflow")
    assert result.code == 2
    assert "--schedule" in result.err


def test_what_compile_writes_passes_its_own_lint(project: Project, tmp_path: Path) -> None:
    for kind in ("Workflow", "WorkflowTemplate"):
        file = tmp_path / f"{kind.lower()}.yaml"
        project.ok("compile", "--kind", kind.lower(), "-o", file)
        assert yaml.safe_load(file.read_text())["kind"] == kind
    result = project.run("lint", tmp_path / "workflow.yaml", tmp_path / "workflowtemplate.yaml")
    assert result.code == 0, result


#: Values of every type, and text that Argo and Kubernetes would replace.
PARAMETERS = (
    "i=1,f=2.5,b=true,n=null,s=x,q='\"',t='1',l=[1],m={k: v},a.b=3,d=2024-01-31,"
    "home=$(HOME),tag='{{workflow.uid}}',cost=$$5"
)


@pytest.fixture(scope="module")
def with_parameters(project: Project) -> dict[str, Any]:
    return project.manifest("--params", PARAMETERS)


def test_every_scalar_of_the_manifest_that_argo_wants_as_text_is_text(
    with_parameters: dict[str, Any],
) -> None:
    def check(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                assert isinstance(key, str), path
                check(item, f"{path}.{key}")
        elif isinstance(value, list):
            for item in value:
                check(item, path)
        else:
            assert not isinstance(value, date), path
            if not path.startswith(".spec.ttlStrategy"):
                assert isinstance(value, str), path

    check(with_parameters, "")


def test_parameters_keep_their_types_in_a_workflow_parameter(
    with_parameters: dict[str, Any],
) -> None:
    (parameter,) = with_parameters["spec"]["arguments"]["parameters"]
    # It has no text that Argo or Kubernetes replaces.
    assert "$" not in parameter["value"]
    assert "{{" not in parameter["value"]
    loaded = json.loads(parameter["value"])
    assert loaded == {
        "i": 1,
        "f": 2.5,
        "b": True,
        "n": None,
        "s": "x",
        "q": '"',
        "t": "1",
        "l": [1],
        "m": {"k": "v"},
        "a": {"b": 3},
        "d": "2024-01-31",
        "home": "$(HOME)",
        "tag": "{{workflow.uid}}",
        "cost": "$$5",
    }


def test_parameters_come_from_a_file_too_and_typed_ones_win(project: Project) -> None:
    text = """
        model: {depth: 3, name: "07"}
        flag: yes
        day: 2024-01-31
        list: [1, {a: null}]
    """
    project.write({"run.yml": text, "run.json": '{"model": {"depth": 2.5}}'})
    words = ["--params-file", "run.yml", "--params", "model.depth=4"]
    (parameter,) = project.manifest(*words)["spec"]["arguments"]["parameters"]
    assert json.loads(parameter["value"]) == {
        "model": {"depth": 4, "name": "07"},
        "flag": True,
        "day": "2024-01-31",
        "list": [1, {"a": None}],
    }
    (parameter,) = project.manifest("--params-file", "run.json")["spec"]["arguments"]["parameters"]
    assert json.loads(parameter["value"]) == {"model": {"depth": 2.5}}


def test_check_is_silent_about_a_fresh_file(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "workflow.yaml"
    project.ok("compile", "-o", file)
    result = project.run("compile", "--check", file)
    assert (result.code, result.out) == (0, ""), result


def test_check_shows_what_changed_in_a_stale_file(tmp_path: Path) -> None:
    project = build_project(tmp_path, GPU_GROUP.registry, GPU_GROUP.files)
    file = tmp_path / "workflow.yaml"
    project.ok("compile", "-o", file)
    before = file.read_text()
    text = project.read("conf/base/argo.yml").replace("tag: v1", "tag: v2")
    project.write({"conf/base/argo.yml": text})
    result = project.run("compile", "--check", file)
    assert result.code == 1
    assert "-      image: registry/shop:v1" in result.out
    assert "+      image: registry/shop:v2" in result.out
    assert "the same command with -o in place of --check" in result.err
    assert file.read_text() == before


def test_check_of_a_file_that_is_not_there_says_how_to_write_it(project: Project) -> None:
    result = project.run("compile", "--check", "nowhere.yaml")
    assert result.code == 2
    assert "nowhere.yaml" in result.err
    assert "the same command with -o in place of --check" in result.err


def test_the_output_is_data_and_nothing_else(project: Project) -> None:
    result = project.ok("compile", "--pipelines", "wide")
    assert yaml.safe_load(result.out)["kind"] == "Workflow"


def test_an_output_that_cannot_be_written_is_named(project: Project) -> None:
    result = project.run("compile", "-o", "no/such/folder/workflow.yaml")
    assert result.code == 2
    assert "no/such/folder/workflow.yaml" in result.err


def test_a_format_is_no_file_to_write(two_tasks: Project) -> None:
    refused = two_tasks.run("compile", "-o", "json")
    assert refused.code == 2 and "names a file" in refused.err, refused
    assert not (two_tasks.root / "json").exists()
    written = two_tasks.ok("compile", "--allow-errors", "-o", "./json")
    assert "./json is written" in written.err, written
    (two_tasks.root / "json").unlink()


def test_a_parameter_of_a_workflow_needs_the_file_of_one(two_tasks: Project) -> None:
    refused = two_tasks.run("run", "--parameter", "scale=9")
    assert refused.code == 2 and "<FILE>" in refused.err, refused
