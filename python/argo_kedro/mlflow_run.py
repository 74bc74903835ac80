"""One workflow is one MLflow run, whatever number of processes it has.

The run is found by a tag with the workflow's id. Who finds none makes it. kedro-mlflow and the
functions of MLflow join the run that `MLFLOW_RUN_ID` names (`mlflow.start_run`). What a user has
said of runs (`MLFLOW_RUN_ID`, `tracking.run.id` of `mlflow.yml`, a run that is active) wins.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import importlib.util
import json
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from argo_kedro.mlflow_server import bounded, is_reachable, without_password

#: What argo.yml says, as JSON: `enabled`, `run_name`.
SETTINGS = "ARGO_KEDRO_MLFLOW"
#: The folder of a run on this machine; its name is the run's.
RUN_FOLDER = "ARGO_KEDRO_RUN_FOLDER"
#: Name of the workflow, which Argo gives to its pods (`workflow/controller/workflowpod.go`).
WORKFLOW_NAME = "ARGO_WORKFLOW_NAME"
WORKFLOW_ID = "WORKFLOW_ID"
#: Where a task notes what `status` shows (`results.py`).
RESULTS = "ARGO_KEDRO_RESULTS"
RUN_ID = "MLFLOW_RUN_ID"
TRACKING_URI = "MLFLOW_TRACKING_URI"

ID_TAG = "argo_kedro.workflow_id"
#: Before the name of a task: its state, unless it succeeded at once.
TASK_TAG = "argo_kedro.task."
#: Before the name of a node: how many seconds its function took.
SECONDS = "node_seconds/"
#: MLflow takes no more metrics at once.
_MOST_METRICS = 1000
#: Longest name of a tag or metric.
_LONGEST_NAME = 250
#: Of two tasks that settle the state at once the last one sees what the other one wrote.
_SETTLES = 10

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def around_context(context: Any) -> Iterator[None]:
    """Prepares a task before the hooks of others see its context.

    Args:
        context: The context of the task's session.

    Yields:
        Once, for the hooks of others.
    """
    is_configured_next = False
    try:
        is_configured_next = _join(context)
    except Exception as error:
        _log.warning("this task does not join the MLflow run of its workflow: %s", error)
    if not is_configured_next:
        yield
        return
    # kedro-mlflow makes the experiment where there is none: two tasks at once would both make it.
    with alone():
        yield


def _join(context: Any) -> bool:
    """Gives whether kedro-mlflow comes next."""
    settings = json.loads(os.environ.get(SETTINGS) or "{}")
    if settings.get("enabled") is False:
        return False
    manager = context._hook_manager
    plugin = next(filter(_is_kedro_mlflow, manager.get_plugins()), None)
    if plugin is None:
        may_be_used = TRACKING_URI in os.environ or "mlflow" in sys.modules
        if not may_be_used or importlib.util.find_spec("mlflow") is None:
            return False
    run = MlflowRun(context, plugin, settings.get("run_name") or _workflow_name())
    uri = _configured_uri(context) if plugin else os.environ.get(TRACKING_URI)
    if uri and not is_reachable(uri, is_known := _is_noted_unreachable()):
        run.keep_here(uri, is_known)
    manager.register(run)
    return plugin is not None


class MlflowRun:
    """The hooks of a task whose workflow is an MLflow run.

    Args:
        context: The context of the task's session.
        plugin: The hooks of kedro-mlflow; None without.
        name: What the MLflow run is called.
    """

    def __init__(self, context: Any, plugin: Any, name: str | None) -> None:
        self._context = context
        self._plugin = plugin
        self._name = name
        #: Set while this task is a part of the run.
        self._id: str | None = None
        self._task = ""
        self._attempt = 1
        self._seconds: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._failed_node: str | None = None
        #: Why what is logged stays here.
        self._problem: str | None = None

    def keep_here(self, uri: str, is_known: bool) -> None:
        """Keeps what the task logs in a folder, where the server does not answer.

        MLflow would try again for minutes, and then fail the task.

        Args:
            uri: Address of the server.
            is_known: Whether another task of the run has said so.
        """
        import mlflow

        folder = os.environ.get(RUN_FOLDER)
        kept = Path(folder, "mlflow") if folder else Path(tempfile.mkdtemp(prefix="mlflow-"))
        self._problem = f"cannot reach {without_password(uri)}"
        if not is_known:
            _log.warning(
                "%s: the run goes on without this MLflow server. What it logs is kept in %s",
                self._problem,
                kept,
            )
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # MLflow 3 asks for it
        mlflow.set_tracking_uri(kept.as_uri())
        # kedro-mlflow takes a run that is active, and its server with it. It warns of that in
        # every task.
        logging.getLogger("kedro_mlflow").setLevel(logging.ERROR)
        with alone():
            run = self._find_or_make(mlflow.MlflowClient(), "0")
        mlflow.start_run(run_id=run.info.run_id)
        self._id = run.info.run_id

    @hook_impl(hookwrapper=True, tryfirst=True)
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any) -> Iterator[None]:
        """Joins the run before kedro-mlflow starts one.

        Args:
            run_params: What Kedro runs.
            pipeline: The nodes of the task.

        Yields:
            Once, for the hooks of others.
        """
        try:
            with bounded():
                self._begin(run_params, pipeline)
        except Exception as error:
            _log.warning("this task does not join the MLflow run of its workflow: %s", error)
        yield

    def _begin(self, run_params: dict[str, Any], pipeline: Any) -> None:
        import mlflow
        from mlflow.tracking import is_tracking_uri_set

        if self._id is not None:
            client = mlflow.MlflowClient()
            run = client.get_run(self._id)
        else:
            config = getattr(self._context, "mlflow", None) if self._plugin else None
            if config is None and not is_tracking_uri_set():
                return
            if config is not None and _is_disabled(config, run_params):
                return
            # Without a URI this would make a database in the project.
            client = mlflow.MlflowClient()
            if named := _named_by_user(config):
                self._note(client.get_run(named))
                return
            with alone():
                run = self._find_or_make(client, _experiment(client, config))
            os.environ[RUN_ID] = run.info.run_id
            if config is not None and config.tracking.run.name is None:
                # kedro-mlflow would give the run the name of the pipeline.
                config.tracking.run.name = run.info.run_name
        self._note(run)
        self._id = run.info.run_id
        self._task = pipeline.nodes[0].name if pipeline.nodes else ""
        said = re.search(r"attempt (\d+)", run.data.tags.get(self._tag(), ""))
        self._attempt = int(said[1]) + 1 if said else 1
        client.set_tag(run.info.run_id, self._tag(), f"running, attempt {self._attempt}")
        if self._plugin is not None:
            _let_parameters_change(self._plugin)
        # Before that of MLflow, which would say that the run is finished.
        atexit.register(self._left)

    @hook_impl(hookwrapper=True, tryfirst=True)
    def before_node_run(self, node: Any) -> Iterator[None]:
        """Lets a run that the node starts be the workflow's.

        Args:
            node: The node.

        Yields:
            Once, for the hooks of others.
        """
        if self._id is not None:
            import mlflow

            # `start_run` takes the variable away; a run that the node nests is another one.
            if mlflow.active_run() is None:
                os.environ[RUN_ID] = self._id
        yield
        self._started[node.name] = time.monotonic()

    @hook_impl(tryfirst=True)
    def after_node_run(self, node: Any) -> None:
        """Takes the time of a node.

        Args:
            node: The node.
        """
        self._seconds[node.name] = time.monotonic() - self._started.pop(node.name)

    @hook_impl
    def on_node_error(self, node: Any) -> None:
        """Remembers which node failed.

        Args:
            node: The node.
        """
        self._failed_node = node.name

    @hook_impl(hookwrapper=True, tryfirst=True)
    def after_pipeline_run(self) -> Iterator[None]:
        """Says how the task ended, after kedro-mlflow has ended the run.

        Yields:
            Once, for the hooks of others.
        """
        yield
        self._end("succeeded")

    @hook_impl(hookwrapper=True, tryfirst=True)
    def on_pipeline_error(self, error: Exception) -> Iterator[None]:
        """Says that the task failed, after kedro-mlflow has ended the run.

        Args:
            error: Why; its text may have secrets, so its type is said.

        Yields:
            Once, for the hooks of others.
        """
        yield
        self._end(f"failed: {self._failed_node or self._task} ({type(error).__name__})")

    def _left(self) -> None:
        # The nodes were interrupted, or have left the process.
        self._end(f"failed: {self._task} (interrupted)")

    def _end(self, how: str) -> None:
        if self._id is None or not self._task:
            return
        run_id, self._id = self._id, None
        try:
            with bounded():
                self._tell_end(run_id, how)
        except Exception as error:
            _log.warning("cannot tell MLflow how the task ended: %s", error)

    def _tell_end(self, run_id: str, how: str) -> None:
        import mlflow
        from mlflow.entities import Metric

        while mlflow.active_run() is not None:
            mlflow.end_run()
        client = mlflow.MlflowClient()
        now = int(time.time() * 1000)
        metrics = [Metric(_name(SECONDS, it), s, now, 0) for it, s in self._seconds.items()]
        for first in range(0, len(metrics), _MOST_METRICS):
            client.log_batch(run_id, metrics=metrics[first : first + _MOST_METRICS])
        if how == "succeeded" and self._attempt == 1:
            client.delete_tag(run_id, self._tag())
        else:
            client.set_tag(run_id, self._tag(), f"{how}, attempt {self._attempt}")
        _settle(client, run_id)

    def _tag(self) -> str:
        return _name(TASK_TAG, self._task)

    def _find_or_make(self, client: Any, experiment: str) -> Any:
        """Finds the run of the workflow, or makes it.

        MLflow has nothing that lets one of two make a run. Of two that are made at once, the
        earlier one stays, so both have to see both.
        """
        workflow = os.environ[WORKFLOW_ID].replace("'", "")

        def found() -> Any:
            runs = client.search_runs([experiment], f"tags.`{ID_TAG}` = '{workflow}'")
            return min(runs, key=lambda it: (it.info.start_time, it.info.run_id), default=None)

        run = found()
        if run is not None:
            return run
        tags = {ID_TAG: workflow, "mlflow.source.name": "argo-kedro"}
        made = client.create_run(experiment, tags=tags, run_name=self._name)
        run = found() or made
        if run.info.run_id != made.info.run_id:
            client.delete_run(made.info.run_id)
        return run

    def _note(self, run: Any) -> None:
        """Tells which run it is, for `status`."""
        import mlflow

        file = os.environ.get(RESULTS)
        if not file:
            return
        place = without_password(mlflow.get_tracking_uri()).rstrip("/")
        if place.startswith(("http://", "https://")):
            place = f"{place}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
        said = {"run": run.info.run_id}
        if self._problem:
            said["problem"] = self._problem
        from argo_kedro.results import append

        append(file, [{"dataset": "", "path": place, "mlflow": said}])


def _settle(client: Any, run_id: str) -> None:
    """Gives the run the state that its tasks have.

    Whoever writes looks again, so the last one to write has seen what all have written.
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


def _is_kedro_mlflow(plugin: Any) -> bool:
    # A project may have a class of its own that is one of theirs.
    return any(kind.__module__.split(".")[0] == "kedro_mlflow" for kind in type(plugin).__mro__)


def _configured_uri(context: Any) -> str | None:
    """Reads the server of kedro-mlflow before kedro-mlflow asks it."""
    loader = context.config_loader
    server: dict[str, Any] = {}
    # What is wrong with the file, kedro-mlflow says.
    with contextlib.suppress(Exception):
        if "mlflow" not in loader.config_patterns:
            loader.config_patterns["mlflow"] = ["mlflow*", "mlflow*/**", "**/mlflow*"]
        server = loader["mlflow"].get("server") or {}
    return server.get("mlflow_tracking_uri") or os.environ.get(TRACKING_URI)


def _is_disabled(config: Any, run_params: dict[str, Any]) -> bool:
    names = run_params.get("pipeline_names") or run_params.get("pipeline_name") or "__default__"
    names = [names] if isinstance(names, str) else names
    disabled = config.tracking.disable_tracking.pipelines
    return all(name in disabled for name in names)


def _named_by_user(config: Any) -> str | None:
    """Gives the run that the user has named or started."""
    import mlflow

    if config is not None and config.tracking.run.id:
        named: str = config.tracking.run.id
        return named
    active = mlflow.active_run()
    return active.info.run_id if active else os.environ.get(RUN_ID)


def _experiment(client: Any, config: Any) -> str:
    if config is not None:
        found: str = client.get_experiment_by_name(config.tracking.experiment.name).experiment_id
        return found
    from mlflow.tracking.fluent import _get_experiment_id

    try:
        own: str = _get_experiment_id()
    except Exception:
        # Another task has made it meanwhile.
        own = _get_experiment_id()
    return own


def _let_parameters_change(plugin: Any) -> None:
    """Keeps kedro-mlflow from failing a task because a retry has other parameters.

    MLflow keeps the first value of a parameter for ever; the later one becomes a tag.
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

            mlflow.set_tag(_name("argo_kedro.changed_parameter.", name), str(value))

    log_param.is_tolerant = True  # type: ignore[attr-defined]
    plugin._log_param = log_param


def _workflow_name() -> str | None:
    folder = os.environ.get(RUN_FOLDER)
    return os.environ.get(WORKFLOW_NAME) or (Path(folder).name if folder else None)


def _name(kind: str, name: str) -> str:
    """Makes a name that MLflow takes: letters, digits, `_`, `-`, `.`, `/` and spaces."""
    return (kind + re.sub(r"[^/\w.\- ]", "_", name))[:_LONGEST_NAME]


def _is_noted_unreachable() -> bool:
    folder = os.environ.get(RUN_FOLDER)
    if not folder:
        return False
    try:
        os.close(os.open(Path(folder, "mlflow-unreachable"), os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return True
    return False


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keeps the other tasks of a run on this machine waiting.

    Yields:
        Once.
    """
    folder = os.environ.get(RUN_FOLDER)
    if not folder:
        yield
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(Path(folder, "mlflow.lock"), flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
