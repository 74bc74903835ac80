"""Does once, in the worker, what every forked task would repeat.

This covers only work that is the same in every task and starts nothing: imports, loading the
registered pipelines, reading configuration files. Each task resolves its configuration (resolvers,
variables) itself, since its environment is the container's.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import sys
from typing import Any

from argo_kedro.worker.logs import plain_lines

#: Parts of the configuration that every task reads.
_PARTS = ("catalog", "parameters", "credentials", "globals")
#: Modules that Kedro and fsspec import at the first use of a catalog or a path.
_LATE_IMPORTS = (
    "argo_kedro.handoff",
    "argo_kedro.results",
    "argo_kedro.versions",
    "argo_kedro.worker.runners",
    "argo_kedro.worker.task",
    "fsspec.implementations.cached",
    "fsspec.implementations.chained",
    "fsspec.implementations.local",
    "kedro.io.memory_dataset",
    "kedro.runner",
)


def import_what_tasks_use() -> None:
    """Imports sessions, runners and plugins' hooks. Nothing is registered or called."""
    for name in _LATE_IMPORTS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for entry_point in importlib.metadata.entry_points(group="kedro.hooks"):
        # A broken plugin fails in the task, as it does in `kedro run`.
        with contextlib.suppress(Exception):
            entry_point.load()
    if "kedro_mlflow" in sys.modules:
        importlib.import_module("argo_kedro.mlflow.join")
    with contextlib.suppress(Exception):
        from kedro.io import memory_dataset

        # This call imports pandas and numpy, if they are installed.
        memory_dataset._infer_copy_mode(None)
    with contextlib.suppress(Exception):
        # Kedro calls it for every parameter; pydantic imports its models at the first call.
        is_model = importlib.import_module("kedro.validation.utils").is_pydantic_model
        is_model(None)
    with contextlib.suppress(Exception):
        import fsspec

        fsspec.filesystem("file").glob("/")
    plain_lines()


def preload(session: Any, pipelines: list[str]) -> None:
    """Loads what the tasks of a session share.

    If something cannot be loaded here, the task loads it and reports the error.

    Args:
        session: The session of the tasks.
        pipelines: Names of their registered pipelines.
    """
    with contextlib.suppress(Exception, SystemExit):
        _load_pipelines(pipelines)
    with contextlib.suppress(Exception, SystemExit):
        _read_configuration(session)


def _load_pipelines(names: list[str]) -> None:
    """Requests the pipelines as the session will, so that they are loaded by then."""
    from kedro.framework import project

    if hasattr(project.pipelines, "set_requested"):
        project.pipelines.set_requested(names)
    for name in names:
        project.pipelines[name]


def _read_configuration(session: Any) -> None:
    """Reads the configuration's files once for all loaders that would read the same.

    Args:
        session: The session whose loader selects the files.
    """
    from kedro.config import OmegaConfigLoader

    loader = session._get_config_loader()
    read = getattr(OmegaConfigLoader, "_read_raw_config", None)
    # A custom loader may read any other place.
    if type(loader) is not OmegaConfigLoader or read is None:
        return
    ready: dict[Any, Any] = {}
    # Credentials take values from the environment during reading: from the task's, not the
    # worker's.
    loader._resolve_environment_variables = lambda _: None  # type: ignore[method-assign]
    for part in _PARTS:
        with contextlib.suppress(Exception):
            ready[_key(loader, part)] = read(loader, part)

    def read_raw_config(loader: Any, part: str) -> Any:
        # Give it away: the caller may change it.
        found = ready.pop(_key(loader, part), None)
        if found is None:
            return read(loader, part)
        if part == "credentials":
            for file in (*found[0].values(), *found[1].values()):
                loader._resolve_environment_variables(file)
        return found

    OmegaConfigLoader._read_raw_config = read_raw_config  # type: ignore[method-assign]


def _key(loader: Any, part: str) -> Any:
    return (
        part,
        str(loader.conf_source),
        loader.env,
        loader.base_env,
        loader.default_run_env,
        loader.ignore_hidden,
        tuple(loader.config_patterns.get(part, ())),
    )
