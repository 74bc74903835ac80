"""Finds the definitions of a catalog's credentials. Only their names leave the files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from argo_kedro.worker.files import files_of, shown
from argo_kedro.worker.other_sources import other_sources


def named_in(entries: dict[str, Any]) -> dict[str, list[str]]:
    """Finds the credentials that catalog entries name.

    Kedro looks up all of them before it makes the first dataset (`CatalogConfigResolver`), also
    those of entries that no node uses.

    Args:
        entries: Catalog entries by dataset name or pattern.

    Returns:
        The entries by name of their credentials, both in the catalog's order.
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
        Paths of the defining files, by name of the credentials. An unreadable file defines nothing.
    """
    found: dict[str, list[str]] = {}
    for path in (path for folder in folders for path in files_of("credentials", folder)):
        for name in _defined_in(path):
            found.setdefault(name, []).append(shown(path, project))
    return found


def other_folders(source: Path, folders: list[Path]) -> list[Path]:
    """Finds the folders of the environments that the loader does not read.

    Args:
        source: The configuration folder.
        folders: The folders that it reads.

    Returns:
        The others, sorted.
    """
    found = (entry for entry in source.iterdir() if entry.is_dir() and entry not in folders)
    return sorted(folder for folder in found if not folder.name.startswith("."))


def are_in_files(loader: Any, source: Path) -> bool:
    """Says whether all credentials are in readable files.

    Args:
        loader: The project's configuration loader.
        source: Its configuration folder; also an archive or a URL.

    Returns:
        Whether the loader is Kedro's own with its own patterns, the source is a folder, and no hook
        runs after the context is made: Kedro's documentation shows such hooks that load
        credentials. A custom context class may load them as well.
    """
    from kedro.config import OmegaConfigLoader
    from kedro.framework.project import settings

    return (
        type(loader) is OmegaConfigLoader
        and "credentials" not in settings.CONFIG_LOADER_ARGS.get("config_patterns", {})
        and source.is_dir()
        and not other_sources(("after_context_created",))
    )


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
        # Kedro's loader reports errors in a file that the run reads.
        return []
    return [name for name in content if isinstance(name, str)] if isinstance(content, dict) else []
