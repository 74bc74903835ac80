"""Opens a Kedro project: settings, package and pipelines."""

from __future__ import annotations

import importlib
import os
import warnings
from pathlib import Path
from typing import Any

import kedro

from argo_kedro.worker.discovery import left_out
from argo_kedro.worker.failure import Failure, user_traceback


def open_project(path: str) -> Any:
    """Makes a project's package and settings importable, once per process.

    Args:
        path: Folder with the project's `pyproject.toml`.

    Returns:
        Kedro's project metadata.

    Raises:
        Failure: `unsupported_kedro`, `not_a_project` or `project_import_failed`.
    """
    major = kedro.__version__.split(".", 1)[0]
    if major != "1":
        raise Failure("unsupported_kedro", version=kedro.__version__)
    from kedro.framework.startup import bootstrap_project

    os.chdir(path)
    try:
        metadata = bootstrap_project(Path(path))
        importlib.import_module(metadata.package_name)
        from kedro.framework.project import validate_settings

        validate_settings()
    except RuntimeError as error:
        raise Failure("not_a_project", str(error)) from error
    except (Exception, SystemExit) as error:
        if "does not match Kedro package version" in str(error):
            raise Failure("unsupported_kedro", " ".join(str(error).split())) from error
        raise import_failure(error) from error
    return metadata


def registered_pipelines() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Loads every pipeline that the project registers.

    Returns:
        Pipelines by name, and those that Kedro left out (`discovery.left_out`).

    Raises:
        Failure: `project_import_failed`.
    """
    from kedro.framework.project import pipelines

    if hasattr(pipelines, "set_requested"):
        pipelines.set_requested(None)
    try:
        with left_out() as lacking:
            return dict(pipelines), lacking
    except (Exception, SystemExit) as error:
        raise import_failure(error) from error


def load_alone(names: list[str], registered: dict[str, Any]) -> None:
    """Loads pipelines as a run of them does, and leaves them loaded.

    With `set_requested` in Kedro, `find_pipelines` finds only the pipelines that a run requests; a
    registry that combines other pipelines finds none of these then.

    Args:
        names: Names of registered pipelines.
        registered: All pipelines by name, from loading all.

    Raises:
        Failure: `pipeline_not_alone`.
    """
    from kedro.framework.project import pipelines

    if not names or "__default__" in names or not hasattr(pipelines, "set_requested"):
        return
    pipelines.set_requested(names)
    for name in names:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                alone = {node.name for node in pipelines[name].nodes}
        except (Exception, SystemExit) as error:
            message, trace = f"{type(error).__name__}: {error}", user_traceback(error)
            raise Failure("pipeline_not_alone", message, name=name, traceback=trace) from error
        lost = [node.name for node in registered[name].nodes if node.name not in alone]
        if lost:
            message = f"it lacks the node `{lost[0]}` then"
            raise Failure("pipeline_not_alone", message, name=name, traceback="")


def import_failure(error: BaseException) -> Failure:
    """Turns an error of the user's code into a failure with the user's traceback.

    Args:
        error: Any error from the project's code.

    Returns:
        A `project_import_failed`; `missing_module` names a module that is not installed, if that is
        the reason.
    """
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return Failure(
        "project_import_failed",
        f"{type(error).__name__}: {error}",
        traceback=user_traceback(error),
        missing_module=missing,
    )
