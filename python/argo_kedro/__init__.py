"""Take a Kedro pipeline to Argo Workflows.

The program is `argo-kedro` (also `kedro argo`). This package is its thin Python
face: what pipelines import (`argo_kedro.pipeline`), the Kedro plugin's entry
points, the worker that reads a project and runs its nodes, and runs for notebooks
and scripts (`argo_kedro.run` and what goes with it, in `argo_kedro.api`).
"""

from __future__ import annotations

# `typing` defines this too, but takes longer to import than this whole package.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from argo_kedro.api import (
        ArgoKedroError,
        NodeStatus,
        Phase,
        Result,
        Run,
        RunFailed,
        RunStatus,
        get_run,
        run,
        runs,
        submit,
    )

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


def __getattr__(name: str) -> object:
    # Kedro imports this package for every command: only users of these names pay for the import.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from argo_kedro import api

    found: object = getattr(api, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
