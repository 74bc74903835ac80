"""Finds configuration files by the beginning of their names, as Kedro's loader does."""

from __future__ import annotations

import os
from pathlib import Path

_SUFFIXES = {".yml", ".yaml", ".json"}


def files_of(part: str, folder: Path) -> list[Path]:
    """Finds the files of a part of the configuration.

    The patterns are Kedro's: `part*`, `part*/**` and `**/part*`. Python 3.10 to 3.13 read `**` in
    `pathlib` in three ways, so this code does the matching itself.

    Args:
        part: E.g. `credentials`.
        folder: Folder of an environment.

    Returns:
        Paths, sorted; empty if the folder does not exist.
    """
    return [path for path in configuration_files(folder) if is_of_part(part, path, folder)]


def configuration_files(folder: Path) -> list[Path]:
    """Finds the files of all parts of the configuration.

    Args:
        folder: Folder of an environment.

    Returns:
        Paths, sorted; empty if the folder does not exist.
    """
    found = (Path(top, name) for top, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if path.suffix in _SUFFIXES and path.is_file())


def is_of_part(part: str, path: Path, folder: Path) -> bool:
    """Says whether a file of an environment belongs to a part of the configuration."""
    parts = path.relative_to(folder).parts
    return parts[0].startswith(part) or parts[-1].startswith(part)


def shown(path: Path, project: Path) -> str:
    """Gives a path, relative to the project if it is inside."""
    return str(path.relative_to(project) if path.is_relative_to(project) else path)


def is_text(name: str) -> bool:
    """Says whether a name is UTF-8. Python keeps other bytes as halves of surrogate pairs."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
