"""Versions of a run's inputs that the run does not make: chosen once, noted beside its data.

`kedro run` chooses the version of a dataset when it first loads it. In a run of many processes, the
first task chooses, and notes the version in a file of the run; the others read it. If two tasks
choose at once, both use one of the notes.
"""

from __future__ import annotations

import contextlib
import os
import tempfile

import fsspec

from argo_kedro.handoff import file_name, is_local


def place_of(folder: str, dataset: str) -> str:
    """Names the file of a note.

    Args:
        folder: An fsspec URL, or a local path, of a folder of the run's own.
        dataset: Name of the dataset.

    Returns:
        The path or URL.
    """
    return f"{folder}/{file_name(dataset, 'version')}"


def noted(place: str) -> str | None:
    """Reads a note.

    Args:
        place: What `place_of` gave.

    Returns:
        The version; None if no task has chosen yet.

    Raises:
        Exception: The note cannot be read.
    """
    filesystem, path = fsspec.core.url_to_fs(place)
    try:
        with filesystem.open(path, "rb") as file:
            text: str = file.read().decode()
    except FileNotFoundError:
        return None
    return text


def note(place: str, version: str) -> str:
    """Notes a choice, unless another task has done so meanwhile.

    Args:
        place: What `place_of` gave.
        version: The choice.

    Returns:
        The noted version.

    Raises:
        Exception: The note cannot be written.
    """
    filesystem, path = fsspec.core.url_to_fs(place)
    if is_local(filesystem):
        _note_here(path, version)
    else:
        # Not every object store can create a file only if there is none: the last of two notes
        # wins, unless the first task has read its own before.
        with filesystem.open(path, "wb") as file:
            file.write(version.encode())
    return noted(place) or version


def _note_here(path: str, version: str) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=folder, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(version.encode())
        try:
            # A link appears complete, and never replaces another task's note.
            os.link(part, path)
        except FileExistsError:
            return
        except OSError:
            # The file system has no links.
            os.replace(part, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
