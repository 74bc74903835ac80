"""Why a task failed, for whoever started it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

#: Where to write, as JSON, why the task failed; set by whoever started it.
REPORT = "ARGO_KEDRO_REPORT"


def write_report(report: dict[str, Any]) -> None:
    """Writes why the task failed, where somebody wants to know.

    The file is made new and moved to its place, so that nobody else can read it and a link at
    its place leads nowhere.

    Args:
        report: What becomes a `Cause` (`crates/runs/src/event.rs`).
    """
    place = os.environ.get(REPORT)
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
    """Replaces what no reader of JSON takes: halves of surrogate pairs."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_readable(key): _readable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(item) for item in value]
    return value


def _text(value: Any) -> str:
    return str(_readable(repr(value)))
