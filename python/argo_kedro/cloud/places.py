"""Proposes the places of each catalog entry's data: here, and in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from argo_kedro.cloud import globals_file, own_globals
from argo_kedro.cloud.catalog import CatalogFiles
from argo_kedro.cloud.catalog import Path as CatalogPath
from argo_kedro.cloud.globals_file import Environments
from argo_kedro.cloud.input_data import input_data
from argo_kedro.cloud.opened import Opened
from argo_kedro.cloud.roles import BASE, RAW, SHARED, Entry, decide, parts, uses_of
from argo_kedro.cloud.text_file import Note
from argo_kedro.worker.datasets import Catalog, path_of
from argo_kedro.worker.storage import is_remote


@dataclass
class Places:
    """New places of the catalog.

    Attributes:
        catalog: Its files.
        notes: What the user has to know or do.
        stays: Unchanged paths, with the reasons.
        input_data: Data to copy into the store.
        has_folders_of_runs: Whether the store now has a folder of each run.
    """

    catalog: CatalogFiles
    notes: list[Note] = field(default_factory=list)
    stays: list[tuple[CatalogPath, str]] = field(default_factory=list)
    input_data: list[dict[str, Any]] = field(default_factory=list)
    has_folders_of_runs: bool = False


def propose_places(opened: Opened, urls: dict[str, str], registered: dict[str, Any]) -> Places:
    """Moves the data of the catalog into the store, in the cluster's environment.

    Args:
        opened: The project; its files get the changes.
        urls: A URL for each role.
        registered: The pipelines of the project.

    Returns:
        The changed places, and what could not be changed.
    """
    places = Places(CatalogFiles(opened.catalog_files()))
    environments = opened.environments()
    name = globals_file.choose_name(environments)
    if not opened.is_kedros:
        text = "the catalog stays as it is: the project has a configuration loader of its own"
        places.notes.append(Note(f"{text}, and `${{globals:…}}` may mean nothing to it", True))
    elif name is None:
        names = ", ".join(f"`{each}`" for each in globals_file.NAMES)
        text = f"the globals have other things under {names}; the catalog stays as it is"
        places.notes.append(Note(text, True))
    else:
        _Move(opened, urls, registered, places, environments).under(name)
    return places


def store_of(urls: dict[str, str]) -> str:
    """Gives the folder of the store that contains all roles."""
    return urls[RAW].removesuffix(f"/{RAW}")


def is_in_store(path: str, urls: dict[str, str]) -> bool:
    """Says whether pods reach a path: in any store, or on their volume."""
    return is_remote(path) or path.startswith(f"{store_of(urls)}/")


@dataclass
class _Move:
    opened: Opened
    urls: dict[str, str]
    registered: dict[str, Any]
    places: Places
    environments: Environments

    def under(self, name: str) -> None:
        """Puts the folders into the globals under a name, and references into the catalog."""
        catalog, places = self.places.catalog, self.places
        entries = self._entries()
        roles = decide(entries, catalog.same())
        kept = own_globals.move(self.environments, catalog.paths, roles, self.urls, name)
        places.notes += kept.notes
        places.has_folders_of_runs = kept.has_folders_of_runs
        for root in kept.roots:
            here = dict.fromkeys(root.roles.values(), root.folder)
            there = dict.fromkeys(root.roles.values(), root.url)
            places.input_data += input_data(entries, root.roles, here, there, self.opened.project)
        movable, ours = self._movable(f"${{globals:{name}.", roles, kept.keys)
        known = globals_file.roots(self.environments.base, name)
        common = _common([path.text for path in movable])
        roots = {role: known.get(role, common) for role in (RAW, BASE, SHARED)}
        # Several entries may share one path, by an anchor.
        done: dict[int, str | None] = {}
        for path in movable:
            role = roles[path.key]
            if id(path.node) not in done:
                reference = f"${{globals:{name}.{role}}}"
                done[id(path.node)] = catalog.change(path, roots[role], reference)
            if reason := done[id(path.node)]:
                places.stays.append((path, reason))
            else:
                ours[path.key] = role
        if not ours and catalog.paths:
            return
        used = {RAW, BASE, *ours.values()}
        there = {role: self.urls[role] for role in (RAW, BASE, SHARED) if role in used}
        here = {role: roots[role] for role in there}
        places.notes += globals_file.write(self.environments, name, here, there)
        self._shared(entries, ours)
        places.input_data += input_data(entries, ours, here, there, self.opened.project)
        places.has_folders_of_runs = True

    def _entries(self) -> dict[str, Entry]:
        resolver, paths = Catalog(self.opened.entries), self.places.catalog.paths
        entries = {path.key: Entry() for path in paths}
        for dataset, use in sorted(uses_of(self.registered).items()):
            described = resolver.describe(dataset)
            key = described.get("pattern") or dataset
            if key in entries and described.get("path"):
                use.path = described["path"]
                entries[key].uses.append(use)
                entries[key].paths.add(described["path"])
        for path in paths:
            entry = entries[path.key]
            resolved = resolver.describe(path.key) if "{" not in path.key else {}
            if not entry.paths and resolved.get("path"):
                entry.paths.add(resolved["path"])
        return entries

    def _movable(
        self, ours: str, roles: dict[str, str], elsewhere: set[str]
    ) -> tuple[list[CatalogPath], dict[str, str]]:
        """Finds the paths to change, and those that are changed already, with their roles."""
        movable, before = [], {}
        for path in self.places.catalog.paths:
            if path.key in elsewhere:
                continue
            if path.text.startswith(ours):
                role = path.text.removeprefix(ours).split("}")[0]
                before[path.key] = role
                if role == BASE and roles[path.key] != BASE:
                    self._reads_others(path, f"{ours}{roles[path.key]}}}")
                continue
            reason = self.places.catalog.left_alone(path)
            if reason is None and self._is_elsewhere(path.key):
                reason = f"is in a store in the environment `{self.opened.cloud}` already"
            if reason is None:
                movable.append(path)
            else:
                self.places.stays.append((path, reason))
        return movable, before

    def _reads_others(self, path: CatalogPath, wanted: str) -> None:
        text = f"`{path.key}` is in a folder of each run, but a run reads what it did not make"
        note = Note(f"{text}: use {wanted}", True, path.file.name, path.line)
        self.places.notes.append(note)

    def _is_elsewhere(self, key: str) -> bool:
        """Says whether the cluster's environment has an entry's data in a store already."""
        entry = (self.opened.entries_of_cloud or {}).get(key)
        path = path_of(entry) if isinstance(entry, dict) else None
        return path is not None and is_in_store(path, self.urls)

    def _shared(self, entries: dict[str, Entry], ours: dict[str, str]) -> None:
        for key in sorted(key for key, role in ours.items() if role == SHARED):
            readers = sorted({name for use in entries[key].uses for name in use.readers})
            reader = f"the pipeline {readers[0]}" if readers else "another dataset"
            text = f"`{key}` has no folder of the run: {reader} reads it and does not make it"
            self.places.notes.append(Note(text))


def _common(paths: list[str]) -> str:
    """Gives the folder at the beginning of all paths; `.` if there is none."""
    if not paths:
        return "data"
    first = {parts(path)[:1] for path in paths}
    (folder,) = next(iter(first)) if len(first) == 1 else (".",)
    return "." if "{" in folder or "$" in folder else folder
