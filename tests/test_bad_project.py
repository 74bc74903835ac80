"""Unreadable projects: one clear error that names the fault, a hint, and the right exit code."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from explained_error import COMMANDS, assert_explained
from projects import MakeProject, Project, is_clean

pytestmark = pytest.mark.kedro

FIVE_MB = 5 * 1024 * 1024


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("conf/base/catalog_more.yml", b"a: {type: x}\nb: caf\xe9\n", "2"),
        ("conf/base/catalog_more.yml", b"a: {type: x}\n\tb: 1\n", "2"),
        ("conf/base/catalog_more.yml", b"x: 1\na: {type: x}\na: {type: y}\n", "3"),
        ("conf/base/parameters.yml", b"x: 1\ny: b: c\n", "2"),
        ("conf/base/argo.yml", b"namespace: a\nnamespace: b\n", "2"),
        ("conf/base/catalog_more.yml", b"# none\n- a\n- b\n", "2"),
        ("conf/base/catalog_more.yml", b"a.b:\n  type: x\n  sizes: [1, '${c}']\n", "3"),
        ("conf/base/globals.yml", b"x: 1\ny: ${nope:1}\n", "2"),
    ],
    ids=[
        "not UTF-8",
        "a tab",
        "a key twice",
        "parameters",
        "argo.yml",
        "a list",
        "a key that is not there",
        "globals",
    ],
)
def test_the_file_that_kedro_cannot_read_is_named_with_its_line(
    two_tasks: Project, file: str, text: bytes, place: str
) -> None:
    two_tasks.write({file: text})
    result = two_tasks.run("plan")
    assert result.code == 2 and f"{file}:{place}: " in result.err, result
    assert "Kedro cannot load" not in result.err and is_clean(result.text), result


@pytest.mark.parametrize(
    ("resolver", "advice"),
    [
        ("oc.env", "from omegaconf.resolvers import oc"),
        ("nope", '"custom_resolvers": {"nope": FUNCTION}'),
    ],
)
def test_a_resolver_that_is_not_there_is_explained(
    two_tasks: Project, resolver: str, advice: str
) -> None:
    catalog = f"a:\n  type: pickle.PickleDataset\n  filepath: ${{{resolver}:HOME}}\n"
    # The same key in another environment is not the fault.
    of_local = "a: {type: pickle.PickleDataset, filepath: data/a.pkl}\n"
    two_tasks.write({"conf/base/catalog_more.yml": catalog, "conf/local/catalog.yml": of_local})
    result = two_tasks.run("plan")
    assert result.code == 2 and "conf/base/catalog_more.yml:3: " in result.err, result
    assert advice in " ".join(result.err.partition("hint:")[2].split()), result


@pytest.mark.parametrize("entry", ["{filepath: data/a.pkl}", "{type: , filepath: data/a.pkl}"])
def test_a_dataset_without_a_type_is_told_so(two_tasks: Project, entry: str) -> None:
    two_tasks.write({"conf/base/catalog_more.yml": f"number: {entry}\n"})
    result = two_tasks.run("lint")
    assert "cannot create dataset `number`: its entry has no `type`" in result.text, result
    assert "None" not in result.text, result


def test_a_version_of_a_dataset_that_the_catalog_does_not_have(two_tasks: Project) -> None:
    result = two_tasks.run("run", "--load-versions", "nope:2026-01-01T00.00.00.000Z")
    assert_explained(result, "the catalog has no dataset named `nope` (`--load-versions`)")


@pytest.mark.parametrize("command", [*COMMANDS, ["lint"], ["init", "--yes"], ["list"], ["retry"]])
def test_a_folder_that_is_no_project(
    two_tasks: Project, tmp_path: Path, command: list[str]
) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    result = two_tasks.run(*command, cwd=folder)
    assert_explained(result, str(folder), "not in a Kedro project", "--project")
    assert list(folder.iterdir()) == []


def test_kedro_argo_outside_of_a_project(two_tasks: Project, tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "kedro"
    result = two_tasks.run("argo", "plan", cwd=tmp_path, program=program)
    assert result.code == 2
    assert "not in a Kedro project" in result.err
    assert "hint:" in result.err
    assert is_clean(result.text)


def test_a_project_folder_that_is_not_there(two_tasks: Project) -> None:
    result = two_tasks.run("plan", "--project", "no/such/folder")
    assert result.code == 2
    assert "no/such/folder" in result.err
    assert is_clean(result.text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[tool.kedro\n", "pyproject.toml"),
        ("[tool.kedro]\nproject_name = 'x'\n", "package_name"),
        (
            "[tool.kedro]\npackage_name='shop'\nproject_name='x'\nkedro_init_version='0.18'\n",
            "0.18",
        ),
    ],
    ids=["no TOML", "a key is missing", "another Kedro's project"],
)
def test_a_pyproject_that_kedro_does_not_take(two_tasks: Project, text: str, word: str) -> None:
    two_tasks.write({"pyproject.toml": text})
    result = two_tasks.run("plan")
    assert result.code == 2
    assert word in result.err
    assert is_clean(result.text), result


BROKEN = [
    ("def register_pipelines(:\n", "SyntaxError"),
    ("import no_such_module\n", "no_such_module"),
    ("from shop.tools import no_such_name\n", "no_such_name"),
    ("raise ValueError('wrong day')\n", "wrong day"),
    ("sys.exit('leaving')\n", "leaving"),
    ("def register_pipelines():\n    return 1 / 0\n", "ZeroDivisionError"),
    ("def register_pipelines():\n    return {'__default__': Pipeline([node(1, 2, 3)])}\n", "node"),
]


@pytest.mark.parametrize(("source", "word"), BROKEN, ids=[word for _, word in BROKEN])
def test_a_project_that_does_not_import(two_tasks: Project, source: str, word: str) -> None:
    two_tasks.registry(source)
    result = two_tasks.run("plan")
    assert result.code == 2
    assert result.err.count("\nerror: ") == 1, result
    assert word in result.err
    assert "pipeline_registry.py" in result.err
    assert is_clean(result.text), result
    assert "/kedro/" not in result.err


def test_a_missing_module_comes_with_a_hint_to_install_it(two_tasks: Project) -> None:
    two_tasks.registry("import no_such_module\n")
    assert "check that `no_such_module` is installed" in two_tasks.run("plan").err


def test_settings_that_do_not_import(two_tasks: Project) -> None:
    two_tasks.write({"src/shop/settings.py": "raise ValueError('wrong settings')\n"})
    result = two_tasks.run("plan")
    assert result.code == 2
    assert "wrong settings" in result.err
    assert "settings.py" in result.err
    assert is_clean(result.text), result


def test_a_line_of_kedros_log_above_a_manifest_is_told(two_tasks: Project) -> None:
    logging = "version: 1\nhandlers: {{{0}}}\nloggers: {{kedro: {{level: INFO, handlers: [h]}}}}\n"
    for stream, is_among_data in (("stdout", True), ("stderr", False)):
        handler = f"h: {{class: logging.StreamHandler, stream: ext://sys.{stream}}}"
        two_tasks.write({"conf/logging.yml": logging.format(handler)})
        compiled = two_tasks.kedro("argo", "compile")
        assert ("logging configuration" in compiled.out) == is_among_data
        warns = "warning: Kedro logs to standard output" in compiled.err
        assert warns == is_among_data
        to_file = two_tasks.kedro("argo", "compile", "-o", "x.yml")
        assert "warning: Kedro" not in to_file.err


def test_a_group_with_the_name_of_a_node_outside_it(make_project: MakeProject) -> None:
    project = make_project(
        """
def use(value):
    return value
def register_pipelines():
    return {"__default__": Pipeline([
        FusedPipeline([node(one, None, "a", name="inner")], name="same"),
        node(use, "a", "b", name="same")])}
"""
    )
    for command in COMMANDS:
        assert_explained(project.run(*command), "duplicate-task-name", "`same`", "rename")


def test_a_group_with_the_name_of_its_own_node_is_fine(make_project: MakeProject) -> None:
    project = make_project(
        """
def register_pipelines():
    return {"__default__": FusedPipeline([node(one, None, "a", name="same")], name="same")}
"""
    )
    assert list(project.plan()) == ["same"]


def test_two_nodes_of_one_name(make_project: MakeProject) -> None:
    project = make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "a", name="same"), node(one, None, "b", name="same")])}
"""
    )
    result = project.run("plan")
    assert result.code == 2
    assert "same" in result.err
    assert is_clean(result.text)


def test_a_dataset_class_that_is_not_installed(make_project: MakeProject) -> None:
    project = make_project(
        files={
            "conf/base/catalog.yml": """\
                number: {type: spark.SparkDataset, filepath: data/number}
                result: {type: shop.datasets.NoSuchClass, filepath: data/result}
                """
        }
    )
    lint = project.run("lint")
    assert lint.code == 1
    for word in ("missing-dataset-class", "`number`", "`result`", "spark.SparkDataset"):
        assert word in lint.out, lint
    assert is_clean(lint.text)
    run = project.run("run")
    assert run.code == 2, run
    assert "missing-dataset-class" in run.err
    assert "= help: install what `spark.SparkDataset` needs" in " ".join(run.err.split())
    assert project.traces() == []


def test_a_catalog_that_is_no_yaml(make_project: MakeProject) -> None:
    project = make_project(files={"conf/base/catalog.yml": "number: [1,\n"})
    result = project.run("plan")
    assert result.code == 2
    assert "catalog" in result.err
    assert is_clean(result.text), result


@pytest.mark.parametrize(
    "text",
    [
        "namespace: [1,\n",
        "- a list\n",
        "just text\n",
        "namespace: a\nnamespace: b\n",
        b"\xff\xfe\x00binary\x00",
        "a: &a [x, x]\nb: &b [*a, *a]\nnamespace: *b\n",
        "namespace: ${oc.env:NO_SUCH_VARIABLE}\n",
        "[" * 3000,
    ],
    ids=["flow", "list", "scalar", "twice", "binary", "anchors", "interpolation", "deep"],
)
def test_an_argo_yml_that_is_none(make_project: MakeProject, text: str | bytes) -> None:
    project = make_project(files={"conf/base/argo.yml": text})
    result = project.run("plan")
    assert result.code == 2, result
    assert re.search(r"^error", result.err, re.MULTILINE), result
    assert "argo.yml" in result.err
    assert is_clean(result.text), result


def test_five_megabytes_of_argo_yml(make_project: MakeProject) -> None:
    text = "namespace: " + "x" * FIVE_MB + "\nnamspace: y\n"
    result = make_project(files={"conf/base/argo.yml": text}).run("plan")
    assert_explained(result, "namspace", "did you mean `namespace`")
    assert len(result.err) < 10_000


#: `find_pipelines` gives only the pipelines that a run requests.
TOGETHER = """
from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline
def register_pipelines():
    found = find_pipelines()
    every = sum(found.values(), start=Pipeline([]))
    return {**found, "__default__": every, "both": found["one"] + found["two"]}
"""
ONE_OF_THEM = """
from kedro.pipeline import Pipeline, node
def make():
    return 1
def create_pipeline(**_):
    return Pipeline([node(make, None, "%(name)s_made", name="%(name)s")])
"""


def test_a_pipeline_that_kedro_does_not_load_alone_is_found_before_its_pods_fail(
    make_project: MakeProject,
) -> None:
    from kedro.framework.project import pipelines

    project = make_project(
        TOGETHER,
        {
            "src/shop/pipelines/__init__.py": "",
            "src/shop/pipelines/one/__init__.py": ONE_OF_THEM % {"name": "one"},
            "src/shop/pipelines/two/__init__.py": ONE_OF_THEM % {"name": "two"},
        },
    )
    assert project.ok("plan", "-o", "json").json()["tasks"]
    result = project.run("plan", "--pipelines", "both")
    if not hasattr(pipelines, "set_requested"):
        assert result.code == 0
        return
    assert result.code == 2
    assert (
        "pipeline `both` without the other pipelines" in result.err
        and "KeyError: 'one'" in result.err
    ), result
    assert "pipeline_registry.py" in result.err and "create_pipeline()" in result.err, result
    # This pipeline shrinks instead of failing.
    chosen = 'sum((it for name, it in found.items() if name in ("one", "two")), Pipeline([]))'
    shrinking = TOGETHER.replace('found["one"] + found["two"]', chosen)
    project.write({"src/shop/pipeline_registry.py": shrinking})
    shrunk = project.run("plan", "--pipelines", "both")
    assert shrunk.code == 2 and "it lacks the node `one`" in shrunk.err, shrunk
    project.write({"src/shop/pipeline_registry.py": TOGETHER})
    # The pipeline of `on_exit` is a pipeline like any other.
    project.write({"conf/base/argo.yml": "on_exit: {pipeline: both}\n"})
    result = project.run("lint")
    assert result.code == 2 and "pipeline `both` without the other pipelines" in result.err, result
    together = TOGETHER.replace(
        "    found = ", "    from shop.pipelines import one, two\n    found = "
    )
    both = together.replace('found["one"]', "one.create_pipeline()")
    project.write(
        {"src/shop/pipeline_registry.py": both.replace('found["two"]', "two.create_pipeline()")}
    )
    assert project.ok("plan", "--pipelines", "both", "-o", "json").json()["tasks"]
    project.ok("run", "--pipelines", "both")
