"""Finds the variables of every container, before the configuration that reads them is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from argo_kedro.worker.files import files_of

#: Variables of every container, whatever `argo.yml` says.
ALWAYS = {"WORKFLOW_ID": "WORKFLOW_ID", "NUM_CPU": "1", "MEM_LIMIT_GB": "1"}
_EVERY_NODE = "*"
#: Parts of `argo.yml` that declare variables.
_PARTS = ("template", "nodes", "patches")
_READ = re.compile(r"\$\{\s*oc\.env\s*:\s*([A-Za-z_]\w*)")
#: The Python loader takes 20 times as long: some milliseconds, for every command.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_READABLE = (OSError, ValueError, yaml.YAMLError, RecursionError, OmegaConfBaseException)


def container_variables(source: Path) -> dict[str, str]:
    """Finds the variables that every container of a workflow has.

    Args:
        source: The configuration folder. Files of all its environments count: only the loader knows
            which one is read, and it needs the variables in its constructor.

    Returns:
        Values by name; a value that only the cluster has (a secret) is replaced by its name.
    """
    folders = sorted(entry for entry in _entries(source) if entry.is_dir())
    found = dict(ALWAYS)
    prefixes: list[str] = []
    for path in (path for folder in folders for path in files_of("argo", folder)):
        argo = _read(path)
        found.update(_declared(argo))
        prefixes += _prefixes(argo)
    if prefixes:
        # The content of such a source is unknown here: it may have any variable that is read.
        for name in sorted(set(_names_read(folders))):
            if any(name.startswith(prefix) for prefix in prefixes):
                found.setdefault(name, name)
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # an archive, a URL, or nothing: Kedro's loader reports it
        return []


def _read(path: Path) -> Any:
    """Reads the declarations of variables, and everything that they may refer to.

    Reads nothing of a broken file, which the loader reports.
    """
    try:
        argo = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
        if not isinstance(argo, dict):
            return {}
        parts = {part: argo[part] for part in _PARTS if part in argo}
        return OmegaConf.create(argo if "${" in str(parts) else parts)
    except (*_NOT_READABLE, AssertionError):
        return {}


def _declared(argo: Any) -> dict[str, str]:
    """Finds the variables that are declared for every container."""
    found: dict[str, str] = {}
    for entry in _each(_variables_of(argo)):
        name, value = _at(entry, "name"), _at(entry, "value")
        if isinstance(name, str) and name and "=" not in name:
            found[name] = name if value is None or value == "" else str(value)
    for template in _each([_at(argo, "template", "templates")]):
        if _at(template, "name") not in _list(_at(argo, "template", "init_templates")):
            continue
        # Every task gets the outputs of an init template, with names in capitals.
        for place in (["outputs"], ["container", "outputs"]):
            for output in _each([_at(template, *place, "parameters")]):
                if isinstance(name := _at(output, "name"), str):
                    found[name.upper()] = name.upper()
    return found


def _variables_of(argo: Any) -> Iterator[Any]:
    """Gives the lists of variables of every container."""
    yield _at(argo, "template", "environment")
    yield _at(argo, "nodes", _EVERY_NODE, "environment")
    default = _at(argo, "template", "default_template")
    for template in _each([_at(argo, "template", "templates")]):
        if default and _at(template, "name") == default:
            yield _at(template, "container", "env")
    yield from _below(_patches(argo), "env")


def _prefixes(argo: Any) -> list[str]:
    """Gives the prefixes of variables that come from whole Secrets and ConfigMaps."""
    lists = [_at(argo, "nodes", _EVERY_NODE, "env_from"), *_below(_patches(argo), "envFrom")]
    return [str(_at(entry, "prefix") or "") for entry in _each(lists)]


def _patches(argo: Any) -> list[Any]:
    return [
        _at(argo, "patches", "workflow"),
        _at(argo, "patches", "pods"),
        _at(argo, "patches", "templates", _EVERY_NODE),
    ]


def _below(values: Iterable[Any], key: str) -> Iterator[Any]:
    """Gives the values under a key, at any depth."""
    for value in values:
        if OmegaConf.is_dict(value):
            yield _at(value, key)
            yield from _below((_at(value, inner) for inner in value), key)
        elif OmegaConf.is_list(value):
            yield from _below(_list(value), key)


def _each(lists: Iterable[Any]) -> Iterator[Any]:
    """Gives the entries of lists."""
    for entries in lists:
        yield from _list(entries)


def _list(value: Any) -> list[Any]:
    if not OmegaConf.is_list(value):
        return []
    return [_item(value, index) for index in range(len(value))]


def _at(value: Any, *steps: str) -> Any:
    """Gives the value at a path; None if it is missing or cannot be resolved yet."""
    for step in steps:
        if not OmegaConf.is_dict(value) or step not in value:
            return None
        value = _item(value, step)
    return value


def _item(container: Any, key: Any) -> Any:
    try:
        return container[key]
    except OmegaConfBaseException:  # only Kedro's loader can resolve this interpolation
        return None


def _names_read(folders: list[Path]) -> Iterator[str]:
    """Finds the variables that configuration reads."""
    for folder in folders:
        for path in files_of("", folder):
            try:
                yield from _READ.findall(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
