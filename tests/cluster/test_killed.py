"""`submit`, killed at each of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import images as image_building
import pytest
import yaml
from images import REGISTRY, Images
from program import ENVIRONMENT, ClusterProject

#: Lines at the end of each step; for `build`, at its beginning.
STEPS = [
    ["✓ read the project"],
    ["✓ lint"],
    ["✓ the cluster is ready for it"],
    ["build, push"],
    ["✓ image"],
    ["✓ created"],
    ["make ", "started"],
]
#: Steps after which a run exists.
CREATED = STEPS[-2:]


@pytest.fixture
def building(
    buildah: None, project: ClusterProject, images: Images, tmp_path: Path
) -> Iterator[dict[str, str | None]]:
    """The small project without an image: `submit` builds it."""
    file = f"conf/{ENVIRONMENT}/argo.yml"
    settings = yaml.safe_load((project.root / file).read_text(encoding="utf-8"))
    settings["deployment"] = {
        "image": f"{REGISTRY}/argo-kedro-tests/shop-{uuid4().hex[:8]}",
        "builder": "buildah",
        "build_options": ["--isolation=chroot", "--tls-verify=false"],
    }
    project.write(
        {
            file: yaml.safe_dump(settings),
            "Dockerfile": f"FROM {images.shop}\nRUN python -c 'print(1)'\nCOPY . /app\n",
            ".dockerignore": ".argo-kedro\nconf/local\n",
        }
    )
    with image_building.images_of_its_own(tmp_path / "images") as variables:
        yield variables


def runs(project: ClusterProject) -> set[str]:
    return {row["run"]["name"] for row in project.ok("list", "-o", "json").json()}


def test_submit_that_is_killed_at_any_step_loses_nothing(
    project: ClusterProject, building: dict[str, str | None]
) -> None:
    left = []
    for step in STEPS:
        before = runs(project)
        running = project.follow("submit", "--env", ENVIRONMENT, "--watch", env=building)
        running.says(*step)
        running.kill()
        made = runs(project) - before
        # The program works on after each line, before it is killed.
        assert len(made) <= 1 and (made or step not in CREATED), (step, running.text)
        left += made
    assert len(left) >= len(CREATED)
    for name in left:
        watching = project.follow("watch", name)
        assert watching.ends() == 0, watching.text
        assert "Succeeded" in project.ok("status", name).text
    # The rest of a killed build does no harm.
    last = project.run("submit", "--env", ENVIRONMENT, "--wait", env=building)
    assert last.code == 0 and "up to date" in last.text, last
