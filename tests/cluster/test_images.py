"""`build` with Buildah and a real registry, if both exist."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from images import REGISTRY
from projects import TWO_TASKS, Project, build_project


@pytest.fixture
def project(buildah: None, tmp_path: Path) -> Project:
    name = f"argo-kedro-tests/{tmp_path.name.replace('_', '-')}"
    return build_project(
        tmp_path / "a",
        TWO_TASKS,
        {
            "Dockerfile": "FROM scratch\nARG GREETING\nLABEL greeting=$GREETING\nCOPY . /app\n",
            ".dockerignore": "conf/local\n.argo-kedro\n",
            "marker.txt": tmp_path.as_posix(),
            "conf/base/argo.yml": f"""\
                deployment:
                  image: {REGISTRY}/{name}
                  builder: buildah
                  build_args: {{GREETING: hello}}
                """,
        },
    )


@pytest.fixture
def storage(project: Project) -> dict[str, str | None]:
    """The test's own store of images; builds without a RUN step need only the plainest driver."""
    folder = project.home / "containers"
    folder.mkdir()
    config = folder / "storage.conf"
    config.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/root"\nrunroot = "{folder}/run"\n'
    )
    return {"CONTAINERS_STORAGE_CONF": str(config)}


def manifest(reference: str) -> tuple[str, dict[str, object]]:
    """Asks the registry for an image by its digest."""
    name, _, digest = reference.partition("@")
    repository = name.removeprefix(f"{REGISTRY}/").rpartition(":")[0]
    kinds = (
        "application/vnd.oci.image.manifest.v1+json, "
        "application/vnd.docker.distribution.manifest.v2+json"
    )
    url = f"http://{REGISTRY}/v2/{repository}"
    request = urllib.request.Request(f"{url}/manifests/{digest}", headers={"Accept": kinds})
    with urllib.request.urlopen(request) as answer:
        config = json.load(answer)["config"]["digest"]
    with urllib.request.urlopen(f"{url}/blobs/{config}") as answer:
        return digest, json.load(answer)


def test_an_image_gets_into_the_registry_once(
    project: Project, storage: dict[str, str | None]
) -> None:
    first = project.ok("build", "--push", "-o", "json", env=storage).json()
    assert first["built"] and first["pushed"]
    _, config = manifest(first["image"])
    assert config["config"]["Labels"]["greeting"] == "hello"  # type: ignore[index]
    second = project.ok("build", "--push", "-o", "json", env=storage).json()
    assert second["up_to_date"] and second["digest"] == first["digest"]


def test_what_this_machine_has_is_pushed_without_a_build(
    project: Project, storage: dict[str, str | None]
) -> None:
    built = project.ok("build", "-o", "json", env=storage).json()
    assert built["built"] and built["digest"] is None
    again = project.ok("build", "-o", "json", env=storage).json()
    assert again["up_to_date"]
    pushed = project.ok("build", "--push", "-o", "json", env=storage).json()
    assert (pushed["built"], pushed["pushed"]) == (False, True)
    assert manifest(pushed["image"])[0] == pushed["digest"]


def test_what_the_registry_has_is_pulled(project: Project, storage: dict[str, str | None]) -> None:
    pushed = project.ok("build", "--push", "-o", "json", env=storage).json()
    remove = ["buildah", "rmi", "--all", "--force"]
    subprocess.run(remove, env={**os.environ, **storage}, check=True, capture_output=True)
    loaded = project.ok("build", "--load", "-o", "json", env=storage).json()
    assert loaded["steps"] == ["pull"] and loaded["digest"] == pushed["digest"]


def test_a_failed_build_is_the_users(project: Project, storage: dict[str, str | None]) -> None:
    project.write({"Dockerfile": "FROM scratch\nCOPY nowhere /\n"})
    result = project.run("build", "--push", env=storage)
    assert result.code == 1
    assert "nowhere" in result.err


def test_a_tag_never_stands_for_other_files_than_its_own(
    project: Project, storage: dict[str, str | None]
) -> None:
    # A user saves a file after the build has begun.
    path, real = project.home / "bin" / "buildah", shutil.which("buildah")
    path.parent.mkdir()
    marker = project.root / "marker.txt"
    path.write_text(f'#!/bin/sh\n[ "$1" = build ] && echo changed > "{marker}"\nexec {real} "$@"\n')
    path.chmod(0o755)
    text = marker.read_text(encoding="utf-8")
    meddled = {**storage, "PATH": f"{path.parent}:{os.environ['PATH']}"}
    for words in (["--push"], ["--load"]):
        result = project.run("build", *words, env=meddled)
        assert result.code == 2 and "changed during the build" in result.err, result
        marker.write_text(text, encoding="utf-8")
    listed = subprocess.run(
        ["buildah", "images", "--format", "{{.Name}}:{{.Tag}}"],
        env={**os.environ, **storage},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "argo-kedro-tests" not in listed.stdout
    pushed = project.ok("build", "--push", "-o", "json", env=storage).json()
    assert pushed["built"] and pushed["pushed"]


def test_what_is_never_in_an_image_does_not_reach_the_builder(
    project: Project, storage: dict[str, str | None]
) -> None:
    project.write(
        {
            ".dockerignore": "*\n!src\n!conf\n!info.log.1\nconf/local\n",
            "info.log": "x",
            "src/shop/__pycache__/a.pyc": "x",
            "src/my [env] 1/pyvenv.cfg": "x",
            "src/.git/HEAD": "x",
            "conf/cloud/argo.yml": "{}\n",
        }
    )
    project.ok("build", "--load", env=storage)
    environment = {**os.environ, **storage}

    def buildah(*words: str) -> str:
        done = subprocess.run(
            ["buildah", *words], env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    container = buildah("from", buildah("images", "-q").splitlines()[0])
    top = Path(buildah("mount", container), "app")
    files = {path.relative_to(top).as_posix() for path in top.rglob("*")}
    buildah("rm", container)
    assert "src/shop/pipeline_registry.py" in files and "conf/base/catalog.yml" in files
    unwanted = ("info.log", "__pycache__", "pyvenv", ".git", "argo")
    assert not [file for file in files if any(word in file for word in unwanted)], files


def test_a_second_submit_builds_nothing(
    project: Project, storage: dict[str, str | None], kubeconfig: Path, namespace: str
) -> None:
    file = "conf/base/argo.yml"
    settings = "service_account: runner\nmemory_datasets: {mode: persist, path: memory://x}\n"
    project.write({file: (project.root / file).read_text(encoding="utf-8") + settings})
    env = {**storage, "KUBECONFIG": str(kubeconfig)}
    words = ["submit", "--namespace", namespace, "-o", "json"]
    images = []
    for is_first in (True, False):
        result = project.run(*words, env=env)
        assert result.code == 0, result
        assert ("build, push" in result.err) == is_first, result
        manifest = project.run(*words, "--dry-run=server", env=env).json()
        images.append(manifest["spec"]["templates"][-1]["container"]["image"])
    # The tag depends on the content: it is known before the build, so lint sees it.
    assert images[0] == images[1] and ":" in images[0].rsplit("/", 1)[1]
