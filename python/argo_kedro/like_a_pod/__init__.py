"""Limits this process to what the pod of its task would see.

Only a task of `argo-kedro run --like-a-pod` imports this (`crates/cli/src/local/like_a_pod`),
before Kedro. The process is already in a folder with the files of the image, and has the
container's variables. The rest is left to Python: packages that the image does not install, files
of this machine by absolute paths, and buckets.
"""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Variable for the file that describes a pod; the program sets it.
VARIABLE = "ARGO_KEDRO_LIKE_A_POD"
#: Variable for the file of the task's report, whose name is the task's
#: (`argo_kedro/worker/report.py`).
_REPORT = "ARGO_KEDRO_REPORT"


def enter() -> Callable[[BaseException], None]:
    """Takes things from this process that a pod would not have.

    Returns:
        A function to call with the error of a failed task; the missing thing is written at exit.

    Raises:
        OSError: The description of the pod cannot be read.
    """
    from argo_kedro.like_a_pod import files, packages, store, variables
    from argo_kedro.like_a_pod.missing import what_is_missing

    pod = json.loads(Path(os.environ.pop(VARIABLE)).read_text(encoding="utf-8"))
    task = Path(os.environ[_REPORT]).stem
    room = os.path.join(pod["rooms"], task)
    machine = files.Machine(pod["project"], pod["home"], [room, *pod["open"]])
    asked = variables.watch(pod["shell"], room)
    imported = packages.hide(pod["hidden"], room, machine)
    store.stand_in(pod["store"], pod["protocols"])
    machine.close()
    notes: dict[str, Any] = {"missing": None}

    def failed(error: BaseException) -> None:
        notes["missing"] = what_is_missing(error, room)

    def write() -> None:
        notes.update(asked=asked, imported=imported)
        folder = Path(pod["notes"])
        part = folder / f"{task}.part"
        part.write_text(json.dumps(notes, default=str), encoding="utf-8")
        part.replace(folder / f"{task}.json")

    atexit.register(write)
    return failed
