"""Finds the program `argo-kedro` that was installed with this package."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

NAME = "argo-kedro"
#: Advice if the program is missing.
HINT = "install its wheel again: pip install --force-reinstall WHEEL"


class ProgramMissing(Exception):
    """The program is missing; the text lists every searched place."""


def locate_program() -> str:
    """Finds the program that belongs to this interpreter.

    Returns:
        The program's path.

    Raises:
        ProgramMissing: The program is missing.
    """
    places = [Path(sysconfig.get_path("scripts"))]
    user_scheme = sysconfig.get_preferred_scheme("user")
    places.append(Path(sysconfig.get_path("scripts", scheme=user_scheme)))
    # `pip install --target` puts it beside the package.
    places.append(Path(__file__).resolve().parent.parent / "bin")
    for place in places:
        program = place / NAME
        if program.is_file() and os.access(program, os.X_OK):
            return str(program)
    looked = "\n".join(f"  {place}" for place in dict.fromkeys(places))
    raise ProgramMissing(
        f"the program `{NAME}` is not installed for {sys.executable}\n\nLooked in:\n{looked}"
    )


def find_program() -> str:
    """Finds the program for a command line.

    Returns:
        The program's path.

    Raises:
        SystemExit: The program is missing; a message says so.
    """
    try:
        return locate_program()
    except ProgramMissing as error:
        print(f"error: {error}\n\nhint: {HINT}", file=sys.stderr)
        raise SystemExit(2) from error
