"""Report on the end of a task, for the program that started it.

The file of the report exists when the task starts (`crates/pod/src/report.rs`). A worker that has
run all nodes removes it; if a node ends the process first, the file stays.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

#: Variable with the file's path, set by the program that started the task.
REPORT = "ARGO_KEDRO_REPORT"
#: Most characters of a text. The program cuts texts again after it has removed secrets: a secret
#: that this cut halves is in the part that the second cut drops.
LONGEST = 1 << 20


def take_place() -> str | None:
    """Takes the path of this task's report out of the environment.

    Processes that the node starts must not find it.

    Returns:
        Its path; None if no report is wanted.
    """
    return os.environ.pop(REPORT, None)


def say_done(place: str | None) -> None:
    """Says that all nodes have run.

    Args:
        place: The result of `take_place`.

    Raises:
        OSError: The file cannot be removed.
    """
    if place:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place)


def write_report(place: str | None, report: dict[str, Any]) -> None:
    """Writes why the task failed, if a report is wanted.

    The file is created anew and moved into place, so that other users cannot read it and a link at
    its place has no effect.

    Args:
        place: The result of `take_place`.
        report: The fields of a `Cause` (`crates/runs/src/event.rs`).
    """
    if not place:
        return
    path = Path(place)
    try:
        # ASCII: invalid Unicode is escaped.
        text = json.dumps(_readable(report), default=_text).encode("ascii")
        descriptor, part = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
            os.replace(part, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(part)
            raise
    except OSError as error:
        logging.getLogger(__name__).warning("cannot write %s: %s", path, error)


def _readable(value: Any) -> Any:
    """Replaces surrogates, which JSON readers refuse, and cuts long texts."""
    if isinstance(value, str):
        return shortened(value).encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(item) for item in value]
    return value


def shortened(text: str) -> str:
    """Removes the middle of a long text: the problem is at one of its ends.

    Args:
        text: Any text.

    Returns:
        The text, or its ends with a note about the cut between them.
    """
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return text[:half] + "\n… cut here; the task's log has the whole text …\n" + text[-half:]


def _text(value: Any) -> str:
    return str(_readable(repr(value)))
