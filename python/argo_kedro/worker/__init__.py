"""The side of argo-kedro that knows Kedro: reads a project, runs the nodes of a task.

It runs under the user's interpreter. `python -m argo_kedro.worker serve` answers JSON
lines over the socket it gets as standard input; `python -m argo_kedro.worker task …`
runs the nodes of one task and ends; `digests` is how the worker asks a fresh process
(`fresh.py`, `digests.py`).
"""
