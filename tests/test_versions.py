"""One run has one version: its tasks save it, and read it."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from traceback import format_exception
from typing import Any

import pytest
from argo_kedro.handoff import HandoffDataset
from argo_kedro.load_versions import note, noted, place_of
from argo_kedro.task_variables import LOAD_VERSIONS
from argo_kedro.versions import (
    RUN_VERSION,
    RUN_VERSION_FROM,
    RunVersion,
    run_version,
    version_read,
)
from kedro.io import AbstractVersionedDataset, DatasetError
from kedro.io.core import Version
from projects import VERSIONED as DATASETS
from projects import MakeProject, Project

pytestmark = pytest.mark.kedro

CATALOG = """\
raw: {type: shop.datasets.Versioned, filepath: data/raw.json, versioned: true}
"""
REGISTRY = """
def make(who):
    return who

def meet(raw, who):
    tell(f"{who}-made")
    wait(f"{who}-go")
    return raw

def check(raw, met, who):
    trace(f"{who} reads {raw}, met {met}")

def register_pipelines():
    return {"__default__": Pipeline([
        node(make, "params:who", "raw", name="make"),
        node(meet, ["raw", "params:who"], "met", name="meet"),
        node(check, ["raw", "met", "params:who"], None, name="check"),
    ])}
"""


@pytest.fixture
def shop(make_project: MakeProject) -> Project:
    return make_project(
        REGISTRY,
        {
            "src/shop/datasets.py": DATASETS,
            "conf/base/catalog.yml": CATALOG,
            "conf/base/parameters.yml": 'who: "${runtime_params:who,nobody}"\n',
        },
    )


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_run_reads_what_it_saved_though_another_one_saves_meanwhile(
    shop: Project, isolation: str
) -> None:
    for name in ("anna-made", "anna-go", "ben-made", "ben-go"):
        shop.fifo(name)
    words = ("run", "--isolation", isolation, "--params")
    anna = shop.start(*words, "who=anna")
    shop.hear("anna-made")
    ben = shop.start(*words, "who=ben")
    shop.hear("ben-made")
    for who, process in (("anna", anna), ("ben", ben)):
        (shop.root / f"{who}-go").write_text("x")
        assert process.communicate(timeout=60) and process.returncode == 0
    assert shop.traces() == ["anna reads anna, met anna", "ben reads ben, met ben"]
    assert len(list((shop.root / "data/raw.json").iterdir())) == 2


def test_a_retry_reads_the_version_of_its_run(make_project: MakeProject) -> None:
    shop = make_project(
        """
def make(who):
    return who

def check(raw, who):
    if not Path("ready").exists():
        raise RuntimeError("not ready")
    trace(f"{who} reads {raw}")

def register_pipelines():
    return {"__default__": Pipeline([
        node(make, "params:who", "raw", name="make"),
        node(check, ["raw", "params:who"], None, name="check"),
    ])}
""",
        {
            "src/shop/datasets.py": DATASETS,
            "conf/base/catalog.yml": CATALOG,
            "conf/base/parameters.yml": 'who: "${runtime_params:who,nobody}"\n',
        },
    )
    assert shop.run("run", "--workflow-name", "anna", "--params", "who=anna").code == 1
    shop.write({"ready": ""})
    shop.ok("run", "--params", "who=ben")
    shop.ok("retry", "anna")
    assert shop.traces() == ["ben reads ben", "anna reads anna"]


def test_an_attempt_does_not_fail_over_what_an_earlier_one_saved(
    make_project: MakeProject,
) -> None:
    shop = make_project(
        """
def make():
    return {"raw": "first" if not Path("ready").exists() else "second", "other": 1}

def check(raw):
    trace(f"reads {raw}")

def register_pipelines():
    return {"__default__": Pipeline([
        node(make, None, {"raw": "raw", "other": "other"}, name="make"),
        node(check, "raw", None, name="check"),
    ])}
""",
        {
            "src/shop/datasets.py": DATASETS
            + """

class Refuses(Versioned):
    def save(self, data):
        if not Path("ready").exists():
            raise RuntimeError("no room")
""",
            "conf/base/catalog.yml": CATALOG
            + "other: {type: shop.datasets.Refuses, filepath: data/other.json}\n",
        },
    )
    assert shop.run("run").code == 1
    shop.write({"ready": ""})
    shop.ok("retry")
    assert shop.traces() == ["reads second"]
    saved = (shop.root / "data/raw.json").glob("*/raw.json")
    assert sorted(json.loads(path.read_text()) for path in saved) == ["first", "second"]


def test_all_tasks_of_a_run_read_one_version_of_an_input(shop: Project) -> None:
    shop.registry("""
def one(raw):
    tell("one-made", raw)
    return wait("go")

def two(raw, done):
    trace(f"two reads {raw}")

def register_pipelines():
    return {"__default__": Pipeline([
        node(one, "raw", "done", name="one"),
        node(two, ["raw", "done"], None, name="two"),
    ])}
""")
    shop.write({"data/raw.json/2026-01-01T00.00.00.000Z/raw.json": '"old"'})
    for name in ("one-made", "go"):
        shop.fifo(name)
    started = shop.start("run")
    assert shop.hear("one-made") == "old"
    shop.write({"data/raw.json/2926-01-01T00.00.00.000Z/raw.json": '"new"'})
    (shop.root / "go").write_text("x")
    started.communicate(timeout=60)
    assert shop.traces() == ["two reads old"]
    chosen = shop.start("run", "--load-versions", "raw:2926-01-01T00.00.00.000Z")
    assert shop.hear("one-made") == "new"
    (shop.root / "go").write_text("x")
    chosen.communicate(timeout=60)
    assert shop.traces()[1:] == ["two reads new"]


def test_all_tasks_of_a_run_read_one_version_though_an_older_run_saves_last(shop: Project) -> None:
    shop.registry("""
def one(raw):
    tell("one-made", raw)
    return wait("go")

def two(raw, done):
    trace(f"two reads {raw}")

def register_pipelines():
    return {
        "__default__": Pipeline([
            node(one, "raw", "done", name="one"),
            node(two, ["raw", "done"], None, name="two"),
        ]),
        "train": Pipeline([node(lambda: "new", None, "raw", name="train")]),
    }
""")
    # An earlier run's version of what `train` saves.
    shop.write({"data/raw.json/2026-01-01T00.00.00.000Z/raw.json": '"old"'})
    for name in ("one-made", "go"):
        shop.fifo(name)
    started = shop.start("run")
    assert shop.hear("one-made") == "old"
    shop.write({"data/raw.json/2026-01-02T00.00.00.000Z-old/raw.json": '"new"'})
    (shop.root / "go").write_text("x")
    started.communicate(timeout=60)
    assert shop.traces() == ["two reads old"]
    later = shop.start("run")
    assert shop.hear("one-made") == "new"
    (shop.root / "go").write_text("x")
    later.communicate(timeout=60)
    assert shop.traces()[1:] == ["two reads new"]


def test_a_retry_reads_the_version_that_its_run_has_chosen(shop: Project) -> None:
    shop.registry("""
def one(raw):
    trace(f"reads {raw}")
    if not Path("ready").exists():
        raise RuntimeError("not ready")

def register_pipelines():
    return {"__default__": Pipeline([node(one, "raw", None, name="one")])}
""")
    shop.write({"data/raw.json/2026-01-01T00.00.00.000Z/raw.json": '"old"'})
    assert shop.run("run").code == 1
    shop.write({"data/raw.json/2026-01-02T00.00.00.000Z/raw.json": '"new"', "ready": ""})
    shop.ok("retry")
    assert shop.traces() == ["reads old", "reads old"]
    # The chosen version may be deleted later.
    (shop.root / "ready").unlink()
    assert shop.run("run").code == 1
    (shop.root / "data/raw.json/2026-01-02T00.00.00.000Z/raw.json").unlink()
    gone = shop.run("retry")
    assert "this run reads version 2026-01-02T00.00.00.000Z of `raw`, and that is gone" in gone.text


@pytest.mark.parametrize("folder", ["memory://run/notes", "{here}/run/notes"])
def test_the_first_choice_of_a_run_is_everybodys(tmp_path: Path, folder: str) -> None:
    folder = folder.format(here=tmp_path)
    place = place_of(folder, "ns.raw/ä")
    assert noted(place) is None
    assert note(place, "one") == "one"
    assert noted(place) == "one"
    assert noted(place_of(folder, "ns.raw")) is None
    if "memory:" not in folder:
        # Another task has chosen at the same time, and notes its choice later.
        assert note(place, "two") == "one"
        assert [file.name for file in (tmp_path / "run/notes").iterdir()] == [
            "ns.raw%2f%c3%a4.version"
        ]


class OfAStore(AbstractVersionedDataset[Any, Any]):
    """Versions in a store whose errors show the request."""

    def load(self) -> Any: ...

    def save(self, data: Any) -> None: ...

    def _describe(self) -> dict[str, Any]:
        return {}


def test_errors_of_a_store_have_no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> list[str]:
        raise OSError("https://user:geheim@store/x: 403")

    run = RunVersion("2026-01-01T00.00.00.000Z-a")
    dataset = OfAStore(PurePosixPath("x.json"), Version(None, None), glob_function=refuse)
    with pytest.raises(DatasetError, match=r"cannot list the versions of `x`.*403") as caught:
        version_read(run, dataset, "x")
    # Nor does the original error.
    assert "geheim" not in "".join(format_exception(caught.value))
    monkeypatch.setenv(LOAD_VERSIONS, "ftp://user:geheim@127.0.0.1:1/notes")
    with pytest.raises(DatasetError, match=r"cannot read which version of `x`") as caught:
        version_read(run, dataset, "x")
    assert "geheim" not in str(caught.value)
    handed = HandoffDataset("memory://user:geheim@run/x.pickle")
    with pytest.raises(DatasetError, match="nothing was handed over") as caught:
        handed.load()
    assert "geheim" not in f"{caught.value}{handed}"


TWO_ENTRIES = """
def old(model, who):
    return trace(f"{who} before {model}") or 1

def read(model, who, *_):
    trace(f"{who} reads {model}")

def register_pipelines():
    after = [
        node(lambda who: (who, 1), "params:who", ["model_out", "made"], name="make"),
        node(read, ["model_in", "params:who", "made"], None, name="read"),
    ]
    before = [
        node(old, ["model_in", "params:who"], "seen", name="old"),
        node(lambda who, _: (who, 1), ["params:who", "seen"], ["model_out", "made"], name="make"),
        node(read, ["model_in", "params:who", "made"], None, name="read"),
        node(read, ["model_too", "params:who", "made"], None, name="read_too"),
    ]
    return {
        "__default__": Pipeline([]),
        "after": Pipeline(after),
        "after_fused": Pipeline([FusedPipeline(after, name="all")]),
        "before": Pipeline(before),
        "before_fused": Pipeline([FusedPipeline(before, name="all")]),
    }
"""


@pytest.mark.parametrize("pipeline", ["after", "after_fused", "before", "before_fused"])
def test_two_entries_for_one_file_are_read_as_kedro_run_reads_them(
    make_project: MakeProject, pipeline: str
) -> None:
    shop = make_project(
        TWO_ENTRIES,
        {
            "src/shop/datasets.py": DATASETS,
            "conf/base/catalog.yml": "\n".join(
                f"{name}: {{type: shop.datasets.Versioned, filepath: data/m.json, versioned: true}}"
                for name in ("model_in", "model_too", "model_out")
            ),
            "conf/base/parameters.yml": 'who: "${runtime_params:who,nobody}"\n',
        },
    )
    shop.write({"data/m.json/2026-01-01T00.00.00.000Z/m.json": '"first"'})
    shop.ok("run", "--pipelines", pipeline, "--params", "who=anna")
    ours = shop.traces()
    (shop.root / "trace.txt").unlink()
    for kept in (shop.root / "data/m.json").iterdir():
        if not kept.name.startswith("2026-01-01"):
            (kept / "m.json").unlink()
            kept.rmdir()
    assert shop.kedro("run", f"--pipeline={pipeline}", "--params=who=anna").code == 0
    assert sorted(ours) == sorted(shop.traces())


def test_only_versions_of_later_runs_is_an_error_that_names_one(shop: Project) -> None:
    shop.registry("""
def register_pipelines():
    return {"__default__": Pipeline([node(print, "raw", None, name="one")])}
""")
    shop.write({"data/raw.json/2926-01-01T00.00.00.000Z/raw.json": '"new"'})
    failed = shop.run("run")
    assert failed.code == 1
    assert "`raw` had no version when this run was made" in failed.text
    assert "--load-versions raw:2926-01-01T00.00.00.000Z" in failed.text


def test_hooks_see_one_run_id_in_all_tasks(shop: Project) -> None:
    shop.write(
        {
            "src/shop/settings.py": """
from kedro.framework.hooks import hook_impl


class Hooks:
    @hook_impl
    def before_pipeline_run(self, run_params):
        with open("trace.txt", "a") as file:
            file.write(run_params.get("run_id") or run_params["session_id"])
            file.write("\\n")


HOOKS = (Hooks(),)
"""
        }
    )
    shop.registry("""
def register_pipelines():
    return {"__default__": Pipeline([
        node(lambda: 1, None, "a", name="one"), node(print, "a", None, name="two"),
    ])}
""")
    shop.ok("run")
    assert len(shop.traces()) == 2
    assert len(set(shop.traces())) == 1


RUN = RunVersion("2026-01-02T03.04.05.000Z-aaa", ("bbb", "ccc"))


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([], []),
        (["2026-01-02T03.04.05.000Z-aaa", "2026-01-02T03.04.06.000Z-ddd"], ["…05.000Z-aaa"]),
        (
            ["2026-01-02T03.04.05.000Z-aaa.2", "2026-01-02T03.04.05.000Z-aaa.10"],
            ["…05.000Z-aaa.10", "…05.000Z-aaa.2"],
        ),
        # Then come the versions of runs that this one continues, the last run first.
        (
            [
                "2026-01-02T03.04.01.000Z-ccc",
                "2026-01-02T03.04.02.000Z-bbb",
                "2026-01-02T03.04.04.000Z-ddd",
            ],
            ["…02.000Z-bbb", "…01.000Z-ccc", "…04.000Z-ddd"],
        ),
        # The version is from the second of the run's creation: it counts as older.
        (["2026-01-02T03.04.05.999Z"], ["…05.999Z"]),
        (["2026-01-02T03.04.06.000Z"], []),
        (["final", "2026-01-02T03.04.06.000Z"], ["final"]),
        # The end of an id is compared as a whole.
        (["2026-01-02T03.04.06.000Z-xaaa", "2026-01-02T03.04.06.000Z-aaa.x"], []),
    ],
)
def test_versions_are_tried_in_order(there: list[str], expected: list[str]) -> None:
    to_load = [*RUN.of_runs(there), *RUN.from_before(there)]
    tried = [version.replace("2026-01-02T03.04.", "…") for version in to_load]
    assert list(dict.fromkeys(tried)) == expected


@pytest.mark.parametrize(
    ("text", "earlier", "expected"),
    [
        (
            "2026-01-02T03:04:05Z/0b1a2c3d-0000-4000-8000-00000000abcd",
            "1-2,3",
            RunVersion("2026-01-02T03.04.05.000Z-00000000abcd", ("12", "3")),
        ),
        # The controller gives the time of another zone.
        ("2026-01-02T05:04:05+02:00/u1", "", RunVersion("2026-01-02T03.04.05.000Z-u1")),
        ("", "", None),
    ],
)
def test_the_environment_says_the_version(
    monkeypatch: pytest.MonkeyPatch, text: str, earlier: str, expected: RunVersion | None
) -> None:
    monkeypatch.setenv(RUN_VERSION, text)
    monkeypatch.setenv(RUN_VERSION_FROM, earlier)
    assert run_version() == expected


@pytest.mark.parametrize("text", ["{{workflow.uid}}", "2026-01-02T03:04:05Z", "x/y", "/"])
def test_a_version_that_cannot_be_read_is_an_error(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(RUN_VERSION, text)
    with pytest.raises(ValueError, match="not a time and an id"):
        run_version()
