"""`kedro argo …` hands its words to the program `argo-kedro`, unchanged.

Kedro imports this module for every command, so it imports nothing but click, which
Kedro has imported by then.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click


@click.group(name="argo-kedro")
def commands() -> None:
    """Commands that this plugin adds to Kedro."""


# Kedro adds a group's help to its own, where it says nothing.
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

    program = find_program()
    environment = {
        **os.environ,
        # The project is read by the interpreter that runs Kedro.
        "ARGO_KEDRO_PYTHON": sys.executable,
        "ARGO_KEDRO_PROGRAM_NAME": "kedro argo",
    }
    sys.stdout.flush()
    sys.stderr.flush()
    folder = getattr(project, "project_path", None)
    if folder is not None and arguments and arguments[0] in _host.COMMANDS:
        code = _host.run(program, list(arguments), environment, folder)
        # As if this process had become the program: nothing of Kedro's comes after it, and
        # taking down all that the project imported would cost a fifth of a second.
        os._exit(code)
    os.execve(program, ["argo-kedro", *arguments], environment)
