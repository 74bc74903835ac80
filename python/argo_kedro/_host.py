"""Lends this process to the program as its worker.

`kedro argo plan` has imported Kedro by the time it is asked for the plan; the program it
starts would import it all again in a worker of its own. So this process waits as that
worker: the program connects, once to ask and once for what the project prints.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: The socket that the program connects to.
SOCKET = "ARGO_KEDRO_WORKER"
#: The project that this process has opened; for another one the program starts its own.
PROJECT = "ARGO_KEDRO_WORKER_PROJECT"
#: Commands that read the project.
COMMANDS = {"plan", "lint", "compile", "run", "retry"}
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def run(program: str, arguments: list[str], environment: dict[str, str], project: Path) -> int:
    """Runs the program with this process as its worker.

    Args:
        program: Path of the program.
        arguments: Its words.
        environment: Its variables.
        project: Folder of the project that Kedro has opened here.

    Returns:
        The program's exit code.
    """
    # Ctrl-C is the program's to handle; a handler, unlike SIG_IGN, is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    with _listener() as (listener, path):
        variables = {**environment, SOCKET: path, PROJECT: str(project)}
        child = subprocess.Popen([program, *arguments], env=variables)
        questions = _accept(listener, child)
        output = _accept(listener, child) if questions is not None else None
    if questions is None or output is None:
        return _code(child.wait())
    status = _serve(questions, output, child.pid)
    returned = child.wait() if status is None else os.waitstatus_to_exitcode(status)
    return _code(returned)


@contextlib.contextmanager
def _listener() -> Iterator[tuple[socket.socket, str]]:
    with tempfile.TemporaryDirectory(prefix="argo-kedro-") as folder:
        path = str(Path(folder) / "worker")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(2)
            yield listener, path


def _accept(listener: socket.socket, child: subprocess.Popen[bytes]) -> socket.socket | None:
    """Waits for the program to connect, as long as it lives."""
    while child.poll() is None:
        ready, _, _ = select.select([listener], [], [], 0.02)
        if ready:
            return listener.accept()[0]
    return None


def _serve(questions: socket.socket, output: socket.socket, program: int) -> int | None:
    """Answers until the program is done; what the project prints goes to the program.

    Returns:
        How the program ended, if that was seen here.
    """
    if not any(name in os.environ for name in _THREADS):
        # Tasks that are forked from here have no native thread pool to start.
        os.environ.update(dict.fromkeys(_THREADS, "1"))
    from argo_kedro.worker.server import Server

    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    for number in (1, 2):
        os.dup2(output.fileno(), number)
    output.close()
    try:
        with questions:
            server = Server(questions, is_foreground=True)
            server.loop()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        for number, original in zip((1, 2), saved, strict=True):
            os.dup2(original, number)
            os.close(original)
    return server.others.get(program)


def _code(returned: int) -> int:
    return returned if returned >= 0 else 128 - returned
