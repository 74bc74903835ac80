"""`kedro argo results` shows a run's results, loaded by Kedro, and compares two runs."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from projects import VERSIONED, MakeProject, Project, is_clean

REGISTRY = """
def metrics(depth):
    return {"accuracy": 0.5 + depth / 100, "auc": {"test": float("nan")}, "depth": depth}
def report(metrics):
    if Path("broken").exists():
        raise ValueError("not yet")
    return "a\\x1b]0;title\\x07 b\\nline 2\\n"
def handed(): return {"kept": 7}
def plain(handed): return handed["kept"]
def register_pipelines():
    return {"__default__": Pipeline([
        Node(metrics, "params:depth", "metrics", name="score"),
        Node(handed, None, "handed", name="hand"),
        Node(plain, "handed", "plain[a]", name="plain"),
        Node(report, "metrics", "report", name="report"),
    ]), "in_memory": Pipeline([Node(one, None, "nowhere", name="one")])}
"""
CATALOG = """\
metrics: {type: shop.datasets.Versioned, filepath: data/metrics.json, versioned: true}
report: {type: shop.datasets.Text, filepath: "data/${oc.env:WORKFLOW_ID}/report.txt"}
"plain[a]": {type: shop.datasets.JsonFile, filepath: "data/${runtime_params:where,here}/plain.json"}
"""
SETTINGS = """\
from omegaconf.resolvers import oc
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local",
    "custom_resolvers": {"oc.env": oc.env}}
"""
MORE_DATASETS = """

class Text(JsonFile):
    def load(self):
        return self._path.read_text(encoding="utf-8")
    def save(self, data):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(data)

class Ends(JsonFile):
    def load(self):
        import os
        os._exit(7)

class Raises(JsonFile):
    def load(self):
        raise SystemExit("lines\\nof text")

class Folder(JsonFile):
    def save(self, data):
        for number in range(data):
            part = self._path / f"part-{number}"
            part.mkdir(parents=True)
            (part / "file").write_bytes(b"12345")
    def load(self):
        return {path.name: path.read_bytes for path in self._path.iterdir()}

class Model:
    pass

class Made(JsonFile):
    def load(self):
        return Model()
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    project = make_project(
        REGISTRY,
        {
            "conf/base/catalog.yml": CATALOG,
            "conf/base/parameters.yml": "depth: 3\n",
            "src/shop/settings.py": SETTINGS,
        },
    )
    path = project.root / "src/shop/datasets.py"
    path.write_text(VERSIONED + path.read_text() + MORE_DATASETS)
    return project


def shown(project: Project, *words: str) -> dict[str, Any]:
    found = project.ok("results", *words, "-o", "json").json()
    return {entry["dataset"]: entry for entry in found["results"]}


def names(project: Project) -> list[str]:
    """Names of the runs, the newest first."""
    return project.ok("list", "-o", "name").out.split()


def test_paths_sizes_and_values_are_those_of_the_run(project: Project) -> None:
    project.ok("run", "--params", "depth=4,where=there")
    first = project.ok("results")
    # A later run with other parameters does not matter.
    project.ok("run")
    (_, run) = names(project)
    uid = project.ok("status", run, "-o", "json").json()["run"]["uid"]
    assert project.ok("results", run).out == first.out
    (version,) = [
        entry.name
        for entry in (project.root / "data/metrics.json").iterdir()
        if entry.name.endswith(uid.replace("-", "")[-12:])
    ]
    found = shown(project, run)
    metrics = found["metrics"]
    assert metrics["path"] == str(project.root / f"data/metrics.json/{version}/metrics.json")
    assert (metrics["version"], metrics["type"]) == (version, "shop.datasets.Versioned")
    assert metrics["size"] == Path(metrics["path"]).stat().st_size
    value = {"accuracy": 0.54, "auc": {"test": "NaN"}, "depth": 4}
    assert metrics["value"] == {"kind": "json", "json": value}
    assert found["plain[a]"]["path"] == str(project.root / "data/there/plain.json")
    assert found["plain[a]"]["value"] == {"kind": "json", "json": 7}
    assert found["report"]["path"] == str(project.root / f"data/{uid}/report.txt")
    # The datasets are in the requested order, also through `kedro argo`.
    assert list(shown(project, run, "report", "metrics")) == ["report", "metrics"]
    assert "accuracy  0.54" in project.kedro("argo", "results", run, "metrics").out
    # Only the text of a value reaches a terminal.
    assert "\x1b" not in first.out and "\x07" not in first.out
    assert "\nreport\n  a b\n  line 2" in first.out, first


def test_two_runs_are_compared_by_their_numbers(project: Project) -> None:
    project.ok("run", "--params", "depth=4")
    project.ok("run")
    new, old = names(project)
    text = project.ok("results", old, new)
    rows = [line.split() for line in text.out.splitlines()]
    assert rows[0] == ["NUMBER", old, new, "DIFFERENCE"]
    assert ["metrics.accuracy", "0.54", "0.53", "-0.01"] in rows
    assert ["metrics.auc.test", "NaN", "NaN"] in rows
    # `kedro argo` lends one worker, but there are two runs to load from.
    lent = [line.split() for line in project.kedro("argo", "results", old, new).out.splitlines()]
    assert ["metrics.accuracy", "0.54", "0.53", "-0.01"] in lent, lent
    told = project.ok("results", old, new, "metrics", "-o", "json").json()["numbers"]
    assert [entry["key"] for entry in told] == ["accuracy", "auc.test", "depth"]
    assert (told[2]["values"], told[2]["difference"]) == ([4, 3], -1)
    for words in (["metrcs"], [new, "metrcs"]):
        refused = project.run("results", old, *words)
        assert refused.code == 2 and "did you mean `metrics`?" in refused.err, refused
    refused = project.run("results", "metrics")
    assert refused.code == 2
    assert "is a dataset of the latest run: argo-kedro results @latest metrics" in refused.err


#: The classes to make, and their files.
MANY = {
    "ends": ("Ends", "ends"),
    "raises": ("Raises", "raises"),
    "no_text": ("Text", "no_text"),
    "folder": ("Folder", "folder"),
    "model": ("Made", "model"),
    "elsewhere": ("JsonFile", "elsewhere"),
    "left": ("JsonFile", "left"),
    "deleted": ("JsonFile", "deleted"),
    "picture": ("Ends", "picture.png"),
    "large": ("JsonFile", "large"),
    "last": ("JsonFile", "last"),
}


def catalog(entries: dict[str, tuple[str, str]]) -> str:
    return "".join(
        f"{name}: {{type: shop.datasets.{kind}, filepath: data/{file}}}\n"
        for name, (kind, file) in entries.items()
    )


def test_what_cannot_be_loaded_says_why_and_the_rest_is_shown(project: Project) -> None:
    project.registry(
        f"""
        def make(): return 3
        def text(): return "3"
        def register_pipelines():
            return {{"__default__": Pipeline([
                Node(text if name == "no_text" else make, None, name, name=name)
                for name in {list(MANY)}])}}
        """
    )
    project.write({"conf/base/catalog.yml": catalog(MANY)})
    project.ok("run")
    project.write(
        {
            "conf/base/catalog.yml": catalog(
                {name: entry for name, entry in MANY.items() if name != "left"}
                | {"elsewhere": ("JsonFile", "moved")}
            ),
            "data/no_text": b"\xff\xfe",
            "data/large": "[" + "1," * (6 << 20) + "1]",
        }
    )
    (project.root / "data/deleted").unlink()
    done = project.ok("results")
    problems = dict(
        line.split(": cannot be loaded: ") for line in done.out.splitlines() if "loaded: " in line
    )
    assert "ended without a result (exit status: 7)" in problems["ends"]
    assert problems["raises"] == "SystemExit: lines of text"
    assert problems["no_text"].startswith("UnicodeDecodeError: 'utf-8' codec")
    moved = project.root / "data/moved"
    assert problems["elsewhere"] == (f"the catalog has this dataset in another place now: {moved}")
    assert problems["left"] == "the catalog no longer has this dataset"
    assert problems["deleted"] == "the data no longer exists"
    assert len(problems) == 6, done
    found = shown(project)
    assert found["folder"]["size"] == 15 and found["folder"]["value"]["count"] == 3
    assert found["model"]["value"] == {"kind": "other", "text": "shop.datasets.Model"}
    assert "value" not in found["picture"] and "problem" not in found["picture"]
    assert found["last"]["value"] == {"kind": "json", "json": 3}
    assert found["large"]["is_large"] and "value" not in found["large"]
    loaded = shown(project, "@latest", "large", "--load")["large"]["value"]
    assert (loaded["kind"], loaded["is_cut"]) == ("text", True)
    assert len(loaded["text"]) == 64 << 10
    assert is_clean(done.text)


def test_a_run_that_failed_or_made_nothing_is_shown(project: Project) -> None:
    project.write({"broken": ""})
    assert project.run("run").code == 1
    assert set(shown(project)) == {"metrics", "plain[a]"}
    project.ok("run", "--pipelines", "in_memory")
    nothing = project.ok("results")
    assert nothing.out == "" and "has written no dataset that has a path" in nothing.err
    assert project.ok("results", "-o", "json").json()["results"] == []
    unknown = project.run("results", "nope")
    assert unknown.code == 2 and "no run has the name `nope`" in unknown.err


def test_a_project_that_cannot_be_read_has_paths_and_sizes(project: Project) -> None:
    project.ok("run")
    project.write({"src/shop/settings.py": "import nothing_of_this_name\n"})
    found = shown(project)
    assert {entry["problem"] for entry in found.values()} == {
        "ModuleNotFoundError: No module named 'nothing_of_this_name'"
    }
    assert all(entry["size"] > 0 for entry in found.values())
    plain = shown(project, "--no-load")
    assert all("problem" not in entry and "size" not in entry for entry in plain.values())
    no_python = project.ok("results", "--python", "/no/such/python")
    assert no_python.out.count("there is no Python at /no/such/python") == 3
    shutil.rmtree(project.root / ".argo-kedro")
    gone = project.run("results")
    assert gone.code == 2 and "there are no runs yet" in gone.err


def test_data_that_was_written_again_is_not_taken_for_the_runs(project: Project) -> None:
    project.ok("run")
    (run,) = names(project)
    path = project.root / "data/here/plain.json"
    path.write_text(json.dumps({"number": 1}))
    # Pretend that the write came an hour later.
    os.utime(path, (path.stat().st_mtime + 3600,) * 2)
    shown_again = project.ok("results", run)
    assert "plain[a]: was written again after this run" in shown_again.out
    project.ok("run", "--params", "where=there")
    compared = project.ok("results", run, "@latest")
    assert "plain[a].number" not in compared.out
    assert f"{run}: plain[a]: was written again after this run" in compared.err


def test_a_secret_that_is_not_set_here_is_named(project: Project) -> None:
    project.write(
        {
            "conf/base/argo.yml": """
                template: {environment: [{name: TOKEN, secret_ref: {name: a, key: b}}]}
                """,
            "conf/base/catalog.yml": CATALOG.replace(
                "data/${oc.env:WORKFLOW_ID}", "data/${oc.env:TOKEN}"
            ),
        }
    )
    project.ok("run", env={"TOKEN": "secret"})
    found = shown(project)
    assert "value" in found["metrics"]
    assert "TOKEN" in found["report"]["problem"]


def test_a_store_that_needs_a_secret_to_be_opened_names_it(project: Project) -> None:
    opened = """

class Locked(JsonFile):
    def __init__(self, filepath):
        import base64, os
        base64.b64decode(os.environ["LOCKS"])
        super().__init__(filepath)
"""
    secret = "{environment: [{name: LOCKS, secret_ref: {name: a, key: b}}]}"
    project.write(
        {
            "src/shop/locked.py": "from shop.datasets import JsonFile\n" + opened,
            "conf/base/argo.yml": f"template: {secret}\n",
            "conf/base/catalog.yml": CATALOG.replace(
                "shop.datasets.Versioned", "shop.locked.Locked"
            ).replace(", versioned: true", ""),
        }
    )
    project.ok("run", env={"LOCKS": "c2VjcmV0"})
    problem = shown(project)["metrics"]["problem"]
    assert "base64" in problem and "not set here: LOCKS" in problem, problem
