"""Knowledge of kedro-mlflow: its hooks, its settings, and argo-kedro's changes to it."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from argo_kedro.mlflow.task_state import mlflow_name
from argo_kedro.task_variables import TRACKING_URI

#: Longest value of a tag.
_LONGEST_TAG = 5000


def is_kedro_mlflow(plugin: Any) -> bool:
    """Says whether hooks are kedro-mlflow's.

    Args:
        plugin: An object that is registered with Kedro.

    Returns:
        Whether its class is one of kedro-mlflow's, or inherits from one.
    """
    return any(kind.__module__.split(".")[0] == "kedro_mlflow" for kind in type(plugin).__mro__)


def configured_uri(context: Any) -> str | None:
    """Reads the address of the server before kedro-mlflow asks this server.

    Args:
        context: The context of the task's session.

    Returns:
        The tracking URI; None if no setting has one.
    """
    loader = context.config_loader
    server: dict[str, Any] = {}
    # kedro-mlflow reports errors in the file.
    with contextlib.suppress(Exception):
        if "mlflow" not in loader.config_patterns:
            loader.config_patterns["mlflow"] = ["mlflow*", "mlflow*/**", "**/mlflow*"]
        server = loader["mlflow"].get("server") or {}
    return server.get("mlflow_tracking_uri") or os.environ.get(TRACKING_URI)


def is_disabled(config: Any, run_params: dict[str, Any]) -> bool:
    """Says whether `mlflow.yml` disables tracking for a run.

    Args:
        config: The settings of kedro-mlflow.
        run_params: Kedro's parameters of the run.

    Returns:
        Whether it disables all pipelines of the run.
    """
    names = run_params.get("pipeline_names") or run_params.get("pipeline_name") or "__default__"
    names = [names] if isinstance(names, str) else names
    disabled = config.tracking.disable_tracking.pipelines
    return all(name in disabled for name in names)


def tags_of_tasks(run_params: dict[str, Any]) -> dict[str, str]:
    """Gives the tags that kedro-mlflow sets in every task.

    The new run gets them at once: MLflow refuses one of two tasks that set a new tag at the same
    time, and kedro-mlflow then fails this task.

    Args:
        run_params: Kedro's parameters of the run.

    Returns:
        Name and value of each. A task sets its own values later.
    """
    named = {name: str(value)[:_LONGEST_TAG] for name, value in run_params.items() if value}
    return {**named, "kedro_command": "kedro run"}


def keep_run_name(config: Any, name: str) -> None:
    """Keeps kedro-mlflow from giving the run the name of the pipeline.

    Args:
        config: The settings of kedro-mlflow.
        name: The name of the run.
    """
    if config.tracking.run.name is None:
        config.tracking.run.name = name


def let_another_make_the_experiment() -> None:
    """Keeps kedro-mlflow from failing a task because another task makes the experiment.

    kedro-mlflow looks for the experiment, and then makes it. Pods have no common lock, so another
    task may make it in between; then kedro-mlflow has to look again.
    """
    settings = sys.modules.get("kedro_mlflow.config.kedro_mlflow_config")
    kind = getattr(settings, "KedroMlflowConfig", None)
    set_experiment = getattr(kind, "_set_experiment", None)
    if kind is None or set_experiment is None or hasattr(set_experiment, "is_tolerant"):
        return

    def set_or_find(config: Any) -> None:
        from mlflow.exceptions import MlflowException

        try:
            set_experiment(config)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            set_experiment(config)

    set_or_find.is_tolerant = True  # type: ignore[attr-defined]
    kind._set_experiment = set_or_find


def let_parameters_change(plugin: Any) -> None:
    """Keeps kedro-mlflow from failing a task because a retry has other parameters.

    MLflow never changes a parameter: the first value stays, and the later value becomes a tag.

    Args:
        plugin: The hooks of kedro-mlflow.
    """
    log = getattr(plugin, "_log_param", None)
    if log is None or hasattr(log, "is_tolerant"):
        return

    def log_param(name: str, value: Any) -> None:
        from mlflow.exceptions import MlflowException

        try:
            log(name, value)
        except MlflowException as error:
            if "Changing param values" not in str(error):
                raise
            import mlflow

            mlflow.set_tag(mlflow_name("argo_kedro.changed_parameter.", name), str(value))

    log_param.is_tolerant = True  # type: ignore[attr-defined]
    plugin._log_param = log_param
