"""A fork that is made before its task is known.

Copying the page tables of a process that has imported pandas takes as long as a small node. So the
idle worker forks for the next task; the fork waits here for its task, rehearses meanwhile, and ends
with the worker if no task comes.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from collections.abc import Callable
from typing import Any

from argo_kedro.worker.rehearsal import is_a_core_free, rehearse

#: Length of a task's words, in bytes, before the words themselves.
_HEAD = 4
_MOST = 1 << 16
#: Answer of a fork that has received its task.
_TAKEN = b"1"
_SECONDS_TO_ANSWER = 5


class Ahead:
    """The fork of the next task, seen from the worker.

    Args:
        become: Runs the fork's task, given the request, its output and its errors. It never
            returns.
        leave: Closes the worker's own resources in the fork.

    Raises:
        OSError: No further process is possible.
    """

    def __init__(
        self, become: Callable[[dict[str, Any], int, int], None], leave: Callable[[], None]
    ) -> None:
        self._words, theirs = socket.socketpair()
        try:
            self.pid = os.fork()
        except OSError:
            self._words.close()
            theirs.close()
            raise
        if self.pid == 0:
            try:
                # The program handles Ctrl-C on the terminal.
                os.setpgid(0, 0)
                self._words.close()
                leave()
                _wait(theirs, become)
            finally:
                os._exit(1)
        theirs.close()

    def take(self, request: dict[str, Any], output: int, errors: int) -> bool:
        """Gives the fork its task.

        Args:
            request: As the program sent it.
            output: Descriptor that becomes its standard output.
            errors: Descriptor that becomes its standard error.

        Returns:
            Whether the fork took the task; a killed fork takes none.
        """
        words = json.dumps(request).encode()
        try:
            head = len(words).to_bytes(_HEAD, "big")
            socket.send_fds(self._words, [head], [output, errors])
            self._words.sendall(words)
            # A dying fork may receive the task and never answer.
            self._words.settimeout(_SECONDS_TO_ANSWER)
            taken = self._words.recv(1) == _TAKEN
        except OSError:
            taken = False
        finally:
            self._words.close()
        if not taken:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        return taken

    def close(self) -> None:
        """Closes this end of its socket, in a fork of the same worker."""
        self._words.close()

    def end(self) -> None:
        """Ends the fork, which lacks what the worker has read since."""
        self._words.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def _wait(words: socket.socket, become: Callable[[dict[str, Any], int, int], None]) -> None:
    if is_a_core_free():
        come = select.poll()
        come.register(words, select.POLLIN)
        rehearse(lambda: bool(come.poll(0)))
    head, descriptors, _, _ = socket.recv_fds(words, _HEAD, 2)
    if not descriptors:  # the worker has ended
        return
    while len(head) < _HEAD:
        head += words.recv(_HEAD - len(head))
    left = int.from_bytes(head, "big")
    parts = []
    while left:
        part = words.recv(min(left, _MOST))
        if not part:
            return
        parts.append(part)
        left -= len(part)
    words.sendall(_TAKEN)
    words.close()
    output, errors = descriptors
    become(json.loads(b"".join(parts)), output, errors)
