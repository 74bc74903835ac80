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
    return [path for path in configuration_files(folder) if is_of_part(part, path, folder)]


def configuration_files(folder: Path) -> list[Path]:
    """Finds the files of all parts of the configuration.

    Args:
        folder: Folder of an environment.

    Returns:
        Paths, sorted; none where there is no such folder.
    """
    found = (Path(top, name) for top, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if path.suffix in _SUFFIXES and path.is_file())


def is_of_part(part: str, path: Path, folder: Path) -> bool:
    """Says whether a file in the folder of an environment is of a part of the configuration."""
    parts = path.relative_to(folder).parts
    return parts[0].startswith(part) or parts[-1].startswith(part)


def shown(path: Path, project: Path) -> str:
    """Gives a path relative to the project where it is inside."""
    return str(path.relative_to(project) if path.is_relative_to(project) else path)


def is_text(name: str) -> bool:
    """Says whether a name is UTF-8. Python keeps other bytes as halves of surrogate pairs."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
