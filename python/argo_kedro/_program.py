"""Finds the program `argo-kedro` that was installed with this package."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

NAME = "argo-kedro"
#: Advice where the program is nowhere.
HINT = "install its wheel again: pip install --force-reinstall WHEEL"


class ProgramMissing(Exception):
    """The program is nowhere; the text lists every place that was looked at."""


def locate_program() -> str:
    """Finds the program that belongs to this interpreter.

    Returns:
        Its path.

    Raises:
        ProgramMissing: It is nowhere.
    """
    places = [Path(sysconfig.get_path("scripts"))]
    user_scheme = sysconfig.get_preferred_scheme("user")
    places.append(Path(sysconfig.get_path("scripts", scheme=user_scheme)))
    # Installed with `pip install --target`: beside the package.
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
        Its path.

    Raises:
        SystemExit: It is nowhere, which is said.
    """
    try:
        return locate_program()
    except ProgramMissing as error:
        print(f"error: {error}\n\nhint: {HINT}", file=sys.stderr)
        raise SystemExit(2) from error
