"""Runs the Kedro nodes of one task, as `kedro run` would run them."""

from __future__ import annotations

import argparse
import contextlib
import functools
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from argo_kedro.hooks import hooks
from argo_kedro.name_list import read_names
from argo_kedro.versions import run_version
from argo_kedro.worker.dataset_errors import in_short
from argo_kedro.worker.failure import Failure, last_user_frame, user_traceback
from argo_kedro.worker.logs import plain_lines
from argo_kedro.worker.preload import preload
from argo_kedro.worker.project import open_project
from argo_kedro.worker.report import say_done, take_place, write_report
from argo_kedro.worker.threads import limit_threads

FAILED = 1
UNABLE = 2
#: First exit code that names a signal; a node's own code is below.
BY_SIGNAL = 129


def main(
    arguments: list[str],
    opened: bool = False,
    session: Any = None,
    failed: Callable[[BaseException], None] | None = None,
) -> int:
    """Runs one task.

    Args:
        arguments: The words after `argo-kedro exec` in the manifest.
        opened: Whether this process has the project open.
        session: The result of `make_session` for these words; None to make it here.
        failed: Called with the error of a failed task.

    Returns:
        0; 1 if a node failed, or its code for `sys.exit`; 2 if the nodes could not be started. 1 as
        well if a signal told the task to end: the sender knows what that means
        (`crates/pod/src/supervise.rs` makes 143 of it), and the report says `KeyboardInterrupt`.
    """
    place = take_place()
    words = _parser().parse_args(arguments)
    # SIGTERM ends a task like Ctrl-C, so that nodes can clean up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Count one run for telemetry, however many tasks it has.
    os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")
    limit_threads()
    try:
        if not opened:
            open_project(str(Path(words.project).resolve()))
            if not sys.stdout.isatty():
                plain_lines()
        _run(words, session)
        say_done(place)
    except Failure as failure:
        if failed:
            failed(failure)
        report = failure.to_json()
        _say(f"{failure.details.get('traceback') or f'error: {failure}'}\n")
        return _failed(place, report, UNABLE)
    except SystemExit as stop:
        # An exit is a failure even with 0: the node's outputs are missing.
        code = stop.code if isinstance(stop.code, int) and 0 < stop.code < BY_SIGNAL else FAILED
        reason = {"kind": "exit", "message": f"a node called sys.exit({stop.code!r})"}
        return _failed(place, reason, code)
    except BaseException as error:
        if failed:
            failed(error)
        _say(user_traceback(error))
        return _failed(place, _reason(error), FAILED)
    return 0


def make_session(arguments: list[str]) -> Any:
    """Makes the session of tasks with these words, for the worker to fork.

    As in `kedro run`, one session is one run; each task gives it the run's name. Its hooks are
    called in the tasks.

    Args:
        arguments: The words after `argo-kedro exec` in the manifest.

    Returns:
        The session; None if the project has its own session class, which may start things that do
        not survive a fork.
    """
    from kedro.framework.session import KedroSession

    words = _parser().parse_args(arguments)
    if session_class() is not KedroSession:
        return None
    parameters = json.loads(words.params) if words.params else {}
    session = KedroSession.create(
        env=words.env, conf_source=words.conf_source, runtime_params=parameters
    )
    preload(session, read_names(words.pipelines))
    return session


def session_class() -> Any:
    """Gives the class of the project's sessions.

    Returns:
        The class in `settings.py`, or Kedro's own.
    """
    from kedro.framework.project import settings
    from kedro.framework.session import KedroSession

    # Kedro 1.1 added the setting.
    return getattr(settings, "SESSION_CLASS", KedroSession)


def _run(words: argparse.Namespace, session: Any) -> None:
    from kedro.framework.session import KedroSession

    parameters = json.loads(words.params) if words.params else {}
    create: dict[str, Any] = {"env": words.env, "conf_source": words.conf_source}
    run: dict[str, Any] = {
        "node_names": read_names(words.nodes),
        "runner": _runner(words.runner, words.runner_params),
        "load_versions": json.loads(words.load_versions) if words.load_versions else {},
    }
    kind = session_class()
    if issubclass(kind, KedroSession):
        create["runtime_params"] = parameters
    else:
        run["runtime_params"] = parameters
    pipelines = read_names(words.pipelines)
    if "pipeline_names" in inspect.signature(kind.run).parameters:
        run["pipeline_names"] = pipelines
    elif len(pipelines) == 1:
        run["pipeline_name"] = pipelines[0]
    else:
        raise Failure(
            "unsupported_kedro",
            f"the installed Kedro can run only one pipeline at a time, not {len(pipelines)}: "
            "register the sum of these pipelines",
        )
    with session or kind.create(**create) as running:
        if version := run_version():
            _name(running, version.name)
        running.run(**run)


def _name(session: Any, name: str) -> None:
    """Names a session after its run, so that hooks get the same `run_id` in all tasks."""
    from kedro.framework.session import KedroSession

    if isinstance(session, KedroSession):
        session.session_id = name
        session._store["session_id"] = name


def _runner(name: str | None, parameters: str | None) -> Any:
    from argo_kedro.worker.runners import load_runner

    return load_runner(name)(**json.loads(parameters or "{}"))


def _reason(error: BaseException) -> dict[str, Any]:
    return {
        "kind": "exception",
        "type": type(error).__name__,
        "message": in_short(error, _text_of(error).strip()),
        "node": hooks.failed_node,
        "frame": last_user_frame(error.__traceback__),
        "traceback": user_traceback(error),
    }


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as another:
        return f"it has no text: making one raises {type(another).__name__}"


def _say(text: str) -> None:
    # A node may have closed the stream; the report has the reason too.
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, end="")


def _failed(place: str | None, report: dict[str, Any], code: int) -> int:
    write_report(place, report)
    return code


@functools.cache  # a worker makes it once for all its forks
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="argo-kedro exec", allow_abbrev=False)
    parser.add_argument("--nodes", required=True, help="names of nodes, with commas between them")
    parser.add_argument("--pipelines", default="__default__", help="where the nodes are")
    parser.add_argument("--env", help="configuration environment")
    parser.add_argument("--conf-source", help="configuration folder")
    parser.add_argument("--params", help="runtime parameters, a JSON object")
    parser.add_argument("--load-versions", help="dataset versions, a JSON object")
    parser.add_argument("--runner", help="class of the runner inside the task")
    parser.add_argument("--runner-params", help="arguments of the runner, a JSON object")
    parser.add_argument("--project", default=".", help="folder of the project")
    return parser
