"""The example project as a user runs it: built, submitted, watched, and its results read."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import images
import pytest
import yaml
from program import ENVIRONMENT, ClusterProject
from store import Store


@pytest.fixture
def built(
    buildah: None, example: ClusterProject, tmp_path: Path
) -> Iterator[dict[str, str | None]]:
    """The example without an image: `submit` builds it, by its own Dockerfile."""
    file = example.root / f"conf/{ENVIRONMENT}/argo.yml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    # The steps run as in `images.build`: no runtime, this machine's network and pip settings.
    options = ["--isolation=chroot", "--network=host"]
    options += images.mounts(tmp_path)
    settings["deployment"] = {
        "image": f"{images.REGISTRY}/argo-kedro-tests/flight-delays-{uuid4().hex[:8]}",
        "builder": "buildah",
        "build_options": options,
    }
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with images.images_of_its_own(tmp_path / "images") as variables:
        if archive := os.environ.get("ARGO_KEDRO_TEST_BASE_ARCHIVE"):
            images.bring_base(archive, tmp_path, variables)
        yield variables


def test_one_command_builds_the_example_and_runs_it(
    example: ClusterProject, built: dict[str, str | None], store: Store
) -> None:
    store.remove("example/")
    running = example.follow("submit", "--env", ENVIRONMENT, "--watch", env=built)
    assert running.ends(600) == 0, running.text
    is_there(example, running.text, store)


def test_the_example_runs_and_its_outputs_are_there(example: ClusterProject, store: Store) -> None:
    store.remove("example/")
    result = example.submit("--watch")
    assert result.code == 0, result
    is_there(example, result.text, store)


def is_there(example: ClusterProject, said: str, store: Store) -> None:
    assert "Succeeded in" in said, said
    reports = "example/08_reporting"
    assert store.get(f"{reports}/overview.png").startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(store.get(f"{reports}/model_comparison.csv").decode())))
    assert rows
    metrics = json.loads(store.get("example/07_model_output/departure_metrics.json"))
    assert metrics
    state = example.ok("status", "-o", "json").json()["state"]
    assert {task["phase"] for task in state["tasks"].values()} == {"Succeeded"}
    assert all(task.get("peak_memory") for task in state["tasks"].values())
