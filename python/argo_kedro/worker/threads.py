"""Keeps native thread pools within the cores of the task's machine.

OpenBLAS, OpenMP and MKL start a thread for every visible core: in a container that is the whole
node, and beside other tasks on one machine they slow each other down manyfold. Variables limit
libraries that are loaded later; inherited libraries of a fork are limited through their own
functions.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_SETTERS = {
    "openblas": (
        "openblas_set_num_threads",
        "openblas_set_num_threads64_",
        "scipy_openblas_set_num_threads",
        "scipy_openblas_set_num_threads64_",
    ),
    "libmkl_rt": ("MKL_Set_Num_Threads",),
    "libgomp": ("omp_set_num_threads",),
    "libomp": ("omp_set_num_threads",),
    "libiomp": ("omp_set_num_threads",),
}


#: Thread limit at the time when this process loaded its libraries. A worker that forks starts with
#: one thread, so that its forks have no pool to start or to stop.
_LOADED_WITH = os.environ.get("OMP_NUM_THREADS")

_Setter = Callable[[ctypes.c_int], Any]


@functools.cache
def find_libraries() -> tuple[_Setter, ...]:
    """Finds the loaded libraries with thread pools.

    A worker calls this before it forks: reading the memory map of a process with pandas takes
    longer than everything else. Libraries that a fork loads later read the variables.

    Returns:
        The functions that set their number of threads.
    """
    return tuple(
        setter
        for path in _loaded_libraries()
        for part, functions in _SETTERS.items()
        if part in Path(path).name
        for setter in _functions(path, functions)
    )


def limit_threads() -> None:
    """Limits native threads to `NUM_CPU`, unless the user has limited them already."""
    wanted = os.environ.get("NUM_CPU", "")
    if not wanted.isdigit() or any(name in os.environ for name in _VARIABLES):
        return
    # A task may ask for more cores than this machine has.
    threads = min(int(wanted), os.cpu_count() or 1)
    os.environ.update(dict.fromkeys(_VARIABLES, str(threads)))
    if str(threads) == _LOADED_WITH:
        # The pool has the right size already, and a call would start it.
        return
    for setter in find_libraries():
        setter(ctypes.c_int(threads))


def _loaded_libraries() -> list[str]:
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux: loaded libraries keep their threads
        return []
    paths = (line.split(maxsplit=5)[-1] for line in lines if ".so" in line)
    return sorted(set(paths))


def _functions(path: str, names: tuple[str, ...]) -> list[_Setter]:
    try:
        library = ctypes.CDLL(path)
    except OSError:
        return []
    found = (getattr(library, name, None) for name in names)
    return [function for function in found if function is not None]
