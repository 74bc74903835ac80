"""Place of a run whose MLflow server does not answer."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from argo_kedro.mlflow.find_run import find_or_make
from argo_kedro.mlflow.run_folder import RUN_FOLDER, alone

_log = logging.getLogger(__name__)
#: The experiment that MLflow makes in a new folder.
_DEFAULT_EXPERIMENT = "0"


def start_here(name: str | None, problem: str | None) -> str:
    """Starts the run in a folder.

    Args:
        name: The name of the run.
        problem: Why the run is kept here; None if another task has said so.

    Returns:
        The id of the run, which is active then.
    """
    import mlflow

    folder = os.environ.get(RUN_FOLDER)
    kept = Path(folder, "mlflow") if folder else Path(tempfile.mkdtemp(prefix="mlflow-"))
    if problem:
        _log.warning(
            "%s: the run goes on without this MLflow server. What it logs is kept in %s",
            problem,
            kept,
        )
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # MLflow 3 asks for it
    mlflow.set_tracking_uri(kept.as_uri())
    # kedro-mlflow uses an active run and its server, and warns of that in every task.
    logging.getLogger("kedro_mlflow").setLevel(logging.ERROR)
    with alone():
        run = find_or_make(mlflow.MlflowClient(), _DEFAULT_EXPERIMENT, name)
    mlflow.start_run(run_id=run.info.run_id)
    started: str = run.info.run_id
    return started
