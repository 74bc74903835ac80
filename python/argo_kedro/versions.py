"""The version of a run, which all its tasks save, and read of the run's own datasets.

`kedro run` saves every versioned dataset under one version, the id of its session, and a loaded
version stays the same until its end. A run of many processes has to do the same: each task finds
the run's version in its environment, and never takes a later one of another run. For a dataset that
no task of the run makes, the first reader chooses the version and notes it for the others.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import PurePath
from typing import Any

from argo_kedro import load_versions
from argo_kedro.passwords import without_passwords
from argo_kedro.task_variables import LOAD_VERSIONS, RUN_VERSION

#: Unique ids of the runs that this one continues, comma separated, the last one first.
RUN_VERSION_FROM = "ARGO_KEDRO_RUN_VERSION_FROM"
#: Last characters of a unique id that distinguish runs of one second; the end of a UUID is random.
_LETTERS = 12
#: A version in Kedro's form (`kedro.io.core.VERSION_FORMAT`), to the second.
_BY_KEDRO = re.compile(r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d")
_TO_THE_SECOND = len("2026-11-27T03.22.01")
_OF_RUN = re.compile(r"Z-([0-9A-Za-z]+)(?:\.(\d+))?$")
_NO_LETTERS = re.compile(r"[^0-9A-Za-z]")


@dataclass(frozen=True)
class RunVersion:
    """The version of a run.

    Attributes:
        name: A version in Kedro's form, and then the end of the run's id.
        earlier: Ends of the ids of the runs that this one continues, the last one first.
    """

    name: str
    earlier: tuple[str, ...] = ()

    def of_runs(self, versions: Sequence[str]) -> Iterator[str]:
        """Gives the versions that the run has saved, and those of runs that it continues.

        Args:
            versions: Versions of a dataset.

        Yields:
            The versions in the order to try: those of the run, its last attempt first; then those
            of the runs that it continues, the last run first.
        """
        for end in (_end_of(self.name), *self.earlier):
            own = [(_attempt(version), version) for version in versions if _is_of(version, end)]
            yield from (version for _, version in sorted(own, reverse=True))

    def from_before(self, versions: Sequence[str]) -> Iterator[str]:
        """Gives other versions whose names say that they are older than the run.

        A run that began earlier may still save such a version later.

        Args:
            versions: Versions of a dataset.

        Yields:
            The versions in the order to try, the latest first.
        """
        for version in sorted(versions, reverse=True):
            # A version without a time, for example `final`, is not from a run that began later.
            if not _BY_KEDRO.match(version) or version[:_TO_THE_SECOND] <= self.name:
                yield version

    def to_save(self) -> Iterator[str]:
        """Gives the versions to save under, in the order to try.

        Yields:
            The run's version, and then one for every further attempt of a task: Kedro never
            overwrites a version.
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
        ValueError: The variable has another form.
    """
    text = os.environ.get(RUN_VERSION)
    return _read(text, os.environ.get(RUN_VERSION_FROM, "")) if text else None


@functools.cache  # hooks and the session call it in every task
def _read(text: str, earlier: str) -> RunVersion:
    made, _, uid = text.partition("/")
    try:
        moment = datetime.fromisoformat(made.replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError as error:
        raise ValueError(f"{RUN_VERSION} is {text!r}, not a time and an id") from error
    if not uid:
        raise ValueError(f"{RUN_VERSION} is {text!r}, not a time and an id")
    return RunVersion(
        f"{moment:%Y-%m-%dT%H.%M.%S}.000Z-{_short(uid)}",
        tuple(_short(uid) for uid in earlier.split(",") if uid),
    )


def apply(version: RunVersion, pipeline: Any, catalog: Any) -> None:
    """Gives the versioned datasets of a task the run's version.

    Args:
        version: The run's version.
        pipeline: The nodes of the task.
        catalog: The task's catalog. A version that the user asked to load stays.

    Raises:
        DatasetError: The versions of an input cannot be listed, or all are of later runs; the
            version to read cannot be noted, or is gone.
    """
    saved = _Saved(version)
    read: dict[str, Any] = {}
    # Follow the order of the nodes: an entry keeps its first loaded version, and nodes of one task
    # read what earlier ones saved, even through another entry for the same file.
    written = {_plain(name) for node in pipeline.nodes for name in node.outputs}
    for node in pipeline.nodes:
        for name in sorted(node.inputs):
            dataset = _versioned(catalog, name)
            if dataset is None or _plain(name) in written or name in read:
                continue
            read[name] = dataset
            if not dataset._version.load:
                load = _noted(dataset, name) or saved.at(dataset) or _there(version, dataset, name)
                dataset._version = dataset._version._replace(load=load)
        for name in sorted(node.outputs):
            if dataset := _versioned(catalog, name):
                saved.take(dataset, name)
    for name in sorted(pipeline.datasets() - read.keys()):
        if (dataset := _versioned(catalog, name)) and _plain(name) in written:
            own = saved.take(dataset, name)
            load = dataset._version.load or own
            dataset._version = dataset._version._replace(load=load, save=own)


class _Saved:
    """The versions that a task saves, by dataset and by place."""

    def __init__(self, version: RunVersion) -> None:
        self._version = version
        self._by_name: dict[str, str] = {}
        self._by_place: dict[tuple[str, str], str] = {}

    def take(self, dataset: Any, name: str) -> str:
        """Gives the version for a dataset, the same for all views of it (`x@pandas`)."""
        plain = _plain(name)
        if plain not in self._by_name:
            self._by_name[plain] = _free(self._version, dataset)
        self._by_place[_place(dataset)] = self._by_name[plain]
        return self._by_name[plain]

    def at(self, dataset: Any) -> str | None:
        """Gives the version that the task has saved at a dataset's place."""
        return self._by_place.get(_place(dataset))


def _place(dataset: Any) -> tuple[str, str]:
    return str(getattr(dataset, "_protocol", "")), str(dataset._filepath)


def _plain(name: str) -> str:
    return name.split("@", 1)[0]


def version_read(version: RunVersion, dataset: Any, name: str) -> str | None:
    """Finds the version of a dataset that a run has, without a note.

    Args:
        version: The run's version.
        dataset: A dataset with versions.
        name: Its name.

    Returns:
        The version that the run has saved or read; else the one that its tasks would read now; None
        if there is none.

    Raises:
        DatasetError: As for `apply`.
    """
    return _noted(dataset, name) or _there(version, dataset, name, note=lambda found, _: found)


def _there(
    version: RunVersion,
    dataset: Any,
    name: str,
    note: Callable[[str, str], str] | None = None,
) -> str | None:
    """Finds the version to load; None if there is none, which Kedro reports."""
    from kedro.io import DatasetError

    path = dataset._get_versioned_path

    def first(candidates: Iterator[str]) -> str | None:
        exists = (one for one in candidates if dataset._exists_function(str(path(one))))
        return next(exists, None)

    try:
        found = [PurePath(found).parent.name for found in dataset._glob_function(str(path("*")))]
        # A run's own version is not noted: another attempt of the task saves another one.
        if own := first(version.of_runs(found)):
            return own
        before = first(version.from_before(found))
    except Exception as error:
        raise _failed(f"cannot list the versions of `{name}`", error) from _shown(error)
    if before:
        return (note or _note)(before, name)
    if not found:
        return None
    raise DatasetError(
        f"`{name}` had no version when this run was made; since then there is {min(found)}. "
        f"To read that, start a new run, or name it: --load-versions {name}:{min(found)}"
    )


def _free(version: RunVersion, dataset: Any) -> str:
    path = dataset._get_versioned_path
    return next(one for one in version.to_save() if not dataset._exists_function(str(path(one))))


def _noted(dataset: Any, name: str) -> str | None:
    """Gives the version that a task of this run has chosen; None if none has.

    Raises:
        DatasetError: The note cannot be read, or the version is gone.
    """
    from kedro.io import DatasetError

    place = _note_of(name)
    if not place:
        return None
    try:
        chosen = load_versions.noted(place)
        is_gone = chosen and not dataset._exists_function(str(dataset._get_versioned_path(chosen)))
    except Exception as error:
        what = f"cannot read which version of `{name}` this run reads, from {place}"
        raise _failed(what, error) from _shown(error)
    if is_gone:
        raise DatasetError(
            f"this run reads version {chosen} of `{name}`, and that is gone. To read another one, "
            "start a new run"
        )
    return chosen


def _note(version: str, name: str) -> str:
    """Notes the version that this run reads, unless another task has done so first.

    Raises:
        DatasetError: The note cannot be written.
    """
    place = _note_of(name)
    if not place:
        return version
    try:
        return load_versions.note(place, version)
    except Exception as error:
        what = f"cannot note which version of `{name}` this run reads, at {place}"
        raise _failed(what, error) from _shown(error)


def _failed(what: str, error: Exception) -> Exception:
    """Turns a store's error into Kedro's; the original may contain a URL with a password."""
    from kedro.io import DatasetError

    failed: Exception = DatasetError(without_passwords(f"{what}: {error}"))
    return failed


def _shown(error: Exception) -> Exception | None:
    """Gives an error as a cause, unless its text contains a password."""
    text = str(error)
    return error if without_passwords(text) == text else None


def _note_of(name: str) -> str | None:
    folder = os.environ.get(LOAD_VERSIONS)
    return load_versions.place_of(folder, _plain(name)) if folder else None


def _versioned(catalog: Any, name: str) -> Any:
    """Gives the dataset of that name, or the one that it wraps; None if it has no versions."""
    from kedro.io import AbstractVersionedDataset

    try:
        dataset = catalog.get(name)
    except Exception:
        # Kedro makes the dataset again soon, and reports the error.
        return None
    # A `CachedDataset` wraps another dataset.
    dataset = getattr(dataset, "_dataset", dataset)
    has_versions = isinstance(dataset, AbstractVersionedDataset) and dataset._version
    return dataset if has_versions else None


def _short(uid: str) -> str:
    return _NO_LETTERS.sub("", uid)[-_LETTERS:]


def _end_of(name: str) -> str:
    return name.rpartition("-")[2]


def _is_of(version: str, end: str) -> bool:
    found = _OF_RUN.search(version)
    return found is not None and found[1] == end


def _attempt(version: str) -> int:
    found = _OF_RUN.search(version)
    return int(found[2] or 0) if found else 0
