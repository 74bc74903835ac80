"""Tells `status` the MLflow run of a workflow."""

from __future__ import annotations

import os
from typing import Any

from argo_kedro.passwords import without_passwords
from argo_kedro.results import append
from argo_kedro.task_variables import RESULTS


def tell_run(run: Any, problem: str | None) -> None:
    """Notes the run where the task notes its results.

    Args:
        run: The run, as MLflow has it.
        problem: Why it is in another place than it should be; None if it is not.
    """
    import mlflow

    file = os.environ.get(RESULTS)
    if not file:
        return
    place = without_passwords(mlflow.get_tracking_uri()).rstrip("/")
    if place.startswith(("http://", "https://")):
        place = f"{place}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
    said = {"run": run.info.run_id}
    if problem:
        said["problem"] = problem
    append(file, [{"dataset": "", "path": place, "mlflow": said}])
