"""A history of many runs, as an older argo-kedro left it: with events, without states."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

TABLES = """
CREATE TABLE run (name TEXT PRIMARY KEY, uid TEXT NOT NULL, pipeline TEXT NOT NULL,
    environment TEXT NOT NULL, created TEXT NOT NULL, manifest TEXT NOT NULL, phase TEXT NOT NULL,
    finished TEXT, server TEXT, context TEXT, namespace TEXT) STRICT;
CREATE TABLE event (run TEXT NOT NULL REFERENCES run (name), number INTEGER NOT NULL,
    at TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (run, number)) STRICT, WITHOUT ROWID;
CREATE TABLE submission (id TEXT PRIMARY KEY, at TEXT NOT NULL, server TEXT NOT NULL, context TEXT,
    namespace TEXT NOT NULL) STRICT;
PRAGMA user_version = 3;
"""
TASKS = 60
#: About the size of a manifest of this many tasks with settings of their own.
MANIFEST = ("# " + "x" * 98 + "\n") * 170
#: With the traceback of a failed task, a run takes about 85 KiB.
TRACEBACK = '  File "nodes.py", line 1, in work\n' * 1200


def make(path: Path, runs: int) -> int:
    """Makes a history.

    Args:
        path: The file, which must not exist.
        runs: Number of runs, each with 60 tasks of which the last failed.

    Returns:
        Its size in bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    first = datetime(2026, 1, 1, tzinfo=timezone.utc)
    with sqlite3.connect(path) as history:
        history.executescript(TABLES)
        for number in range(runs):
            began = first + timedelta(minutes=number)
            events = [
                (f"run-{number:05}", index, moment(began, second), json.dumps(event))
                for index, (second, event) in enumerate(told())
            ]
            row = [f"run-{number:05}", f"uid-{number}", "__default__", "local", moment(began, 0)]
            history.execute(
                "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, 'Failed', ?, NULL, NULL, NULL)",
                [*row, MANIFEST, moment(began, TASKS + 1)],
            )
            history.executemany("INSERT INTO event VALUES (?, ?, ?, ?)", events)
    history.close()
    return path.stat().st_size


def moment(began: datetime, second: int) -> str:
    """Writes the time of a second after the beginning."""
    return (began + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


def told() -> list[tuple[int, dict[str, object]]]:
    """Gives the events of a run, each with its second."""
    names = [f"transform-the-data-{index:05}" for index in range(TASKS)]
    tasks = [
        {"name": name, "nodes": [name.replace("-", "_")], "upstream": names[index - 1 : index]}
        for index, name in enumerate(names)
    ]
    events: list[tuple[int, dict[str, object]]] = [
        (0, {"event": "run_started", "tasks": tasks, "outstanding": names})
    ]
    for index, name in enumerate(names):
        events.append((index, {"event": "task_started", "task": name}))
        ended: dict[str, object] = {"event": "task_finished", "task": name, "phase": "Succeeded"}
        ended["peak_memory"] = (100 + index) << 20
        if index == TASKS - 1:
            cause = {"kind": "exception", "type": "ValueError", "traceback": TRACEBACK}
            ended |= {"phase": "Failed", "exit_code": 1, "cause": cause}
        events.append((index + 1, ended))
    return [*events, (TASKS + 1, {"event": "run_finished", "phase": "Failed"})]
