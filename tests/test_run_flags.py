"""The flags of `kedro run` keep their meaning here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.run_config import with_config
from argo_kedro.worker.runners import describe_runner
from kedro.framework.cli.project import run as kedro_run
from projects import MakeProject, Project
from recorded_projects import CONFIGURED


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("tags: a, b\nenv: cloud", {}, {"tags": ["a, b"], "env": "cloud"}),
        ("tags: [a, b]\nenv: cloud", {"env": "own"}, {"tags": ["a", "b"], "env": "own"}),
        ("node_names: x", {"nodes": ["y"]}, {"nodes": ["y"]}),
        ("pipeline: one", {}, {"pipelines": ["one"]}),
        ("params: {a: {b: 1}}", {}, {"config_params": {"a": {"b": 1}}}),
        ("params: a.b=1", {}, {"config_params": {"a": {"b": 1}}}),
        ("params: {a: 1}", {"params": ["b=2"]}, {"params": ["b=2"]}),
        ("load_versions: 'a:1'", {}, {"load_versions": ["a:1"]}),
        ("runner: ThreadRunner\nis_async: true", {}, {"runner": "ThreadRunner", "is_async": True}),
        ("runner_params: {max_workers: 2}", {}, {"config_runner_params": {"max_workers": 2}}),
        ("tags:", {}, {}),
        # Another pipeline of the same run is read completely.
        ("tags: a\nenv: cloud", {"whole_pipeline": True}, {"whole_pipeline": True, "env": "cloud"}),
    ],
)
def test_a_file_says_what_is_not_typed(
    tmp_path: Path, text: str, typed: dict[str, Any], expected: dict[str, Any]
) -> None:
    file = tmp_path / "run.yml"
    file.write_text("run:\n" + "".join(f"  {line}\n" for line in text.splitlines()))
    assert with_config({**typed, "config": str(file)}) == {**expected, "config": str(file)}


@pytest.mark.parametrize(
    "text", ["run: {tag: a}\n", "tags: a\n", "- run\n", "run: {\n", "run: {params: a}\n", None]
)
def test_a_file_that_cannot_be_read_so_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "run.yml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Failure) as failure:
        with_config({"config": str(file)})
    assert failure.value.kind == "bad_run_config"
    assert failure.value.details["path"] == str(file)


def test_every_key_that_kedro_takes_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "run.yml"
    keys = [argument.name for argument in kedro_run.params if argument.name != "config"]
    file.write_text("run:\n" + "".join(f"  {key}:\n" for key in keys))
    with_config({"config": str(file)})


@pytest.mark.parametrize(
    ("request_", "name", "parameters"),
    [
        ({"runner": "ThreadRunner"}, "ThreadRunner", {}),
        ({"runner": "kedro.runner.ThreadRunner"}, "kedro.runner.ThreadRunner", {}),
        ({"is_async": True}, "SequentialRunner", {"is_async": True}),
        (
            {"runner": "ThreadRunner", "runner_params": ["max_workers:2,is_async=True"]},
            "ThreadRunner",
            {"max_workers": 2, "is_async": True},
        ),
        (
            {"runner": "ThreadRunner", "config_runner_params": {"max_workers": 3}},
            "ThreadRunner",
            {"max_workers": 3},
        ),
    ],
)
def test_a_runner_and_its_parameters(
    request_: dict[str, Any], name: str, parameters: dict[str, Any]
) -> None:
    assert describe_runner(request_) == {"name": name, "parameters": parameters}


def test_nothing_is_said_of_a_runner_that_nobody_asked_for() -> None:
    assert describe_runner({}) is None


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"runner": "ThreadRuner"}, "ThreadRuner"),
        ({"runner": "no.such.Runner"}, "No module named 'no'"),
        ({"runner_params": ["max_wrkers=2"]}, "max_wrkers"),
    ],
)
def test_what_no_task_could_make_is_known_before(request_: dict[str, Any], problem: str) -> None:
    described = describe_runner(request_)
    assert described is not None
    assert problem in described["problem"]
    assert ("ThreadRunner" in described.get("candidates", [])) == ("runner" in request_)


def test_what_contradicts_itself_is_refused() -> None:
    for request in (
        {"is_async": True, "runner_params": ["is_async=False"]},
        {"runner_params": ["x"]},
    ):
        with pytest.raises(Failure) as failure:
            describe_runner(request)
        assert failure.value.kind == "bad_runner_parameters"


REGISTRY = """
def make():
    import threading
    trace(f"make {threading.current_thread() is threading.main_thread()}")
    return 1
def register_pipelines():
    inner = pipeline([node(make, None, "out", name="make")], namespace="a")
    return {"__default__": inner + Pipeline([node(one, None, "left", name="left")])}
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    config = "run: {namespaces: a, runner: ThreadRunner, params: {x: 1}}\n"
    catalog = "out: {type: pickle.PickleDataset, filepath: s3://b/out.pkl, versioned: true}\n"
    files = {"conf/base/argo.yml": CONFIGURED, "conf/base/catalog.yml": catalog}
    return make_project(REGISTRY, {**files, "run.yml": config})


def words_of(project: Project, *words: str) -> tuple[list[str], list[str]]:
    """The tasks of a manifest and the words of their container."""
    manifest = yaml.safe_load(project.ok("compile", *words).out)
    pipeline, template = manifest["spec"]["templates"]
    return [task["name"] for task in pipeline["dag"]["tasks"]], template["container"]["args"]


def test_the_flags_reach_the_manifest(project: Project) -> None:
    tasks, words = words_of(project, "-r", "ThreadRunner", "--runner-params", "max_workers:2")
    assert sorted(tasks) == ["a-make", "left"]
    assert "--runner=ThreadRunner" in words
    assert '--runner-params={"max_workers": 2}' in words
    assert words_of(project, "-ns", "a")[0] == ["a-make"]
    assert '--runner-params={"is_async": true}' in words_of(project, "--async")[1]
    assert '--load-versions={"out": "x"}' in words_of(project, "-lv", "out:x")[1]
    tasks, words = words_of(project, "--config", "run.yml")
    assert tasks == ["a-make"] and "--runner=ThreadRunner" in words
    assert any(word.startswith("--params=") for word in words)
    assert not any("runner" in word for word in words_of(project)[1])


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_task_runs_in_the_runner_that_was_asked_for(project: Project, isolation: str) -> None:
    words = ["run", "--isolation", isolation, "-ns", "a"]
    project.ok(*words, "-r", "ThreadRunner", "--runner-params", "max_workers=2")
    project.ok(*words)
    assert project.traces() == ["make False", "make True"]


def test_a_runner_that_does_not_exist_is_found_before_anything_runs(project: Project) -> None:
    for words in (["run"], ["submit", "--dry-run", "--image", "x:1"], ["compile"], ["lint"]):
        result = project.run(*words, "--runner", "ThreadRuner")
        assert result.code in (1, 2), result
        assert "error[unknown-runner]" in result.text
        assert "did you mean `ThreadRunner`" in result.text
    wrong = project.run("compile", "--config", "no.yml")
    assert wrong.code == 2 and "no.yml" in wrong.err and "hint:" in wrong.err, wrong
