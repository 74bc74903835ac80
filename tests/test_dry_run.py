"""`run --dry-run`: shows what would run in parallel, and starts nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import Folder, container
from projects import RESULT, MakeProject

DIAMOND = """
def register_pipelines():
    return {"__default__": Pipeline([
        Node(one, None, "a", name="first"),
        Node(one, None, "b", name="beside", machine_type="large"),
        FusedPipeline([
            Node(lambda a: trace(a), "a", "c", name="left"),
            Node(lambda c: c, "c", "d", name="right"),
        ], name="pair"),
        Node(lambda b, d: b, ["b", "d"], "result", name="last"),
    ])}
"""
LARGE = {"conf/base/argo.yml": "machine_types:\n  large: {cpu: 2, mem: 64}\n"}


def test_a_project_is_shown_by_waves(make_project: MakeProject) -> None:
    project = make_project(DIAMOND, {**RESULT, **LARGE})
    shown = project.ok("run", "--dry-run", "--cpus", "1", "--memory", "2")
    assert shown.out.splitlines()[0].split() == ["WAVE", "TASK", "MACHINE", "AFTER"]
    assert "large" in shown.out and "left" in shown.out
    assert "4 tasks in 3 waves; nothing was started" in shown.err
    assert "wave 1 asks for" in shown.err and "this machine has 1 cpu, 2.0 GiB" in shown.err
    waves = project.ok("run", "--dry-run", "-o", "json").json()["waves"]
    assert [[task["task"] for task in wave] for wave in waves] == [
        ["beside", "first"],
        ["pair"],
        ["last"],
    ]
    assert waves[0][0]["machine_type"] == "large" and waves[0][0]["millicores"] == 2000
    assert waves[1][0]["nodes"] == ["left", "right"]
    assert sorted(waves[2][0]["after"]) == ["beside", "pair"]
    part = project.ok("run", "--dry-run", "-o", "name", "--to-nodes", "right")
    assert part.out.split() == ["first", "pair"]
    assert project.traces() == []
    assert not (project.root / ".argo-kedro").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.make(tmp_path)


def test_a_file_is_shown_by_waves(folder: Folder) -> None:
    task = container("echo done >> ran.txt", name="task")
    steps = [
        [{"name": "a", "template": "task"}, {"name": "b", "template": "task", "withItems": [1, 2]}],
        [{"name": "c", "template": "task", "when": "{{workflow.parameters.more}} == yes"}],
    ]
    folder.workflow(
        {
            "entrypoint": "main",
            "onExit": "task",
            "arguments": {"parameters": [{"name": "more", "value": "no"}]},
            "templates": [{"name": "main", "steps": steps}, task],
        }
    )
    shown = folder.ok("run", "w.yaml", "--dry-run")
    assert "(2 items)" in shown.out and "(if {{workflow.parameters.more}} == yes)" in shown.out
    assert "4 tasks in 2 waves; nothing was started" in shown.err
    json = folder.ok("run", "w.yaml", "--dry-run", "-o", "json").json()
    assert [[task["task"] for task in wave] for wave in json["waves"]] == [
        ["[0].a", "[0].b"],
        ["[1].c"],
    ]
    assert json["waves"][1][0]["after"] == ["[0].a", "[0].b"]
    assert [task["task"] for task in json["exit_handler"]] == ["onExit"]
    assert folder.lines("ran.txt") == []
    assert not (folder.root / ".argo-kedro").exists()
