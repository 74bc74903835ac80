"""`logs -f` and `status` of a running run."""

from __future__ import annotations

from collections.abc import Callable

from api import ApiServer, eventually
from program import ClusterProject
from store import Store

GATED = ["--pipelines", "gated"]


def test_logs_follow_pods_as_they_start(project: ClusterProject, store: Store) -> None:
    name, uid = project.submitted(*GATED)
    running = project.follow("logs", "-f", name)
    running.says("[first-node]", "before the gate")
    status = project.ok("status", name)
    assert "Running" in status.out, status
    assert "Running" in project.ok("list").out
    store.let_through(uid, "first")
    running.says("[first-node]", "behind the gate")
    running.says("[second-node]", "the second")
    assert running.ends() == 0, running.text


def test_logs_follow_one_kedro_node(project: ClusterProject, store: Store) -> None:
    name, uid = project.submitted(*GATED)
    running = project.follow("logs", "-f", name, "second_node")
    store.let_through(uid, "first")
    running.says("the second")
    assert running.ends() == 0, running.text
    assert "the gate" not in running.text


def test_logs_follow_a_container_that_is_started_again_in_its_pod(
    cluster_project: Callable[..., ClusterProject], store: Store
) -> None:
    project = cluster_project(patches={"pods": {"restartPolicy": "OnFailure"}})
    run, uid = project.submitted("--pipelines", "needing")
    running = project.follow("logs", "-f", run, "need")
    said = "FileNotFoundError: what it needs is not there yet"
    running.says(said)
    running.says("started again after exit code 1")
    running.says(said)
    store.bring(uid, "needed")
    assert running.ends() == 0, running.text
    assert project.run("watch", run).code == 0
    failed = store.marks(uid, "need") - 1
    assert failed >= 2
    assert running.text.count(said) == failed, running.text


def test_output_that_went_with_the_pods_is_said_to_be_gone(
    cluster_project: Callable[..., ClusterProject], api_server: ApiServer
) -> None:
    project = cluster_project(pod_gc="on_pod_success")
    run, _ = project.submitted("--pipelines", "tidy")
    assert project.run("watch", run).code == 0
    eventually(lambda: not api_server.pods(run), "its pods are gone")
    logs = project.ok("logs")
    assert logs.out == "", logs
    said = logs.err.splitlines()
    assert f"{run}: the output of all of its tasks no longer exists" in said[0], logs
    assert "pod_gc: {strategy: on_workflow_success, delete_delay: 24h}" in logs.err, logs


def test_logs_of_a_container_that_no_pod_has(project: ClusterProject) -> None:
    run, _ = project.submitted()
    assert project.run("watch", run).code == 0
    refused = project.run("logs", run, "--container", "mian")
    assert refused.code == 2 and "did you mean `main`" in refused.err, refused
    assert "[make] time=" in project.ok("logs", run, "--container", "init", "--tail", "1").out
    last = project.ok("logs", run, "use", "--tail", "1").out
    assert last.count("\n") == 1 and "completed successfully" in last, last
