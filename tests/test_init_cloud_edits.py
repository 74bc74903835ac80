"""`init --cloud` edits each kind of file by its syntax tree, and keeps every other byte."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
import yaml
from argo_kedro.cloud import argo_file, settings_file
from argo_kedro.cloud.catalog import CatalogFiles
from argo_kedro.cloud.check import refuse_difference
from argo_kedro.cloud.globals_file import Environment, Environments, choose_name, write
from argo_kedro.cloud.roles import Entry, Use, decide
from argo_kedro.cloud.yaml_text import YamlText
from argo_kedro.worker.failure import Failure

REFERENCE = "${globals:paths.raw}"


def moved(entry: str, root: str = "data") -> str:
    """A catalog after moving all its paths, or the reasons why some cannot be moved."""
    file = YamlText(entry, "catalog.yml")
    catalog = CatalogFiles([file])
    reasons = []
    done = set()
    for path in catalog.paths:
        reason = catalog.left_alone(path)
        if reason is None and id(path.node) not in done:
            done.add(id(path.node))
            reason = catalog.change(path, root, REFERENCE)
        if reason:
            reasons.append(reason)
    return file.result() if not reasons else "; ".join(reasons)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:\n  type: t\n  filepath: data/x.csv", "a:\n  type: t\n  filepath: R/x.csv"),
        (
            "a: # b\n  filepath:   data/x # c\n  type: t\n",
            "a: # b\n  filepath:   R/x # c\n  type: t\n",
        ),
        ("a:\r\n  type: t\r\n  path: data/x/\r\n", "a:\r\n  type: t\r\n  path: R/x/\r\n"),
        ("\ufeffa:\n  type: t\n  path: data/x\n", "\ufeffa:\n  type: t\n  path: R/x\n"),
        ("é: {type: t, path: data/ü}", 'é: {type: t, path: "R/ü"}'),
        ("a: {type: t, path: 'data/x'}", "a: {type: t, path: 'R/x'}"),
        ('{"a": {"type": "t", "path": "data/x"}}', '{"a": {"type": "t", "path": "R/x"}}'),
        (
            "a: {type: t, path: data}",
            'a: {type: t, path: "R"}',
        ),
        (
            "a:\n  type: t\n  path: &p data/x\nb:\n  type: t\n  path: *p\n",
            "a:\n  type: t\n  path: &p R/x\nb:\n  type: t\n  path: *p\n",
        ),
        ("a:\n  type: t\n  path: !!str data/x\n", "a:\n  type: t\n  path: !!str R/x\n"),
        (
            "_t: &t\n  type: t\n  path: data/x\na:\n  <<: *t\n",
            "_t: &t\n  type: t\n  path: R/x\na:\n  <<: *t\n",
        ),
        (
            "a:\n  type: t\n  dataset:\n    type: u\n    filepath: data/x\n",
            "a:\n  type: t\n  dataset:\n    type: u\n    filepath: R/x\n",
        ),
        (
            "a:\n  type: t\n  path: data/${globals:day}/x\n",
            "a:\n  type: t\n  path: R/${globals:day}/x\n",
        ),
        ("'{n}':\n  type: t\n  path: data/{n}.csv\n", "'{n}':\n  type: t\n  path: R/{n}.csv\n"),
        ("a:\n  type: t\n  path: ./data/x\n", "a:\n  type: t\n  path: R/x\n"),
        # This path only looks like one of the dataset.
        (
            "a:\n  type: t\n  path: data/x\n  load_args: {path: data/y}\n",
            "a:\n  type: t\n  path: R/x\n  load_args: {path: data/y}\n",
        ),
        ("a: {type: MemoryDataset}\n", "a: {type: MemoryDataset}\n"),
        ("", ""),
    ],
)
def test_paths_of_the_catalog(before: str, after: str) -> None:
    assert moved(before) == after.replace("R", REFERENCE)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("s3://bucket/x", "in a store already"),
        ("file:///srv/x", "a URL of this machine"),
        ("zip://x::data/x.zip", "a chain"),
        ("/srv/x", "absolute"),
        ("~/x", "absolute"),
        ("C:/x", "absolute"),
        ("../x", "leads out"),
        ("data/../../x", "leads out"),
        ("${globals:root}/x", "begins with"),
        ("|\n    data/x", "a block of lines"),
        ('"\\u0064ata/x"', "with escapes"),
        ("models/x", "not in the folder `data`"),
        (".", "the project's folder"),
    ],
)
def test_paths_that_stay(path: str, reason: str) -> None:
    assert reason in moved(f"a:\n  type: t\n  filepath: {path}\n")


def test_an_anchor_that_is_for_something_else_too_stays() -> None:
    text = "a:\n  type: t\n  path: &p data/x\n  metadata: {label: *p}\n"
    assert "by an alias" in moved(text)


def test_the_project_folder_is_a_folder_as_well() -> None:
    text = "a:\n  type: t\n  path: ./models/x\nb: {type: t, path: data/y}\n"
    after = 'a:\n  type: t\n  path: R/models/x\nb: {type: t, path: "R/data/y"}\n'
    assert moved(text, ".") == after.replace("R", REFERENCE)


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        # key: (path, made, read in another run, read)
        ({"a": ("d/a", 0, 0, 1), "b": ("d/b", 1, 0, 1)}, {"a": "raw", "b": "base"}),
        ({"a": ("d/a", 1, 1, 1)}, {"a": "shared"}),
        # Entries with the same path, and one whose folder contains the other.
        ({"a": ("d/a", 0, 0, 1), "b": ("d/a", 1, 0, 0)}, {"a": "shared", "b": "shared"}),
        ({"a": ("d", 0, 0, 1), "b": ("d/a", 1, 0, 0)}, {"a": "shared", "b": "shared"}),
        ({"a": ("d/a", 1, 0, 1), "b": ("d/ab", 0, 0, 1)}, {"a": "base", "b": "raw"}),
    ],
)
def test_roles(uses: dict[str, Any], expected: dict[str, str]) -> None:
    entries = {}
    for name, (path, made, readers, read) in uses.items():
        use = Use(name, path, bool(made), ("p",) * made, ("q",) * readers, bool(read))
        entries[name] = Entry({path}, [use])
    assert decide(entries, []) == expected


def test_an_entry_that_nobody_uses_decides_nothing() -> None:
    made = Use("a", "d/a", True, ("p",), (), True)
    entries = {"a": Entry({"d/a"}, [made]), "unused": Entry({"d"}), "alone": Entry({"e"})}
    assert decide(entries, []) == {"a": "base", "unused": "base", "alone": "raw"}


LOADED = {"base_env": "base", "default_run_env": "local"}
IMPORT = "from omegaconf.resolvers import oc\n"
BOTH = '"base_env": "base", "default_run_env": "local"'
LINES = BOTH.replace(", ", ",\n    ")
MINE = '"custom_resolvers": {"oc.env": oc.env}'
ARGS = "CONFIG_LOADER_ARGS = "


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"{IMPORT}\n{ARGS}{{\n    {LINES},\n    {MINE},\n}}\n"),
        (f"{ARGS}{{{BOTH}}}\n", f"{IMPORT}{ARGS}{{{BOTH}, {MINE}}}\n"),
        (f"{ARGS}{{{BOTH},}}", f"{IMPORT}{ARGS}{{{BOTH}, {MINE}}}"),
        (f'"""Doc."""\n{ARGS}{{{BOTH}}}\n', f'"""Doc."""\n\n{IMPORT}{ARGS}{{{BOTH}, {MINE}}}\n'),
        (
            f"import os; import re\nX = 'é'; {ARGS}{{{BOTH}}}\n",
            f"import os; import re\n{IMPORT}X = 'é'; {ARGS}{{{BOTH}, {MINE}}}\n",
        ),
        (
            f"# a\n\n{ARGS}{{\n  {BOTH}  # b, c\n  # d\n}}  # e\n",
            f"# a\n{IMPORT}\n{ARGS}{{\n  {BOTH},  # b, c\n  # d\n  {MINE},\n}}  # e\n",
        ),
        (
            f"{ARGS}{{\r\n\t{BOTH},\r\n}}\r\n",
            f"{IMPORT}{ARGS}{{\r\n\t{BOTH},\r\n\t{MINE},\r\n}}\r\n".replace(
                IMPORT, IMPORT.replace("\n", "\r\n")
            ),
        ),
        (
            f"{ARGS}{{{BOTH}, 'custom_resolvers': {{'x': (lambda: 1),}}}}\n",
            f"{IMPORT}{ARGS}{{{BOTH}, 'custom_resolvers': "
            "{'x': (lambda: 1), \"oc.env\": oc.env}}\n",
        ),
        (
            f"{IMPORT}{ARGS}{{{BOTH}, 'custom_resolvers': {{}}}}\n",
            f"{IMPORT}{ARGS}{{{BOTH}, 'custom_resolvers': {{\"oc.env\": oc.env}}}}\n",
        ),
        (
            f"oc = 1\n{ARGS}{{{BOTH}}}\n",
            f"from omegaconf.resolvers import oc as omegaconf_resolvers\noc = 1\n"
            f'{ARGS}{{{BOTH}, "custom_resolvers": {{"oc.env": omegaconf_resolvers.env}}}}\n',
        ),
        (f"{ARGS[:-2]}: dict = {{{BOTH}}}\n", f"{IMPORT}{ARGS[:-2]}: dict = {{{BOTH}, {MINE}}}\n"),
    ],
)
def test_settings(before: str, after: str) -> None:
    loaded = dict(LOADED)
    changed, note = settings_file.change(before, "settings.py", loaded, LOADED)
    assert (changed, note) == (after, None)
    compile(after, "settings.py", "exec")
    names: dict[str, Any] = {}
    exec(after, names)
    assert "oc.env" in names["CONFIG_LOADER_ARGS"]["custom_resolvers"]
    again = {**names["CONFIG_LOADER_ARGS"]}
    assert settings_file.change(after, "settings.py", again, LOADED) == (after, None)


def test_settings_get_the_environments_that_are_missing() -> None:
    changed, _ = settings_file.change(f"{ARGS}{{}}\n", "settings.py", {}, LOADED)
    assert changed == f"{IMPORT}{ARGS}{{{BOTH}, {MINE}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{ARGS}dict(base_env='base')\n",
        f"{ARGS}{{**OTHERS}}\n",
        f"{ARGS}{{}}\n{ARGS}{{}}\n",
        f"{ARGS}{{}}\n{ARGS[:-2]}|= {{}}\n",
        f"{ARGS}{{}}\n{ARGS[:-3]}['custom_resolvers'] = {{'n': int}}\n",
        f"{ARGS}{{}}\n{ARGS[:-3]}.update(custom_resolvers={{'n': int}})\n",
        f"if True:\n    {ARGS}{{}}\n",
        "from other import *\n",
        f"{ARGS}{{'custom_resolvers': RESOLVERS}}\n",
    ],
)
def test_settings_that_stay(text: str) -> None:
    changed, note = settings_file.change(text, "settings.py", LOADED, LOADED)
    assert changed == text
    assert note and note.is_left and "oc.env" in (note.paste or "")


def added(text: str, base: dict[str, Any] | str, **wanted: Any) -> str:
    file = YamlText(textwrap.dedent(text), "argo.yml")
    of_base = [YamlText(base, "base")] if isinstance(base, str) else []
    data = yaml.safe_load(base) if isinstance(base, str) else base
    notes = argo_file.hand_over(file, data, "s3://bucket/h")
    notes += argo_file.give_access(file, data, of_base, wanted)
    left = [note for note in notes if note.is_left]
    return file.result() if not left else f"left: {left[0].paste}"


def test_argo_yml_gets_what_it_lacks() -> None:
    assert yaml.safe_load(added("", {})) == {"memory_datasets": {"path": "s3://bucket/h"}}
    # The new section has to repeat the base environment's values.
    mode = {"memory_datasets": {"mode": "fuse"}}
    assert yaml.safe_load(added("", mode))["memory_datasets"] == {
        "mode": "fuse",
        "path": "s3://bucket/h",
    }
    # An existing place stays.
    assert added("", {"memory_datasets": {"path": "s3://other"}}) == ""
    assert added("memory_datasets: {path: x}\n", {}) == "left: path: s3://bucket/h\n"
    there = "memory_datasets:\n  path: s3://bucket/h # mine\n"
    assert added(there, {}) == there
    flow = "memory_datasets: {mode: fuse,}\n"
    assert added(flow, {}) == 'memory_datasets: {mode: fuse, "path": "s3://bucket/h"}\n'
    block = "memory_datasets:\n  mode: |\n    fuse\n\n# end\n"
    assert (
        added(block, {})
        == "memory_datasets:\n  mode: |\n    fuse\n\n  path: s3://bucket/h\n# end\n"
    )
    assert added(f"{there}# end", {}, service_account="s").endswith(
        "# mine\nservice_account: s\n# end"
    )


def test_argo_yml_gets_the_label_without_which_azure_gives_pods_no_identity() -> None:
    there = "memory_datasets: {path: s3://bucket/h}\n"
    labels = {"azure.workload.identity/use": "true"}
    after = added(there, {}, labels=labels)
    assert yaml.safe_load(after)["nodes"] == {"*": {"labels": labels}}
    mine = f"{there}nodes:\n  '*':\n    labels:\n      team: a # mine\n"
    after = added(mine, {}, labels=labels)
    assert after == f"{mine}      azure.workload.identity/use: 'true'\n"
    assert added(after, {}, labels=labels) == after
    other = after.replace("'true'", "'false'")
    assert "azure.workload.identity/use: 'true'" in added(other, {}, labels=labels)
    assert added(other, {}, labels=labels).startswith("left: nodes:")
    # The cluster's section replaces the base environment's, so it has both.
    of_base = "nodes: # of all\n  '*': {labels: {team: a}}\n  tag:gpu: {num_gpu: 1}\n"
    after = yaml.safe_load(added(there, of_base, labels=labels))["nodes"]
    assert after == {"*": {"labels": {"team": "a", **labels}}, "tag:gpu": {"num_gpu": 1}}


@pytest.mark.parametrize("end", ["", "\n"], ids=["no-newline", "newline"])
@pytest.mark.parametrize(
    "there",
    [
        "memory_datasets: {mode: fuse}\ntemplate:\n  environment:\n  - {name: A, value: b}",
        "template:\n  environment:\n    - name: A\n      value: b",
        "template:\n  environment:\n  - {name: A, value: b}\n# mine\n",
        'nodes:\n  "*":\n    volumes:\n    - {name: v, mount_path: /v, empty_dir: {}}',
        'nodes:\n  "*": {labels: {team: x}}',
        'nodes:\n  "*":\n    labels:\n      team: x',
        "template:\n  environment: []",
    ],
)
def test_what_goes_into_the_last_section_stands_before_new_sections(there: str, end: str) -> None:
    new = [{"name": "NEW", "value": "1"}]
    volumes = [{"name": "w", "mount_path": "/w", "secret": {"secretName": "s"}}]
    text = there + end
    before = yaml.safe_load(text)
    known = before.get("nodes", {}).get("*", {})
    variables = before.get("template", {}).get("environment") or []
    of_all: dict[str, Any] = {"service_account": "shop", "environment": new}
    for things in ({"volumes": volumes}, {"labels": {"more": "y"}}):
        after = yaml.safe_load(added(text, {}, **of_all, **things))
        assert after["service_account"] == "shop"
        assert after["template"]["environment"] == variables + new
        assert after["memory_datasets"]["path"] == "s3://bucket/h"
        every = after["nodes"]["*"]
        assert every.get("volumes", []) == known.get("volumes", []) + things.get("volumes", [])
        assert every.get("labels", {}) == {**known.get("labels", {}), **things.get("labels", {})}


def test_argo_yml_keeps_what_others_put_into_a_section() -> None:
    there = "memory_datasets: {path: s3://bucket/h}\n"
    variable = [{"name": "A", "value": "1"}]
    volume = [{"name": "data", "mount_path": "/d", "empty_dir": {}}]
    nodes = f'{there}nodes:\n  "*":\n    cpu: 1 # one\n  b: {{}}\n'
    after = added(nodes, {}, volumes=volume)
    assert after.startswith(f'{there}nodes:\n  "*":\n    cpu: 1 # one\n    volumes:\n')
    assert yaml.safe_load(after)["nodes"]["*"]["volumes"] == volume
    assert "left: template:" in added(there, {"template": {}}, environment=variable)
    listed = f"{there}template:\n  environment:\n  - {{name: B, value: x}} # b\n  more: 1\n"
    after = added(listed, {}, environment=variable)
    assert after == listed.replace("# b\n", "# b\n  - {name: A, value: '1'}\n")
    flow = f"{there}template: {{environment: [{{name: B, value: x}}]}}\n"
    after = added(flow, {}, environment=variable)
    assert after == flow.replace("x}]", 'x}, {"name": "A", "value": "1"}]')
    empty = added(f"{there}template: {{environment: []}}\n", {}, environment=variable)
    assert yaml.safe_load(empty)["template"]["environment"] == variable
    same = f"{there}template:\n  environment:\n  - {{name: A, value: '1'}}\n"
    assert added(same, {}, environment=variable) == same
    other = f"{there}template:\n  environment:\n  - {{name: A, value: '2'}}\n"
    assert "left: template:" in added(other, {}, environment=variable)
    assert "left: service_account: s" in added(
        f"{there}service_account: x\n", {}, service_account="s"
    )


@pytest.mark.parametrize(
    ("section", "after"),
    [
        (
            "template: # of all\n  environment:\n  - {name: B, value: x} # b\n  more: |\n    a\n",
            "template: # of all\n  environment:\n  - {name: B, value: x} # b\n"
            "  - {name: A, value: '1'}\n  more: |\n    a\n",
        ),
        (
            "template:\r\n  environment: [{name: B, value: '${oc.env:B}'}]",
            "template:\n  environment: [{name: B, value: '${oc.env:B}'}, "
            '{"name": "A", "value": "1"}]\n',
        ),
        (
            "template:\n  templates: []\n",
            "template:\n  templates: []\n  environment:\n  - {name: A, value: '1'}\n",
        ),
    ],
)
def test_a_section_of_the_base_is_copied_as_it_is_written(section: str, after: str) -> None:
    base = f"namespace: ml\n{section}"
    found = added(
        "memory_datasets: {path: s3://bucket/h}", base, environment=[{"name": "A", "value": "1"}]
    )
    assert found.startswith("memory_datasets: {path: s3://bucket/h}\n\n# ")
    assert found.partition("as a whole.\n")[2] == after


@pytest.mark.parametrize(
    "section",
    [
        "template: &t {environment: []}\n",
        "variables: &v []\ntemplate: {environment: *v}\n",
        "name: x\ntemplate: {environment: [{name: B, value: '${name}'}]}\n",
        "{template: {environment: []}}\n",
        "template: {environment: x}\n",
    ],
    ids=["an anchor", "an alias", "a key of the file", "one line", "no list"],
)
def test_a_section_that_means_something_else_elsewhere_is_left_to_the_user(section: str) -> None:
    variable = [{"name": "A", "value": "1"}]
    assert "left: template:" in added(
        "memory_datasets: {path: s3://bucket/h}", section, environment=variable
    )


def environment(name: str, text: str | None) -> Environment:
    new = YamlText(text or "", f"conf/{name}/globals.yml")
    return Environment(name, [new] if text is not None else [], new)


@pytest.mark.parametrize(
    ("base", "cloud", "name"),
    [
        (None, None, "paths"),
        ("x: 1", "y: 1", "paths"),
        ("paths: {raw: a, base: b}", None, "paths"),
        (None, "paths: {raw: a, base: b, more: c}", "paths"),
        # The name has another use; or the cluster's mapping would replace the base's.
        ("paths: data", None, "data_paths"),
        ("paths: {models: m}", None, "data_paths"),
        ("paths: {raw: a, base: b, models: m}", None, "data_paths"),
        (None, "paths: {root: a}\ndata_paths: 1", "storage_paths"),
    ],
)
def test_the_globals_get_a_name_that_is_free(
    base: str | None, cloud: str | None, name: str
) -> None:
    of_base, of_cloud = environment("base", base), environment("cloud", cloud)
    environments = Environments(of_base, of_cloud, [])
    assert choose_name(environments) == name
    here = {"raw": "data", "base": "data"}
    there = {"raw": "s3://bucket/raw", "base": "s3://bucket/runs/${oc.env:WORKFLOW_ID}"}
    write(environments, name, here, there)
    for each, before, wanted in ((of_base, base, here), (of_cloud, cloud, there)):
        after = yaml.safe_load(each.new.result())
        assert after[name] == {**wanted, **(yaml.safe_load(before or "{}").get(name) or {})}
        assert each.new.result().startswith(before or "")


@pytest.mark.parametrize(
    ("text", "line"),
    [("a:\n  b: [\n", 3), ("a: 1\na: 2\n", 2), ("a: \x01", 1), ("a: b\n---\nc: d\n", 2)],
)
def test_what_is_no_yaml_is_named_with_its_line(text: str, line: int) -> None:
    with pytest.raises(Failure) as raised:
        YamlText(text, "x.yml")
    assert raised.value.details == {"path": "x.yml", "line": line}


def test_a_change_that_would_mean_something_else_is_refused() -> None:
    before = {"a": {"type": "t", "filepath": "data/x"}}
    refuse_difference(before, {"a": {"type": "t", "filepath": "./data/x", "credentials": "c"}})
    for after in (
        {"a": {"type": "t", "filepath": "data/y"}},
        {"a": {"type": "t", "filepath": "data/x", "more": 1}},
        {},
        {**before, "b": {}},
        "Globals key 'paths.raw' not found",
    ):
        with pytest.raises(Failure):
            refuse_difference(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "# C\np:\n  r: d\n"),
        ("# x", "# x\n\n# C\np:\n  r: d\n"),
        ("{}\n", "# C\np:\n  r: d\n"),
        ("a: 1", "a: 1\n\n# C\np:\n  r: d\n"),
        ("\ufeffa: 1\r\n", "\ufeffa: 1\r\n\r\n# C\r\np:\r\n  r: d\r\n"),
        ("  a: 1 # b\n", "  a: 1 # b\n  # C\n  p:\n    r: d\n"),
        ("a: &x {}\nb: *x\n", "a: &x {}\nb: *x\n\n# C\np:\n  r: d\n"),
        ("a:\n- 1\n\n# end", "a:\n- 1\n\n# C\np:\n  r: d\n\n# end"),
        ("---\na: 1\n...\n", "---\na: 1\n\n# C\np:\n  r: d\n...\n"),
        ('{"a": 1}', '{"a": 1, "p": {"r": "d"}}'),
        ("{a: 1,\n b: [2]\n}", '{a: 1,\n b: [2], "p": {"r": "d"}\n}'),
    ],
)
def test_an_entry_is_added_at_the_end(before: str, after: str) -> None:
    file = YamlText(before, "x.yml")
    assert file.add(None, "p", {"r": "d"}, "C")
    assert file.result() == after
    assert yaml.safe_load(after)["p"] == {"r": "d"}


@pytest.mark.parametrize("text", ["- 1\n", "null\n", "text\n", "---\n...\n"])
def test_what_is_no_mapping_gets_no_entry(text: str) -> None:
    file = YamlText(text, "x.yml")
    assert not file.add(None, "p", 1)
    assert file.result() == text
