"""Finds data that the store needs before a run: pipelines read it and none makes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from argo_kedro.cloud.roles import BASE, Entry, parts
from argo_kedro.worker.storage import is_remote


def input_data(
    entries: Mapping[str, Entry],
    roles: Mapping[str, str],
    here: Mapping[str, str],
    there: Mapping[str, str],
    project: Path,
) -> list[dict[str, Any]]:
    """Finds data to copy into the store.

    Args:
        entries: Entries of the catalog, by key.
        roles: Roles of the entries in the store.
        here: Folders on this machine, by role.
        there: URLs, by role.
        project: Folder of the project.

    Returns:
        `here` (a path in the project), `there` (a URL) and `is_folder` of each, sorted. A folder
        stands for its files, unless a pipeline also writes there.
    """
    made = {
        parts(use.path)
        for entry in entries.values()
        for use in entry.uses
        if use.is_made and use.path
    }
    found: dict[str, dict[str, Any]] = {}
    for key, role in roles.items():
        for use in entries[key].uses:
            if role == BASE or use.is_made or not use.is_read or not use.path:
                continue
            path, root = PurePosixPath(use.path), PurePosixPath(here[role])
            if is_remote(use.path) or not path.is_relative_to(root):
                continue
            folder = path.parent
            is_folder = (project / path).is_dir()
            holds_others = any(place[: len(folder.parts)] == folder.parts for place in made)
            if not is_folder and not holds_others and folder.parts:
                path, is_folder = folder, True
            if not path.is_relative_to(root):
                path, is_folder = PurePosixPath(use.path), (project / use.path).is_dir()
            rest = path.relative_to(root).as_posix()
            url = there[role] if rest == "." else f"{there[role]}/{rest}"
            found[str(path)] = {"here": str(path), "there": url, "is_folder": is_folder}
    folders = [PurePosixPath(name) for name, each in found.items() if each["is_folder"]]
    return [
        found[name]
        for name in sorted(found)
        if not any(folder in PurePosixPath(name).parents for folder in folders)
    ]
