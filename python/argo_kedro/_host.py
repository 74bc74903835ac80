"""Lends a copy of this process to the program as its worker.

`kedro argo plan` has imported Kedro by the time it is asked for the plan; the program it
starts would import it all again in a worker of its own. So a fork of this process waits as
that worker: the program connects, once to ask and once for what the project prints. This
process itself runs none of the project's code and waits for the program.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: This process; the program ends when it does.
HOST = "ARGO_KEDRO_HOST"
#: The socket for the program to connect to.
SOCKET = "ARGO_KEDRO_WORKER"
#: The project that this process has opened; the program starts its own worker for another one.
PROJECT = "ARGO_KEDRO_WORKER_PROJECT"
#: Commands that read the project.
COMMANDS = {
    "plan",
    "lint",
    "compile",
    "run",
    "retry",
    "build",
    "submit",
    "resubmit",
    "deploy",
    "doctor",
    "results",
}
#: Signals that end a process by default, and the signals that the program gets for them. A Ctrl-C
#: on the terminal reaches the program as well, which takes the signal after it for the same request
#: (`interrupts` in `crates/cli/src/commands/run.rs`): as SIGINT it would count twice.
PASSED_ON = {
    signal.SIGINT: signal.SIGTERM,
    signal.SIGTERM: signal.SIGTERM,
    signal.SIGHUP: signal.SIGHUP,
}
#: Seconds for the worker to end its tasks after the program has ended.
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
            process.send_signal(PASSED_ON[signal.Signals(number)])

    for number in PASSED_ON:
        # `nohup` ignores the signal, here and in the program.
        if signal.getsignal(number) is not signal.SIG_IGN:
            # The program does not inherit a handler; it would inherit SIG_IGN.
            signal.signal(number, pass_on)
    with _lend() as lent:
        variables = {**environment, HOST: str(os.getpid())}
        if lent:
            variables |= {SOCKET: lent.path, PROJECT: str(project)}
        process = subprocess.Popen([program, *arguments], env=variables)
        started.append(process)
        for early in asked:
            # This signal came before there was a process to pass it on to.
            process.send_signal(PASSED_ON[signal.Signals(early)])
        code = process.wait()
        if lent:
            lent.end()
    if code == -signal.SIGTERM and signal.SIGINT in asked:
        code = -signal.SIGINT
    return code if code >= 0 else 128 - code


class _Lent:
    """The worker, seen from this process."""

    def __init__(self, path: str, worker: int, alive: int) -> None:
        #: The socket that the worker listens on.
        self.path = path
        self._worker = worker
        # The worker waits for the program to connect as long as this is open.
        self._alive = alive

    def end(self) -> None:
        """Waits until the worker has ended its tasks; ends it if it does not answer."""
        os.close(self._alive)
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline:
            if os.waitpid(self._worker, os.WNOHANG)[0]:
                return
            time.sleep(0.005)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._worker, signal.SIGKILL)
        os.waitpid(self._worker, 0)


@contextlib.contextmanager
def _lend() -> Iterator[_Lent | None]:
    """Forks the worker.

    Yields:
        The worker; None if there is no folder for a socket, or no memory for a process. The program
        starts its own worker then.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="argo-kedro-"))
            path = str(Path(folder) / "worker")
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(path)
            listener.listen(2)
            ended, alive = os.pipe()
            worker = os.fork()
        except OSError:
            lent = None
            stack.close()
        else:
            if worker == 0:
                os.close(alive)
                _serve(listener, ended, folder)
            os.close(ended)
            listener.close()
            lent = _Lent(path, worker, alive)
        yield lent


def _accept(listener: socket.socket, ended: int) -> socket.socket | None:
    """Waits for the program to connect.

    Args:
        listener: The socket.
        ended: Is at its end once the host has stopped waiting, or has ended.

    Returns:
        The connection; None if there will be none.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        ready = {key.fileobj for key, _ in selector.select()}
    return listener.accept()[0] if listener in ready else None


def _serve(listener: socket.socket, ended: int, folder: str) -> None:
    """Does the work of the worker; sends what the project prints to the program."""
    try:
        # Like a worker that the program starts: Ctrl-C must not reach it.
        os.setpgid(0, 0)
        for number in PASSED_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        if not any(name in os.environ for name in _THREADS):
            # Forked tasks then have no native thread pool to start.
            os.environ.update(dict.fromkeys(_THREADS, "1"))
        questions = _accept(listener, ended)
        output = _accept(listener, ended) if questions else None
        # Nobody connects after this. A killed host would leave the folder.
        shutil.rmtree(folder, ignore_errors=True)
        listener.close()
        os.close(ended)
        if questions is None or output is None:
            return
        for descriptor in (1, 2):
            os.dup2(output.fileno(), descriptor)
        output.close()
        from argo_kedro.worker.server import Server

        with questions:
            Server(questions).loop()
        sys.stdout.flush()
    finally:
        os._exit(0)
