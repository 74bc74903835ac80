"""Environment variables of a task, with the plan's settings for its datasets.

They have their own module: Kedro loads the hook for every command, the rest only in a task.
"""

from __future__ import annotations

#: Datasets that cross tasks and are not in the catalog; a list of names (`name_list.py`).
HANDOFF = "ARGO_KEDRO_HANDOFF"
#: Place of these datasets: an fsspec URL of the run's own folder.
HANDOFF_PATH = "ARGO_KEDRO_HANDOFF_PATH"
#: Other places to look for these datasets, in a list: data from other runs.
HANDOFF_FROM = "ARGO_KEDRO_HANDOFF_FROM"
#: Creation time of the run, and its unique id: `2026-11-27T03:22:01Z/UID`.
RUN_VERSION = "ARGO_KEDRO_RUN_VERSION"
#: Folder for the run's notes about the versions of its inputs: an fsspec URL of its own.
LOAD_VERSIONS = "ARGO_KEDRO_LOAD_VERSIONS"
#: Catalog entries that stay in memory inside this task; a list of names.
MEMORY = "ARGO_KEDRO_MEMORY"
#: File for the places of the task's datasets; `kedro run` has none.
RESULTS = "ARGO_KEDRO_RESULTS"
#: Place of MLflow's runs; MLflow's own variable.
TRACKING_URI = "MLFLOW_TRACKING_URI"
