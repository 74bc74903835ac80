"""A project that Kedro reads only in part never counts as complete."""

from __future__ import annotations

import os
import shutil

import pytest
from projects import MakeProject, Project

pytestmark = pytest.mark.kedro

ARGO = "namespace: team-a\n"
SETTINGS = "CONFIG_LOADER_ARGS = {}\n"


@pytest.fixture
def two(two_tasks: Project) -> Project:
    two_tasks.write({"conf/base/argo.yml": ARGO})
    return two_tasks


@pytest.mark.parametrize("words", [["plan"], ["lint"], ["compile"], ["run"], ["build"]])
def test_a_clone_without_empty_folders_is_refused_as_kedro_refuses_it(
    two: Project, words: list[str]
) -> None:
    shutil.rmtree(two.root / "conf/local")
    assert two.kedro("run").code != 0
    refused = two.run(*words)
    assert refused.code == 2
    assert refused.out == ""
    assert f"{two.root}/conf/local, but it does not exist" in refused.err
    assert f"mkdir -p {two.root}/conf/local" in refused.err


@pytest.mark.parametrize(
    ("settings", "words", "folder", "hint"),
    [
        ("", ["--conf-source", "nope"], "nope", "--conf-source FOLDER"),
        ('CONF_SOURCE = "config"\n', [], "config", "CONF_SOURCE"),
        (
            'CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "dev"}\n',
            [],
            "conf/dev",
            "mkdir -p",
        ),
        (
            'CONFIG_LOADER_ARGS = {"base_env": "bse", "default_run_env": "local"}\n',
            [],
            "conf/bse",
            "mkdir -p",
        ),
    ],
)
def test_a_folder_that_is_not_there_is_named(
    two: Project, settings: str, words: list[str], folder: str, hint: str
) -> None:
    two.write({"src/shop/settings.py": settings})
    refused = two.run("compile", *words)
    assert refused.code == 2, refused
    assert f"{folder}, but it does not exist" in refused.err
    assert hint in refused.err


def test_a_project_without_a_catalog_is_refused_as_kedro_refuses_it(two: Project) -> None:
    (two.root / "conf/base/catalog.yml").unlink()
    assert two.kedro("run").code != 0
    refused = two.run("plan")
    assert refused.code == 2
    assert "Kedro cannot load catalog: No files of YAML or JSON format found" in refused.err


def test_pipelines_that_kedro_leaves_out_are_said_by_every_command(
    make_project: MakeProject,
) -> None:
    shop = make_project(
        """
from kedro.framework.project import find_pipelines

def register_pipelines():
    found = find_pipelines()
    return {**found, "__default__": sum(found.values())}
""",
        {
            "src/shop/pipelines/__init__.py": "",
            "src/shop/pipelines/good/__init__.py": """
from kedro.pipeline import Pipeline, node

def create_pipeline():
    return Pipeline([node(lambda: 1, None, "one", name="make")])
""",
            "src/shop/pipelines/broken/__init__.py": "import json\nimport surely_missing\n",
            "src/shop/pipelines/empty/__init__.py": "",
            "src/shop/pipelines/other/__init__.py": "def create_pipeline():\n    return [1]\n",
        },
    )
    broken = "pipeline `broken` is missing, because Kedro cannot import it: ModuleNotFoundError"
    for words in (["plan"], ["run"]):
        told = shop.ok(*words)
        for said in (
            broken,
            "pipeline `empty` is missing, because Kedro cannot import it: it has no function",
            "pipeline `other` is missing, because Kedro cannot import it: its `create_pipeline`",
        ):
            assert f"warning[pipeline-not-imported]: {said}" in told.err, told
    for words in (["lint"], ["compile"]):
        told = shop.run(*words)
        assert told.code == 1
        assert f"error[pipeline-not-imported]: {broken}" in told.text
        assert "src/shop/pipelines/broken/__init__.py:2:1" in told.text
    # A selection without the broken pipeline can continue.
    assert "error[pipeline-not-imported]" not in shop.run("lint", "--pipelines", "good").text


FIND = """
import warnings
from kedro.framework.project import find_pipelines

{before}

def register_pipelines():
    found = {found}
    return {{**found, "__default__": sum(found.values())}}

def quietly():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return find_pipelines()
"""
GOOD = """
from kedro.pipeline import Pipeline, node

def create_pipeline():
    return Pipeline([node(lambda: 1, None, "one", name="make")])
"""


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ('warnings.filterwarnings("ignore")', "find_pipelines()"),
        ("", "quietly()"),
        ("warnings.warn = lambda *_, **__: None", "find_pipelines()"),
    ],
)
def test_filters_for_warnings_hide_no_pipeline_that_is_left_out(
    make_project: MakeProject, before: str, found: str
) -> None:
    shop = make_project(
        FIND.format(before=before, found=found),
        {
            "src/shop/pipelines/__init__.py": "",
            "src/shop/pipelines/good/__init__.py": GOOD,
            "src/shop/pipelines/broken/__init__.py": "import surely_missing\n",
        },
    )
    told = shop.run("compile")
    assert told.code == 1
    assert "error[pipeline-not-imported]: pipeline `broken` is missing" in told.text
    assert "warning[pipeline-not-imported]: pipeline `broken` is missing" in shop.ok("run").err


def test_a_folder_that_another_branch_has_left_is_no_pipeline(make_project: MakeProject) -> None:
    shop = make_project(
        FIND.format(before="", found="find_pipelines()"),
        {
            "src/shop/pipelines/__init__.py": "",
            "src/shop/pipelines/good/__init__.py": GOOD,
            "src/shop/pipelines/old/__pycache__/nodes.cpython-313.pyc": b"",
            "src/shop/pipelines/nodes_alone/nodes.py": "",
        },
    )
    told = shop.run("lint", "--target", "local").text
    assert "pipeline `old`" not in told
    # There is source, which `find_pipelines` does not find.
    assert "[pipeline-not-imported]: pipeline `nodes_alone` is missing" in told


def test_a_log_record_that_cannot_be_formatted_ends_no_command(two: Project) -> None:
    two.write(
        {
            "src/shop/settings.py": """
import logging
logging.getLogger("x").warning("got %d rows", "many")
logging.getLogger("x").warning("got %d rows", 7)
"""
        }
    )
    for words in (["plan"], ["run"]):
        told = two.ok(*words)
        assert "got 7 rows" in told.err
        assert "Message: 'got %d rows'" in told.err


def test_what_a_project_says_when_it_is_imported_is_shown(two: Project) -> None:
    registry = two.read("src/shop/pipeline_registry.py")
    two.write(
        {
            "src/shop/pipeline_registry.py": """\
import logging, sys, warnings
print("printed by the project")
print("on the other stream", file=sys.stderr)
logging.getLogger(__name__).warning("logged by %s", "the project")
warnings.warn("warned of by the project")
"""
            + registry
        }
    )
    for words in (["plan", "-o", "json"], ["lint", "-o", "json"], ["run", "-o", "json"]):
        told = two.run(*words)
        for text in (
            "printed by the project",
            "on the other stream",
            "warning: logged by the project",
            "UserWarning: warned of by the project",
        ):
            assert told.err.count(text) == 1, told
            assert text not in told.out
        # Kedro's log lines about itself are not the project's.
        assert "logging configuration" not in told.err


LOADER = """\
import yaml
from pathlib import Path
from kedro.config import AbstractConfigLoader, MissingConfigException


class Loader(AbstractConfigLoader):
    def __init__(self, conf_source, env=None, runtime_params=None, **kwargs):
        super().__init__(conf_source=conf_source, env=env, runtime_params=runtime_params)

    def __getitem__(self, key):
        folder = Path(self.conf_source) / (self.env or "picked")
        path = (folder if folder.is_dir() else folder.parent / "picked") / f"{key}.yml"
        if key not in ("catalog", "parameters", "credentials"):
            raise ERROR
        return yaml.safe_load(path.read_text()) if path.is_file() else {}

    def keys(self):
        return []
"""


@pytest.mark.parametrize(
    "error", ['KeyError(f"no patterns for {key}")', "MissingConfigException()"]
)
def test_a_loader_of_ones_own_picks_the_environment_that_nobody_chose(
    make_project: MakeProject, error: str
) -> None:
    shop = make_project(
        """
def note(value):
    trace(value)

def register_pipelines():
    return {"__default__": Pipeline([node(note, "params:x", None, name="note")])}
""",
        {
            "src/shop/loader.py": LOADER.replace("ERROR", error),
            "src/shop/settings.py": """\
from shop.loader import Loader
CONFIG_LOADER_CLASS = Loader
CONFIG_LOADER_ARGS = {}
""",
            "conf/base/parameters.yml": "x: 1\n",
            "conf/picked/parameters.yml": "x: 9\n",
            "conf/given/parameters.yml": "x: 5\n",
        },
    )
    shop.ok("run")
    shop.ok("run", "--env", "given")
    shop.ok("run", "--isolation", "spawn")
    assert shop.traces() == ["9", "5", "9"]
    # Only the loader knows its environments: one may have no folder.
    shop.ok("run", "--env", "elsewhere")
    assert shop.kedro("run", "--env=elsewhere").code == 0
    assert shop.traces()[3:] == ["9", "9"]
    assert "--env" not in shop.ok("compile").out
    assert "--env=given" in shop.ok("compile", "--env", "given").out


def test_kedros_loader_without_environments_reads_the_folder_itself(two: Project) -> None:
    two.write({"src/shop/settings.py": SETTINGS, "conf/base/catalog.yml": "", "conf/local/x": ""})
    for name in ("catalog", "argo"):
        (two.root / f"conf/{name}.yml").write_text("{}\n")
    shutil.rmtree(two.root / "conf/base")
    assert "--env" not in two.ok("compile", "--allow-errors").out


def test_a_configuration_file_whose_name_is_not_utf_8_is_read_or_named(two: Project) -> None:
    folder = os.fsencode(two.root / "conf/base")
    try:
        with open(folder + b"/catalog_\xff.yml", "w") as file:
            file.write("more: {type: shop.datasets.JsonFile, filepath: data/more.json}\n")
    except OSError:
        pytest.skip("the file system takes no such name")
    two.ok("run")
    os.rename(folder + b"/catalog_\xff.yml", folder + b"/argo_\xff.yml")
    refused = two.run("plan")
    assert refused.code == 2
    assert r"the name of `conf/base/argo_\udcff.yml` is not UTF-8: rename the file" in refused.err
