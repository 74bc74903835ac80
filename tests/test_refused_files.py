"""Runs of files that do not begin, because the controller would refuse them too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from manifests import Folder, container

CHOOSES: dict[str, Any] = {
    "entrypoint": "main",
    "arguments": {"parameters": [{"name": "which", "value": "none"}]},
    "templates": [
        {"name": "main", "steps": [[{"name": "a", "template": "{{workflow.parameters.which}}"}]]},
        container("true", name="work"),
    ],
}


def test_a_parameter_may_name_the_template_that_is_there(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path)
    folder.workflow(CHOOSES)
    refused = folder.run("run", "w.yaml")
    assert refused.code == 2 and "this workflow has no template `none`" in refused.err, refused
    folder.ok("run", "w.yaml", "-p", "which=work")


def test_a_template_that_no_file_defines_is_told_before_the_start(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path)
    step = {"name": "a", "templateRef": {"name": "elsewhere", "template": "work"}}
    folder.workflow({"entrypoint": "main", "templates": [{"name": "main", "steps": [[step]]}]})
    refused = folder.run("run", "w.yaml")
    assert refused.code == 2 and "no given file defines `elsewhere`" in refused.err, refused
    assert "so it is not checked" not in refused.err
    assert "so it is not checked" in folder.run("lint", "w.yaml").out


def test_a_template_to_start_with_is_asked_for(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path)
    folder.workflow({"templates": [container("true", name="work")]})
    words = ["run", "w.yaml", "--allow-errors"]
    refused = folder.run(*words)
    assert refused.code == 2 and "--entrypoint work" in refused.err, refused
    folder.ok(*words, "--entrypoint", "work")


def test_a_manifest_that_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    folder = Folder.make(tmp_path)
    named_yes = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec:\n"
        "  entrypoint: main\n  templates:\n"
        "    - {name: main, steps: [[{name: y, template: work}]]}\n"
        "    - {name: work, container: {image: i, command: ['true']}}\n"
    )
    folder.write({"w.yaml": named_yes})
    refused = folder.run("run", "w.yaml")
    assert refused.code == 2 and "`name` is a boolean, but it must be a string" in refused.err
    assert "w.yaml:7" in refused.err and "no Argo manifest" not in refused.err
