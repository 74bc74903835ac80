"""Finds the MLflow run of a workflow, or makes it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

WORKFLOW_ID = "WORKFLOW_ID"
RUN_ID = "MLFLOW_RUN_ID"
#: Tag that identifies the run.
ID_TAG = "argo_kedro.workflow_id"


def find_or_make(
    client: Any, experiment: str, name: str | None, tags: Mapping[str, str] | None = None
) -> Any:
    """Finds the run of the workflow, or makes it.

    MLflow cannot guarantee that only one of two tasks makes a run. If both make one at once, the
    earlier run stays. So both tasks have to see both runs.

    Args:
        client: A client of MLflow.
        experiment: The id of the experiment.
        name: The name of a new run; None for one of MLflow's names.
        tags: Further tags of a new run.

    Returns:
        The run, as MLflow has it.

    Raises:
        mlflow.exceptions.MlflowException: The server refuses this.
    """
    workflow = os.environ[WORKFLOW_ID].replace("'", "")

    def found() -> Any:
        runs = client.search_runs([experiment], f"tags.`{ID_TAG}` = '{workflow}'")
        return min(runs, key=lambda it: (it.info.start_time, it.info.run_id), default=None)

    run = found()
    if run is not None:
        return run
    own = {ID_TAG: workflow, "mlflow.source.name": "argo-kedro"}
    made = client.create_run(experiment, tags={**(tags or {}), **own}, run_name=name)
    run = found() or made
    if run.info.run_id != made.info.run_id:
        client.delete_run(made.info.run_id)
    return run


def named_by_user(config: Any) -> str | None:
    """Gives the run that the user has named or started.

    Args:
        config: The settings of kedro-mlflow; None without.

    Returns:
        The id of the run; None if there is none.
    """
    import mlflow

    if config is not None and config.tracking.run.id:
        named: str = config.tracking.run.id
        return named
    active = mlflow.active_run()
    return active.info.run_id if active else os.environ.get(RUN_ID)


def experiment_of(client: Any, config: Any) -> str:
    """Gives the experiment that the run belongs to.

    Args:
        client: A client of MLflow.
        config: The settings of kedro-mlflow; None without.

    Returns:
        The id of the experiment.

    Raises:
        mlflow.exceptions.MlflowException: The server refuses this.
    """
    if config is not None:
        found: str = client.get_experiment_by_name(config.tracking.experiment.name).experiment_id
        return found
    from mlflow.tracking.fluent import _get_experiment_id

    try:
        own: str = _get_experiment_id()
    except Exception:
        # Another task has made the experiment meanwhile.
        own = _get_experiment_id()
    return own
