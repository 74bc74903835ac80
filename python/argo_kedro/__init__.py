"""Take a Kedro pipeline to Argo Workflows.

The program is `argo-kedro` (also `kedro argo`). This package is its thin Python
face: what pipelines import (`argo_kedro.pipeline`), the Kedro plugin's entry
points, and the worker that reads a project and runs its nodes.
"""
