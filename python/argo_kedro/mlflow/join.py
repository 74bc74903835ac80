"""Makes a task a part of the MLflow run of its workflow."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from argo_kedro.mlflow import plugin, server
from argo_kedro.mlflow.run_folder import COMPARED, RUN_FOLDER, UNREACHABLE, alone, is_noted, note
from argo_kedro.mlflow.workflow_run import WorkflowRun
from argo_kedro.passwords import without_passwords
from argo_kedro.task_variables import TRACKING_URI

#: Variable with the settings of argo.yml, as JSON: `enabled`, `run_name`.
SETTINGS = "ARGO_KEDRO_MLFLOW"
#: Name of the workflow, which Argo gives to its pods (`workflow/controller/workflowpod.go`).
WORKFLOW_NAME = "ARGO_WORKFLOW_NAME"

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def around_context(context: Any) -> Iterator[None]:
    """Prepares a task before other hooks see its context.

    Args:
        context: The context of the task's session.

    Yields:
        Once, for the other hooks.
    """
    is_configured_next = False
    try:
        is_configured_next = _join(context)
    except Exception as error:
        _log.warning(
            "this task does not join the MLflow run of its workflow: %s",
            without_passwords(str(error)),
        )
    if not is_configured_next:
        yield
        return
    # kedro-mlflow makes the experiment if there is none. Two tasks at once would both make it.
    with alone():
        yield


def _join(context: Any) -> bool:
    """Registers argo-kedro's hooks, and says whether kedro-mlflow comes next."""
    settings = json.loads(os.environ.get(SETTINGS) or "{}")
    if settings.get("enabled") is False:
        return False
    manager = context._hook_manager
    hooks = next(filter(plugin.is_kedro_mlflow, manager.get_plugins()), None)
    if hooks is None:
        may_be_used = TRACKING_URI in os.environ or "mlflow" in sys.modules
        if not may_be_used or importlib.util.find_spec("mlflow") is None:
            return False
    else:
        plugin.let_another_make_the_experiment()
    run = WorkflowRun(context, hooks, settings.get("run_name") or _workflow_name())
    uri = plugin.configured_uri(context) if hooks else os.environ.get(TRACKING_URI)
    if uri:
        if not server.is_reachable(uri, once=is_noted(UNREACHABLE)):
            run.keep_here(uri, is_known=not note(UNREACHABLE))
        elif note(COMPARED):
            server.compare_versions(uri)
    manager.register(run)
    return hooks is not None


def _workflow_name() -> str | None:
    folder = os.environ.get(RUN_FOLDER)
    return os.environ.get(WORKFLOW_NAME) or (Path(folder).name if folder else None)
