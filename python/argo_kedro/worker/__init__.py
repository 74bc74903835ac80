"""The part of argo-kedro that knows Kedro: reads a project, runs the nodes of a task.

The worker runs under the user's interpreter. `python -m argo_kedro.worker serve` answers JSON lines
over the socket at its standard input; `python -m argo_kedro.worker task …` runs the nodes of one
task and ends; `digests` answers the worker's questions in a fresh process (`fresh.py`,
`digests.py`).
"""
