"""A new user's way from `kedro new` to a run on the cluster.

No package index has this version of argo-kedro: the image gets the installed one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from uuid import uuid4

import images
import pytest
import yaml
from api import ApiServer
from program import ClusterProject
from projects import BIN, Project

REGISTRY = """\
import os
from importlib.metadata import version

from argo_kedro.pipeline import Node
from kedro.pipeline import Pipeline


def look():
    print("argo-kedro", version("argo-kedro"), "as", os.getuid(), "in", os.getcwd())
    return 1


def register_pipelines():
    return {"__default__": Pipeline([Node(look, None, "seen", name="look")])}
"""


@pytest.mark.usefixtures("controller", "buildah")
@pytest.mark.parametrize("way", ["requirements", "pyproject"])
def test_a_new_project_is_built_and_runs(
    api_server: ApiServer,
    kubeconfig: Path,
    tmp_path: Path,
    way: str,
) -> None:
    somewhere = Project(tmp_path, tmp_path)
    words = ["new", "--name", "Fresh One", "--tools", "none", "--example", "n"]
    assert somewhere.run(*words, program=BIN / "kedro").code == 0
    project = ClusterProject(
        tmp_path / "fresh-one", tmp_path, api=api_server, kubeconfig=kubeconfig
    )
    project.write({"src/fresh_one/pipeline_registry.py": REGISTRY})
    if way == "pyproject":
        (project.root / "requirements.txt").unlink()
        # The packages for notebooks install slowly, and the other case has them. A user of the
        # earlier plugin may still name that.
        text = project.read("pyproject.toml").replace('"notebook"', '"argo-kedro==0.1.41"')
        for package in ("ipython>=8.10", "jupyterlab>=3.0"):
            text = text.replace(f'    "{package}",\n', "")
        project.write({"pyproject.toml": text})
    project.ok("init", "--yes")
    name = f"{images.REGISTRY}/argo-kedro-tests/fresh-one-{uuid4().hex[:8]}"
    # A user writes these settings: the registry, and the namespace. The rest is this machine's.
    settings = yaml.safe_load(project.read("conf/base/argo.yml"))
    settings["namespace"] = api_server.namespace
    settings["machine_types"] = {"default": {"mem": 0.3, "cpu": 0.5}}
    if account := os.environ.get("ARGO_KEDRO_TEST_SERVICE_ACCOUNT"):
        settings["service_account"] = account
    options = ["--isolation=chroot", "--network=host", *images.mounts(tmp_path)]
    settings["deployment"] |= {"image": name, "builder": "buildah", "build_options": options}
    project.write({"conf/base/argo.yml": yaml.safe_dump(settings)})
    with images.images_of_its_own(tmp_path / "images") as variables:
        if archive := os.environ.get("ARGO_KEDRO_TEST_BASE_ARCHIVE"):
            python = ".".join(map(str, sys.version_info[:2]))
            base = f"docker.io/library/python:{python}-slim"
            images.bring_base(archive, tmp_path, variables, base)
        built = project.run("build", "--push", "-o", "json", env=variables)
        assert built.code == 0, built
        # The folder has only the wanted wheel, and git ignores it.
        (wheel,) = (project.root / "argo-kedro-wheel").glob("*.whl")
        assert wheel.name == images.wheel().name
        assert (project.root / "argo-kedro-wheel/.gitignore").exists()
        again = project.run("build", "--push", "-o", "json", env=variables)
        assert again.json()["up_to_date"], again
    try:
        running = project.run("submit", "--wait", "--logs", "--no-build")
        assert running.code == 0, running
        version = images.wheel().name.split("-")[1]
        assert f"argo-kedro {version} as 10001 in /app" in running.text, running
        (run,) = project.runs()
        assert "look" in project.ok("status", run).out
    finally:
        project.clean_up()
