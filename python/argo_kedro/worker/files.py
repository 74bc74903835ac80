"""Finds configuration files by what their names begin with, as Kedro's loader does."""

from __future__ import annotations

import os
from pathlib import Path

_SUFFIXES = {".yml", ".yaml", ".json"}


def files_of(part: str, folder: Path) -> list[Path]:
    """Finds the files of a part of the configuration.

    The patterns are Kedro's: `part*`, `part*/**` and `**/part*`. `pathlib` reads `**` in three
    ways between Python 3.10 and 3.13, so they are not left to it.

    Args:
        part: E.g. `credentials`.
        folder: Folder of an environment.

    Returns:
        Paths, sorted; none where there is no such folder.
    """
    found = []
    for top, _, names in os.walk(folder):
        for path in (Path(top, name) for name in names):
            parts = path.relative_to(folder).parts
            is_of_part = parts[0].startswith(part) or parts[-1].startswith(part)
            if is_of_part and path.suffix in _SUFFIXES and path.is_file():
                found.append(path)
    return sorted(found)


def shown(path: Path, project: Path) -> str:
    """Gives a path relative to the project where it is inside."""
    return str(path.relative_to(project) if path.is_relative_to(project) else path)
