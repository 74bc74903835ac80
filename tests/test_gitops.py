"""The hooks for pre-commit and the GitHub Action do their work in a project."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from projects import MakeProject, Project

ROOT = Path(__file__).parents[1]
SOUND: dict[str, str | bytes] = {
    "conf/base/argo.yml": "namespace: ml\ndeployment: {image: a/b, tag: v1}\n"
}
ONE_TASK = """
def register_pipelines():
    return {"__default__": Pipeline([node(one, None, "number", name="make")])}
"""
CHECKED = ["--kind", "workflowtemplate", "--check", "shop.yaml"]


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    project = make_project(ONE_TASK, SOUND)
    project.ok("compile", "--kind", "workflowtemplate", "-o", "shop.yaml")
    return project


def in_shell(project: Project, script: str, **variables: str) -> int:
    """The exit code of a script, run as GitHub runs it."""
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    environment = {**project.environment(), **variables}
    ended = subprocess.run(
        words, cwd=project.root, env=environment, capture_output=True, text=True, check=False
    )
    return ended.returncode


def test_the_hooks_pass_what_is_sound_and_stop_what_is_not(project: Project) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    lint, manifest = (hook["entry"] for hook in hooks)
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks)
    checked = f"{manifest} {' '.join(CHECKED)}"
    assert (in_shell(project, lint), in_shell(project, checked)) == (0, 0)
    project.write({"conf/base/argo.yml": "namespace: mm\ndeployment: {image: a/b, tag: v1}\n"})
    assert in_shell(project, checked) == 1
    project.write({"conf/base/argo.yml": "namespace: mm\nno_such_key: 1\n"})
    assert in_shell(project, lint) == 1


def test_the_steps_of_the_action_pass_what_is_sound_and_stop_what_is_not(
    project: Project,
) -> None:
    action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    lint, manifest = (step["run"] for step in action["runs"]["steps"])
    words = {"MANIFEST": "shop.yaml", "WORDS": "--kind workflowtemplate"}
    assert in_shell(project, lint, SARIF="found.sarif") == 0
    assert (project.root / "found.sarif").exists()
    os.remove(project.root / "found.sarif")
    assert in_shell(project, lint, SARIF="") == 0
    assert not (project.root / "found.sarif").exists()
    assert in_shell(project, manifest, **words) == 0
    project.write({"conf/base/argo.yml": "namespace: mm\ndeployment: {image: a/b, tag: v1}\n"})
    assert in_shell(project, manifest, **words) == 1
    project.write({"conf/base/argo.yml": "namespace: mm\nno_such_key: 1\n"})
    assert in_shell(project, lint, SARIF="found.sarif") == 1
    assert "no_such_key" in project.read("found.sarif")
