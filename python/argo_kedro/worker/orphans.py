"""Ends every task with the worker that forked it, even if the worker is killed.

A killed worker cannot end its tasks. On Linux the kernel ends a process without a parent, if that
process has asked for it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: Constant of `prctl` in the kernel's headers (`linux/prctl.h`).
_SET_PARENT_DEATH_SIGNAL = 1
_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with(parent: int) -> None:
    """Ends this process when its parent ends.

    Args:
        parent: Process id of the parent; if that has ended already, this process ends now.
    """
    if _LIBRARY is not None:
        _LIBRARY.prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
