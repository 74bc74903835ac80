"""The plugin adds `kedro argo` and changes no other command of Kedro."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from argo_kedro.hooks import hooks
from projects import RESULT, MakeProject, Project

pytestmark = pytest.mark.kedro

#: Starts Kedro like its script does, as if the plugin were not installed.
WITHOUT_PLUGIN = """
import sys
from kedro.framework.cli import cli, utils

found = utils._get_entry_points
utils._get_entry_points = lambda name: [
    it for it in found(name) if not it.value.startswith("argo_kedro")
]
sys.argv[0] = "kedro"
cli.main()
"""
ARGO: dict[str, str | bytes] = {"conf/base/argo.yml": "runner: {use_memory_datasets: true}\n"}


def without_plugin(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_PLUGIN, *words],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def of_kedro(help_text: str) -> str:
    """Gives Kedro's help without log lines and without the plugin's part."""
    text = help_text[help_text.index("Usage:") :]
    ours = r"Global commands from argo-kedro\nCommands:\n  argo .*\n\n"
    text = re.sub(ours, "", text)
    return " ".join(text.split())


def test_the_help_of_kedro_is_the_same_but_for_argo(two_tasks: Project) -> None:
    ours, kedros = two_tasks.kedro("--help"), without_plugin(two_tasks, "--help")
    assert (ours.code, kedros.returncode) == (0, 0)
    assert "  argo " in ours.out
    assert "  argo " not in kedros.stdout
    assert of_kedro(ours.out) == of_kedro(kedros.stdout)


@pytest.mark.parametrize("command", ["run", "registry", "catalog"])
def test_the_help_of_other_commands_is_the_same(two_tasks: Project, command: str) -> None:
    ours, kedros = two_tasks.kedro(command, "--help"), without_plugin(two_tasks, command, "--help")
    assert (ours.code, kedros.returncode) == (0, 0), ours
    assert of_kedro(ours.out) == of_kedro(kedros.stdout)


@pytest.mark.parametrize("files", [{}, ARGO], ids=["without argo.yml", "with argo.yml"])
def test_kedro_run_is_kedros(make_project: MakeProject, files: dict[str, str | bytes]) -> None:
    catalog = """\
        number: {type: shop.datasets.JsonFile, filepath: data/number.json}
        result: {type: shop.datasets.JsonFile, filepath: data/result.json}
        """
    project = make_project(files={**files, "conf/base/catalog.yml": catalog})
    # Wide enough to keep paths in Kedro's log in one piece.
    result = project.kedro("run", env={"COLUMNS": "1000"})
    assert result.code == 0, result
    assert project.traces() == ["make", "use 20"]
    assert json.loads(project.read("data/number.json")) == 20
    assert json.loads(project.read("data/result.json")) == 40
    assert not (project.root / ".argo-kedro").exists()
    # The path of Kedro does not count: the folder may have this project's name.
    said = result.text.replace(sys.prefix, "").replace("argo_kedro.pipeline", "")
    assert "argo" not in said


def test_a_fused_pipeline_runs_with_kedro_as_if_it_were_not_fused(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def use(value):
    trace(f"use {value}")
    return value
def register_pipelines():
    return {"__default__": FusedPipeline([
        Node(one, None, "a", name="one", machine_type="no such machine"),
        Node(use, "a", "result", name="two")], name="group", machine_type="none either")}
""",
        {**RESULT, **ARGO},
    )
    result = project.kedro("run")
    assert result.code == 0, result
    assert project.traces() == ["use 1"]
    assert json.loads(project.read("data/result.json")) == 1


def test_the_projects_own_run_command_is_kept(make_project: MakeProject) -> None:
    project = make_project(
        files={
            **ARGO,
            "src/shop/cli.py": """\
                import click
                @click.group(name="shop")
                def cli():
                    pass
                @cli.command()
                @click.option("--mine")
                def run(mine):
                    "The shop's own run."
                    print("own run", mine)
                """,
        }
    )
    result = project.kedro("run", "--mine", "7")
    assert (result.code, "own run 7" in result.out) == (0, True), result
    assert "The shop's own run." in project.kedro("run", "--help").out
    assert project.traces() == []
    project.ok("run")
    assert project.traces() == ["make", "use 20"]


def test_the_hook_does_nothing_outside_a_task() -> None:
    catalog = object()  # anything done to it would fail
    for _ in hooks.after_catalog_created(catalog=catalog):
        pass
    hooks.before_pipeline_run(pipeline=None, catalog=catalog)


def test_loading_the_plugin_imports_nothing_that_kedro_has_not() -> None:
    code = (
        "import sys, click, kedro.framework.cli, kedro.framework.hooks\n"
        "before = set(sys.modules)\n"
        "import argo_kedro.cli, argo_kedro.hooks\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "KEDRO_DISABLE_TELEMETRY": "1"},
    )
    assert result.stdout.splitlines()[-1].split() == [
        "argo_kedro",
        "argo_kedro.cli",
        "argo_kedro.hooks",
        "argo_kedro.name_list",
        "argo_kedro.random_name",
        "argo_kedro.task_variables",
    ]


def test_the_entry_points_are_one_command_group_and_one_hook() -> None:
    found = {
        (it.group, it.name, it.value) for it in metadata.distribution("argo-kedro").entry_points
    }
    assert found == {
        ("kedro.global_commands", "argo-kedro", "argo_kedro.cli:commands"),
        ("kedro.hooks", "argo-kedro", "argo_kedro.hooks:hooks"),
    }


def test_python_m_argo_kedro_is_the_program(two_tasks: Project) -> None:
    result = two_tasks.run("-m", "argo_kedro", "plan", "-o", "name", program=Path(sys.executable))
    assert (result.code, result.out) == (0, "make\nuse\n"), result
