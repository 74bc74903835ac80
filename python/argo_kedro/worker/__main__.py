"""Entry point of the worker; see the package's docstring."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str]) -> int:
    """Serves the program, runs a task, reads parameters and the catalog again, or tries storage.

    Args:
        arguments: `serve`; `task` and its words; `digests`; `reach` and its request.

    Returns:
        The exit code.
    """
    if arguments[:1] == ["task"]:
        failed = None
        if "ARGO_KEDRO_LIKE_A_POD" in os.environ:
            from argo_kedro.like_a_pod import enter

            failed = enter()
        from argo_kedro.worker.task import main as run_task

        return run_task(arguments[1:], failed=failed)
    if arguments[:1] == ["reach"]:
        from argo_kedro.worker.reach import main as try_storage

        return try_storage(arguments[1:])
    if arguments == ["serve"]:
        from argo_kedro.worker.server import serve

        return serve()
    if arguments == ["digests"]:
        from argo_kedro.worker.digests import main as read_digests

        return read_digests()
    print("only the program argo-kedro runs this module; run argo-kedro instead", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
