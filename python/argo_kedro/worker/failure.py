"""Known failures, as tagged kinds that the program turns into errors with hints."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

_OURS = str(Path(__file__).resolve().parent.parent)
#: Folders of installed packages; Debian has its own name for them.
_INSTALLED = {"site-packages", "dist-packages"}
_STANDARD = sysconfig.get_path("stdlib")


class Failure(Exception):
    """An error that the program can explain.

    Args:
        kind: Tag that the program matches on, e.g. `unknown_pipeline`.
        message: The error, for a kind without a better message in the program.
        **details: Further fields of that kind.
    """

    def __init__(self, kind: str, message: str = "", **details: Any) -> None:
        super().__init__(message or kind)
        self.kind = kind
        self.message = message
        self.details = details

    def to_json(self) -> dict[str, Any]:
        """Gives the failure in the form for the program.

        Returns:
            `kind`, `message` and the details of the kind.
        """
        return {"kind": self.kind, "message": self.message, **self.details}


def user_traceback(error: BaseException) -> str:
    """Formats an exception with only the user's frames, without ours, Kedro's and the importer's.

    Args:
        error: Any exception.

    Returns:
        Text as Python prints it.
    """
    formatted = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = formatted
    while part is not None:
        kept = [frame for frame in part.stack if _is_users(frame.filename)]
        # None prints the exception alone, without a header.
        part.stack = traceback.StackSummary.from_list(kept) if kept else None  # type: ignore[assignment]
        part = part.__cause__ or part.__context__
    return "".join(formatted.format())


def last_user_frame(trace: TracebackType | None) -> dict[str, Any] | None:
    """Finds the place in the user's code that an exception came from.

    Args:
        trace: The exception's traceback.

    Returns:
        `file`, `line` and `function`, or None if no frame is the user's.
    """
    frames = traceback.extract_tb(trace)
    own = [frame for frame in frames if is_in_project(frame.filename)]
    if not own:
        return None
    return {"file": own[-1].filename, "line": own[-1].lineno, "function": own[-1].name}


def is_in_project(filename: str) -> bool:
    """Says whether a frame's file is the project's own.

    Args:
        filename: The name in a traceback.

    Returns:
        False for installed packages, Python and argo-kedro.
    """
    return _is_users(filename) and not _is_installed(filename)


def _is_users(filename: str) -> bool:
    parts = Path(filename).parts
    if filename.startswith(("<frozen ", _OURS)):
        return False
    packages = _INSTALLED.intersection(parts)
    return not (packages and ("kedro" in parts or "pluggy" in parts)) and not (
        filename.endswith("importlib/__init__.py")
    )


def _is_installed(filename: str) -> bool:
    """Says whether a file belongs to a package or to Python, and not to the project."""
    return bool(_INSTALLED.intersection(Path(filename).parts)) or filename.startswith(_STANDARD)
