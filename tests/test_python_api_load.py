"""`import argo_kedro`: data of runs in the process of a notebook."""

from __future__ import annotations

import json

import pytest
from notebook import python
from projects import RESULT, TWO_TASKS, VERSIONED, MakeProject, Project

pytestmark = pytest.mark.usefixtures("as_the_user")

LOADS = """
def score(depth):
    return {"depth": depth}
def hand(metrics):
    return {"handed": metrics["depth"]}
def table(handed):
    if handed["handed"] == 9:
        raise ValueError("nine")
    return handed
def register_pipelines():
    return {"__default__": Pipeline([
        Node(score, "params:depth", "metrics", name="score"),
        Node(hand, "metrics", "handed", name="hand"),
        Node(table, "handed", "plain", name="plain"),
        Node(table, "source", "unused", name="source"),
    ])}
"""
LOADS_CATALOG = """
metrics: {type: shop.datasets.Versioned, filepath: data/metrics.json, versioned: true}
plain: {type: shop.datasets.JsonFile, filepath: data/plain.json}
source: {type: shop.datasets.JsonFile, filepath: data/source.json}
"""


@pytest.mark.kedro
def test_data_is_loaded_as_a_run_has_it(make_project: MakeProject) -> None:
    project = make_project(
        LOADS,
        {
            "conf/base/catalog.yml": LOADS_CATALOG,
            "conf/base/parameters.yml": "depth: 3\n",
            "data/source.json": '{"handed": 0}',
        },
    )
    path = project.root / "src/shop/datasets.py"
    path.write_text(VERSIONED + path.read_text())
    out = python(
        project,
        """
        import json, os, shutil, time, warnings
        from pathlib import Path
        import argo_kedro
        from argo_kedro import ArgoKedroError

        def told(what):
            try:
                return what()
            except ArgoKedroError as error:
                return [error.message, *error.hints]

        before = dict(os.environ), os.getcwd()
        old = argo_kedro.run(params={"depth": 4}, progress=False)
        new = argo_kedro.run(progress=False)
        failed = argo_kedro.run(params={"depth": 9}, progress=False, raise_on_failure=False)
        loaded = [old.load(it) for it in ("metrics", "handed", "source", "params:depth")]
        assert new.load("metrics") == {"depth": 3}
        assert (dict(os.environ), os.getcwd()) == before
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert new.load("plain") == {"handed": 3}
            os.utime("data/plain.json", (time.time() + 3600,) * 2)
            new.load("plain")
        again = [it for it in caught if "written again" in str(it.message)]
        warned = [[str(it.message), it.filename] for it in again]
        shutil.rmtree("data/metrics.json")
        answers = [told(lambda: old.load(it)) for it in ("metrics", "metrcs")]
        answers.append(told(lambda: failed.load("plain")))
        Path("src/shop/settings.py").write_text("raise ValueError")
        print(json.dumps([loaded, warned, answers, old.name, failed.name]))
        """,
    )
    loaded, warned, answers, old, failed = json.loads(out.splitlines()[-1])
    assert loaded == [{"depth": 4}, {"handed": 4}, {"handed": 0}, 4]
    # The warning points to the caller, not into argo-kedro.
    ((warning, place),) = warned
    assert place == "<string>"
    assert warning.startswith("`plain` was written again after run")
    assert answers == [
        [f"cannot load `metrics` of run {old}: the data no longer exists"],
        [f"run {old} has no dataset `metrcs`", "did you mean `metrics`?"],
        [f"run {failed} has not made `plain`: its node plain is Failed: ValueError: nine"],
    ]


def test_what_stood_in_for_buckets_stands_in_for_them_only_while_it_is_loaded(
    make_project: MakeProject,
) -> None:
    handoff = "memory_datasets: {mode: persist, path: s3://bucket/handoff}\n"
    project = make_project(TWO_TASKS, {**RESULT, "conf/base/argo.yml": handoff})
    out = python(
        project,
        """
        import argo_kedro, fsspec
        run = argo_kedro.run(like_a_pod=True, progress=False)
        before = dict(fsspec.registry)
        print(run.load("number"))
        assert all(before.get(name) is kind for name, kind in fsspec.registry.items()
            if name.startswith("s3") or name in before)
        """,
    )
    assert out.splitlines()[-1] == "20"


def test_a_dataset_that_needs_a_secret_to_be_made_says_which(make_project: MakeProject) -> None:
    locked = """from shop.datasets import JsonFile

class Locked(JsonFile):
    def __init__(self, filepath):
        import base64, os
        base64.b64decode(os.environ["LOCKS"])
        super().__init__(filepath)
"""
    secret = "{environment: [{name: LOCKS, secret_ref: {name: a, key: b}}]}"
    project = make_project(
        TWO_TASKS,
        {
            "src/shop/locked.py": locked,
            "conf/base/argo.yml": f"template: {secret}\n",
            "conf/base/catalog.yml": "result: {type: shop.locked.Locked, filepath: data/r.json}\n",
        },
    )
    out = python(
        project,
        """
        import argo_kedro, os
        os.environ["LOCKS"] = "c2VjcmV0"
        run = argo_kedro.run(progress=False)
        del os.environ["LOCKS"]
        try:
            run.load("result")
        except argo_kedro.ArgoKedroError as error:
            print(error.code, *error.hints)
        """,
    )
    assert out.startswith("cannot_load") and out.rstrip().endswith("does not: LOCKS"), out


@pytest.mark.kedro
def test_a_project_that_cannot_be_imported_here_shows_its_own_traceback(
    two_tasks: Project,
) -> None:
    out = python(
        two_tasks,
        """
        import argo_kedro
        from pathlib import Path
        run = argo_kedro.run(progress=False)
        Path("src/shop/settings.py").write_text("import nothing_of_this_name")
        try:
            run.load("result")
        except argo_kedro.ArgoKedroError as error:
            print(error.code, error)
        """,
    )
    assert out.startswith("project_import_failed cannot open the project")
    assert "nothing_of_this_name" in out and "settings.py" in out
    assert "/argo_kedro/" not in out and "kedro/framework" not in out


def test_two_projects_whose_packages_have_one_name_are_not_mixed_up(
    make_project: MakeProject,
) -> None:
    one = make_project(TWO_TASKS, dict(RESULT))
    other = make_project(TWO_TASKS, dict(RESULT), name="other")
    out = python(
        one,
        f"""
        import argo_kedro
        print(argo_kedro.run(progress=False).load("result"))
        run = argo_kedro.run(project={str(other.root)!r}, progress=False)
        try:
            run.load("result")
        except argo_kedro.ArgoKedroError as error:
            print(error)
        """,
    )
    assert out.splitlines()[0] == "40"
    assert "package `shop` of another project" in out and "restart the kernel" in out
