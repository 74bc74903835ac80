"""Notes which variables the project reads that only the user's shell has, not a pod."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import FrameType

#: Frames to search: a few calls are between the project's code and the variable.
_DEPTH = 12
#: Module in which `${oc.env:X}` is resolved (`omegaconf/resolvers/oc/__init__.py`).
_RESOLVERS = os.path.join("omegaconf", "resolvers")


#: Modules between the reader and the variable.
_PLUMBING = (
    "/os.py",
    "/_collections_abc.py",
    "/typing.py",
    "/importlib/__init__.py",
    "/variables.py",
    "/packages.py",
)


def watch(shell: Iterable[str], room: str) -> dict[str, str]:
    """Watches reads of `os.environ`.

    Args:
        shell: Names of the variables that the user's shell has.
        room: Folder of the task, with the project's code.

    Returns:
        Places that read a missing variable, by variable, as `file:line`, or `conf` for the
        configuration. The dictionary fills while the task runs.
    """
    known = frozenset(shell)
    asked: dict[str, str] = {}
    kind = type(os.environ)

    class Watched(kind):  # type: ignore[misc, valid-type]
        def __getitem__(self, name: str) -> str:
            try:
                return str(super().__getitem__(name))
            except KeyError:
                if name in known and name not in asked and (where := reader(room)):
                    asked[name] = where
                raise

    os.environ.__class__ = Watched
    return asked


def reader(room: str) -> str | None:
    """Finds where in the project a variable is read or a module is imported.

    Args:
        room: Folder of the task, with the project's code.

    Returns:
        `file:line`, or `conf` for the configuration; None if a library does it for itself.
    """
    frame: FrameType | None = sys._getframe(2)
    for _ in range(_DEPTH):
        if frame is None:
            return None
        file = frame.f_code.co_filename
        if file.startswith(room):
            return f"{file}:{frame.f_lineno}"
        if _RESOLVERS in file:
            return "conf"
        if not file.startswith("<frozen ") and not file.endswith(_PLUMBING):
            return None
        frame = frame.f_back
    return None
