"""One workflow is one MLflow run, whatever number of processes it has.

The run has a tag with the workflow's id. A task that finds no such run makes it. kedro-mlflow and
the functions of MLflow join the run that `MLFLOW_RUN_ID` names (`mlflow.start_run`). What a user
has said about runs (`MLFLOW_RUN_ID`, `tracking.run.id` of `mlflow.yml`, a run that is active) wins.

A task without MLflow imports nothing of this package: `argo_kedro/hooks.py` decides.
"""
