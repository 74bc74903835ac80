"""`exec`: the manifest's command in a container, for one task."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from projects import MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro

REGISTRY = """
def make():
    trace(os.environ["WORKFLOW_ID"])
    return 20
def use(number):
    trace(f"use {number}")
    return number
def fail():
    raise ValueError("wrong")
def leave():
    os._exit(7)
def leave_early():
    os._exit(0)
def block():
    tell("ready")
    signal.pause()
def register_pipelines():
    nodes = [node(it, None, f"of_{it.__name__}", name=it.__name__)
             for it in (fail, leave, leave_early, block)]
    return {"__default__": Pipeline([
        Node(make, None, "number", name="make"), Node(use, "number", "result", name="use")]),
        "others": Pipeline(nodes)}
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(REGISTRY)


def containers(project: Project, path: Path, *words: str) -> list[tuple[list[str], dict[str, str]]]:
    """Command and variables of each task's container, as Argo fills them in."""
    manifest: dict[str, Any] = project.manifest("--allow-errors", *words)
    templates = {template["name"]: template for template in manifest["spec"]["templates"]}
    found = []
    for task in templates["pipeline"]["dag"]["tasks"]:
        template = templates[task["template"]]
        container = template["container"]
        values = {
            "workflow.uid": "the-uid",
            "workflow.creationTimestamp.RFC3339": "2026-01-02T03:04:05Z",
        }
        for parameter in template["inputs"]["parameters"]:
            text = parameter.get("default", "")
            if text == "{{=replace(tasks.name, '-', '_')}}":
                text = task["name"].replace("-", "_")
            values[f"inputs.parameters.{parameter['name']}"] = text
        for parameter in manifest["spec"].get("arguments", {}).get("parameters", []):
            values[f"workflow.parameters.{parameter['name']}"] = parameter["value"]
        for parameter in task.get("arguments", {}).get("parameters", []):
            values[f"inputs.parameters.{parameter['name']}"] = parameter["value"]

        def fill(text: str, values: dict[str, str] = values) -> str:
            for name, value in values.items():
                text = text.replace("{{" + name + "}}", value)
            return text

        variables = {it["name"]: fill(it["value"]) for it in container["env"]}
        variables["ARGO_KEDRO_HANDOFF_PATH"] = str(path)
        command = [*container["command"], *container["args"]]
        found.append(([fill(word) for word in command], variables))
    return found


def test_the_containers_of_a_manifest_run_the_pipeline_one_by_one(
    project: Project, tmp_path: Path
) -> None:
    for command, variables in containers(project, tmp_path / "run"):
        assert command[0] == "argo-kedro"
        result = project.run(*command[1:], env=dict(variables))
        assert result.code == 0, result
    assert project.traces() == ["the-uid", "use 20"]
    assert (tmp_path / "run" / "number.pickle").is_file()


def test_parameters_of_a_manifest_reach_the_container(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(
        """
def show(parameters):
    trace(repr(sorted(parameters.items())))
def register_pipelines():
    return {"__default__": Pipeline([node(show, "parameters", None, name="show")])}
"""
    )
    words = ["--params", "a=1,b='{{workflow.uid}}',c=$(HOME),d=[x]"]
    ((command, variables),) = containers(project, tmp_path, *words)
    project.ok(*command[1:], env=dict(variables))
    expected = [("a", 1), ("b", "{{workflow.uid}}"), ("c", "$(HOME)"), ("d", ["x"])]
    assert project.traces() == [repr(expected)]


@pytest.mark.parametrize(("name", "code"), [("fail", 1), ("leave", 7), ("leave_early", 1)])
def test_the_exit_code_is_the_tasks_own(project: Project, name: str, code: int) -> None:
    result = project.run("exec", f"--nodes={name}", "--pipelines=others")
    assert result.code == code, result
    assert is_clean(result.text)


def test_a_node_that_ends_its_process_with_0_is_told_as_a_failure(
    project: Project, tmp_path: Path
) -> None:
    """Works without a writable temporary folder too; the next test has a node that empties it."""
    words = tmp_path / "termination-log"
    for folder in (None, str(tmp_path / "nowhere")):
        words.write_text("")
        variables = {"ARGO_KEDRO_TERMINATION_LOG": str(words), "TMPDIR": folder}
        result = project.run("exec", "--nodes=leave_early", "--pipelines=others", env=variables)
        assert result.code == 1, result
        assert "before the task was finished" in result.err
        assert "before the task was finished" in words.read_text()
        assert project.run("exec", "--nodes=make", env={**variables, "WORKFLOW_ID": "x"}).code == 0


def test_a_node_that_cleans_up_the_temporary_folder_is_done(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(
        """
import shutil, tempfile
def clean():
    shutil.rmtree(tempfile.gettempdir())
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(clean, None, "a", name="clean")])}
"""
    )
    (tmp_path / "temporary").mkdir()
    result = project.run("exec", "--nodes=clean", env={"TMPDIR": str(tmp_path / "temporary")})
    assert result.code == 0, result
    assert not (tmp_path / "temporary").exists()


def test_the_end_that_kubernetes_asks_for_reaches_the_node(project: Project) -> None:
    project.fifo("ready")
    with project.start("exec", "--nodes=block", "--pipelines=others") as program:
        project.hear("ready")
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=60)
    assert program.returncode in (-signal.SIGTERM, 143)


def test_a_node_that_the_image_does_not_have_is_named(project: Project) -> None:
    result = project.run("exec", "--nodes=nowhere")
    assert result.code != 0
    assert "nowhere" in result.text
    assert is_clean(result.text)


def test_data_without_a_place_is_explained(project: Project) -> None:
    result = project.run("exec", "--nodes=make", env={"ARGO_KEDRO_HANDOFF": "number"})
    assert result.code != 0
    assert "memory_datasets.path" in result.text
    assert is_clean(result.text)


def test_a_task_leaves_behind_what_it_used_and_why_it_failed(
    make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project(
        """
def fail():
    raise ValueError(f"no such depth,\\n{os.environ['TOKEN']}")
def kill():
    os.kill(os.getpid(), signal.SIGKILL)
def register_pipelines():
    return {"__default__": Pipeline([
        node(fail, None, "a", name="fail"), node(kill, None, "b", name="kill"),
        node(one, None, "c", name="good")])}
""",
        {
            "conf/base/catalog.yml": "a: &file {type: shop.datasets.JsonFile, filepath: data/a}\n"
            'c: {<<: *file, filepath: "data/${oc.env:WORKFLOW_ID}/c.json"}\n'
            "x: {<<: *file, filepath: data/x}\n",
            "src/shop/settings.py": """
from omegaconf.resolvers import oc
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local",
    "custom_resolvers": {"oc.env": oc.env}}
""",
        },
    )
    words, usage = tmp_path / "termination-log", tmp_path / "usage"
    variables: dict[str, str | None] = {
        "ARGO_KEDRO_TERMINATION_LOG": str(words),
        "ARGO_KEDRO_USAGE": str(usage),
        "ARGO_KEDRO_SECRETS": "OTHER,TOKEN",
        "TOKEN": "hunter2-planted",
        "WORKFLOW_ID": "the-uid",
    }
    words.touch()
    assert project.run("exec", "--nodes=good", env=variables).code == 0
    assert words.read_text() == ""
    assert int((usage / "peak-memory-bytes").read_text()) > 10_000_000
    assert float((usage / "cpu-seconds").read_text()) > 0
    assert float((usage / "seconds").read_text()) > 0
    (written,) = map(json.loads, (usage / "written-datasets").read_text().splitlines())
    assert written["dataset"] == "c"
    assert written["path"] == str(project.root / "data/the-uid/c.json")
    assert written["disk"] in ("pod", "volume")

    assert project.run("exec", "--nodes=fail", env=variables).code == 1
    last = words.read_text()
    assert last.startswith("ValueError: no such depth, *** [")
    place = r"\[src/shop/pipeline_registry\.py:\d+ fail\] in the node fail$"
    assert re.search(place, last), last
    # The notes of another task in this container do not count as its own.
    assert (usage / "written-datasets").read_text() == ""

    words.write_text("")
    assert project.run("exec", "--nodes=kill", env=variables).code == 137
    assert words.read_text().startswith("killed by signal 9; it used at most ")


def test_a_signal_reaches_the_node_once(make_project: MakeProject) -> None:
    project = make_project(
        """
def count(signal_number, frame):
    trace("told")
    raise KeyboardInterrupt
def block():
    heard, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.set_wakeup_fd(tells)
    signal.signal(signal.SIGTERM, count)
    try:
        tell("ready")
        os.read(heard, 1)
        os.read(heard, 1)
    finally:
        trace("cleaned up")
def register_pipelines():
    return {"__default__": Pipeline([node(block, None, "a", name="block")])}
"""
    )
    project.fifo("ready")
    with project.start("exec", "--nodes=block") as program:
        project.hear("ready")
        # Argo's executor signals the whole process group.
        os.killpg(program.pid, signal.SIGTERM)
        program.communicate(timeout=60)
    assert program.returncode == 143
    assert project.traces() == ["told", "cleaned up"]


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("raise KeyboardInterrupt('by hand')", "KeyboardInterrupt: by hand [src/shop/"),
        ("sys.exit(143)", "a node called sys.exit(143)"),
        ("os._exit(143)", "its process ended with exit code 143"),
    ],
    ids=["KeyboardInterrupt", "sys.exit", "os._exit"],
)
def test_a_node_that_no_signal_ended_was_not_preempted(
    make_project: MakeProject, tmp_path: Path, ending: str, words: str
) -> None:
    project = make_project(
        f"""
def end():
    {ending}
def register_pipelines():
    return {{"__default__": Pipeline([node(end, None, "a", name="end")])}}
"""
    )
    last = tmp_path / "termination-log"
    last.touch()
    result = project.run("exec", "--nodes=end", env={"ARGO_KEDRO_TERMINATION_LOG": str(last)})
    assert result.code == 1
    assert last.read_text().startswith(words)


def test_a_worker_does_not_outlive_its_supervisor(project: Project) -> None:
    project.fifo("ready")
    with project.start("exec", "--nodes=block", "--pipelines=others") as program:
        project.hear("ready")
        running = project.processes()
        program.kill()
        program.communicate(timeout=60)
    assert project.are_gone(running)


def test_the_place_of_a_failure_is_in_the_users_code(make_project: MakeProject) -> None:
    """The place is not in a package or in Python, however deep the exception came from."""
    project = make_project(
        """
def read():
    return json.loads("{")
def register_pipelines():
    return {"__default__": Pipeline([
        node(read, None, "a", name="read"), node(json.loads, "params:broken", "b", name="bare")])}
""",
        {"conf/base/parameters.yml": "broken: '{'\n"},
    )
    words = project.root / "words"
    for name, place in (("read", r" \[src/shop/pipeline_registry\.py:\d+ read\]"), ("bare", "")):
        words.write_text("")
        variables: dict[str, str | None] = {"ARGO_KEDRO_TERMINATION_LOG": str(words)}
        assert project.run("exec", f"--nodes={name}", env=variables).code == 1
        pattern = rf"JSONDecodeError: [^\[\]]*{place} in the node {name}"
        assert re.fullmatch(pattern, words.read_text()), words.read_text()
