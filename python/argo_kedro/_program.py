"""Finds the program `argo-kedro` that was installed with this package."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

NAME = "argo-kedro"


def find_program() -> str:
    """Finds the program that belongs to this interpreter.

    Returns:
        Its path.

    Raises:
        SystemExit: It is nowhere; the message lists every place that was looked at.
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
    print(
        f"error: the program `{NAME}` is not installed for {sys.executable}\n\n"
        f"Looked in:\n{looked}\n\n"
        "hint: install its wheel again: pip install --force-reinstall WHEEL",
        file=sys.stderr,
    )
    raise SystemExit(2)
