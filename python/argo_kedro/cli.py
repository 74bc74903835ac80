"""`kedro argo …` hands its words to the program `argo-kedro`, unchanged.

Kedro imports this module for every command, so it imports nothing but click, which
Kedro has imported by then.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import click


@click.group(name="argo-kedro")
def commands() -> None:
    """Commands that this plugin adds to Kedro."""


# Kedro adds a group's help to its own, where this help has nothing to add.
commands.help = None


@commands.command(
    name="argo",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def argo(project: Any, arguments: tuple[str, ...]) -> None:
    """Plan, lint, compile and run pipelines as Argo Workflows."""
    from argo_kedro import _host
    from argo_kedro._program import find_program

    _warn_of_logs_among_data(arguments)
    program = find_program()
    environment = {
        **os.environ,
        # The interpreter that runs Kedro reads the project.
        "ARGO_KEDRO_PYTHON": sys.executable,
        "ARGO_KEDRO_PROGRAM_NAME": "kedro argo",
    }
    sys.stdout.flush()
    sys.stderr.flush()
    folder = getattr(project, "project_path", None)
    if folder is not None and arguments and arguments[0] in _host.COMMANDS:
        code = _host.run(program, list(arguments), environment, folder)
        # Exit as if this process had become the program: skip Kedro's code after a command, and the
        # cleanup of the project's imports, which costs a fifth of a second.
        os._exit(code)
    os.execve(program, ["argo-kedro", *arguments], environment)


#: Commands whose output is a file.
_FILES = {"compile", "schema", "completion", "man"}
#: Forms of output that programs read.
_DATA = {"json", "yaml", "name", "sarif"}


def _warn_of_logs_among_data(arguments: tuple[str, ...]) -> None:
    """Warns that Kedro's log line is above the output, if a program reads that.

    Kedro logs its logging configuration as soon as it is imported, often to standard output, and
    before any code of argo-kedro runs.
    """
    if sys.stdout.isatty() or not _is_data(arguments) or not _has_logged():
        return
    command = " ".join(arguments)
    print(
        "warning: Kedro logs to standard output, so a line of its log stands before this output\n"
        f"hint: argo-kedro {command}",
        file=sys.stderr,
    )


def _is_data(arguments: tuple[str, ...]) -> bool:
    words = [word for argument in arguments for word in argument.split("=", 1)]
    if not words or "--help" in words or "-h" in words:
        return False
    if words[0] == "compile":
        return not {"-o", "--output", "--check"}.intersection(words)
    return words[0] in _FILES or (
        ("-o" in words or "--output" in words) and bool(_DATA.intersection(words))
    )


def _has_logged() -> bool:
    """Says whether Kedro's line about its logging went to standard output."""
    logger: logging.Logger | None = logging.getLogger("kedro.framework.project")
    if logger is None or not logger.isEnabledFor(logging.INFO):
        return False
    while logger is not None:
        if any(_writes_to_stdout(handler) for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


def _writes_to_stdout(handler: logging.Handler) -> bool:
    console = getattr(handler, "console", None)
    stream = getattr(console, "file", None) or getattr(handler, "stream", None)
    return handler.level <= logging.INFO and stream in (sys.stdout, sys.__stdout__)
