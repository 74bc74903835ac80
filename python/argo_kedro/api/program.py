"""Starts the program and reads what it says: JSON on standard output, errors on standard error."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from argo_kedro._program import HINT, ProgramMissing, locate_program
from argo_kedro.api.errors import ArgoKedroError

#: Variables about the process that started this one.
_OF_OTHERS = (
    "ARGO_KEDRO_HOST",
    "ARGO_KEDRO_WORKER",
    "ARGO_KEDRO_WORKER_PROJECT",
    "ARGO_KEDRO_PROGRAM_NAME",
)
#: Value that a notebook's kernel sets for its plots: a task has no notebook.
_OF_KERNEL = "module://matplotlib_inline"
#: Keys of every error of the program, and their types.
_ERROR = {"code": str, "message": str, "hints": list, "exit_code": int}
#: Bytes to read at once.
_CHUNK = 1 << 16


def ask(words: list[str], names: list[str], project: Path) -> Any:
    """Asks the program something that it answers at once.

    Args:
        words: The command and its flags.
        names: Names that it is about, whatever letters they begin with.
        project: A folder in the project.

    Returns:
        What it says, from JSON.

    Raises:
        ArgoKedroError: It could not do it.
    """
    return json.loads(output([*words, "--output", "json"], names, project))


def output(words: list[str], names: list[str], project: Path) -> str:
    """Gives what the program prints.

    Args:
        words: The command and its flags.
        names: Names that it is about, whatever letters they begin with.
        project: A folder in the project.

    Returns:
        Its standard output. Warnings go to standard error.

    Raises:
        ArgoKedroError: It could not do it.
    """
    with _start([*words, "--quiet"], names, project, subprocess.PIPE) as process:
        try:
            out, err = process.communicate()
        except BaseException:
            process.kill()
            raise
    error = _Errors(_say)
    error.take_all(err)
    error.raise_if_any(process.returncode)
    return out.decode(errors="replace")


class Follower:
    """The program while it runs or follows a run: its name comes first, progress as it happens.

    Args:
        words: The command and its flags.
        names: Names that it is about.
        project: A folder in the project.
        shows: Whether its progress is shown, on standard error.
    """

    def __init__(self, words: list[str], names: list[str], project: Path, shows: bool) -> None:
        words = [*words, "--output", "name", *([] if shows else ["--quiet"])]
        self._process = _start(words, names, project, subprocess.PIPE)
        self._errors = _Errors(_say)
        self._out = b""
        self._err = b""

    def wait(self, timeout: float | None = None) -> str | None:
        """Waits for its end.

        Args:
            timeout: Seconds.

        Returns:
            The name of the run; None where there was nothing to run.

        Raises:
            ArgoKedroError: The program could not do what it was asked to.
            TimeoutError: It has not ended by then; it is told to stop following.
            KeyboardInterrupt: The user pressed Ctrl-C, which the program has done by then.
        """
        interrupt: KeyboardInterrupt | None = None
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                if not self._read(deadline):
                    self._process.terminate()
                    self._read(None)
                    self._process.wait()
                    raise TimeoutError
                break
            except KeyboardInterrupt as error:
                interrupt = error
                # A terminal sends SIGINT too. A second one kills the tasks.
                self._process.send_signal(signal.SIGINT)
                deadline = None
        code = self._process.wait()
        if interrupt is not None:
            raise interrupt
        name = self._out.decode().strip()
        self._errors.raise_if_any(code, is_run=bool(name))
        return name or None

    def _read(self, deadline: float | None) -> bool:
        """Reads to the end of the program's output; says whether that came in time."""
        out, err = self._process.stdout, self._process.stderr
        assert out is not None and err is not None
        with selectors.DefaultSelector() as selector:
            for stream in (out, err):
                if not stream.closed:
                    selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                left = None if deadline is None else deadline - time.monotonic()
                ready = selector.select(None if left is None else max(left, 0))
                if not ready and left is not None and left <= 0:
                    return False
                for key, _ in ready:
                    chunk = os.read(key.fd, _CHUNK)
                    if not chunk:
                        selector.unregister(key.fileobj)
                        (out if key.fileobj is out else err).close()
                    elif key.fileobj is out:
                        self._out += chunk
                    else:
                        *lines, self._err = (self._err + chunk).split(b"\n")
                        for line in lines:
                            self._errors.take(line.decode(errors="replace"))
        return True


class Detached:
    """The program while it runs a run that goes on when nobody waits for it.

    Args:
        words: The command and its flags.
        names: Names that it is about.
        project: A folder in the project.
    """

    def __init__(self, words: list[str], names: list[str], project: Path) -> None:
        # A file takes all output of the program, even if nobody reads it.
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        words = [*words, "--output", "name"]
        self._process = _start(words, names, project, self._said)

    def name(self) -> str | None:
        """Waits until the run begins.

        Returns:
            Its name; None where there was nothing to run.

        Raises:
            ArgoKedroError: It did not begin.
            KeyboardInterrupt: The user pressed Ctrl-C; the program has ended then.
        """
        out = self._process.stdout
        assert out is not None
        try:
            name = out.readline().decode().strip()
        except KeyboardInterrupt:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            raise
        finally:
            out.close()
        if not name:
            self._raise_if_failed(_say, is_run=False)
            return None
        _Errors(_say).take_all(_content(self._said))
        return name

    def close(self) -> None:
        """Forgets what it has said; the process goes on, if it does."""
        self._said.close()

    def is_over(self) -> bool:
        """Says whether the process has ended."""
        return self._process.poll() is not None

    def has_succeeded(self) -> bool:
        """Says whether the process has ended, and had no failure to tell of."""
        return self._process.poll() == 0

    def raise_if_failed(self) -> None:
        """Waits for the process to end.

        Raises:
            ArgoKedroError: It could not do what it was asked to.
        """
        self._raise_if_failed(lambda _: None, is_run=True)

    def _raise_if_failed(self, say: Callable[[str], None], is_run: bool) -> None:
        code = self._process.wait()
        errors = _Errors(say)
        errors.take_all(_content(self._said))
        errors.raise_if_any(code, is_run)


class _Errors:
    """The error among the lines that the program writes for users."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._error: ArgoKedroError | None = None
        self._last: list[str] = []

    def take(self, line: str) -> None:
        """Takes a line: an error, or a message."""
        error = _error_in(line)
        if error is not None and error["exit_code"] != 0:
            self._error = ArgoKedroError.from_json(error)
            return
        if error is not None:
            # Exit code 0 is no error: the message says why there is nothing to do.
            line = error["message"]
        self._last = [*self._last, line][-20:]
        self._say(line)

    def take_all(self, said: bytes) -> None:
        """Takes many lines. Only a line feed ends one: JSON may contain other line ends."""
        *lines, rest = said.decode(errors="replace").split("\n")
        for line in [*lines, rest] if rest else lines:
            self.take(line)

    def raise_if_any(self, code: int, is_run: bool = True) -> None:
        """Raises the error.

        Args:
            code: Exit code of the program; 1 is the failure of a run.
            is_run: Whether there may be a run, which can fail or be interrupted.
        """
        if self._error is not None:
            raise self._error
        if code not in ((0, 1, 128 + signal.SIGINT) if is_run else (0,)):
            raise ArgoKedroError(
                f"the program argo-kedro ended without a result (exit code {code})",
                code="no_result",
                detail="\n".join(self._last),
            )


def _error_in(line: str) -> dict[str, Any] | None:
    """Reads an error of the program (`crates/cli/src/error/document.rs`).

    Builders of images and tasks print to the same stream, and their lines may look like an error.

    Args:
        line: A line of its standard error.

    Returns:
        The error; None for any other line.
    """
    if not line.startswith('{"error":'):
        return None
    try:
        error = json.loads(line)["error"]
    except (ValueError, RecursionError):
        return None
    if not isinstance(error, dict) or not isinstance(error.get("causes", []), list):
        return None
    is_ours = all(isinstance(error.get(key), kind) for key, kind in _ERROR.items())
    return error if is_ours else None


def _content(file: IO[bytes]) -> bytes:
    # The program appends to the same file, so read without moving its position.
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _start(
    words: list[str], names: list[str], project: Path, stderr: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        program = locate_program()
    except ProgramMissing as error:
        raise ArgoKedroError(str(error), [HINT], "program_missing") from None
    told = [*words, "--errors", "json", "--color", "never", "--project", str(project)]
    try:
        return subprocess.Popen(
            [program, *told, *(["--", *names] if names else [])],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            # Ctrl-C in a cell is for this process, and a closed terminal concerns no run.
            start_new_session=True,
        )
    except OSError as error:
        raise ArgoKedroError(f"cannot start {program}: {error}", code="program_missing") from None


def _environment() -> dict[str, str]:
    variables = {name: value for name, value in os.environ.items() if name not in _OF_OTHERS}
    if variables.get("MPLBACKEND", "").startswith(_OF_KERNEL):
        del variables["MPLBACKEND"]
    # The interpreter of this process reads the project.
    return {**variables, "ARGO_KEDRO_PYTHON": sys.executable}
