"""Resolves the datasets of a pipeline against the catalog, without making any."""

from __future__ import annotations

import copy
from typing import Any

from kedro.io.catalog_config_resolver import CatalogConfigResolver
from kedro.io.core import DatasetError, parse_dataset_definition

from argo_kedro.worker.failure import Failure
from argo_kedro.worker.storage import is_remote

_MEMORY = {"MemoryDataset", "SharedMemoryDataset"}
#: Keys of an entry for the place of its data.
PATH_KEYS = ("filepath", "path", "filename", "filepaths", "dir", "directory")


class Catalog:
    """The catalog's configuration for the plan.

    Args:
        entries: Catalog entries by name or pattern, without credentials.

    Raises:
        Failure: `configuration_failed`, for an entry Kedro refuses.
    """

    def __init__(self, entries: dict[str, Any]) -> None:
        try:
            self._resolver = CatalogConfigResolver(copy.deepcopy(entries))
        except Exception as error:
            raise Failure("configuration_failed", str(error), part="catalog") from error
        self._classes: dict[str, tuple[bool, str | None]] = {}

    def entry(self, name: str) -> dict[str, Any] | None:
        """Gives the catalog entry of a dataset, its pattern filled in, or None."""
        return self._entry(name)[0]

    def defines(self, name: str) -> bool:
        """Says whether Kedro allows a version for a dataset (`DataCatalog.from_config`)."""
        return name in self._resolver.config or bool(self._resolver.match_dataset_pattern(name))

    def describe(self, name: str) -> dict[str, Any]:
        """Describes a dataset.

        Args:
            name: Name as a node uses it, with its transcoding.

        Returns:
            `type`, `place` (`memory`, `local`, `remote` or `external`), `path`, `versioned`,
            `pattern`, `registered`, `has_data` (whether the entry of a `MemoryDataset` has data)
            and `problem` (why its class cannot be used).
        """
        entry, pattern = self._entry(name)
        if entry is None:
            return {"type": "MemoryDataset", "place": "memory", "registered": False}
        kind = entry.get("type") or ""
        kind = kind if isinstance(kind, str) else getattr(kind, "__qualname__", str(kind))
        path = path_of(entry)
        has_versions, problem = self._class(kind, entry)
        place = _place(kind, path)
        return {
            "type": kind,
            "place": place,
            "path": path,
            "versioned": has_versions or _is_versioned(entry),
            "pattern": pattern,
            "registered": True,
            "has_data": place == "memory" and "data" in entry,
            "problem": problem,
        }

    def _entry(self, name: str) -> tuple[dict[str, Any] | None, str | None]:
        if name in self._resolver.config:
            return self._resolver.config[name], None
        pattern = self._resolver.match_dataset_pattern(name)
        pattern = pattern or self._resolver.match_user_catch_all_pattern(name)
        if not pattern:
            return None, None
        try:
            return self._resolver.resolve_pattern(name), pattern
        except Exception as error:
            message = f"dataset `{name}` does not fit its pattern `{pattern}`: {error}"
            raise Failure("configuration_failed", message, part="catalog") from error

    def _class(self, kind: str, entry: dict[str, Any]) -> tuple[bool, str | None]:
        """Says whether all datasets of a class have versions, and why it cannot be used."""
        if kind not in self._classes:
            versioned, problem = False, None
            if not kind:
                return False, "its entry has no `type`"
            try:
                _, arguments = parse_dataset_definition({"type": entry["type"]})
                versioned = "version" in arguments
            except DatasetError as error:
                problem = str(error).strip().splitlines()[0].rstrip(":")
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            self._classes[kind] = versioned, problem
        return self._classes[kind]


def _is_versioned(entry: dict[str, Any]) -> bool:
    # A `CachedDataset` may declare it for its wrapped dataset.
    inner = entry.get("dataset")
    return bool(entry.get("versioned")) or (isinstance(inner, dict) and _is_versioned(inner))


def path_of(entry: dict[str, Any]) -> str | None:
    """Gives the path of a catalog entry or of its wrapped entry, or None."""
    for key in PATH_KEYS:
        if isinstance(entry.get(key), str):
            return str(entry[key])
    inner = entry.get("dataset")
    return path_of(inner) if isinstance(inner, dict) else None


def _place(kind: str, path: str | None) -> str:
    if kind.rsplit(".", 1)[-1] in _MEMORY:
        return "memory"
    if path is None:
        return "external"
    return "remote" if is_remote(path) else "local"
