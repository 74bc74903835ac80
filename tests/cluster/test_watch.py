"""`watch` and `submit --wait` when this process or the connection to the cluster breaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from api import ApiServer, eventually, node, phase
from program import ENVIRONMENT, ClusterProject
from proxy import Proxy
from store import Store

GATED = ["--pipelines", "gated"]


def test_ctrl_c_leaves_the_run_running(
    project: ClusterProject, store: Store, api_server: ApiServer
) -> None:
    running = project.follow("submit", "--env", ENVIRONMENT, "--no-build", "--wait", *GATED)
    running.says("first-node", "started")
    (name,) = project.runs()
    running.interrupt()
    assert running.ends() == 130, running.text
    assert f"{name} continues on the cluster" in running.text
    assert f"watch {name}" in running.text
    run = api_server.workflow(name)
    assert phase(run) == "Running"
    store.let_through(run["metadata"]["uid"], "first")
    assert phase(api_server.until_over(name)) == "Succeeded"


def test_a_killed_watch_loses_nothing(project: ClusterProject, store: Store) -> None:
    name, uid = project.submitted(*GATED)
    first = project.follow("watch", name)
    first.says("first-node", "started")
    first.kill()
    # The record has everything that it showed.
    assert any("task_started" in event for event in project.events(name)), project.events(name)
    store.let_through(uid, "first")
    assert project.follow("watch", name).ends() == 0
    events = project.events(name)
    assert len(events) == len(set(events)), events
    tasks = project.ok("status", "-o", "json").json()["state"]["tasks"]
    assert {task["phase"] for task in tasks.values()} == {"Succeeded"}
    # Another watch adds nothing.
    assert project.follow("watch", name).ends() == 0
    assert project.events(name) == events


def test_three_followers_agree_with_the_controller(
    project: ClusterProject, store: Store, api_server: ApiServer
) -> None:
    running = project.follow("submit", "--env", ENVIRONMENT, "--no-build", "--watch", *GATED)
    running.says("✓ created")
    (name,) = eventually(project.runs, "it is on record")
    others = [project.follow("logs", "-f", "@latest") for _ in range(2)]
    for other in others:
        other.says("before the gate")
    store.let_through(api_server.workflow(name)["metadata"]["uid"], "first")
    for follower in (running, *others):
        assert follower.ends() == 0, follower.text
    for other in others:
        for line in ("before the gate", "behind the gate", "the second"):
            assert other.text.count(line) == 1, other.text
    tasks = project.ok("status", "-o", "json").json()["state"]["tasks"]
    assert {task: it["attempts"] for task, it in tasks.items()} == {
        "first-node": 1,
        "second-node": 1,
    }
    started = [event for event in project.events(name) if "task_started" in event]
    assert len(started) == 2, started


def test_watch_outlives_the_api_server(
    project: ClusterProject,
    store: Store,
    proxy: Proxy,
    through_proxy: Path,
    api_server: ApiServer,
) -> None:
    env: dict[str, str | None] = {"KUBECONFIG": str(through_proxy)}
    name, uid = project.submitted(*GATED, env=env)
    running = project.follow("watch", name, "--logs", env=env)
    running.says("[first-node]", "before the gate")
    proxy.stop()
    running.says("cannot reach", "trying again")
    # The run ends while the connection is cut.
    store.let_through(uid, "first")
    api_server.until(name, lambda run: node(run, "first-node").get("phase") == "Succeeded")
    proxy.start()
    running.says("the cluster answers again")
    assert running.ends() == 0, running.text
    assert "✓ second-node" in running.text
    for line in ("Running node: first_node", "before the gate", "behind the gate"):
        assert running.text.count(line) == 1, running.text
    events = project.events(name)
    assert len(events) == len(set(events)), events


@pytest.mark.alone
def test_watch_outlives_a_restart_of_the_api_server(
    project: ClusterProject,
    store: Store,
    api_server_process: Callable[[str], None],
) -> None:
    name, uid = project.submitted(*GATED)
    running = project.follow("watch", name, "--logs")
    running.says("[first-node]", "before the gate")
    api_server_process("stop")
    try:
        running.says("cannot reach", "trying again")
        store.let_through(uid, "first")
    finally:
        api_server_process("start")
    running.says("the cluster answers again")
    assert running.ends() == 0, running.text
    for line in ("before the gate", "behind the gate", "the second"):
        assert running.text.count(line) == 1, running.text
    tasks = project.ok("status", name, "-o", "json").json()["state"]["tasks"]
    assert {task["phase"] for task in tasks.values()} == {"Succeeded"}


def test_a_cut_connection_is_taken_up_again(
    project: ClusterProject, store: Store, proxy: Proxy, through_proxy: Path
) -> None:
    env: dict[str, str | None] = {"KUBECONFIG": str(through_proxy)}
    name, uid = project.submitted(*GATED, env=env)
    running = project.follow("watch", name, "--logs", env=env)
    running.says("[first-node]", "before the gate")
    proxy.cut()
    store.let_through(uid, "first")
    assert running.ends() == 0, running.text
    for line in ("Running node: first_node", "before the gate", "behind the gate", "the second"):
        assert running.text.count(line) == 1, running.text


#: A task that ends as soon as the controller sees it, and needs no pod.
NO_POD = {"container": None, "suspend": {"duration": "0"}}


@pytest.mark.parametrize(
    "patches",
    [
        pytest.param({"templates": {"*": NO_POD}}, id="no pods"),
        pytest.param({}, id="pods", marks=pytest.mark.nightly),
    ],
)
def test_250_nodes(cluster_project: Callable[..., ClusterProject], patches: dict[str, Any]) -> None:
    project = cluster_project(patches=patches)
    running = project.follow(
        "submit", "--env", ENVIRONMENT, "--no-build", "--wait", "--pipelines", "wide"
    )
    assert running.ends(900) == 0, running.text
    tasks = project.ok("status", "-o", "json").json()["state"]["tasks"]
    assert len(tasks) == 250
    assert {task["phase"] for task in tasks.values()} == {"Succeeded"}
