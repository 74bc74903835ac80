"""Runs from Python: for notebooks and scripts.

Everything is done by the program `argo-kedro`, which is started for each question: what it can do
and what it decides is the same here and on the command line.
"""

from argo_kedro.api.errors import ArgoKedroError, RunFailed
from argo_kedro.api.history import Run, get_run, runs
from argo_kedro.api.records import NodeStatus, Phase, Result, RunStatus
from argo_kedro.api.start import run, submit

__all__ = [
    "ArgoKedroError",
    "NodeStatus",
    "Phase",
    "Result",
    "Run",
    "RunFailed",
    "RunStatus",
    "get_run",
    "run",
    "runs",
    "submit",
]
