"""Measures commands independently of the machine's other load.

Processor time measures one process, pairs of it compare two commands. If only the wall clock will
do, a round counts if no other process kept the machine busy.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Pairs of runs of two commands.
PAIRS = 15
#: Rounds by the wall clock, and tries of a disturbed round.
ROUNDS = 5
TRIES = 6
#: Part of the machine that other processes may use in a round that counts.
OTHERS = 0.1
#: Time limit of every measurement, in seconds.
HANGS_AFTER = 600


@dataclass(frozen=True)
class Taken:
    """Time of a command, in seconds."""

    wall: float
    #: Processor time of the command and of all its children.
    processor: float
    output: str


def take(words: Sequence[str | Path], folder: Path) -> Taken:
    """Runs a command, which must succeed.

    Args:
        words: Program and arguments.
        folder: Its working directory.

    Returns:
        Its time.
    """
    variables = {
        **os.environ,
        "NO_COLOR": "1",
        "DO_NOT_TRACK": "1",
        "KEDRO_DISABLE_TELEMETRY": "1",
        "VIRTUAL_ENV": str(Path(words[0]).parent.parent),
    }
    # Python compiles a module once, as on a user's machine.
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    _adopt_orphans()
    before, start = _of_children(), time.perf_counter()
    done = subprocess.run(
        words, cwd=folder, env=variables, capture_output=True, check=False, timeout=HANGS_AFTER
    )
    wall = time.perf_counter() - start
    # A worker that the program ended, and the worker's tasks, count as well.
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    if done.returncode != 0:
        line = " ".join(map(str, words))
        sys.exit(f"{line} failed:\n{done.stdout.decode()}\n{done.stderr.decode()}")
    return Taken(wall, _of_children() - before, done.stdout.decode(errors="replace"))


def _adopt_orphans() -> None:
    """Makes processes without a parent this one's children (Linux, `prctl(2)`)."""
    set_child_subreaper = 36
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def most_memory(words: Sequence[str | Path], folder: Path) -> int:
    """Runs a command, which must succeed, and gives its peak memory in bytes."""
    process = subprocess.Popen(
        [str(word) for word in words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{words} ended with {process.returncode}")
    return used.ru_maxrss * 1024


def more(one: Callable[[], float], other: Callable[[], float]) -> float:
    """Measures two figures in turns.

    Args:
        one: Measures a figure.
        other: Measures the figure to compare with.

    Returns:
        The difference of the first to the second: the median of all pairs.
    """
    for warm in (one, other):
        warm()
    return statistics.median(one() - other() for _ in range(PAIRS))


def undisturbed(*takes: Callable[[], float], others: float = OTHERS) -> list[float] | None:
    """Measures each figure several times, in turns, while no other process keeps the machine busy.

    Args:
        *takes: Functions that each measure one figure.
        others: Part of the machine that other processes may use meanwhile.

    Returns:
        The median of each; None if other processes always kept the machine busy.
    """
    rounds: list[list[float]] = []
    for _ in range(ROUNDS * TRIES):
        busy, own, start = _busy(), _own(), time.perf_counter()
        figures = [take() for take in takes]
        wall = time.perf_counter() - start
        theirs = (_busy() - busy) - (_own() - own)
        if theirs <= others * wall * (os.cpu_count() or 1):
            rounds.append(figures)
        if len(rounds) == ROUNDS:
            break
    if not rounds:
        return None
    return [statistics.median(figures) for figures in zip(*rounds, strict=True)]


def _own() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return _of_children() + usage.ru_utime + usage.ru_stime


def _busy() -> float:
    """Gives the seconds of work of all processors; 0 without `/proc`."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return 0.0
    user, nice, system, _, _, irq, softirq, steal, *_ = map(int, line.split()[1:])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
