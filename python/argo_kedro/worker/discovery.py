"""Pipelines that Kedro's `find_pipelines` leaves out.

Kedro warns of a pipeline that it cannot import, and continues without it.
"""

from __future__ import annotations

import contextlib
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from argo_kedro.worker.failure import is_in_project

_MODULE = re.compile(r"'([\w.]+)' module")
_FRAME = re.compile(r'^  File "([^"]+)", line (\d+)', re.MULTILINE)


class _Listening:
    """Stand-in for the module `warnings` in Kedro: the project's filters do not affect it."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self._found = found

    def warn(self, message: Any, *arguments: Any, **named: Any) -> None:
        # `find_pipelines` in `kedro/framework/project/__init__.py`
        if "'find_pipelines'" not in str(message) or not (module := _MODULE.search(str(message))):
            # Pass other warnings to Kedro's caller.
            warnings.warn(message, *arguments, **{"stacklevel": 2, **named})
            return
        entry = {"module": module[1], **_explain(module[1], str(message))}
        if entry not in self._found and not _is_left_over(module[1]):
            self._found.append(entry)

    def __getattr__(self, name: str) -> Any:
        return getattr(warnings, name)


@contextlib.contextmanager
def left_out() -> Iterator[list[dict[str, Any]]]:
    """Catches Kedro's warnings of omitted pipelines; other warnings pass.

    Yields:
        Filled at the end: `module`, `reason` (one line) and `source` (`file` and `line`, or None)
        of each.
    """
    from kedro.framework import project

    found: list[dict[str, Any]] = []
    project.warnings = _Listening(found)  # type: ignore[assignment]
    try:
        yield found
    finally:
        project.warnings = warnings


def _is_left_over(module: str) -> bool:
    """Says whether a folder has no source: another branch may leave its `__pycache__`."""
    package = sys.modules.get(module)
    if package is None or getattr(package, "__file__", None):
        return False
    folders = [Path(folder) for folder in getattr(package, "__path__", ())]
    return not any(True for folder in folders for _ in folder.rglob("*.py"))


def _explain(module: str, message: str) -> dict[str, Any]:
    first, _, trace = message.partition("\n\n")
    frames = [found for found in _FRAME.findall(trace) if is_in_project(found[0])]
    source: dict[str, Any] | None
    if frames:
        source = {"file": frames[-1][0], "line": int(frames[-1][1])}
    else:
        file = getattr(sys.modules.get(module), "__file__", None)
        source = {"file": file, "line": 1} if file else None
    lines = [line for line in trace.splitlines() if line.strip() and not line.startswith(" ")]
    return {"reason": lines[-1] if lines else _in_short(first), "source": source}


def _in_short(warning: str) -> str:
    if "does not expose" in warning:
        return "it has no function `create_pipeline`"
    if got := re.search(r"got '([^']+)'", warning):
        return f"its `create_pipeline` returns a `{got[1]}` instead of a `Pipeline`"
    return warning
