"""Keeps what a project prints, logs and warns about during its import, for display."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any, TextIO

#: Limits for long output: the last lines, and characters of each.
_LINES = 200
_LETTERS = 2000


class Printed:
    """The output of a project so far."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._open = ""

    def add(self, text: str) -> None:
        """Adds a text.

        Args:
            text: Any part of the output; a line may come in several parts.
        """
        *whole, rest = (self._open + text).split("\n")
        self._lines.extend(line[:_LETTERS].rstrip() for line in whole)
        self._open = rest[:_LETTERS]

    def lines(self) -> list[str]:
        """Gives the lines, without empty ones at either end."""
        text = "\n".join([*self._lines, self._open]).strip("\n")
        # JSON has no lone surrogates.
        return text.encode("utf-8", "replace").decode("utf-8").split("\n") if text else []

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Records standard output and standard error, which still get everything.

        Kedro's own log lines are left out.
        """
        with (
            contextlib.redirect_stdout(_Tee(sys.stdout, self)),  # type: ignore[type-var]
            contextlib.redirect_stderr(_Tee(sys.stderr, self)),  # type: ignore[type-var]
        ):
            # Import it now, so that its handlers write to the recorder too.
            _import_kedro_quietly()
            with _in_plain_lines():
                yield


class _Tee:
    """A stream that also records what is written."""

    def __init__(self, stream: TextIO, said: Printed) -> None:
        self._stream = stream
        self._said = said

    def write(self, text: str) -> int:
        self._said.add(text)
        return self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _import_kedro_quietly() -> None:
    # Kedro logs its logging configuration.
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        import kedro.framework.project  # noqa: F401
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _in_plain_lines() -> Iterator[None]:
    """Writes log records as one line each, in place of Kedro's handler for terminals."""
    from kedro.logging import RichHandler

    def write(handler: Any, record: logging.LogRecord) -> None:
        if record.name.startswith("kedro."):
            return
        try:
            print(f"{record.levelname.lower()}: {record.getMessage()}")
        except Exception:
            # Like any handler: a record that cannot be formatted must not stop the caller.
            handler.handleError(record)

    emit = RichHandler.emit
    RichHandler.emit = write
    try:
        yield
    finally:
        RichHandler.emit = emit
