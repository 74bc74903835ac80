"""Entry point of the worker; see the package's docstring."""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Serves the program, or runs one task.

    Args:
        arguments: `serve`, or `task` and its words.

    Returns:
        The exit code.
    """
    if arguments[:1] == ["task"]:
        from argo_kedro.worker.task import main as run_task

        return run_task(arguments[1:])
    if arguments == ["serve"]:
        from argo_kedro.worker.server import serve

        return serve()
    print("this module is for the program argo-kedro; run that", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
