"""Runs of files that do not begin, because the controller would refuse them as well."""

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
