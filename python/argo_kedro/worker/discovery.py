"""What Kedro's `find_pipelines` leaves out.

It warns of a pipeline that it cannot import, and goes on without it.
"""

from __future__ import annotations

import contextlib
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from argo_kedro.worker.failure import is_in_project

_MODULE = re.compile(r"'([\w.]+)' module")
_FRAME = re.compile(r'^  File "([^"]+)", line (\d+)', re.MULTILINE)


@contextlib.contextmanager
def left_out() -> Iterator[list[dict[str, Any]]]:
    """Catches Kedro's warnings of pipelines that it leaves out; other warnings go on.

    Yields:
        By the end: `module`, `reason` (one line) and `source` (`file` and `line`, or None) of each.
    """
    found: list[dict[str, Any]] = []
    with warnings.catch_warnings():
        # Also when it is the second time that this process reads the project.
        warnings.filterwarnings("always", module=r"kedro\.framework\.project")
        show = warnings.showwarning

        def catch(message: Any, *arguments: Any, **named: Any) -> None:
            # `find_pipelines` in `kedro/framework/project/__init__.py`
            if "'find_pipelines'" in str(message) and (module := _MODULE.search(str(message))):
                entry = {"module": module[1], **_explain(module[1], str(message))}
                if entry not in found:
                    found.append(entry)
            else:
                show(message, *arguments, **named)

        warnings.showwarning = catch
        yield found


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
        return f"its `create_pipeline` gives a `{got[1]}` and no `Pipeline`"
    return warning
