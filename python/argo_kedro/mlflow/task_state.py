"""The state of a task, as a tag of the MLflow run; and the state of the run, from all tags."""

from __future__ import annotations

import re
import time
from typing import Any

#: Before the name of a task: its state, unless it succeeded at once.
TASK_TAG = "argo_kedro.task."
#: Before the name of a node: how many seconds its function took.
SECONDS = "node_seconds/"
#: MLflow takes no more metrics at once.
_MOST_METRICS = 1000
#: Longest name of a tag or metric.
_LONGEST_NAME = 250
#: If two tasks settle the state at once, the last one sees what the other one wrote.
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
        """Says how the task ended.

        Args:
            how: `succeeded`, or `failed: ` and why.
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
    """Gives the run the state that its tasks have.

    A task that has written looks again. So the last one to write has seen what all have written.
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
    """Makes a name that MLflow takes: letters, digits, `_`, `-`, `.`, `/` and spaces.

    Args:
        kind: What it begins with.
        name: Any name.

    Returns:
        The name, not longer than MLflow takes.
    """
    return (kind + re.sub(r"[^/\w.\- ]", "_", name))[:_LONGEST_NAME]
