"""Environment variables of a task, in which the manifest says what the plan says of datasets.

They stand alone, because Kedro loads our hook for every command, and the rest only in a task.
"""

from __future__ import annotations

#: Datasets that cross tasks and that the catalog does not store; a list of names (`name_list.py`).
HANDOFF = "ARGO_KEDRO_HANDOFF"
#: Place in which they are stored: an fsspec URL of the run's own folder.
HANDOFF_PATH = "ARGO_KEDRO_HANDOFF_PATH"
#: Other places to look for them, a list as well: what other runs handed on.
HANDOFF_FROM = "ARGO_KEDRO_HANDOFF_FROM"
#: When the run was made, and its unique id: `2026-11-27T03:22:01Z/UID`.
RUN_VERSION = "ARGO_KEDRO_RUN_VERSION"
#: Place in which the run notes which versions it reads of what it does not make: an fsspec URL of a
#: folder of its own.
LOAD_VERSIONS = "ARGO_KEDRO_LOAD_VERSIONS"
#: Catalog entries that stay in memory inside this task; a list as well.
MEMORY = "ARGO_KEDRO_MEMORY"
#: A file for where the task has written what it makes; `kedro run` has none.
RESULTS = "ARGO_KEDRO_RESULTS"
#: Place in which MLflow keeps its runs; MLflow's own variable.
TRACKING_URI = "MLFLOW_TRACKING_URI"
