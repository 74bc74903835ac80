"""Reads parameters and catalog entries in a fresh process, as each task on a cluster does.

Only a new process shows values that stay the same in one process and differ in the next: a time
from the import of a module, a random number that is kept, the process id.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from argo_kedro.worker.failure import Failure

#: Time limit in seconds for a process.
PATIENCE = 120


def read_fresh(request: dict[str, Any], names: list[str], other: set[str]) -> dict[str, str]:
    """Reads parameters and entries in a fresh process.

    Args:
        request: As for `take_snapshot`.
        names: Names of parameters and datasets.
        other: What shall differ for the process: `clock`, `host`.

    Returns:
        The result of `digests` in that process.

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
