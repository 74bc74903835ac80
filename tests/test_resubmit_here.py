"""`resubmit` of runs on this machine: a new run with the manifest of an old one."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import Folder, container
from projects import RESULT, MakeProject, Project

SHOWN = """
def first(depth):
    trace(f"first {depth}")
    return depth
def second(value, rate):
    trace(f"second {value} {rate}")
    if Path("broken").exists():
        raise ValueError("broken")
    return value
def third(value):
    trace(f"third {value}")
    return value
def register_pipelines():
    return {"__default__": Pipeline([]), "training": Pipeline([
        Node(first, "params:depth", "a", name="first"),
        Node(second, ["a", "params:rate"], "b", name="second"),
        Node(third, "b", "result", name="third"),
    ])}
"""
FILES = {**RESULT, "conf/base/parameters.yml": "depth: 1\nrate: 1\n", "broken": ""}


@pytest.fixture
def failed(make_project: MakeProject) -> Project:
    """A project with one run of two tasks, of which the second failed."""
    project = make_project(SHOWN, dict(FILES))
    words = ["--pipeline", "training", "--to-nodes", "second", "--params", "depth=5"]
    assert project.run("run", *words, "-w", "old").code == 1
    (project.root / "broken").unlink()
    (project.root / "trace.txt").unlink()
    return project


def test_a_new_run_has_the_selection_and_the_parameters_of_the_old_one(failed: Project) -> None:
    new = failed.ok("resubmit", "old", "-o", "name").out.strip()
    assert new.startswith("old-")
    assert failed.traces() == ["first 5", "second 5 1"]
    failed.ok("resubmit", "old", "--params", "rate=7")
    assert failed.traces()[2:] == ["first 5", "second 5 7"]
    # Each new run is an ordinary run.
    assert "no task is left" in failed.ok("retry", new).err
    failed.ok("resubmit", new)
    assert len(failed.ok("list", "-o", "name").out.split()) == 4
    for words in (["--image", "x:1"], ["-o", "yaml"], ["--secret", "a=b"]):
        refused = failed.run("resubmit", "old", *words)
        assert refused.code == 2 and "on this machine" in refused.err, refused


def test_what_succeeded_is_taken_over_with_its_data(failed: Project) -> None:
    new = failed.ok("resubmit", "old", "--from-run")
    assert "1 task of old succeeded and will not run again, 1 task will run" in new.err
    assert failed.traces() == ["second 5 1"]
    # The new run does not need the old one.
    failed.ok("delete", "old", "--yes")
    name = failed.ok("list", "-o", "name").out.strip()
    failed.ok("retry", name, "--only", "second")
    assert failed.traces() == ["second 5 1", "second 5 1"]


def test_a_task_that_reads_another_parameter_runs_again(failed: Project) -> None:
    failed.ok("resubmit", "old", "--from-run", "--params", "rate=2")
    assert failed.traces() == ["second 5 2"]
    again = failed.ok("resubmit", "old", "--from-run", "--params", "depth=6")
    assert "first had succeeded and runs again" in again.err
    assert failed.traces()[1:] == ["first 6", "second 6 1"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.make(tmp_path)


def test_a_run_of_files_starts_again_as_it_was(folder: Folder) -> None:
    script = "echo {{workflow.parameters.word}} $password >> count.txt"
    task = container(script, name="main")
    key = {"secretKeyRef": {"name": "database", "key": "password"}}
    task["container"]["env"] = [{"name": "password", "valueFrom": key}]
    parameters = {"parameters": [{"name": "word", "value": "a"}]}
    folder.workflow({"entrypoint": "main", "arguments": parameters, "templates": [task]})
    folder.write({"secret.txt": "password=sesame\n"})
    folder.ok("run", "w.yaml", "-p", "word=b", "--secret", "database=secret.txt")
    folder.write({"w.yaml": "gone"})
    folder.ok("resubmit", "w")
    folder.ok("resubmit", "w", "-p", "word=c")
    assert folder.lines("count.txt") == ["b sesame", "b sesame", "c sesame"]
    (folder.root / "secret.txt").unlink()
    lost = folder.run("resubmit", "w")
    assert lost.code == 2 and "resubmit w --secret database=FILE" in lost.err, lost
    folder.write({"other.txt": "password=mellon\n"})
    folder.ok("resubmit", "w", "--secret", "database=other.txt")
    assert folder.lines("count.txt")[3:] == ["b mellon"]
    refused = folder.run("resubmit", "w", "--from-run")
    assert refused.code == 2 and "retry w" in refused.err, refused
