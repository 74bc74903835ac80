"""Notes where a task has written its datasets: only the task knows the files for sure."""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from argo_kedro.passwords import without_passwords

#: Variable with the folder of the run, for tasks on this machine.
RUN_FOLDER = "ARGO_KEDRO_RUN_FOLDER"
#: Arguments of datasets for the place of the data, the most common first.
PATH_ARGUMENTS = ("filepath", "path", "filename", "filepaths", "dir", "directory")


def note(file: str, pipeline: Any, catalog: Any) -> None:
    """Adds a line for each dataset that nodes have written: its name and its path, as JSON.

    Args:
        file: File for the note; on this machine several tasks write to it at once.
        pipeline: The nodes that have run.
        catalog: The catalog of their run.
    """
    append(file, list(places(pipeline, catalog)))


def append(file: str, notes: list[Any]) -> None:
    """Adds notes to those of the run's other tasks, a line of JSON for each.

    Args:
        file: The file of the notes.
        notes: The notes.
    """
    lines = [json.dumps(note) + "\n" for note in notes]
    if not lines:
        return
    # Only the user may read it, and a node's link must not redirect it.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    try:
        descriptor = os.open(file, flags, 0o600)
        try:
            # One write, so that lines of two tasks do not mix.
            text = "".join(lines).encode()
            if os.write(descriptor, text) < len(text):
                # The reader of the file reports the incomplete line.
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)
    except OSError as error:
        logging.getLogger(__name__).warning("cannot write %s: %s", file, error)


def places(pipeline: Any, catalog: Any) -> Iterator[dict[str, str]]:
    """Finds the places of datasets that nodes have written.

    Args:
        pipeline: The nodes.
        catalog: Their catalog.

    Yields:
        `dataset` and `path`: an absolute path, or a URL; on this machine also `stamp`. Nothing for
        a dataset without a path: a table, a dataset in memory.
    """
    for name in dict.fromkeys(name for node in pipeline.nodes for name in node.outputs):
        dataset = catalog.get(name) if name in catalog else None
        # A `CachedDataset` wraps another dataset.
        dataset = getattr(dataset, "_dataset", dataset)
        path = place_of(dataset)
        if path is not None:
            yield {"dataset": name, "path": path, **_stamp(path)}


def _stamp(path: str) -> dict[str, str]:
    """Gives a stamp that changes with each write on this machine; nothing in a pod.

    The program makes the same stamp (`crates/cli/src/local/made_of/content.rs`).
    """
    if "://" in path or RUN_FOLDER not in os.environ:
        return {}
    number, size, modified = 0, 0, 0
    try:
        files = [path]
        if os.path.isdir(path):
            files = [os.path.join(top, name) for top, _, names in os.walk(path) for name in names]
        for file in files:
            about = os.stat(file)
            number, size = number + 1, size + about.st_size
            modified = max(modified, about.st_mtime_ns)
    except OSError:
        return {}
    return {"stamp": f"{number}-{size}-{modified}"}


def place_of(dataset: Any, version: str | None = None) -> str | None:
    """Gives the place of a dataset.

    Args:
        dataset: Any dataset of Kedro's; None for none.
        version: Its version; None for the version that it saves.

    Returns:
        An absolute path, or a URL without a password. None for a dataset without a path.
    """
    from kedro.io import AbstractVersionedDataset, MemoryDataset

    from argo_kedro.handoff import HandoffDataset

    if dataset is None or isinstance(dataset, MemoryDataset | HandoffDataset):
        return None
    arguments = dict(getattr(dataset, "_init_args", None) or {})
    # Kedro keeps arguments of inherited constructors in `kwargs`, one level deeper for each class.
    while isinstance(inherited := arguments.pop("kwargs", None), dict):
        arguments.update(inherited)
    typed = next((arguments[key] for key in PATH_ARGUMENTS if arguments.get(key)), None)
    if not isinstance(typed, str | os.PathLike):
        return None
    path = os.fspath(typed)
    if isinstance(dataset, AbstractVersionedDataset) and dataset._version:
        version = version or dataset.resolve_save_version()
        path = f"{path}/{version}/{path.rstrip('/').rpartition('/')[2]}"
    if "://" in path:
        # Paths on this disk can be checked.
        path = path.removeprefix("file://") if path.startswith("file:///") else path
        # A place must not contain a password.
        return without_passwords(path)
    return str(Path(path).absolute())
