"""The datasets of an earlier run, as that run had them.

A run is recreated from its record: its environment, its runtime parameters and the variables of its
tasks. Kedro loads its data, through the catalog of the project.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argo_kedro.results import place_of


class CannotLoad(Exception):
    """A dataset of a run cannot be loaded; the text gives the reason in one line."""


@dataclass(frozen=True)
class RecordedRun:
    """Settings of a run.

    Attributes:
        project: Folder of the project.
        env: Configuration environment; None for the project's default.
        conf_source: Configuration folder; None for the project's.
        params: Runtime parameters, nested.
        variables: Environment variables of its tasks, without secrets.
        buckets: Folder that stood in for buckets (`run --like-a-pod`); None for the buckets.
    """

    project: str
    env: str | None = None
    conf_source: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    buckets: str | None = None

    @classmethod
    def from_json(cls, project: str, recorded: dict[str, Any]) -> RecordedRun:
        """Reads the program's description of a run.

        Args:
            project: Folder of the project.
            recorded: `env`, `conf_source`, `params`, `variables` and `buckets`, as
                `results -o json` has it under `made_with`.

        Returns:
            The run.
        """
        from argo_kedro.worker.crossing import arrived

        return cls(
            project,
            recorded.get("env"),
            recorded.get("conf_source"),
            arrived(recorded.get("params") or {}),
            dict(recorded.get("variables") or {}),
            recorded.get("buckets"),
        )

    @contextlib.contextmanager
    def variables_set(self) -> Iterator[list[str]]:
        """Sets the variables of the run's tasks, and stand-ins for secrets that are missing here.

        Without stand-ins, one missing secret would prevent loading any dataset.

        Yields:
            Names of the variables with a stand-in. All variables are restored afterwards.
        """
        from argo_kedro.worker.container_variables import ALWAYS, container_variables

        before = dict(os.environ)
        os.environ.update(self.variables)
        missing = []
        for name, value in container_variables(self._configuration()).items():
            if name not in os.environ:
                os.environ[name] = value
                if value == name and name not in ALWAYS:
                    missing.append(name)
        # A look at data does not count as a run of the user.
        os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")
        try:
            with self._buckets():
                yield missing
        finally:
            for name in os.environ.keys() - before.keys():
                del os.environ[name]
            for name, value in before.items():
                if os.environ.get(name) != value:
                    os.environ[name] = value

    @contextlib.contextmanager
    def _buckets(self) -> Iterator[None]:
        if self.buckets:
            from argo_kedro.like_a_pod.store import standing_in

            with standing_in(self.buckets):
                yield
        else:
            yield

    def _configuration(self) -> Path:
        from kedro.framework.project import settings

        return Path(self.project, self.conf_source or settings.CONF_SOURCE)

    def catalog(self) -> Any:
        """Makes the catalog that a task of the run had; the project must be open.

        Returns:
            Kedro's catalog, with the additions of hooks.

        Raises:
            Exception: The error of the configuration, or of a hook.
        """
        from kedro.framework.session import KedroSession

        from argo_kedro.worker.task import session_class

        kind = session_class()
        create: dict[str, Any] = {
            "project_path": self.project,
            "env": self.env,
            "conf_source": self.conf_source,
        }
        if issubclass(kind, KedroSession):
            session = kind.create(**create, runtime_params=self.params)
            return session.load_context().catalog
        return kind.create(**create).load_context(runtime_params=self.params).catalog


def dataset_of_run(catalog: Any, name: str, path: str | None) -> Any:
    """Gives a dataset that loads the run's data.

    Args:
        catalog: The run's catalog. The run's variables are set.
        name: The dataset.
        path: Where the run has written it; None if it has not: then it is read as its tasks read
            it.

    Returns:
        The dataset.

    Raises:
        CannotLoad: The catalog lacks it now, or has it in another place.
        Exception: The error of the dataset's class.
    """
    from kedro.io import AbstractVersionedDataset, MemoryDataset, SharedMemoryDataset

    dataset = catalog.get(name)
    if path is None and isinstance(dataset, type(None) | MemoryDataset | SharedMemoryDataset):
        return _handed_over(name)
    if dataset is None:
        raise CannotLoad("the catalog no longer has this dataset")
    # A `CachedDataset` wraps another dataset.
    inner = getattr(dataset, "_dataset", dataset)
    version = None
    if isinstance(inner, AbstractVersionedDataset) and inner._version:
        version = _version_in(path) if path else _version_read(inner, name)
        inner._version = inner._version._replace(load=version)
    if path is not None:
        now = place_of(inner, version)
        if now != path:
            raise CannotLoad(
                f"the catalog has this dataset in another place now: {now or 'memory'}"
            )
    return dataset


def _handed_over(name: str) -> Any:
    from argo_kedro.handoff import HandoffDataset, file_name
    from argo_kedro.name_list import read_names
    from argo_kedro.task_variables import HANDOFF_FROM, HANDOFF_PATH

    folder = os.environ.get(HANDOFF_PATH)
    if not folder:
        raise CannotLoad("the catalog does not store this dataset")
    elsewhere = read_names(os.environ.get(HANDOFF_FROM, ""))
    return HandoffDataset(
        f"{folder}/{file_name(name)}", [f"{place}/{file_name(name)}" for place in elsewhere]
    )


def _version_in(path: str) -> str:
    """Gives the version in a path of Kedro's form: `…/VERSION/NAME`."""
    return path.rstrip("/").rpartition("/")[0].rpartition("/")[2]


def _version_read(dataset: Any, name: str) -> str | None:
    from argo_kedro.versions import run_version, version_read

    version = run_version()
    return version_read(version, dataset, name) if version else None
