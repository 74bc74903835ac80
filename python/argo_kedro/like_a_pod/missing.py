"""Finds the missing thing that made a task fail."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

_VARIABLE = re.compile(r"Environment variable '([^']+)' not found")
_CREDENTIALS = re.compile(r"[Uu]nable to find credentials '([^']+)'")
_NOT_THERE = re.compile(
    r"not exist|[Nn]o such file|not found|[Cc]ould not find|not a valid directory"
)
_PATH = re.compile(r"/[^\s'\"`,;()]+")


def what_is_missing(error: BaseException, room: str) -> dict[str, Any] | None:
    """Finds the missing thing that made a task fail.

    Args:
        error: The task's error.
        room: Folder of the task.

    Returns:
        `kind` (`variable`, `module`, `credentials` or `file`) and its `name`, an absolute path for
        a file; None if the task failed for another reason.
    """
    # The first error of the chain says most.
    for part in reversed(list(_chain(error))):
        if found := _of(part, room):
            return found
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    part: BaseException | None = error
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        yield part
        part = part.__cause__ or (None if part.__suppress_context__ else part.__context__)


def _of(error: BaseException, room: str) -> dict[str, Any] | None:
    found = _named(error) or _file(error, room)
    return {"kind": found[0], "name": found[1]} if found else None


def _named(error: BaseException) -> tuple[str, str] | None:
    """Finds a missing thing with a name, other than a file."""
    text = _text(error)
    if isinstance(error, KeyError) and _is_of_environment(error):
        return "variable", str(error.args[0])
    if isinstance(error, ModuleNotFoundError) and error.name:
        return "module", error.name
    for kind, pattern in (("variable", _VARIABLE), ("credentials", _CREDENTIALS)):
        if match := pattern.search(text):
            return kind, match.group(1)
    return None


def _file(error: BaseException, room: str) -> tuple[str, str] | None:
    text = _text(error)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)) and isinstance(
        error.filename, (str, bytes)
    ):
        return "file", os.path.abspath(os.fsdecode(error.filename))
    if not _NOT_THERE.search(text):
        return None
    if "pyproject.toml" in text:
        return "file", os.path.abspath("pyproject.toml")
    paths = [path.rstrip(".:") for path in _PATH.findall(text)]
    own = [path for path in paths if path.startswith(room)]
    if not own and isinstance(error, FileNotFoundError):
        own = paths
    return ("file", own[0]) if own else None


def _is_of_environment(error: BaseException) -> bool:
    """Says whether `os.environ` raised the error: then its last frame is there."""
    trace = error.__traceback__
    while trace is not None:
        # Compare the module, not the file: some Python versions freeze `os`, without a path.
        if trace.tb_frame.f_globals.get("__name__") == "os":
            return trace.tb_frame.f_code.co_name == "__getitem__"
        trace = trace.tb_next
    return False


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""
