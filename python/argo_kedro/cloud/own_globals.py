"""Moves folders that the project's own globals name: `filepath: ${globals:root}/a.csv`.

The catalog stays unchanged then, and the cluster's environment gives the name another value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode

from argo_kedro.cloud.catalog import Path as CatalogPath
from argo_kedro.cloud.globals_file import Environment, Environments
from argo_kedro.cloud.roles import BASE, RAW, SHARED
from argo_kedro.cloud.text_file import Note
from argo_kedro.cloud.yaml_text import children, get, text_of
from argo_kedro.worker.storage import is_remote

_REFERENCE = re.compile(r"\$\{globals:\s*(?P<name>[^}.,\s]+)(\.(?P<inner>[^}.,\s]+))?\s*\}(?=/|$)")
_ABOUT = "Where the data are on a cluster, under the names that the catalog has for the folders."


@dataclass(frozen=True)
class Root:
    """A folder in the project's globals.

    Attributes:
        name: Its name in the globals, with a dot if it is in a mapping.
        folder: The folder, in the base environment.
        url: Its place in the store.
        roles: Roles of the entries whose paths begin with it.
    """

    name: str
    folder: str
    url: str
    roles: dict[str, str]


@dataclass
class OwnGlobals:
    """Result for the project's own globals.

    Attributes:
        roots: Folders that are now in the store.
        notes: What the user has to know or do.
    """

    roots: list[Root] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def keys(self) -> set[str]:
        """Gives the entries whose data are now in the store."""
        return {key for root in self.roots for key in root.roles}

    @property
    def has_folders_of_runs(self) -> bool:
        """Says whether one of the folders becomes a folder of each run."""
        return any(set(root.roles.values()) == {BASE} for root in self.roots)


def move(
    environments: Environments,
    paths: list[CatalogPath],
    roles: Mapping[str, str],
    urls: Mapping[str, str],
    ours: str,
) -> OwnGlobals:
    """Gives folders in the project's globals a place in the store.

    Kedro replaces a mapping of the base environment by the cluster environment's. So a mapping is
    changed only if the catalog uses all of it.

    Args:
        environments: All environments; the cluster's gets the places.
        paths: Paths of the catalog.
        roles: Roles of its entries.
        urls: A URL for each role.
        ours: Name of the mapping that argo-kedro writes.

    Returns:
        The moved folders, and notes.
    """
    used: dict[str, dict[str | None, list[CatalogPath]]] = {}
    for path in paths:
        found = _REFERENCE.match(path.text)
        if found and found["name"] != ours:
            used.setdefault(found["name"], {}).setdefault(found["inner"], []).append(path)
    folders = {}
    for name, by_inner in used.items():
        known = _folders(environments, name)
        if known is not None and set(known) == set(by_inner):
            folders[name] = known
    all_folders = [folder for known in folders.values() for folder in known.values()]
    first = {folder.split("/")[0] for folder in all_folders}
    common = first.pop() if len(first) == 1 else ""
    result = OwnGlobals()
    for name, known in folders.items():
        values: dict[str | None, str] = {}
        for inner, folder in known.items():
            of_root = {path.key: roles[path.key] for path in used[name][inner]}
            role = _one_role(set(of_root.values()))
            rest = folder.removeprefix(common).strip("/")
            values[inner] = f"{urls[role]}/{rest}" if rest else urls[role]
            dotted = name if inner is None else f"{name}.{inner}"
            root = Root(dotted, folder, values[inner], of_root)
            result.roots.append(root)
            result.notes += _several_roles(root)
        _write(environments.cloud, name, values)
    return result


def _folders(environments: Environments, name: str) -> dict[str | None, str] | None:
    """Gives the folders of this machine under a name; None if it has other values too."""
    if any(get(file.root, name) is not None for file in environments.cloud.files):
        return None
    found = next(
        (node for file in environments.base.files if (node := get(file.root, name)) is not None),
        None,
    )
    nodes: dict[str | None, Node] = {}
    if isinstance(found, ScalarNode):
        nodes = {None: found}
    elif isinstance(found, MappingNode):
        nodes = dict(children(found))
    texts = {inner: text_of(node) for inner, node in nodes.items()}
    folders = {inner: text for inner, text in texts.items() if text and _is_folder_here(text)}
    if not nodes or len(folders) < len(nodes):
        return None
    return {inner: text.removeprefix("./").rstrip("/") for inner, text in folders.items()}


def _is_folder_here(text: str) -> bool:
    """Says whether a text is a folder in the project, without anything that Kedro resolves."""
    parts = text.removeprefix("./").rstrip("/").split("/")
    plain = not is_remote(text) and not any(letter in text for letter in "${}\\:~*")
    return plain and parts != [""] and not text.startswith("/") and not {"..", "."} & set(parts)


def _one_role(roles: set[str]) -> str:
    """Gives the one role of a folder with several: every run can use a shared folder."""
    return next(iter(roles)) if len(roles) == 1 else SHARED


def _several_roles(root: Root) -> list[Note]:
    of_run = sorted(key for key, role in root.roles.items() if role == BASE)
    others = sorted(key for key, role in root.roles.items() if role != BASE)
    if not of_run or not others:
        return []
    role = root.roles[others[0]]
    why = "comes from outside" if role == RAW else "is read by other runs"
    text = f"`{root.name}` of the globals is one folder for all runs, because `{others[0]}` {why}"
    return [Note(f"{text}: a later run replaces `{of_run[0]}` of an earlier one")]


def _write(cloud: Environment, name: str, values: dict[str | None, str]) -> None:
    file = cloud.files[0] if cloud.files else cloud.new
    value: Any = values.get(None, values)
    is_first = not cloud.files and not file.result()
    file.add(None, name, value, _ABOUT if is_first else "")
