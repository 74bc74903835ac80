"""Measures commands on a cluster: `KUBECONFIG` names one with a workflow controller.

Makes its own namespace, without a controller, for runs that are only submitted; the watched
Workflow runs in the namespace of the context, and none of its tasks is a pod. Both are deleted at
the end.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "cluster"))

from api import LABEL, ApiServer, phase
from bench import SNAPSHOT, Table, project, with_the_example
from measure import take, undisturbed

TASKS = 1000
#: Seconds over which the tasks end, one after the other.
OVER = 60
#: A submission sends one request after the other; the API server's time does not count.
SUBMISSION_MS = 300
SHARE = 0.05


def long_run(name: str) -> dict[str, object]:
    """Makes a Workflow of many tasks that wait and then end.

    Args:
        name: Its name.

    Returns:
        Its manifest.
    """
    tasks = [
        {"name": f"task-{number:04}", "template": f"wait-{number % OVER}"}
        for number in range(TASKS)
    ]
    waits = [
        {"name": f"wait-{number}", "suspend": {"duration": str(number + 1)}}
        for number in range(OVER)
    ]
    wide = [[{"name": "tasks", "inline": {"dag": {"tasks": tasks}}}]]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name, "labels": {LABEL: "bench"}},
        "spec": {"entrypoint": "all", "templates": [{"name": "all", "steps": wide}, *waits]},
    }


def watch(api: ApiServer, program: Path, folder: Path, name: str) -> tuple[float, float, int]:
    """Watches the long run to its end.

    Args:
        api: The API server of its cluster.
        program: The program.
        folder: The project that records it.
        name: Name of the run.

    Returns:
        Processor seconds, seconds, and peak memory in MiB.
    """
    api.create_workflow(long_run(name))
    words = [str(program), "watch", name, "--output", "json", "--namespace", api.namespace]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    watching = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(watching.pid, 0)
    taken = time.perf_counter() - start
    watching.returncode = os.waitstatus_to_exitcode(status)
    if watching.returncode != 0 or phase(api.workflow(name)) != "Succeeded":
        sys.exit(f"{' '.join(words)} ended with {watching.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return busy, taken, usage.ru_maxrss // 1024


def main() -> int:
    """Measures everything and prints the table.

    Returns:
        0; 1 if a budget is not kept.
    """
    file = os.environ.get("KUBECONFIG")
    if not file:
        sys.exit("KUBECONFIG names no cluster")
    api = ApiServer.of(Path(file), os.environ.get("ARGO_KEDRO_TEST_NAMESPACE"))
    ours = with_the_example()
    table = Table()
    name = f"{LABEL}-bench-{uuid4().hex[:6]}"
    try:
        api.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        account = {"metadata": {"name": "default"}}
        try:
            api.ask("POST", api.core("serviceaccounts", namespace=name), account)
        except Exception as error:
            if "already exists" not in str(error):
                raise
        with tempfile.TemporaryDirectory() as scratch:
            small = project(Path(scratch) / "small", 10)
            words = ["submit", "--image", "example.com/none:1", "--no-build", "--namespace", name]
            what = "`submit --image X --no-build` over reading the project"
            if found := undisturbed(
                lambda: take([ours / "argo-kedro", *words], small).wall,
                lambda: take([ours / "python", "-c", SNAPSHOT, str(small)], small).wall,
                # The cluster uses this machine too.
                others=0.5,
            ):
                submitting, reading = found
                over = (submitting - reading) * 1000
                table.row(
                    what,
                    f"{over:+.0f} ms",
                    f"{submitting * 1000:.0f} ms in all",
                    f"≤ +{SUBMISSION_MS} ms",
                    over <= SUBMISSION_MS,
                )
            else:
                table.unknown(what)
            busy, taken, memory = watch(api, ours / "argo-kedro", small, name)
            table.row(
                f"`watch` of {TASKS:,} tasks that end within {OVER} s",
                f"{busy / taken:.1%} of a core",
                f"{busy:.1f} s of {taken:.0f} s, {memory} MiB at most",
                f"≤ {SHARE:.0%}",
                busy / taken <= SHARE,
            )
    finally:
        api.delete_workflow(name)
        api.delete(f"/api/v1/namespaces/{name}")
    print(table)
    return 0 if table.is_kept() else 1


if __name__ == "__main__":
    sys.exit(main())
