"""Makes one workflow one MLflow run, for any number of processes.

The run has a tag with the workflow's id. A task that finds no such run makes it. kedro-mlflow and
the functions of MLflow join the run that `MLFLOW_RUN_ID` names (`mlflow.start_run`). A user's
choice of run (`MLFLOW_RUN_ID`, `tracking.run.id` of `mlflow.yml`, an active run) wins.

A task without MLflow imports nothing of this package: `argo_kedro/hooks.py` decides.
"""
