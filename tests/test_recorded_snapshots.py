"""The recorded snapshots for Rust's tests equal the worker's answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from recording import recordings_on_disk, take_recordings


@pytest.mark.kedro
def test_the_recorded_snapshots_are_what_the_worker_answers(tmp_path: Path) -> None:
    answered, recorded = take_recordings(tmp_path), recordings_on_disk()
    again = "record them again: scripts/record_snapshots.py"
    assert answered.keys() == recorded.keys(), again
    for name, content in recorded.items():
        assert answered[name] == content, f"{name} is stale; {again}"
    assert str(tmp_path) not in json.dumps(recorded)
