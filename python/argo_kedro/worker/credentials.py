"""Finds where the credentials that a catalog names are defined. Only names leave the files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_PATTERNS = ("credentials*", "credentials*/**", "**/credentials*")
_SUFFIXES = {".yml", ".yaml", ".json"}


def named_in(entries: dict[str, Any]) -> dict[str, list[str]]:
    """Finds the credentials that catalog entries name.

    Kedro looks all of them up before it makes the first dataset (`CatalogConfigResolver`),
    those of entries that no node uses included.

    Args:
        entries: Catalog entries by dataset name or pattern.

    Returns:
        By name of the credentials, the entries that name them, both in the catalog's order.
    """
    named: dict[str, list[str]] = {}
    for dataset, entry in entries.items():
        for name in dict.fromkeys(_names(entry)):
            named.setdefault(name, []).append(dataset)
    return named


def definitions(folders: list[Path], project: Path) -> dict[str, list[str]]:
    """Finds the files that define credentials.

    Args:
        folders: The folders of the environments.
        project: Folder that the paths are relative to.

    Returns:
        By name of the credentials, the paths of the files that define them. A file that cannot be
        read here defines nothing.
    """
    found: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted({file for glob in _PATTERNS for file in folder.glob(glob)}):
            if path.suffix in _SUFFIXES and path.is_file():
                inside = path.is_relative_to(project)
                shown = str(path.relative_to(project) if inside else path)
                for name in _defined_in(path):
                    found.setdefault(name, []).append(shown)
    return found


def other_folders(source: Path, folders: list[Path]) -> list[Path]:
    """Finds the folders of the environments that are not read.

    Args:
        source: The configuration folder.
        folders: Those that are read.

    Returns:
        The others, sorted.
    """
    if not source.is_dir():
        return []
    found = (entry for entry in source.iterdir() if entry.is_dir() and entry not in folders)
    return sorted(folder for folder in found if not folder.name.startswith("."))


def may_come_from_hooks() -> bool:
    """Whether a hook of the project may bring credentials, as Kedro's documentation has it.

    Returns:
        Whether one is called when the context has been made.
    """
    from kedro.framework.project import settings

    return any(hasattr(hook, "after_context_created") for hook in settings.HOOKS)


def _names(entry: Any) -> Iterator[str]:
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key == "credentials" and isinstance(value, str):
                yield value
            else:
                yield from _names(value)


def _defined_in(path: Path) -> list[str]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return []
    return [name for name in content if isinstance(name, str)] if isinstance(content, dict) else []
