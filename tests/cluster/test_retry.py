"""Retries: by hand after a failure, and automatic ones for configured causes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from api import ARGO, ApiServer, eventually, node, phase
from program import ENVIRONMENT, ClusterProject
from store import Store

#: Minimum age of a pod: if a younger one disappears, the controller makes it anew without counting
#: an attempt (`RECENTLY_STARTED_POD_DURATION`, 10 s by default).
NEW = timedelta(seconds=12)
MakeClusterProject = Callable[..., ClusterProject]


def tasks(project: ClusterProject, run: str) -> dict[str, dict[str, Any]]:
    """The tasks of a run from `status`."""
    found: dict[str, dict[str, Any]] = project.ok("status", run, "-o", "json").json()["state"]
    return dict(found["tasks"])


def age(pod: dict[str, Any]) -> timedelta:
    made = datetime.fromisoformat(pod["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    return datetime.now(timezone.utc) - made


def running_pods(api_server: ApiServer, run: str) -> list[dict[str, Any]]:
    return [pod for pod in api_server.pods(run) if pod["status"]["phase"] == "Running"]


def test_a_retry_runs_what_failed_and_what_did_not_run(
    project: ClusterProject, store: Store, api_server: ApiServer
) -> None:
    run, uid = project.submitted("--pipelines", "needing")
    assert project.run("watch", run).code == 1
    assert (store.marks(uid, "once"), store.marks(uid, "need")) == (1, 1)
    failed = tasks(project, run)
    assert failed["need"]["cause"]["type"] == "FileNotFoundError"
    assert failed["use"]["phase"] == "Omitted"

    store.bring(uid, "needed")
    retried = project.ok("retry", run)
    assert "2 tasks to run" in retried.err, retried
    # `status` shows the retry even before the controller acts.
    nowhere: dict[str, str | None] = {"KUBECONFIG": "/nonexistent"}
    status = project.ok("status", run, "-o", "json", env=nowhere)
    assert status.json()["state"]["phase"] == "Running", status
    result = project.run("watch", run)
    assert result.code == 0, result
    assert phase(api_server.workflow(run)) == "Succeeded"
    assert (store.marks(uid, "once"), store.marks(uid, "need")) == (1, 2)
    done = tasks(project, run)
    assert {name: task["attempts"] for name, task in done.items()} == {
        "once": 1,
        "need": 2,
        "use": 1,
    }
    assert "no task is left" in project.ok("retry", run).err


def test_a_retry_by_somebody_else_is_noticed(
    cluster_project: MakeClusterProject, store: Store
) -> None:
    project, other = cluster_project(), cluster_project()
    run, uid = project.submitted("--pipelines", "needing")
    assert project.run("watch", run).code == 1
    assert f"retry {run}" in project.ok("status", run).err
    store.bring(uid, "needed")
    assert other.run("retry", run, "--watch").code == 0
    assert project.ok("status", run, "-o", "json").json()["state"]["phase"] == "Succeeded"


def test_the_exit_handler_of_a_retry_is_told_anew(
    cluster_project: MakeClusterProject, store: Store
) -> None:
    project = cluster_project(on_exit={"pipeline": "tidy"})
    run, uid = project.submitted("--pipelines", "needing")
    assert project.run("watch", run).code == 1
    (handler,) = (name for name in tasks(project, run) if name.startswith("onExit"))
    store.bring(uid, "needed")
    # The record shows the pending exit handler before it begins.
    project.ok("retry", run)
    assert tasks(project, run)[handler]["phase"] == "Pending"
    watched = project.run("watch", run)
    assert watched.code == 0, watched
    assert f"{handler} " in watched.text, watched
    done = tasks(project, run)[handler]
    assert (done["phase"], done["attempts"]) == ("Succeeded", 2)


def test_who_runs_out_of_memory_comes_back_with_more(
    cluster_project: MakeClusterProject, store: Store
) -> None:
    retry = {"limit": 3, "on": ["oom"], "memory": {"factor": 3, "max": 1}}
    project = cluster_project(nodes={"devour": {"retry": retry}})
    run, uid = project.submitted("--pipelines", "hungry")
    watched = project.run("watch", run)
    assert watched.code == 0, watched
    assert store.marks(uid, "devour") > 1
    (line, *_) = (line for line in watched.text.splitlines() if line.endswith(", again"))
    assert "out of memory" in line and "main: " not in line, watched
    task = tasks(project, run)["devour"]
    assert task["phase"] == "Succeeded"
    assert task["attempts"] == store.marks(uid, "devour")
    # A later `status` also says why it took more than one attempt.
    assert task["before"]["exit_code"] == 137, task
    assert "before: out of memory" in project.ok("status", run).out


def test_an_ordinary_error_is_not_tried_again_and_a_deleted_pod_is(
    cluster_project: MakeClusterProject, store: Store, api_server: ApiServer
) -> None:
    project = cluster_project(nodes={"*": {"retry": {"limit": 3, "on": ["oom", "preempted"]}}})
    failing, of_failing = project.submitted("--pipelines", "needing")
    gated, of_gated = project.submitted("--pipelines", "gated")

    store.reached(of_gated, "first")
    # The node may exist before the kubelet reports that its pod runs.
    (running,) = eventually(lambda: running_pods(api_server, gated), "its pod runs")
    eventually(lambda: age(running) > NEW, "it is not taken for new any more")
    api_server.delete(api_server.core("pods", running["metadata"]["name"]))
    # The gate stays shut until the second try runs: the first could still pass.
    api_server.until(gated, lambda run: node(run, "first-node(1)"), what="tried again")
    store.let_through(of_gated, "first")
    assert phase(api_server.until_over(gated)) == "Succeeded"
    eventually(lambda: project.run("watch", gated).code == 0, "it is on record", 60)
    assert tasks(project, gated)["first-node"]["attempts"] == 2
    # The controller knows only the exit code.
    failed = [event for event in project.events(gated) if "attempt_failed" in event]
    assert len(failed) == 1 and "the pod was deleted or preempted" in failed[0], failed

    assert project.run("watch", failing).code == 1
    assert store.marks(of_failing, "need") == 1
    assert tasks(project, failing)["need"]["attempts"] == 1


def test_a_node_that_interrupts_itself_has_failed_and_is_not_tried_again(
    cluster_project: MakeClusterProject, store: Store
) -> None:
    project = cluster_project(nodes={"*": {"retry": {"limit": 3, "on": ["oom", "preempted"]}}})
    run, uid = project.submitted("--pipelines", "interrupting")
    watched = project.run("watch", run)
    assert watched.code == 1, watched
    assert store.marks(uid, "interrupt") == 1
    task = tasks(project, run)["interrupt"]
    assert (task["attempts"], task["exit_code"]) == (1, 1), task
    assert (task["cause"]["type"], task["cause"]["message"]) == ("KeyboardInterrupt", "by hand")


def test_a_parameter_that_a_run_has_not_is_refused(project: ClusterProject) -> None:
    run, _ = project.submitted("--pipelines", "fails", "--params", "depth=3")
    assert project.run("watch", run).code == 1
    for word in ("retry", "resubmit"):
        refused = project.run(word, run, "-p", "parms={}")
        assert refused.code == 2 and "did you mean `params`" in refused.err, refused
        refused = project.run(word, run, "-p", "params=depth=3")
        assert refused.code == 2 and "JSON object" in refused.err, refused
    again = project.run("resubmit", run, "-p", 'params={"depth": 5}', "--wait")
    assert again.code == 1, again
    # No node reads this parameter: the results are as good as new.
    taken_over = project.run("resubmit", run, "--from-run", "--params", "depht=4", "--wait")
    assert "1 task of" in taken_over.err and "2 tasks will run" in taken_over.err, taken_over
    assert "old parameters" not in taken_over.err, taken_over
    assert len(project.runs()) == 3


def test_what_read_a_parameter_that_changes_is_made_anew(
    project: ClusterProject, store: Store, api_server: ApiServer
) -> None:
    run, uid = project.submitted("--pipelines", "tuning", "--params", "depth=4,kept=1")
    assert project.run("watch", run).code == 1
    again = project.ok("resubmit", run, "--from-run", "--params", "depth=5", "-o", "name")
    assert "1 task of" in again.err and "2 tasks will run" in again.err, again
    assert "scale had succeeded and runs again" in again.err, again
    new = api_server.workflow(again.out.strip())["metadata"]["uid"]
    store.bring(new, "needed")
    result = project.run("watch", again.out.strip())
    assert result.code == 0, result
    assert [store.marks(new, name) for name in ("once", "scale", "need")] == [0, 1, 1]

    # Results from an earlier run of the chain do not count as new.
    chained = project.ok("resubmit", run, "--from-run", "-o", "name").out.strip()
    assert project.run("watch", chained).code == 1
    refused = project.run("resubmit", chained, "--from-run", "--params", "depth=6")
    assert refused.code == 2, refused
    assert f"used the result of `scale` from run {run}" in refused.err, refused
    assert f"resubmit {run} --from-run --params" in refused.err, refused
    project.ok("terminate", project.ok("resubmit", chained, "--from-run", "-o", "name").out.strip())

    # A retry runs what failed; other readers of the parameter are named.
    store.bring(uid, "needed")
    retried = project.run("retry", run, "--params", "depth=5", "--wait")
    assert retried.code == 0, retried
    assert "scale read a changed parameter" in retried.err, retried
    assert "--nodes scale --restart-successful" in retried.err, retried
    assert [store.marks(uid, name) for name in ("once", "scale", "need")] == [1, 1, 2]
    (params,) = api_server.workflow(run)["spec"]["arguments"]["parameters"]
    assert json.loads(params["value"]) == {"depth": 5, "kept": 1}
    # From here on the run has these parameters, and runs that are made from it too.
    api_server.delete_workflow(run)
    made = project.ok("resubmit", run, "--params", "more=2", "-o", "name").out.strip()
    (params,) = api_server.workflow(made)["spec"]["arguments"]["parameters"]
    assert json.loads(params["value"]) == {"depth": 5, "kept": 1, "more": 2}
    project.ok("terminate", made)


def test_runtime_parameters_are_refused_where_no_task_would_read_them(
    project: ClusterProject,
) -> None:
    run, _ = project.submitted("--pipelines", "fails")
    assert project.run("watch", run).code == 1
    refused = project.run("retry", run, "--params", "depth=3")
    assert refused.code == 2 and "resubmit --from-run --params" in refused.err, refused
    for word in ("retry", "resubmit"):
        twice = project.run(word, run, "-p", "params={}", "--params", "depth=3")
        assert twice.code == 2, twice


def test_a_run_of_a_template_takes_runtime_parameters_in_a_retry(
    project: ClusterProject, store: Store, api_server: ApiServer
) -> None:
    name = "argo-kedro-test-tuning"
    project.ok(
        *("deploy", "--env", ENVIRONMENT, "--no-build", "--pipelines", "tuning"),
        *("--workflow-name", name, "--force"),
    )
    there = ("--namespace", api_server.namespace)
    run = project.ok("submit", "--from", name, "-o", "name", *there).out.strip()
    assert project.run("watch", run).code == 1
    store.bring(api_server.workflow(run)["metadata"]["uid"], "needed")
    retried = project.run("retry", run, "--params", "depth=5", "--wait")
    assert retried.code == 0, retried
    assert "scale read a changed parameter" in retried.err, retried
    api_server.delete(api_server.place(ARGO, "workflowtemplates", name))


def test_a_secret_that_is_gone_since_is_missed_before_a_retry(
    cluster_project: MakeClusterProject,
    make_secret: Callable[[str, dict[str, str]], str],
    api_server: ApiServer,
    store: Store,
) -> None:
    def variable(secret: str) -> dict[str, Any]:
        return {
            "environment": [{"name": "TOKEN", "secret_ref": {"name": secret, "key": "key"}}],
        }

    done, needed = (make_secret(name, {"key": "x"}) for name in ("of-done", "of-needed"))
    project = cluster_project(nodes={"once": variable(done), "need": variable(needed)})
    run, uid = project.submitted("--pipelines", "needing")
    assert project.run("watch", run).code == 1
    for secret in (done, needed):
        api_server.delete(api_server.core("secrets", secret))
    for words in (["retry", run], ["resubmit", run, "--from-run"]):
        refused = project.run(*words)
        assert refused.code == 2 and "missing-secret" in refused.err, refused
        # A task that has succeeded does not need it any more.
        assert needed in refused.err and done not in refused.err, refused
    assert "restore what is missing" in project.run("retry", run).err
    assert phase(api_server.workflow(run)) == "Failed"
    assert store.marks(uid, "need") == 1


def test_a_task_that_succeeded_runs_again_where_that_is_asked(
    project: ClusterProject, store: Store
) -> None:
    run, uid = project.submitted("--pipelines", "needing")
    assert project.run("watch", run).code == 1
    store.bring(uid, "needed")
    again = project.run("retry", run, "--nodes", "once", "--restart-successful", "--wait")
    assert again.code == 0, again
    assert (store.marks(uid, "once"), store.marks(uid, "need")) == (2, 2)


def test_who_is_evicted_is_told_why(cluster_project: Callable[..., ClusterProject]) -> None:
    volume = {"name": "small", "mount_path": "/small", "empty_dir": {"sizeLimit": "8Mi"}}
    project = cluster_project(nodes={"overfill": {"volumes": [volume]}})
    result = project.submit("--pipelines", "overfull", "--wait")
    assert result.code == 1, result
    assert "overfill" in result.text and "exceeds the limit" in result.text, result
    status = project.ok("status")
    assert "exceeds the limit" in status.text, status
