"""The words of argo-kedro 0.1.41 keep their meaning."""

from __future__ import annotations

import pytest
import yaml
from projects import TWO_TASKS, MakeProject, Project
from recorded_projects import CONFIGURED


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    files = {"conf/base/argo.yml": CONFIGURED, "conf/cloud/argo.yml": CONFIGURED}
    return shared_project(TWO_TASKS, files)


@pytest.mark.parametrize(
    "words",
    [
        ["-d", "-w", "nightly", "-e", "cloud", "-p", "__default__"],
        ["--dry_run", "--workflow-name", "nightly", "--environment", "cloud"],
        ["--pipeline", "__default__", "-d", "--workflow-name=nightly"],
    ],
)
def test_submit(project: Project, words: list[str]) -> None:
    result = project.ok("submit", "--image", "registry/shop:1", *words)
    manifest = yaml.safe_load(result.out)
    assert manifest["metadata"]["name"] == "nightly"
    args = manifest["spec"]["templates"][1]["container"]["args"]
    assert "--env=cloud" in args


@pytest.mark.parametrize(
    "words", [["-w", "nightly"], ["--workflow-name", "nightly", "-e", "cloud"]]
)
def test_resubmit_names_its_run_by_a_flag(project: Project, words: list[str]) -> None:
    result = project.run("resubmit", *words, "--no-rebuild")
    assert result.code == 2
    # The command looked for that run.
    assert "nightly" in result.err or "no runs" in result.err, result


def test_commands_for_a_cluster_take_the_environment_cloud(make_project: MakeProject) -> None:
    files = {"conf/base/argo.yml": CONFIGURED, "conf/cloud/argo.yml": "namespace: of-the-cloud\n"}
    project = make_project(TWO_TASKS, files)
    why = "environment `cloud`: the default for a cluster"
    image = ["--image", "registry/shop:1"]
    for words in (
        ["compile", "--allow-errors"],
        ["submit", "-d", *image],
        ["deploy", "-d", *image],
        ["plan"],
        ["lint"],
    ):
        said = project.run(*words)
        assert said.err.count(why) == 1, said
        assert why not in project.run(*words, "--env", "base").err
        assert why not in project.run(*words, env={"KEDRO_ENV": "base"}).err
        assert why not in project.run("-q", *words).err
    assert "namespace: of-the-cloud" in project.run("compile").out
    # Commands for this machine do not use it.
    assert "env cloud" not in project.run("lint", "--target", "local").err
    project.write({"conf/base/argo.yml": "deployment: {image: registry/shop}\n"})
    assert "env cloud" not in project.ok("run").err
    assert project.ok("list", "-o", "json").json()[0]["run"]["environment"] == "local"


def test_without_the_environment_cloud_nothing_changes(make_project: MakeProject) -> None:
    project = make_project(TWO_TASKS, {"conf/base/argo.yml": CONFIGURED})
    said = project.ok("compile")
    assert "env cloud" not in said.err and "--env=local" in said.out
