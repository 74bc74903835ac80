"""`results:` after a run names the places of the data: the written files, and no others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from projects import VERSIONED, MakeProject, Project

REGISTRY = """
def make():
    return {"number": 20}
def twice(value):
    if Path("broken").exists():
        raise ValueError("not yet")
    return value["number"] * 2
def register_pipelines():
    return {"__default__": Pipeline([
        Node(make, None, "middle", name="make"),
        Node(twice, "middle", "named", name="twice"),
        Node(twice, "middle", "versioned", name="versioned"),
        Node(twice, "middle", "handed", name="handed"),
        Node(print, "handed", None, name="show"),
        FusedPipeline([
            Node(twice, "middle", "kept", name="keep"),
            Node(abs, "kept", "nowhere", name="last"),
        ], name="fused"),
    ])}
"""
CATALOG = """\
middle: {type: shop.datasets.JsonFile, filepath: data/middle.json}
named: {type: shop.datasets.JsonFile, filepath: "data/${oc.env:WORKFLOW_ID}/named.json"}
versioned: {type: shop.datasets.Versioned, filepath: data/versioned.json, versioned: true}
kept: {type: shop.datasets.JsonFile, filepath: data/kept.json}
nowhere: {type: shop.datasets.Nowhere, filepath: data/nowhere.json}
"""
SETTINGS = """\
from omegaconf.resolvers import oc
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local",
    "custom_resolvers": {"oc.env": oc.env}}
"""
MORE_DATASETS = """

class Nowhere(JsonFile):
    def save(self, data):
        pass
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    project = make_project(
        REGISTRY,
        {
            "conf/base/catalog.yml": CATALOG,
            "conf/base/argo.yml": "runner: {use_memory_datasets: true}\n",
            "src/shop/settings.py": SETTINGS,
        },
    )
    path = project.root / "src/shop/datasets.py"
    path.write_text(VERSIONED + path.read_text() + MORE_DATASETS)
    # File of an earlier `kedro run`: a fused run keeps this dataset in memory.
    project.write({"data/kept.json": "1"})
    return project


def results(said: str) -> dict[str, str]:
    lines = said.partition("results:\n")[2].splitlines()
    return dict(line.split() for line in lines if line.startswith("  "))


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_results_are_the_files_that_were_written(project: Project, isolation: str) -> None:
    project.write({"broken": ""})
    failed = project.run("run", "--isolation", isolation)
    assert failed.code == 1 and "results:" not in failed.err, failed
    (project.root / "broken").unlink()
    found = results(project.ok("retry", "--isolation", isolation).err)
    assert list(found) == ["middle", "named", "versioned"]
    uid = project.ok("list", "-o", "json").json()[0]["run"]["uid"]
    assert found["named"] == f"data/{uid}/named.json"
    (version,) = (project.root / "data/versioned.json").iterdir()
    assert found["versioned"] == f"data/versioned.json/{version.name}/versioned.json"
    assert [json.loads(Path(project.root, path).read_text()) for path in found.values()] == [
        {"number": 20},
        40,
        40,
    ]
    # A later `status` lists them as well.
    shown = project.ok("status")
    assert results(shown.err) == found, shown
    told = project.ok("status", "-o", "json").json()["results"]
    assert {entry["dataset"]: entry["path"] for entry in told} == {
        name: str(project.root / path) for name, path in found.items()
    }
    # `status` shows the id, which is part of the data's paths.
    assert f"WORKFLOW_ID {uid}\n" in project.ok("status").out
    assert uid in project.ok("list", "-o", "wide").out
    assert uid not in project.ok("list").out


def test_a_note_that_cannot_be_read_is_told(project: Project) -> None:
    project.ok("run")
    (notes,) = (project.root / ".argo-kedro").rglob("results.jsonl")
    # A full disk leaves such a line.
    notes.write_text(notes.read_text() + '{"dataset": "na')
    for words in (["status"], ["status", "-o", "json"], ["results"]):
        told = project.ok(*words)
        assert "cannot read 1 line of" in told.err and "results.jsonl" in told.err, told


def test_a_note_that_does_not_fit_on_the_disk_is_a_warning(tmp_path: Path) -> None:
    code = """if True:
        import resource, signal, sys
        from argo_kedro.results import append
        # The file takes 10 bytes more, as a disk that is nearly full.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
        append(sys.argv[1], [{"dataset": "model", "path": "s3://bucket/model"}])
    """
    file = tmp_path / "results.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    assert f"cannot write {file}: [Errno 28] No space left on device" in done.stderr
    assert len(file.read_text()) == 10


def test_kedro_run_notes_nothing(project: Project) -> None:
    project.write({"conf/base/argo.yml": "", "conf/local/globals.yml": ""})
    done = project.kedro("run", env={"WORKFLOW_ID": "mine"})
    assert done.code == 0, done
    assert not list(project.root.rglob("results.jsonl"))
