"""The one version of a run: what all its tasks save, and what they read of it.

`kedro run` saves every versioned dataset under one version, the id of its session, and what it
reads once stays the same until it ends. A run of many processes has to do the same: each task
finds the run's version in its environment, and never the latest one that another run saved
meanwhile.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import PurePath
from typing import Any

from argo_kedro.hooks import RUN_VERSION

#: Unique ids of the runs that this one goes on from, comma separated, the last one first.
RUN_VERSION_FROM = "ARGO_KEDRO_RUN_VERSION_FROM"
#: Letters of a unique id that tell runs of one second apart; the last ones of a UUID are random.
_LETTERS = 12
#: A version as Kedro makes it (`kedro.io.core.VERSION_FORMAT`), to the second.
_BY_KEDRO = re.compile(r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d")
_TO_THE_SECOND = len("2026-11-27T03.22.01")


@dataclass(frozen=True)
class RunVersion:
    """The version of a run.

    Attributes:
        name: As Kedro's versions, and then the end of the run's id.
        earlier: Ends of the ids of the runs that this one goes on from, the last one first.
    """

    name: str
    earlier: tuple[str, ...] = ()

    def to_load(self, versions: Sequence[str]) -> Iterator[str]:
        """Gives the versions that may be loaded, in the order in which to try them.

        Args:
            versions: Versions of a dataset.

        Yields:
            What the run saved, its last attempt first; what runs saved that it goes on from; the
            versions that were there when the run was made, the latest first.
        """
        for end in (_end_of(self.name), *self.earlier):
            own = [(_attempt(version), version) for version in versions if _is_of(version, end)]
            yield from (version for _, version in sorted(own, reverse=True))
        for version in sorted(versions, reverse=True):
            # A version that is no time, `final` for example, is not of a run that began later.
            if not _BY_KEDRO.match(version) or version[:_TO_THE_SECOND] <= self.name:
                yield version

    def to_save(self) -> Iterator[str]:
        """Gives the versions to save under, in the order in which to try them.

        Yields:
            The run's version, and then one for every further attempt of a task: Kedro never
            saves over a version.
        """
        yield self.name
        attempt = 1
        while True:
            yield f"{self.name}.{attempt}"
            attempt += 1


def run_version() -> RunVersion | None:
    """Reads the run's version from the environment.

    Returns:
        The version; None outside of a run.

    Raises:
        ValueError: The variable is there and says nothing of the kind.
    """
    text = os.environ.get(RUN_VERSION)
    if not text:
        return None
    made, _, uid = text.partition("/")
    try:
        moment = datetime.fromisoformat(made.replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError as error:
        raise ValueError(f"{RUN_VERSION} is {text!r}, not a time and an id") from error
    if not uid:
        raise ValueError(f"{RUN_VERSION} is {text!r}, not a time and an id")
    earlier = os.environ.get(RUN_VERSION_FROM, "").split(",")
    return RunVersion(
        f"{moment:%Y-%m-%dT%H.%M.%S}.000Z-{_short(uid)}",
        tuple(_short(uid) for uid in earlier if uid),
    )


def apply(version: RunVersion, pipeline: Any, catalog: Any) -> None:
    """Gives the versioned datasets of a task the run's version.

    Args:
        version: The run's version.
        pipeline: The nodes of the task.
        catalog: The task's catalog. A version that the user asked to load stays.

    Raises:
        DatasetError: The versions of what the task reads cannot be listed, or are all of later
            runs.
    """
    # Nodes of one task hand on what they save, whatever views they have of it (`x@pandas`).
    written = {name.split("@", 1)[0] for node in pipeline.nodes for name in node.outputs}
    saved: dict[str, str] = {}
    for name in sorted(pipeline.datasets()):
        plain = name.split("@", 1)[0]
        dataset = _versioned(catalog, name)
        if dataset is None:
            continue
        if plain in written:
            saved[plain] = saved.get(plain) or _free(version, dataset)
            # What nodes of one task hand on is what they saved.
            load = dataset._version.load or saved[plain]
            dataset._version = dataset._version._replace(load=load, save=saved[plain])
        elif not dataset._version.load:
            load = _there(version, dataset, name)
            dataset._version = dataset._version._replace(load=load)


def _there(version: RunVersion, dataset: Any, name: str) -> str | None:
    """Finds the version to load; None leaves it to Kedro to say that there is none at all."""
    from kedro.io import DatasetError

    path = dataset._get_versioned_path
    try:
        found = [PurePath(found).parent.name for found in dataset._glob_function(str(path("*")))]
        for candidate in version.to_load(found):
            if dataset._exists_function(str(path(candidate))):
                return candidate
    except Exception as error:
        raise DatasetError(f"cannot list the versions of `{name}`: {error}") from error
    if not found:
        return None
    raise DatasetError(
        f"`{name}` had no version when this run was made; since then there is {min(found)}. "
        f"To read that, start a new run, or name it: --load-versions {name}:{min(found)}"
    )


def _free(version: RunVersion, dataset: Any) -> str:
    path = dataset._get_versioned_path
    return next(one for one in version.to_save() if not dataset._exists_function(str(path(one))))


def _versioned(catalog: Any, name: str) -> Any:
    """Gives the dataset of that name, or the one that it wraps; None if it has no versions."""
    from kedro.io import AbstractVersionedDataset

    try:
        dataset = catalog.get(name)
    except Exception:
        # Kedro makes it once more in a moment, and says what is wrong with it.
        return None
    # What a `CachedDataset` wraps.
    dataset = getattr(dataset, "_dataset", dataset)
    has_versions = isinstance(dataset, AbstractVersionedDataset) and dataset._version
    return dataset if has_versions else None


def _short(uid: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", uid)[-_LETTERS:]


def _end_of(name: str) -> str:
    return name.rpartition("-")[2]


def _is_of(version: str, end: str) -> bool:
    return re.search(rf"Z-{re.escape(end)}(\.\d+)?$", version) is not None


def _attempt(version: str) -> int:
    found = re.search(r"\.(\d+)$", version)
    return int(found[1]) if found else 0
