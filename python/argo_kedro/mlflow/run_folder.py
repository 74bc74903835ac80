"""Notes that the tasks of a run leave for each other on this machine. Pods share no folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

#: The folder of a run on this machine, which has the run's name.
RUN_FOLDER = "ARGO_KEDRO_RUN_FOLDER"
#: Note: the server did not answer a task.
UNREACHABLE = "mlflow-unreachable"
#: Note: a task has compared the version of the server with its own.
COMPARED = "mlflow-compared"


def is_noted(name: str) -> bool:
    """Says whether a task of the run has made a note.

    Args:
        name: The note.

    Returns:
        Whether the note exists; False without a folder.
    """
    folder = os.environ.get(RUN_FOLDER)
    return folder is not None and Path(folder, name).exists()


def note(name: str) -> bool:
    """Makes a note for the other tasks of the run.

    Args:
        name: The note.

    Returns:
        Whether this task is the first to make it; True without a folder.

    Raises:
        OSError: The note cannot be written.
    """
    folder = os.environ.get(RUN_FOLDER)
    if not folder:
        return True
    try:
        os.close(os.open(Path(folder, name), os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Lets the other tasks of the run wait.

    Yields:
        Once.

    Raises:
        OSError: The file of the lock cannot be opened.
    """
    folder = os.environ.get(RUN_FOLDER)
    if not folder:
        yield
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(Path(folder, "mlflow.lock"), flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
