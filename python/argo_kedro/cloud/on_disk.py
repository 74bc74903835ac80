"""Reports data that pods would not find because it is on a disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from argo_kedro.cloud.catalog import Path
from argo_kedro.cloud.places import is_in_store
from argo_kedro.cloud.text_file import Note
from argo_kedro.worker.datasets import path_of


def notes_on_disk(
    of_cloud: Mapping[str, Any],
    stays: list[tuple[Path, str]],
    cloud: str,
    roots: dict[str, str],
) -> list[Note]:
    """Checks the catalog that the cluster's environment would have.

    Args:
        of_cloud: The catalog's entries, by name or pattern.
        stays: Unchanged paths, with the reasons.
        cloud: Name of the environment.
        roots: A URL for each role.

    Returns:
        What the user has to know or do.
    """
    notes: list[Note] = []
    local = {
        key: path
        for key, entry in of_cloud.items()
        if isinstance(entry, dict)
        and (path := path_of(entry)) is not None
        and not is_in_store(path, roots)
    }
    alike: dict[tuple[str, str], list[Path]] = {}
    for stay, reason in stays:
        if local.pop(stay.key, None) is not None:
            text = f"`{stay.key}` stays as it is: its path {reason}"
            notes.append(Note(text, True, stay.file.name, stay.line))
        else:
            alike.setdefault((stay.file.name, reason), []).append(stay)
    for (file, reason), paths in alike.items():
        names = ", ".join(f"`{path.key}`" for path in paths)
        stay_as_they_are = (
            "stays as it is: its path" if len(paths) == 1 else "stay as they are: their path"
        )
        notes.append(Note(f"{names} {stay_as_they_are} {reason}", False, file, paths[0].line))
    for key, entry in of_cloud.items():
        checkpoint = entry.get("checkpoint") if isinstance(entry, dict) else None
        inner = checkpoint if isinstance(checkpoint, dict) else {"path": checkpoint}
        path = path_of(inner)
        if path is not None and not is_in_store(path, roots):
            text = f"the checkpoint of `{key}` stays as it is, and each pod loses its own"
            notes.append(Note(f"{text}: its path is {path}", True))
    for key, path in local.items():
        text = f"`{key}` is not in the store in the environment `{cloud}`"
        notes.append(Note(f"{text}: its path is {path}", True))
    return notes
