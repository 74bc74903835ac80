"""`kedro argo …` hands its words to the program `argo-kedro`, unchanged.

Kedro imports this module for every command, so it imports nothing but click, which
Kedro has imported by then.
"""

from __future__ import annotations

import os
import sys

import click


@click.group(name="argo-kedro")
def commands() -> None:
    """Commands that this plugin adds to Kedro."""


@commands.command(
    name="argo",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def argo(arguments: tuple[str, ...]) -> None:
    """Plan, lint, compile and run pipelines as Argo Workflows."""
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
    os.execve(program, ["argo-kedro", *arguments], environment)
