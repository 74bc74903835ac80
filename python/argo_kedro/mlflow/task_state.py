"""The state of a task as a tag of the MLflow run; the state of the run from all tags."""

from __future__ import annotations

import re
import time
from typing import Any

#: Prefix of the tag with a task's state, unless it succeeded at once.
TASK_TAG = "argo_kedro.task."
#: Prefix of the metric with the seconds of a node's function.
SECONDS = "node_seconds/"
#: MLflow's limit of metrics in one request.
_MOST_METRICS = 1000
#: Longest name of a tag or metric.
_LONGEST_NAME = 250
#: Tries to settle the state: if two tasks do so at once, the last one sees the other's tag.
_SETTLES = 10


class TaskState:
    """State of this task in the MLflow run.

    Args:
        client: A client of MLflow.
        run: The run, as MLflow has it.
        task: Name of the task.

    Raises:
        mlflow.exceptions.MlflowException: The server refuses this.
    """

    def __init__(self, client: Any, run: Any, task: str) -> None:
        self._run = run.info.run_id
        self._tag = mlflow_name(TASK_TAG, task)
        said = re.search(r"attempt (\d+)", run.data.tags.get(self._tag, ""))
        self._attempt = int(said[1]) + 1 if said else 1
        client.set_tag(self._run, self._tag, f"running, attempt {self._attempt}")

    def end(self, how: str, seconds: dict[str, float]) -> None:
        """Writes how the task ended.

        Args:
            how: `succeeded`, or `failed: ` and the reason.
            seconds: The time of each node.

        Raises:
            mlflow.exceptions.MlflowException: The server refuses this.
        """
        import mlflow
        from mlflow.entities import Metric

        client = mlflow.MlflowClient()
        now = int(time.time() * 1000)
        metrics = [Metric(mlflow_name(SECONDS, it), s, now, 0) for it, s in seconds.items()]
        for first in range(0, len(metrics), _MOST_METRICS):
            client.log_batch(self._run, metrics=metrics[first : first + _MOST_METRICS])
        if how == "succeeded" and self._attempt == 1:
            client.delete_tag(self._run, self._tag)
        else:
            client.set_tag(self._run, self._tag, f"{how}, attempt {self._attempt}")
        _settle(client, self._run)


def _settle(client: Any, run_id: str) -> None:
    """Gives the run the state of its tasks.

    A task looks again after it has written, so the last writer has seen all tags.
    """
    for _ in range(_SETTLES):
        run = client.get_run(run_id)
        states = [state for tag, state in run.data.tags.items() if tag.startswith(TASK_TAG)]
        wanted = "FINISHED"
        if any(state.startswith("failed") for state in states):
            wanted = "FAILED"
        elif any(state.startswith("running") for state in states):
            wanted = "RUNNING"
        if run.info.status == wanted:
            return
        if wanted == "RUNNING":
            client.update_run(run_id, status=wanted)
        else:
            client.set_terminated(run_id, wanted)


def mlflow_name(kind: str, name: str) -> str:
    """Makes a name that MLflow allows: letters, digits, `_`, `-`, `.`, `/` and spaces.

    Args:
        kind: The beginning of the name.
        name: Any name.

    Returns:
        The name, cut to MLflow's limit.
    """
    return (kind + re.sub(r"[^/\w.\- ]", "_", name))[:_LONGEST_NAME]
