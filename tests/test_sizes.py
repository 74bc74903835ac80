"""Sizes from measurements: what tasks used, what they should ask for, and the cost of a run."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
import yaml
from projects import MakeProject, Project

#: One task holds 200 MiB, another keeps a core busy for half a second.
WORK = """
import time
def hold():
    held = bytearray(b"x" * (200 << 20)); return len(held)
def burn():
    end = time.process_time() + 0.5
    while time.process_time() < end: pass
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(hold, None, "a", name="hold"), node(burn, None, "b", name="burn")])}
"""
CONFIG = """\
# ours
machine_types: {default: {cpu: 4, mem: 4}}
prices: {currency: EUR, cpu_hour: 0.5, mem_gib_hour: 0.25} # a guess
nodes:
  "*": {retry: {limit: 2}} # a lost machine is nobody's fault
"""
ARGO = "conf/base/argo.yml"


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_sizes_come_from_what_runs_used(make_project: MakeProject, isolation: str) -> None:
    project = make_project(WORK, {ARGO: CONFIG})
    assert "no run of these tasks is on record" in project.ok("sizes").err
    for _ in range(3):
        project.ok("run", "--isolation", isolation)
    read = project.ok("sizes", "-o", "json").json()
    tasks = {task["task"]: task for task in read["tasks"]}
    assert read["runs"] == {"here": 3, "cluster": 0} and read["currency"] == "EUR"
    assert 200 << 20 < tasks["hold"]["used"]["memory_bytes"]["least"] < 600 << 20
    assert tasks["burn"]["used"]["memory_bytes"]["most"] < 200 << 20
    cores = tasks["burn"]["used"]["cores"]
    assert cores["count"] == 3 and 0.05 < cores["most"] < 1.5
    assert tasks["hold"]["size"] and tasks["hold"]["saves"]["money"] > 0
    table = project.ok("sizes").out
    assert "4 GiB → " in table and "EUR" in table and "MEDIAN" not in table
    wide = project.ok("sizes", "-o", "wide").out
    assert all(word in wide.splitlines()[0] for word in ("MEDIAN", "P95", "SAVES")), wide
    names = project.ok("sizes", "-o", "name", "burn")
    assert (names.out, names.err) == ("burn\n", "")


def test_sizes_are_written_once_and_the_plan_has_them(make_project: MakeProject) -> None:
    project = make_project(WORK, {ARGO: CONFIG})
    for _ in range(3):
        project.ok("run")
    refused = project.run("sizes", "--write")
    assert refused.code == 2 and "sizes --write --yes" in refused.err
    dry = project.ok("sizes", "--write", "--dry-run")
    assert "+  hold: {mem: " in dry.err and project.read(ARGO) == CONFIG
    project.ok("sizes", "--write", "--yes")
    written = project.read(ARGO)
    assert written.startswith(CONFIG) and written != CONFIG
    again = project.ok("sizes", "--write", "--yes")
    assert "nothing to change" in again.err and project.read(ARGO) == written
    planned = project.plan()
    assert planned["burn"]["machine"]["memory"].endswith("Mi")
    project.ok("lint", "--target", "local")


def test_few_runs_do_not_ask_for_less(make_project: MakeProject) -> None:
    project = make_project(WORK, {ARGO: CONFIG})
    project.ok("run")
    assert "few runs" in project.ok("sizes").out
    assert "nothing to change" in project.ok("sizes", "--write", "--yes").err
    assert project.read(ARGO) == CONFIG


def test_what_cannot_be_edited_is_shown(make_project: MakeProject) -> None:
    config = "_all: &all {retry: {limit: 2}}\nnodes: {hold: *all, burn: *all}\n"
    project = make_project(WORK, {ARGO: config})
    for _ in range(3):
        project.ok("run")
    result = project.run("sizes", "--write", "--yes")
    assert result.code == 2 and "nodes:\n  " in result.out, result
    assert project.read(ARGO) == config
    # For programs, standard output has no text for users.
    told = project.run("sizes", "--write", "--yes", "-o", "json")
    json.loads(told.out)
    assert told.code == 2 and "nodes:\n  " in told.err, told


def test_a_run_costs_what_its_tasks_took(make_project: MakeProject) -> None:
    project = make_project(WORK, {ARGO: CONFIG})
    project.ok("run", "--nodes", "burn")
    result = project.ok("plan", "--cost")
    assert "unknown, and not counted: hold" in result.out
    cost = project.ok("plan", "--cost", "-o", "json").json()["cost"]
    assert cost["unknown"] == ["hold"]
    # Lower bound: half a second of 4 cores and 4 GiB.
    assert 4 * 0.4 / 3600 < cost["total"]["core_hours"] < 4 * 600 / 3600
    assert cost["total"]["money"] == pytest.approx(
        0.5 * cost["total"]["core_hours"] + 0.25 * cost["total"]["gib_hours"]
    )


@pytest.mark.parametrize(
    ("on_cluster", "held", "needed"),
    [
        (False, 2 << 30, "3Gi"),
        # A killed container has no measurement: its limit was the 4 GiB of its machine type.
        (True, None, "6Gi"),
        (True, 6 << 30, "9Gi"),
    ],
    ids=["on this machine", "a container that is gone", "more than the limit"],
)
def test_who_was_killed_for_its_memory_needs_more_than_it_had(
    make_project: MakeProject, on_cluster: bool, held: int | None, needed: str
) -> None:
    project = make_project(WORK, {ARGO: CONFIG})
    project.ok("run", "--nodes", "burn")
    with sqlite3.connect(project.root / ".argo-kedro" / "history.db") as history:
        killed = "UPDATE usage SET out_of_memory = 1, phase = 'Failed', peak_memory = ?"
        history.execute(killed, [held])
        if on_cluster:
            history.execute("UPDATE run SET server = 'https://example.com', namespace = 'ml'")
            ((text,),) = history.execute("SELECT text FROM manifest")
            # Use the form of a cluster's manifest.
            history.execute("UPDATE manifest SET text = ?", [json.dumps(yaml.safe_load(text))])
    history.close()
    (task,) = project.ok("sizes", "burn", "-o", "json").json()["tasks"]
    assert (task["out_of_memory"], task["needs"]["memory"]) == (1, needed), task
    # A few runs are enough to ask for more.
    wanted = needed if needed != "3Gi" else None
    assert (task["size"] or {}).get("memory") == wanted
    assert "killed for its memory: 1 time" in " ".join(project.ok("sizes").out.split())


@pytest.mark.parametrize("price", ["-1", "cheap", "'0.1'", "[1]"])
def test_a_price_that_is_none_is_named(make_project: MakeProject, price: str) -> None:
    project = make_project(WORK, {ARGO: f"prices: {{cpu_hour: {price}}}\n"})
    result = project.run("sizes")
    assert result.code != 0 and "`prices.cpu_hour` is" in result.err
    assert "number of zero or more" in result.err


def older(project: Project) -> Path:
    """Removes from a history what an older program would not have written."""
    path = project.root / ".argo-kedro" / "history.db"
    with sqlite3.connect(path) as history:
        history.execute("DROP TABLE usage")
    history.close()
    return path


def test_a_history_without_processor_times_is_read_and_goes_on(make_project: MakeProject) -> None:
    project = make_project(WORK, {ARGO: CONFIG})
    project.ok("run")
    older(project)
    first = project.ok("sizes", "burn", "-o", "json").json()["tasks"][0]
    assert first["runs"]["here"] == 1
    assert first["used"]["cores"] is None and first["used"]["memory_bytes"]["count"] == 1
    project.ok("run")
    second = project.ok("sizes", "burn", "-o", "json").json()["tasks"][0]
    assert second["runs"]["here"] == 2
    assert second["used"]["cores"]["count"] == 1 and second["used"]["memory_bytes"]["count"] == 2
    assert project.run("sizes", "brun").code == 2
