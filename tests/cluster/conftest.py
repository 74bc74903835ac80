"""Fixtures for the tests of a cluster; docs/development.md describes the variables."""

from __future__ import annotations

import base64
import copy
import os
import shutil
import subprocess
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import images as image_building
import pytest
import yaml
from api import ARGO, LABEL, ApiServer, phase
from images import REGISTRY, CannotBuild, Images, copy_example, is_registry
from program import ClusterProject
from proxy import Proxy
from shop import MACHINES, NOTHING, write_shop
from store import BUCKET, Store, run_store

#: Time limit for a controller to begin a Workflow.
PICKED_UP = 30
SECRET_KEY = "secret"


@pytest.fixture(scope="session")
def kubeconfig() -> Path:
    file = os.environ.get("KUBECONFIG")
    if not file:
        pytest.skip("KUBECONFIG names no cluster")
    return Path(file)


@pytest.fixture(scope="session")
def api_server(kubeconfig: Path) -> ApiServer:
    return ApiServer.of(kubeconfig, os.environ.get("ARGO_KEDRO_TEST_NAMESPACE"))


@pytest.fixture(scope="session")
def mark() -> str:
    """Prefix for the names of this session's objects."""
    return f"argo-kedro-test-{uuid4().hex[:6]}"


@pytest.fixture(scope="session")
def controller(api_server: ApiServer, mark: str) -> None:
    """Skips tests without a workflow controller."""
    name = f"{mark}-probe"
    api_server.create_workflow(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": name, "labels": {LABEL: mark}},
            "spec": {
                "entrypoint": "probe",
                "templates": [{"name": "probe", "suspend": {"duration": "0"}}],
            },
        }
    )
    try:
        api_server.until(name, phase, PICKED_UP, "picked up")
    except AssertionError:
        needed = os.environ.get("ARGO_KEDRO_TEST_CONTROLLER") == "yes"
        (pytest.fail if needed else pytest.skip)("no workflow controller looks after the namespace")
    finally:
        api_server.delete_workflow(name)


@pytest.fixture(scope="session")
def store(controller: None) -> Iterator[Store]:
    with run_store() as running:
        yield running


@pytest.fixture(scope="session")
def make_secret(api_server: ApiServer, mark: str) -> Iterator[Callable[[str, dict[str, str]], str]]:
    """Makes Secrets, and deletes them at the end."""
    made = []

    def make(name: str, texts: dict[str, str]) -> str:
        name = f"{mark}-{name}"
        data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        metadata = {"name": name, "labels": {LABEL: mark}}
        path = api_server.core("secrets")
        api_server.ask("POST", path, {"metadata": metadata, "data": data})
        made.append(name)
        return name

    yield make
    for name in made:
        api_server.delete(api_server.core("secrets", name))


@pytest.fixture(scope="session")
def images(controller: None, tmp_path_factory: pytest.TempPathFactory) -> Images:
    try:
        return image_building.images(tmp_path_factory.mktemp("images"))
    except CannotBuild as error:
        needed = os.environ.get("ARGO_KEDRO_TEST_CONTROLLER") == "yes"
        (pytest.fail if needed else pytest.skip)(str(error))


@pytest.fixture(scope="session")
def store_settings(store: Store, make_secret: Callable[..., str]) -> dict[str, Any]:
    """Settings of `argo.yml` with which pods reach the store."""
    secret = make_secret("store", {SECRET_KEY: store.secret})
    return {
        "memory_datasets": {"mode": "persist", "path": f"s3://{BUCKET}/handoff"},
        "template": {
            "templates": [NOTHING],
            "environment": [
                {"name": "AWS_ENDPOINT_URL", "value": store.url},
                {"name": "AWS_DEFAULT_REGION", "value": "us-east-1"},
                {"name": "AWS_ACCESS_KEY_ID", "value": store.key},
                {
                    "name": "AWS_SECRET_ACCESS_KEY",
                    "secret_ref": {"name": secret, "key": SECRET_KEY},
                },
            ],
        },
    }


@pytest.fixture
def buildah() -> None:
    """Skips tests of builds and pushes without the tools for them."""
    if shutil.which("buildah") is None:
        pytest.skip("there is no buildah")
    if not is_registry():
        pytest.skip(f"there is no registry at {REGISTRY}")


MakeClusterProject = Callable[..., ClusterProject]


@pytest.fixture(scope="session")
def bare_project(
    api_server: ApiServer, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeClusterProject]:
    """Makes small projects that need no store; a test may change one."""
    made: list[ClusterProject] = []

    def make(image: str = "example.com/none:1", **settings: Any) -> ClusterProject:
        folder = tmp_path_factory.mktemp("project")
        write_shop(folder / "shop")
        project = ClusterProject(folder / "shop", folder, api=api_server, kubeconfig=kubeconfig)
        project.configure({**yaml.safe_load(MACHINES), **settings}, image)
        made.append(project)
        return project

    yield make
    for project in made:
        project.clean_up()


@pytest.fixture(scope="session")
def cluster_project(
    bare_project: MakeClusterProject, images: Images, store_settings: dict[str, Any]
) -> MakeClusterProject:
    """Makes small projects whose tasks run on the cluster."""

    def make(**settings: Any) -> ClusterProject:
        merged = {"memory_datasets": {"mode": "persist", "path": "memory://x"}}
        merged |= copy.deepcopy(store_settings) | settings
        return bare_project(images.shop, **merged)

    return make


@pytest.fixture
def project(cluster_project: MakeClusterProject) -> Iterator[ClusterProject]:
    made = cluster_project()
    yield made
    # A hanging run would keep its part of a small cluster.
    made.clean_up()


@pytest.fixture
def example(
    api_server: ApiServer,
    kubeconfig: Path,
    images: Images,
    store_settings: dict[str, Any],
    tmp_path: Path,
) -> Iterator[ClusterProject]:
    """The example project, with machine types for a small cluster."""
    copy_example(tmp_path / "example")
    project = ClusterProject(tmp_path / "example", tmp_path, api=api_server, kubeconfig=kubeconfig)
    machines = {
        "light": {"mem": 0.5, "cpu": 0.25},
        "default": {"mem": 0.8, "cpu": 0.25},
        "training": {"mem": 1, "cpu": 0.5},
    }
    project.configure({"machine_types": machines, **store_settings}, images.example)
    yield project
    project.clean_up()


@pytest.fixture
def proxy(api_server: ApiServer) -> Iterator[Proxy]:
    """A proxy to the API server that a test can cut."""
    address = urllib.parse.urlsplit(api_server.url)
    assert address.hostname
    running = Proxy(address.hostname, address.port or 443)
    yield running
    running.stop()


@pytest.fixture
def change_kubeconfig(
    api_server: ApiServer, tmp_path: Path
) -> Callable[[Callable[[dict[str, Any], dict[str, Any]], None]], Path]:
    """Writes a kubeconfig with changes to the cluster or the user."""

    def change(edit: Callable[[dict[str, Any], dict[str, Any]], None]) -> Path:
        config = copy.deepcopy(api_server.kubeconfig)
        of_context = next(
            entry["context"]
            for entry in config["contexts"]
            if entry["name"] == config["current-context"]
        )
        cluster = next(e for e in config["clusters"] if e["name"] == of_context["cluster"])
        user = next(e for e in config["users"] if e["name"] == of_context["user"])
        edit(cluster["cluster"], user["user"])
        file = tmp_path / "kubeconfig"
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        file.chmod(0o600)
        return file

    return change


@pytest.fixture
def through_proxy(
    proxy: Proxy, api_server: ApiServer, change_kubeconfig: Callable[..., Path]
) -> Path:
    """A kubeconfig that leads through the proxy."""

    def edit(cluster: dict[str, Any], _: dict[str, Any]) -> None:
        cluster["server"] = f"https://127.0.0.1:{proxy.port}"
        cluster["tls-server-name"] = urllib.parse.urlsplit(api_server.url).hostname

    return change_kubeconfig(edit)


@pytest.fixture
def api_server_process() -> Callable[[str], None]:
    """Stops and starts the API server itself, with the program that a variable names."""
    program = os.environ.get("ARGO_KEDRO_TEST_API_SERVER")
    if not program:
        pytest.skip("ARGO_KEDRO_TEST_API_SERVER names no program that stops and starts it")

    def tell(word: str) -> None:
        subprocess.run([program, word], check=True, stdout=subprocess.DEVNULL)

    return tell


@pytest.fixture
def namespace(api_server: ApiServer, mark: str) -> Iterator[str]:
    """A namespace for the test, with its service account."""
    name = f"{mark}-{uuid4().hex[:4]}"
    metadata = {"name": name, "labels": {LABEL: mark}}
    api_server.ask("POST", "/api/v1/namespaces", {"metadata": metadata})
    try:
        account = {"metadata": {"name": "runner"}}
        api_server.ask("POST", api_server.core("serviceaccounts", namespace=name), account)
        yield name
    finally:
        for workflow in api_server.ask("GET", api_server.place(ARGO, "workflows", "", name))[
            "items"
        ]:
            path = api_server.place(ARGO, "workflows", workflow["metadata"]["name"], name)
            api_server.delete(path)
        api_server.delete(f"/api/v1/namespaces/{name}")
