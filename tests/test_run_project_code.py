"""Hooks, sessions, runners and threads of the project in runs here."""

from __future__ import annotations

import json

import pytest
from kedro.framework.project import settings
from projects import MakeProject

pytestmark = pytest.mark.kedro


def test_hooks_of_the_project_run_in_each_task(make_project: MakeProject) -> None:
    project = make_project(
        files={
            "src/shop/hooks.py": """\
                import os
                from kedro.framework.hooks import hook_impl
                from shop.tools import trace
                class Hooks:
                    @hook_impl
                    def after_context_created(self, context):
                        trace(f"context {os.getpid()}")
                    @hook_impl
                    def before_node_run(self, node):
                        trace(f"node {node.name}")
                """,
            "src/shop/settings.py": "from shop.hooks import Hooks\nHOOKS = (Hooks(),)\n",
        }
    )
    project.ok("run")
    traces = project.traces()
    contexts = [line for line in traces if line.startswith("context")]
    assert len(contexts) == len(set(contexts)) == 2
    assert [line for line in traces if line.startswith("node")] == ["node make", "node use"]


def test_what_hooks_bring_is_read_and_stored_as_in_kedro_run(make_project: MakeProject) -> None:
    project = make_project(
        """
def use(value, bonus, extra, saved):
    return value + bonus + extra + saved
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "number", name="make"),
        node(use, ["number", "params:bonus", "extra", "empty"], "result", name="use"),
    ])}
""",
        {
            "conf/base/catalog.yml": """\
                result: {type: shop.datasets.JsonFile, filepath: data/result.json}
                empty: {type: MemoryDataset}
                """,
            "src/shop/settings.py": """\
                from kedro.framework.hooks import hook_impl
                from kedro.io import MemoryDataset
                from shop.datasets import JsonFile
                class Hooks:
                    @hook_impl
                    def after_context_created(self, context):
                        context.config_loader["parameters"] = {"bonus": 10}
                    @hook_impl
                    def after_catalog_created(self, catalog):
                        catalog["number"] = JsonFile(filepath="data/number.json")
                        catalog["extra"] = MemoryDataset(100)
                        catalog["empty"].save(1000)
                HOOKS = (Hooks(),)
                """,
        },
    )
    found = project.ok("lint", "-o", "json").json()
    assert {(it["code"], it["severity"]) for it in found} >= {
        ("missing-dataset", "warning"),
        ("missing-parameter", "warning"),
        ("handoff-without-path", "warning"),
    }
    project.ok("run")
    assert json.loads(project.read("data/result.json")) == 1111
    assert json.loads(project.read("data/number.json")) == 1


def test_the_projects_session_class_runs_the_tasks(make_project: MakeProject) -> None:
    if not hasattr(settings, "SESSION_CLASS"):
        pytest.skip("this Kedro has no SESSION_CLASS")
    project = make_project(
        files={
            "src/shop/session.py": """\
                from kedro.framework.session import KedroSession
                from shop.tools import trace
                class OurSession(KedroSession):
                    def run(self, *arguments, **keywords):
                        trace("our session")
                        return super().run(*arguments, **keywords)
                """,
            "src/shop/settings.py": """\
                from shop.session import OurSession
                SESSION_CLASS = OurSession
                """,
        }
    )
    project.ok("run")
    assert project.traces().count("our session") == 2


def test_a_named_runner_runs_inside_the_tasks(make_project: MakeProject) -> None:
    project = make_project(
        files={
            "src/shop/runner.py": """\
                from kedro.runner import SequentialRunner
                from shop.tools import trace
                class OurRunner(SequentialRunner):
                    def run(self, *arguments, **keywords):
                        trace("our runner")
                        return super().run(*arguments, **keywords)
                """
        }
    )
    project.ok("run", "--runner", "shop.runner.OurRunner")
    assert project.traces().count("our runner") == 2


def test_a_project_that_starts_threads_is_run_in_fresh_processes_saying_so(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
import threading
threading.Thread(target=threading.Event().wait, daemon=True, name="poller").start()
def register_pipelines():
    return {"__default__": Pipeline([node(one, None, "a", name="n")])}
"""
    )
    result = project.ok("run")
    assert "poller" in result.err
    assert "each task is a new process" in result.err
