"""Report on the end of a task, for whoever started it.

The file of the report is there when the task starts (`crates/pod/src/report.rs`). A worker that
has run all nodes takes it away; a process that a node ends before leaves it as it is.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

#: Names the file; set by whoever started the task.
REPORT = "ARGO_KEDRO_REPORT"
#: Letters of a text in it. The program cuts texts once more, after it has taken secrets out: half
#: of one at this cut is not in what is left then.
LONGEST = 1 << 20


def take_place() -> str | None:
    """Gives the file of this task's report.

    What the node starts is another process and does not know of it.

    Returns:
        Its path; None where nobody wants to know.
    """
    return os.environ.pop(REPORT, None)


def say_done(place: str | None) -> None:
    """Says that all nodes have run.

    Args:
        place: What `take_place` gave.

    Raises:
        OSError: It cannot be said.
    """
    if place:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place)


def write_report(place: str | None, report: dict[str, Any]) -> None:
    """Writes why the task failed, where somebody wants to know.

    The file is made new and moved to its place, so that nobody else can read it and a link at
    its place leads nowhere.

    Args:
        place: What `take_place` gave.
        report: What becomes a `Cause` (`crates/runs/src/event.rs`).
    """
    if not place:
        return
    path = Path(place)
    try:
        # ASCII: what is not valid Unicode stands in it as an escape.
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
    """Replaces what no reader of JSON takes: halves of surrogate pairs. Cuts what is too long."""
    if isinstance(value, str):
        return shortened(value).encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(item) for item in value]
    return value


def shortened(text: str) -> str:
    """Takes out the middle of a text that is too long: what is wrong stands at one of its ends.

    Args:
        text: Any text.

    Returns:
        The text, or its ends and between them that it was cut.
    """
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return text[:half] + "\n… cut here; the task's log has the whole text …\n" + text[-half:]


def _text(value: Any) -> str:
    return str(_readable(repr(value)))
