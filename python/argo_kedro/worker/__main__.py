"""Entry point of the worker; see the package's docstring."""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Serves the program, runs one task, or reads parameters and the catalog once more.

    Args:
        arguments: `serve`; `task` and its words; `digests`.

    Returns:
        The exit code.
    """
    if arguments[:1] == ["task"]:
        from argo_kedro.worker.task import main as run_task

        return run_task(arguments[1:])
    if arguments == ["serve"]:
        from argo_kedro.worker.server import serve

        return serve()
    if arguments == ["digests"]:
        from argo_kedro.worker.fresh import main as read_digests

        return read_digests()
    print("only the program argo-kedro runs this module; run argo-kedro instead", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
