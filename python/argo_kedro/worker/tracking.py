"""Describes how a project uses MLflow, and where its tasks would find a tracking server."""

from __future__ import annotations

import os
import sys
from pathlib import PurePosixPath
from typing import Any

from argo_kedro.worker.configuration import Configuration
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.storage import is_installed

_PLUGIN = "kedro_mlflow"
_TRACKING_URI = "MLFLOW_TRACKING_URI"


def describe_mlflow(argo: dict[str, Any] | None, configuration: Configuration) -> dict[str, Any]:
    """Describes the use of MLflow.

    Args:
        argo: `argo.yml`, which may ask for MLflow.
        configuration: The configuration, which may have `mlflow.yml`.

    Returns:
        `has_mlflow` if `argo.yml` asks: whether MLflow is installed. `mlflow` if the tasks use
        MLflow, or should: `is_joined` (whether their code or kedro-mlflow uses it), `store`
        (`none`, `folder` or `server`, from `mlflow.yml`) and `has_address` (whether this
        environment names a server).
    """
    is_asked = bool((argo or {}).get("mlflow"))
    has_mlflow = is_installed("mlflow")
    described: dict[str, Any] = {"has_mlflow": has_mlflow} if is_asked else {}
    if not has_mlflow:
        return described
    has_plugin = is_installed(_PLUGIN) and not _is_disabled(_PLUGIN)
    is_joined = has_plugin or "mlflow" in sys.modules
    if is_asked or is_joined:
        described["mlflow"] = {
            "is_joined": is_joined,
            "store": _store(configuration) if has_plugin else "none",
            "has_address": bool(os.environ.get(_TRACKING_URI)),
        }
    return described


def _is_disabled(plugin: str) -> bool:
    from kedro.framework.project import settings

    return plugin in (name.replace("-", "_") for name in settings.DISABLE_HOOKS_FOR_PLUGINS)


def _store(configuration: Configuration) -> str:
    try:
        settings = configuration.plugin("mlflow") or {}
        uri = (settings.get("server") or {}).get("mlflow_tracking_uri")
    except (Failure, AttributeError):
        # kedro-mlflow reports errors in the file.
        return "server"
    if not uri:
        return "none"
    return "folder" if is_in_the_task(str(uri)) else "server"


def is_in_the_task(uri: str) -> bool:
    """Says whether an address is on the disk of a task.

    Args:
        uri: A tracking URI.

    Returns:
        False also for an absolute path: it may be a volume.
    """
    scheme, _, path = uri.rpartition("://")
    if scheme in ("sqlite", "file"):
        # `sqlite:///a.db` is beside the task, `sqlite:////a.db` at the root.
        path = path.removeprefix("/") if scheme == "sqlite" else path
    elif scheme or uri.partition(":")[0] in ("databricks", "databricks-uc", "uc"):
        return False
    return not PurePosixPath(path.removeprefix("file:")).is_absolute()
