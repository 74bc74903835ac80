"""Answers the program's requests, one JSON line each, over a socket.

Requests: `{"snapshot": {…}}`, answered by `{"snapshot": {…}, "said": […]}` or by `{"failure":
{…}, "said": […]}`, where `said` is what the project printed, logged and warned about;
`{"cloud": {…}}`, answered alike by `{"cloud": {…}, "said": […]}` (`argo_kedro/cloud`);
`{"reach": {…}}`, answered alike by `{"reached": [{…}, …], "said": […]}` (`reach.py`);
`{"load": {…}}`, answered by `{"loaded": {…}}` (`load.py`);
`{"hazards": {}}`, answered by `{"hazards": [reason, …]}`; `{"start": {"id", "arguments",
"environment"}}` with two file descriptors (standard output and error of the task), and
`{"signal": {"id", "signal"}}`. A started task sends `{"started": {"id", "pid"}}` and, when
it has ended, `{"exited": {"id", "code", "signal", "peak_memory", "cpu_seconds"}}`; one that cannot
start sends `{"refused": {"id", "errno"}}`. Names and values of the environment are bytes, a letter
each.

The project is imported once; each task is a fork of this process, in a process group of
its own, so its memory goes with it and other tasks never see what it changed. The fork of
the next task is made ahead, while there is nothing else to do.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from argo_kedro.worker.ahead import Ahead
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.orphans import end_with
from argo_kedro.worker.printed import Printed

_MOST = 1 << 16


def serve() -> int:
    """Serves until the program closes its end.

    Returns:
        0.
    """
    with socket.socket(fileno=os.dup(0)) as program:
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        Server(program).loop()
    return 0


class Server:
    """The state of the worker: its tasks and the line it is reading.

    Args:
        program: Socket to the program.
    """

    def __init__(self, program: socket.socket) -> None:
        self._program = program
        self._tasks: dict[int, int] = {}
        self._buffer = bytearray()
        #: Descriptors that came with each request to start a task.
        self._descriptors: list[list[int]] = []
        self._pid = os.getpid()
        self._frozen = False
        self._sessions: dict[tuple[str, ...], Any] = {}
        self._ahead: Ahead | None = None
        self._loader: Any = None

    def loop(self) -> None:
        """Serves requests and reports ended tasks until the program closes its end."""
        read, write = os.pipe()
        os.set_blocking(write, False)
        os.set_blocking(read, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # The program handles Ctrl-C, and says which tasks to end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with selectors.DefaultSelector() as selector:
            selector.register(self._program, selectors.EVENT_READ)
            selector.register(read, selectors.EVENT_READ)
            while True:
                ready = selector.select(0)
                if not ready:
                    self._fork_ahead()
                    ready = selector.select()
                for key, _ in ready:
                    if key.fileobj is self._program:
                        if not self._receive():
                            self._abandon()
                            return
                    else:
                        with contextlib.suppress(BlockingIOError):
                            os.read(read, _MOST)
                        self._reap()

    def _receive(self) -> bool:
        try:
            data, descriptors, flags, _ = socket.recv_fds(self._program, _MOST, 2)
        except ConnectionError:
            return False
        # If this process has too many open files, some or all descriptors are lost.
        if descriptors or flags & socket.MSG_CTRUNC:
            self._descriptors.append(descriptors)
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._answer(json.loads(line))
        return bool(data)

    def _answer(self, message: dict[str, Any]) -> None:
        if "snapshot" in message:
            self._send(_snapshot(message["snapshot"]))
        elif "cloud" in message:
            self._send(_ask(_propose, message["cloud"]))
        elif "hazards" in message:
            from argo_kedro.worker.preload import import_what_tasks_use

            import_what_tasks_use()
            self._send({"hazards": hazards()})
        elif "reach" in message:
            self._send(_ask(_reach, message["reach"]))
        elif "load" in message:
            self._send({"loaded": self._load(message["load"])})
        elif "start" in message:
            self._start(message["start"])
        elif "signal" in message:
            self._signal(message["signal"]["id"], message["signal"]["signal"])

    def _load(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._loader is None:
            from argo_kedro.worker.load import Loader

            self._loader = Loader()
        described: dict[str, Any] = self._loader.describe(request)
        return described

    def _send(self, message: dict[str, Any]) -> None:
        # A message may contain text that is not UTF-8, e.g. the name of a file.
        text = json.dumps(message, default=str, ensure_ascii=False).encode("utf-8", "replace")
        with contextlib.suppress(ConnectionError):
            self._program.sendall(text + b"\n")

    def _start(self, request: dict[str, Any]) -> None:
        descriptors = self._descriptors.pop(0)
        try:
            pid = self._start_with(request, descriptors)
        except OSError as error:
            self._send({"refused": {"id": request["id"], "errno": error.errno or errno.EAGAIN}})
            return
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self._tasks[pid] = request["id"]
        self._send({"started": {"id": request["id"], "pid": pid}})

    def _start_with(self, request: dict[str, Any], descriptors: list[int]) -> int:
        try:
            output, errors = descriptors
        except ValueError as error:
            raise OSError(errno.EMFILE, "no descriptors for its output") from error
        self._session(request["arguments"])
        if not self._frozen:
            # Every task shares the current objects; the collector must not touch them.
            gc.collect()
            gc.freeze()
            self._frozen = True
        pid = self._fork_made_ahead(request, output, errors) or self._fork(request, output, errors)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        return pid

    def _fork(self, request: dict[str, Any], output: int, errors: int) -> int:
        _flush()
        pid = os.fork()
        if pid == 0:
            if self._ahead is not None:
                self._ahead.close()
            self._leave()
            self._become(request, output, errors)
        return pid

    def _fork_made_ahead(self, request: dict[str, Any], output: int, errors: int) -> int | None:
        ahead, self._ahead = self._ahead, None
        if ahead is None or not ahead.take(request, output, errors):
            return None
        return ahead.pid

    def _fork_ahead(self) -> None:
        # Before the first task, the shared objects are unknown; without a running task, there may
        # be no further one.
        if self._frozen and self._tasks and self._ahead is None:
            _flush()
            # If no further process is possible, the next task forks when it starts.
            with contextlib.suppress(OSError):
                self._ahead = Ahead(self._become, self._leave)

    def _leave(self) -> None:
        """Closes the worker's own resources in a fork."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._program.close()
        _reseed()

    def _session(self, arguments: list[str]) -> Any:
        """Gives the session of a task; tasks that differ only in their nodes share one."""
        key = tuple(word for word in arguments if not word.startswith("--nodes="))
        if key not in self._sessions:
            from argo_kedro.worker.task import make_session
            from argo_kedro.worker.threads import find_libraries

            if self._ahead is not None:
                # The waiting fork lacks the new session.
                self._ahead.end()
                self._ahead = None
            self._sessions[key] = None
            # The task reports the error when it makes its own session.
            with contextlib.suppress(Exception, SystemExit):
                self._sessions[key] = make_session(arguments)
            # Reading another pipeline may have loaded more libraries.
            find_libraries.cache_clear()
            find_libraries()
        return self._sessions[key]

    def _become(self, request: dict[str, Any], output: int, errors: int) -> None:
        code = 1
        try:
            end_with(self._pid)
            os.setpgid(0, 0)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.dup2(output, 1)
            os.dup2(errors, 2)
            os.close(output)
            os.close(errors)
            _set_environment(request["environment"])
            from argo_kedro.worker.task import main

            session = self._session(request["arguments"])
            code = main(request["arguments"], opened=True, session=session)
        except BaseException as error:
            print(f"error: the task could not be started: {error!r}", file=sys.stderr)
        finally:
            with contextlib.suppress(Exception):
                _end_quietly()
            os._exit(code)

    def _signal(self, task: int, number: int) -> None:
        # Only this process reaps, so a known pid cannot belong to another process.
        for pid, known in self._tasks.items():
            if known == task:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, number)

    def _reap(self) -> None:
        while self._tasks:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            task = self._tasks.pop(pid, None)
            if task is None:
                if self._ahead is not None and self._ahead.pid == pid:
                    self._ahead = None
                continue
            # End the processes that the task left in its group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            ended = {
                "id": task,
                "peak_memory": usage.ru_maxrss * _RSS_UNIT,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
            }
            if os.WIFSIGNALED(status):
                ended["signal"] = os.WTERMSIG(status)
            else:
                ended["code"] = os.WEXITSTATUS(status)
            self._send({"exited": ended})

    def _abandon(self) -> None:
        if self._ahead is not None:
            self._ahead.end()
        for pid in self._tasks:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


#: `ru_maxrss` is in KiB on Linux and in bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def hazards() -> list[str]:
    """Lists what does not survive a fork of this process.

    Returns:
        Reasons; none if tasks can be forked.
    """
    found = []
    threads = [
        thread.name for thread in threading.enumerate() if thread is not threading.main_thread()
    ]
    if threads:
        found.append(f"the project started Python threads when imported ({', '.join(threads)})")
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is not None and cuda.is_initialized():
        found.append("the project opened a GPU when imported")
    pyspark = sys.modules.get("pyspark")
    context = getattr(pyspark, "SparkContext", None)
    if getattr(context, "_active_spark_context", None) is not None:
        found.append("the project started Spark when imported")
    jpype = sys.modules.get("jpype")
    if jpype is not None and jpype.isJVMStarted():
        found.append("the project started a Java virtual machine when imported")
    return found


def _snapshot(request: dict[str, Any]) -> dict[str, Any]:
    return _ask(_take_snapshot, request)


def _ask(
    question: Callable[[dict[str, Any], Printed], dict[str, Any]], request: dict[str, Any]
) -> dict[str, Any]:
    """Gives an answer about the project, or the failure, with the project's output."""
    from argo_kedro.worker.project import import_failure

    said = Printed()
    try:
        answer = question(request, said)
    except Failure as failure:
        answer = {"failure": failure.to_json()}
    except (Exception, SystemExit) as error:
        answer = {"failure": import_failure(error).to_json()}
    return {**answer, "said": said.lines()}


def _take_snapshot(request: dict[str, Any], said: Printed) -> dict[str, Any]:
    from argo_kedro.worker.snapshot import take_snapshot

    return {"snapshot": take_snapshot(request, said)}


def _propose(request: dict[str, Any], said: Printed) -> dict[str, Any]:
    from argo_kedro.cloud.proposal import propose

    return {"cloud": propose(request, said)}


def _reach(request: dict[str, Any], _: Printed) -> dict[str, Any]:
    from argo_kedro.worker.reach import reach

    return {"reached": reach(request)}


def _set_environment(request: dict[str, str]) -> None:
    """Sets the environment, touching only what differs."""
    wanted = {
        os.fsdecode(name.encode("latin-1")): os.fsdecode(value.encode("latin-1"))
        for name, value in request.items()
    }
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _flush() -> None:
    """Writes buffered output, which a fork would repeat."""
    sys.stdout.flush()
    sys.stderr.flush()


def _reseed() -> None:
    """Gives the task its own random numbers, as a fresh process has."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def _end_quietly() -> None:
    """Runs the end of a Python program, for a process that exits by `_exit`."""
    import logging
    import threading as threads

    threads._shutdown()  # type: ignore[attr-defined]
    import atexit

    atexit._run_exitfuncs()
    logging.shutdown()
    _flush()
