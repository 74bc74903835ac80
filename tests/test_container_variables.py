"""Variables of every container exist when the configuration is read, wherever declared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from argo_kedro.worker.configuration import placeholders
from argo_kedro.worker.container_variables import ALWAYS, container_variables

DECLARED = {
    "template": ("template: {environment: [{name: SITE, value: x}]}", {"SITE": "x"}),
    "every node": ('nodes: {"*": {environment: [{name: SITE, value: x}]}}', {"SITE": "x"}),
    "a secret": (
        'nodes: {"*": {environment: [{name: KEY, secret_ref: {name: s, key: k}}]}}',
        {"KEY": "KEY"},
    ),
    "one node": ("nodes: {train: {environment: [{name: SITE, value: x}]}}", {}),
    "an interpolation": (
        "_all: [{name: SITE, value: x}]\ntemplate: {environment: '${_all}'}",
        {"SITE": "x"},
    ),
    "a value that only Kedro's loader knows": (
        "template: {environment: [{name: SITE, value: '${globals:site}'}, {name: B, value: b}]}",
        {"SITE": "SITE", "B": "b"},
    ),
    "an init template": (
        "template: {init_templates: [boot], templates: ["
        "{name: boot, container: {}, outputs: {parameters: [{name: run_token, path: /t}]}},"
        "{name: other, container: {}, outputs: {parameters: [{name: lost, path: /t}]}}]}",
        {"RUN_TOKEN": "RUN_TOKEN"},
    ),
    "the default template": (
        "template: {default_template: own, templates: ["
        "{name: own, container: {env: [{name: A, value: a}]}},"
        "{name: other, container: {env: [{name: B, value: b}]}}]}",
        {"A": "a"},
    ),
    "a patch of the pods": (
        "patches: {pods: {containers: [{name: main, env: [{name: A, value: 1}]}]}}",
        {"A": "1"},
    ),
    "a patch of the workflow": (
        "patches: {workflow: {templateDefaults: {container: {env: [{name: A, value: a}]}}}}",
        {"A": "a"},
    ),
    "a patch of every template": (
        'patches: {templates: {"*": {container: {env: [{name: A, value: a}]}},'
        " one: {container: {env: [{name: B, value: b}]}}}}",
        {"A": "a"},
    ),
    "a whole secret": (
        'nodes: {"*": {env_from: [{secret: s}]}}',
        {"DB_URL": "DB_URL"} | {"X": "X"},
    ),
    "a whole secret with a prefix": (
        'nodes: {"*": {env_from: [{secret: s, prefix: DB_}]}}',
        {"DB_URL": "DB_URL"},
    ),
    "nothing": ("", {}),
    "what cannot be read": ("nodes: {", {}),
    "a list": ("[template]", {}),
    "a word": ("template", {}),
    "a number": ("3", {}),
    "an interpolation that nothing declares needs": (
        "deployment: {tag: '${nope}'}\ntemplate: {environment: [{name: SITE, value: x}]}",
        {"SITE": "x"},
    ),
    "lists where names belong": ("nodes: [1]\ntemplate: [2]\npatches: 3", {}),
}


@pytest.mark.parametrize("place", DECLARED)
def test_what_every_container_has_is_found(place: str, tmp_path: Path) -> None:
    text, expected = DECLARED[place]
    (tmp_path / "base").mkdir()
    (tmp_path / "local").mkdir()
    (tmp_path / "base" / "argo.yml").write_text(text)
    (tmp_path / "local" / "globals.yml").write_text("a: ${oc.env:DB_URL}\nb: ${ oc.env : X,y }\n")
    assert container_variables(tmp_path) == {**ALWAYS, **expected}


def test_a_folder_that_is_not_there_declares_nothing(tmp_path: Path) -> None:
    assert container_variables(tmp_path / "conf.tar.gz") == ALWAYS


def test_what_every_container_has_is_the_same_whatever_the_shell_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "argo.yml").write_text(
        "template: {environment: [{name: SITE, value: x}, {name: KEY, value: y}]}"
    )
    monkeypatch.setenv("WORKFLOW_ID", "abc")
    monkeypatch.setenv("SITE", "mine")
    monkeypatch.delenv("NUM_CPU", raising=False)
    before = dict(os.environ)
    with placeholders(tmp_path, str(tmp_path)):
        there = {name: os.environ[name] for name in ("WORKFLOW_ID", "NUM_CPU", "SITE", "KEY")}
    assert there == {"WORKFLOW_ID": "WORKFLOW_ID", "NUM_CPU": "1", "SITE": "mine", "KEY": "y"}
    assert dict(os.environ) == before
