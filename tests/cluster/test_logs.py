"""`logs -f` and `status` of a run that goes on."""

from __future__ import annotations

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
