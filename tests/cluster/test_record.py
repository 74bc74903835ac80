"""A run whose record cannot be written: the run matters more than its record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from api import ApiServer, phase
from program import ClusterProject
from store import Store

GATED = ["--pipelines", "gated"]
FULL = "database or disk is full"


@contextmanager
def full(project: ClusterProject, table: str) -> Iterator[None]:
    """Makes a table refuse new rows, as a full disk does."""
    with project.history() as history:
        history.execute(
            f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(FAIL, '{FULL}'); END"
        )
    try:
        yield
    finally:
        with project.history() as history:
            history.execute("DROP TRIGGER full")


@pytest.mark.parametrize("is_for_good", [False, True])
def test_a_full_disk_ends_no_wait(project: ClusterProject, store: Store, is_for_good: bool) -> None:
    name, uid = project.submitted(*GATED)
    with full(project, "event"):
        running = project.follow("watch", name)
        running.says("first-node", "started")
        if is_for_good:
            store.let_through(uid, "first")
            assert running.ends() == 0, running.text
    store.let_through(uid, "first")
    assert running.ends() == 0, running.text
    assert running.text.count(FULL) == 1, running.text
    assert "✓ second-node" in running.text
    # The record has everything in the end, each event once.
    state = project.ok("status", name, "-o", "json").json()["state"]
    assert {task["phase"] for task in state["tasks"].values()} == {"Succeeded"}
    events = project.events(name)
    assert len(events) == len(set(events)), events
    assert sum('"task_started"' in event for event in events) == 2, events


def test_a_run_that_cannot_be_put_on_record_is_found_later(
    project: ClusterProject, api_server: ApiServer
) -> None:
    project.submitted(*GATED)
    for table, said in [("run", "missing events are added"), ("submission", "will not have")]:
        with full(project, table):
            result = project.submit("-o", "name", *GATED)
        assert result.code == 0, result
        name = result.out.strip()
        assert api_server.workflow(name), result
        assert FULL in result.err and said in result.err, result
        # Without a note of the submission, only its name finds the run.
        words = ["list"] if table == "run" else ["status", name]
        assert name in project.ok(*words).out
        assert name in project.runs()


def test_what_cannot_be_put_on_record_is_not_deleted(
    project: ClusterProject, api_server: ApiServer
) -> None:
    name, _ = project.submitted(*GATED)
    api_server.until(name, lambda run: phase(run) == "Running")
    with full(project, "event"):
        result = project.run("delete", name)
        assert result.code == 2, result
        assert "was not deleted" in result.err and "--state FOLDER" in result.err, result
        assert api_server.workflow(name)
    project.ok("delete", name)
    assert "deleted" in project.ok("status", name).out
