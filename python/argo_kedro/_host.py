"""Lends a copy of this process to the program as its worker.

`kedro argo plan` has imported Kedro by the time it is asked for the plan; the program it
starts would import it all again in a worker of its own. So a fork of this process waits as
that worker: the program connects, once to ask and once for what the project prints. This
process itself runs none of the project's code and waits for the program.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: This process, which the program ends with.
HOST = "ARGO_KEDRO_HOST"
#: The socket that the program connects to.
SOCKET = "ARGO_KEDRO_WORKER"
#: The project that this process has opened; for another one the program starts its own.
PROJECT = "ARGO_KEDRO_WORKER_PROJECT"
#: Commands that read the project.
COMMANDS = {"plan", "lint", "compile", "run", "retry", "build", "submit", "resubmit", "deploy"}
#: Signals that end a process that does not say otherwise.
PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
#: Seconds that the worker has to end its tasks once the program is gone.
GRACE = 1.0
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def run(program: str, arguments: list[str], environment: dict[str, str], project: Path) -> int:
    """Runs the program with a fork of this process as its worker.

    Args:
        program: Path of the program.
        arguments: Its words.
        environment: Its variables.
        project: Folder of the project that Kedro has opened here.

    Returns:
        The program's exit code.
    """
    started: list[subprocess.Popen[bytes]] = []
    asked: list[int] = []

    def pass_on(number: int, _: Any) -> None:
        asked.append(number)
        for process in started:
            process.send_signal(number)

    # Ctrl-C is the program's to handle; a handler, unlike SIG_IGN, is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    for number in PASSED_ON:
        # `nohup` has it ignored, here and in the program.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, pass_on)
    with _lend() as (path, worker):
        variables = {**environment, HOST: str(os.getpid())}
        if path:
            variables |= {SOCKET: path, PROJECT: str(project)}
        process = subprocess.Popen([program, *arguments], env=variables)
        started.append(process)
        for early in asked:
            # It came before there was a process to pass it on to.
            process.send_signal(early)
        code = process.wait()
        if worker:
            _end(worker)
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def _lend() -> Iterator[tuple[str, int]]:
    """Forks the worker.

    Yields:
        The socket that it listens on and its process id; an empty path and 0 where there is no
        folder for a socket, or no room for a process. The program starts its own worker then.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="argo-kedro-"))
            path = str(Path(folder) / "worker")
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(path)
            listener.listen(2)
            worker = os.fork()
        except OSError:
            path, worker = "", 0
        else:
            if worker == 0:
                _serve(listener, path)
            listener.close()
        yield path, worker


def _accept(listener: socket.socket, path: str) -> socket.socket:
    """Waits for the program to connect, or ends with it."""
    listener.settimeout(0.05)
    while Path(path).exists():
        with contextlib.suppress(TimeoutError):
            return listener.accept()[0]
    os._exit(0)


def _serve(listener: socket.socket, path: str) -> None:
    """Is the worker; what the project prints goes to the program."""
    try:
        # As a worker that the program starts: Ctrl-C does not reach it.
        os.setpgid(0, 0)
        for number in PASSED_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        if not any(name in os.environ for name in _THREADS):
            # Tasks that are forked from here have no native thread pool to start.
            os.environ.update(dict.fromkeys(_THREADS, "1"))
        questions, output = _accept(listener, path), _accept(listener, path)
        listener.close()
        for descriptor in (1, 2):
            os.dup2(output.fileno(), descriptor)
        output.close()
        from argo_kedro.worker.server import Server

        with questions:
            Server(questions).loop()
        sys.stdout.flush()
    finally:
        os._exit(0)


def _end(worker: int) -> None:
    """Waits until the worker has ended its tasks; ends it if it does not answer."""
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline:
        if os.waitpid(worker, os.WNOHANG)[0]:
            return
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
