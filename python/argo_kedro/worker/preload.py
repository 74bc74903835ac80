"""Does once, in the worker, what every task that is forked from it would do again.

Only what is the same in every task and starts nothing: imports, loading the registered
pipelines, reading configuration files. What configuration means (its resolvers, its
variables) is worked out in the task, since its environment is the container's.
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
#: Modules that Kedro and fsspec import when a catalog or a path is first used.
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
        # One that does not load says so in the task, as it does in `kedro run`.
        with contextlib.suppress(Exception):
            entry_point.load()
    if "kedro_mlflow" in sys.modules:
        importlib.import_module("argo_kedro.mlflow.join")
    with contextlib.suppress(Exception):
        from kedro.io import memory_dataset

        # Asks pandas and numpy, where they are installed, about the value.
        memory_dataset._infer_copy_mode(None)
    with contextlib.suppress(Exception):
        # Kedro asks it about every parameter; pydantic imports its models when it is first asked.
        is_model = importlib.import_module("kedro.validation.utils").is_pydantic_model
        is_model(None)
    with contextlib.suppress(Exception):
        import fsspec

        fsspec.filesystem("file").glob("/")
    plain_lines()


def preload(session: Any, pipelines: list[str]) -> None:
    """Loads what the tasks of a session share.

    What cannot be loaded here is loaded in the task, which says what is wrong with it.

    Args:
        session: The session that the tasks run in.
        pipelines: Names of the registered pipelines that they run.
    """
    with contextlib.suppress(Exception, SystemExit):
        _load_pipelines(pipelines)
    with contextlib.suppress(Exception, SystemExit):
        _read_configuration(session)


def _load_pipelines(names: list[str]) -> None:
    """Asks for the pipelines as the session will, so that it finds them loaded."""
    from kedro.framework import project

    if hasattr(project.pipelines, "set_requested"):
        project.pipelines.set_requested(names)
    for name in names:
        project.pipelines[name]


def _read_configuration(session: Any) -> None:
    """Reads the configuration's files, once for all loaders that would read the same.

    Args:
        session: Its loader says which files.
    """
    from kedro.config import OmegaConfigLoader

    loader = session._get_config_loader()
    read = getattr(OmegaConfigLoader, "_read_raw_config", None)
    # A loader of the project's own may read anything from anywhere.
    if type(loader) is not OmegaConfigLoader or read is None:
        return
    ready: dict[Any, Any] = {}
    # Credentials take values from the environment as they are read: the task's, not ours.
    loader._resolve_environment_variables = lambda _: None  # type: ignore[method-assign]
    for part in _PARTS:
        with contextlib.suppress(Exception):
            ready[_key(loader, part)] = read(loader, part)

    def read_raw_config(loader: Any, part: str) -> Any:
        # Given away: who resolves it may change it.
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
