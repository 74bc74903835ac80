"""The example project as a user would run it: built, submitted, watched, read back."""

from __future__ import annotations

import csv
import io
import json

from program import ClusterProject
from store import Store


def test_the_example_runs_and_its_outputs_are_there(example: ClusterProject, store: Store) -> None:
    store.remove("example/")
    result = example.submit("--watch")
    assert result.code == 0, result
    assert "Succeeded in" in result.text, result
    reports = "example/08_reporting"
    assert store.get(f"{reports}/overview.png").startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(store.get(f"{reports}/model_comparison.csv").decode())))
    assert rows
    metrics = json.loads(store.get("example/07_model_output/departure_metrics.json"))
    assert metrics
    state = example.ok("status", "-o", "json").json()["state"]
    assert {task["phase"] for task in state["tasks"].values()} == {"Succeeded"}
    assert all(task.get("peak_memory") for task in state["tasks"].values())
