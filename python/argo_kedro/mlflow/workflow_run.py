"""The hooks of a task whose workflow is an MLflow run."""

from __future__ import annotations

import atexit
import logging
import os
import time
from collections.abc import Iterator
from typing import Any

from kedro.framework.hooks import hook_impl

from argo_kedro.mlflow import plugin
from argo_kedro.mlflow.find_run import RUN_ID, experiment_of, find_or_make, named_by_user
from argo_kedro.mlflow.kept_here import start_here
from argo_kedro.mlflow.run_folder import alone
from argo_kedro.mlflow.run_note import tell_run
from argo_kedro.mlflow.server import bounded
from argo_kedro.mlflow.task_state import TaskState
from argo_kedro.passwords import without_passwords

_log = logging.getLogger(__name__)


class WorkflowRun:
    """The part of this task in the MLflow run.

    Args:
        context: The context of the task's session.
        hooks: The hooks of kedro-mlflow; None without.
        name: The name of the MLflow run.
    """

    def __init__(self, context: Any, hooks: Any, name: str | None) -> None:
        self._context = context
        self._hooks = hooks
        self._name = name
        #: Set while this task is a part of the run.
        self._id: str | None = None
        self._state: TaskState | None = None
        self._task = ""
        self._seconds: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._failed_node: str | None = None
        #: Reason why logs stay in a folder here.
        self._problem: str | None = None

    def keep_here(self, uri: str, is_known: bool) -> None:
        """Keeps what the task logs in a folder, because the server does not answer.

        MLflow would try again for minutes, and then fail the task.

        Args:
            uri: Address of the server.
            is_known: Whether another task of the run has reported this.
        """
        self._problem = f"cannot reach {without_passwords(uri)}"
        self._id = start_here(self._name, None if is_known else self._problem)

    @hook_impl(hookwrapper=True, tryfirst=True)
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any) -> Iterator[None]:
        """Joins the run before kedro-mlflow starts one.

        Args:
            run_params: Kedro's parameters of the run.
            pipeline: The nodes of the task.

        Yields:
            Once, for the other hooks.
        """
        try:
            with bounded():
                self._begin(run_params, pipeline)
        except Exception as error:
            _log.warning(
                "this task does not join the MLflow run of its workflow: %s",
                without_passwords(str(error)),
            )
        yield

    def _begin(self, run_params: dict[str, Any], pipeline: Any) -> None:
        run = self._run(run_params)
        if run is None:
            return
        self._id = run.info.run_id
        if pipeline.nodes:
            import mlflow

            self._task = pipeline.nodes[0].name
            self._state = TaskState(mlflow.MlflowClient(), run, self._task)
        if self._hooks is not None:
            plugin.let_parameters_change(self._hooks)
        # Run before MLflow's own handler, which would finish the run.
        atexit.register(self._left)

    def _run(self, run_params: dict[str, Any]) -> Any:
        """Gives the run of the workflow; None if the task must join none."""
        import mlflow
        from mlflow.tracking import is_tracking_uri_set

        if self._id is not None:
            tell_run(run := mlflow.MlflowClient().get_run(self._id), self._problem)
            return run
        config = getattr(self._context, "mlflow", None) if self._hooks else None
        # Without a URI, a client would create a database in the project.
        if config is None and not is_tracking_uri_set():
            return None
        if config is not None and plugin.is_disabled(config, run_params):
            return None
        client = mlflow.MlflowClient()
        if named := named_by_user(config):
            tell_run(client.get_run(named), self._problem)
            return None
        name, tags = self._name, {}
        if config is not None:
            # MLflow 2 keeps the first name of a run.
            name = config.tracking.run.name or name
            tags = plugin.tags_of_tasks(run_params)
        with alone():
            run = find_or_make(client, experiment_of(client, config), name, tags)
        os.environ[RUN_ID] = run.info.run_id
        if config is not None:
            plugin.keep_run_name(config, run.info.run_name)
        tell_run(run, self._problem)
        return run

    @hook_impl(hookwrapper=True, tryfirst=True)
    def before_node_run(self, node: Any) -> Iterator[None]:
        """Lets a run that the node starts be the workflow's run.

        Args:
            node: The node.

        Yields:
            Once, for the other hooks.
        """
        if self._id is not None:
            import mlflow

            # `start_run` removes the variable. A nested run of the node is another run.
            if mlflow.active_run() is None:
                os.environ[RUN_ID] = self._id
        yield
        self._started[node.name] = time.monotonic()

    @hook_impl(tryfirst=True)
    def after_node_run(self, node: Any) -> None:
        """Measures the time of a node.

        Args:
            node: The node.
        """
        self._seconds[node.name] = time.monotonic() - self._started.pop(node.name)

    @hook_impl
    def on_node_error(self, node: Any) -> None:
        """Remembers the failed node.

        Args:
            node: The node.
        """
        self._failed_node = node.name

    @hook_impl(hookwrapper=True, tryfirst=True)
    def after_pipeline_run(self) -> Iterator[None]:
        """Writes how the task ended, after kedro-mlflow has ended the run.

        Yields:
            Once, for the other hooks.
        """
        yield
        self._end("succeeded")

    @hook_impl(hookwrapper=True, tryfirst=True)
    def on_pipeline_error(self, error: Exception) -> Iterator[None]:
        """Writes that the task failed, after kedro-mlflow has ended the run.

        Args:
            error: The reason. Its text may contain secrets, so only its type is written.

        Yields:
            Once, for the other hooks.
        """
        yield
        self._end(f"failed: {self._failed_node or self._task} ({type(error).__name__})")

    def _left(self) -> None:
        # The nodes were interrupted, or have ended the process.
        self._end(f"failed: {self._task} (interrupted)")

    def _end(self, how: str) -> None:
        if self._state is None:
            return
        state, self._state, self._id = self._state, None, None
        import mlflow

        try:
            with bounded():
                while mlflow.active_run() is not None:
                    mlflow.end_run()
                state.end(how, self._seconds)
        except Exception as error:
            _log.warning("cannot tell MLflow how the task ended: %s", without_passwords(str(error)))
