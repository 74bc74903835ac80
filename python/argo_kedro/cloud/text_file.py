"""Texts of files, changed at some places and kept byte for byte elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argo_kedro.worker.failure import Failure

BOM = "\ufeff"


@dataclass(frozen=True)
class Note:
    """A line for the user.

    Attributes:
        text: The fact, and its reason.
        is_left: Whether something is left to the user.
        file: The file of the note, relative to the project.
        line: The line in the file, from 1.
        paste: Text that the user has to put into the file.
    """

    text: str
    is_left: bool = False
    file: str | None = None
    line: int | None = None
    paste: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Gives the note in the form for the program."""
        return dict(vars(self))


def unreadable(file: str, line: int | None, message: str) -> Failure:
    """Makes the failure for a file that cannot be edited.

    Args:
        file: The file, relative to the project.
        line: The line, from 1, if it is known.
        message: What is wrong.
    """
    return Failure("unreadable_file", message, path=file, line=line)


def read(path: Path, name: str) -> str:
    """Reads a text with its byte order mark and its line ends.

    Args:
        path: The file.
        name: Its name in an error.

    Returns:
        The text; `encode()` gives the file's bytes.

    Raises:
        Failure: `unreadable_file`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(name, None, f"cannot read it: {error.strerror}") from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise unreadable(name, line, "it is not UTF-8: convert the file") from error


def newline_of(text: str) -> str:
    """Finds the line end of a text; a text of one line gets this machine's."""
    end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


class Edits:
    """Changes of a text by position.

    Args:
        text: The text before.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: dict[tuple[int, int], list[tuple[int, str]]] = {}

    def replace(self, start: int, end: int, new: str, rank: int = 0) -> None:
        """Replaces the text between two positions.

        Args:
            start: The first position.
            end: The position after the last one; insertions at one place add up.
            new: The text.
            rank: Order of insertions at one place, the lowest first.
        """
        before = self._edits.get((start, end), []) if start == end else []
        self._edits[start, end] = [*before, (rank, new)]

    def result(self) -> str:
        """Gives the text after all changes."""
        text = self._text
        for (start, end), parts in sorted(self._edits.items(), reverse=True):
            ranked = sorted(parts, key=lambda part: part[0])
            text = text[:start] + "".join(new for _, new in ranked) + text[end:]
        return text
