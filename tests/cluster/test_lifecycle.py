"""`stop`, `terminate`, `suspend`, `resume`, `delete` on the real controller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api import ApiServer, node, phase
from program import ClusterProject
from projects import is_clean
from store import Store

GATED = ["--pipelines", "gated"]


@pytest.mark.parametrize("word", ["stop", "terminate"])
def test_the_exit_handler_runs_after_stop_alone(
    cluster_project: Callable[..., ClusterProject], store: Store, api_server: ApiServer, word: str
) -> None:
    project = cluster_project(on_exit={"pipeline": "tidy"})
    name, uid = project.submitted(*GATED)
    store.reached(uid, "first")
    ended = project.ok(word, name)
    assert name in ended.err, ended
    watched = project.run("watch", name)
    assert watched.code == 1, watched
    assert phase(api_server.workflow(name)) == "Failed"
    assert store.marks(uid, "bye") == (1 if word == "stop" else 0)
    status = project.ok("status", name)
    assert "first-node" in status.out and "Stopped" in status.out, status
    again = project.run(word, name)
    assert again.code == 2 and "has ended" in again.err, again


def test_a_suspended_run_starts_nothing_until_it_is_resumed(
    project: ClusterProject, store: Store, api_server: ApiServer
) -> None:
    name, uid = project.submitted(*GATED)
    store.reached(uid, "first")
    project.ok("suspend", name)
    store.let_through(uid, "first")
    run = api_server.until(name, lambda run: node(run, "first-node").get("phase") == "Succeeded")
    assert run["spec"]["suspend"] is True
    assert node(run, "second-node") == {}, run["status"]
    # A later command shows this too.
    status = project.ok("status", name)
    assert "(suspended: " in status.out
    task = project.ok("status", name, "-o", "json").json()["state"]["tasks"]["first-node"]
    assert (task["phase"], task["attempts"]) == ("Succeeded", 1), task
    assert not any("attempt_failed" in event for event in project.events(name)), status
    for words in (["watch"], ["logs", "-f"]):
        project.follow(*words, name).says("waits: suspended")
    assert f"{name} continues" in project.ok("resume", name).err
    assert f"{name} is not suspended" in project.ok("resume", name).err
    watched = project.run("watch", name)
    assert watched.code == 0, watched
    assert "suspended" not in project.ok("status", name).out


@pytest.mark.parametrize("word", ["stop", "terminate"])
def test_a_suspended_run_can_be_ended(
    project: ClusterProject, store: Store, api_server: ApiServer, word: str
) -> None:
    name, uid = project.submitted(*GATED)
    store.reached(uid, "first")
    project.ok("suspend", name)
    project.ok(word, name)
    assert project.run("watch", name).code == 1
    assert phase(api_server.workflow(name)) == "Failed"


def test_a_run_that_waits_for_a_lock_says_so(
    cluster_project: Callable[..., ClusterProject], store: Store, mark: str
) -> None:
    project = cluster_project(synchronization={"mutexes": [{"name": mark}]})
    _, uid = project.submitted(*GATED)
    store.reached(uid, "first")
    second, _ = project.submitted()
    for words in (["watch"], ["watch"], ["logs", "-f"]):
        project.follow(*words, second).says("waits: Waiting for", mark)
    assert "Waiting for" in project.ok("status", second).out
    store.let_through(uid, "first")
    assert project.run("watch", second).code == 0
    assert "Waiting for" not in project.ok("status", second).out


def test_delete_takes_pods_too_and_keeps_the_record(
    project: ClusterProject, store: Store, api_server: ApiServer
) -> None:
    name, uid = project.submitted(*GATED)
    store.reached(uid, "first")
    project.ok("status", name)
    for answer in ("n", "Ctrl-C"):
        assert project.answered(answer, "delete", name) == 130
        assert phase(api_server.workflow(name)) == "Running"
    deleted = project.ok("delete", name)
    assert "was deleted" in deleted.err, deleted
    assert name not in project.ok("list", "--cluster", "--namespace", api_server.namespace).out
    status = project.ok("status", name)
    assert "deleted before it ended" in status.out
    tasks = project.ok("status", name, "-o", "json").json()["state"]["tasks"]
    phases = {task: state["phase"] for task, state in tasks.items()}
    assert phases == {"first-node": "Error", "second-node": "Omitted"}
    # Nothing is left to retry.
    assert f"resubmit {name} --from-run" in status.err, status
    retry = project.run("retry", name)
    assert retry.code == 2 and f"resubmit {name} --from-run" in retry.err, retry
    assert "had been deleted before" in project.ok("delete", name).err


def test_a_run_that_no_controller_has_seen_is_deleted_with_its_tasks_on_record(
    bare_project: Any,
) -> None:
    # The run is for another controller, which does not exist.
    labels = {"workflows.argoproj.io/controller-instanceid": "nobody"}
    project = bare_project(
        memory_datasets={"mode": "persist", "path": "memory://x"}, nodes={"*": {"labels": labels}}
    )
    name, _ = project.submitted(*GATED)
    project.ok("delete", name)
    state = project.ok("status", name, "-o", "json").json()["state"]
    assert state["phase"] == "Error"
    tasks = {name: (task["phase"], task["nodes"]) for name, task in state["tasks"].items()}
    assert tasks == {
        "first-node": ("Omitted", ["first_node"]),
        "second-node": ("Omitted", ["second_node"]),
    }


@pytest.mark.parametrize("word", ["stop", "suspend", "resume", "delete", "watch"])
def test_a_run_that_nobody_knows(bare_project: Any, word: str) -> None:
    result = bare_project().run(word, "no-such-run")
    assert result.code == 2, result
    assert "no-such-run" in result.err, result
    assert is_clean(result.text), result
