"""Reads parameters and catalog entries in a fresh process, as each task on a cluster does.

What is the same as long as a process lives, and another thing in the next one, shows only there: a
time that was noted when a module was imported, a random number that is kept, the process id.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from argo_kedro.worker.failure import Failure

#: Seconds until a process that does not come to an end is given up.
PATIENCE = 120


def read_fresh(request: dict[str, Any], names: list[str], other: set[str]) -> dict[str, str]:
    """Reads them in a fresh process.

    Args:
        request: As for `take_snapshot`.
        names: Names of parameters and datasets.
        other: What the process shall see another one of: `clock`, `host`.

    Returns:
        What `digests` gives there.

    Raises:
        Failure: The process cannot read them.
    """
    words = {"request": request, "names": names, "other": sorted(other), "parent": os.getpid()}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "argo_kedro.worker", "digests"],
            input=json.dumps(words).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=request["project"],
            timeout=PATIENCE,
            check=True,
        )
        found: dict[str, str] = json.loads(ended.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Failure("configuration_failed", str(error), part="parameters") from error
    return found
