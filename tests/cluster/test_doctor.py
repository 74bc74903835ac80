"""`doctor` on a real cluster: it sees what exists, and its remedies supply what does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from api import ApiServer, eventually
from images import REGISTRY, is_registry
from program import ENVIRONMENT, ClusterProject
from projects import Project, is_clean

DENIED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"""
Make = Callable[..., ClusterProject]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
PLURALS = {"Role": "roles", "RoleBinding": "rolebindings"}


def examined(
    project: ClusterProject, *words: str, env: dict[str, str | None] | None = None
) -> dict[str, dict[str, Any]]:
    """The checks of `doctor`, by name."""
    result = project.run("doctor", "--env", ENVIRONMENT, "-o", "json", *words, env=env)
    assert result.code in (0, 1) and is_clean(result.text), result
    report = result.json()
    assert (report["state"] == "failed") == (result.code == 1), report
    return {check["name"]: check for check in report["checks"]}


def apply(api_server: ApiServer, manifest: str) -> None:
    """Makes the objects that a check proposes."""
    for document in yaml.safe_load_all(manifest):
        metadata = document["metadata"]
        plural = PLURALS[document["kind"]]
        api_server.ask("POST", api_server.place(RBAC, plural, "", metadata["namespace"]), document)


@pytest.fixture
def as_runner(
    change_kubeconfig: Callable[..., Path], api_server: ApiServer, namespace: str
) -> dict[str, str | None]:
    """Acts as a service account without rights, with its token."""
    path = api_server.core("serviceaccounts", "runner/token", namespace)
    answer = api_server.ask("POST", path, {"spec": {"expirationSeconds": 600}})

    def edit(_: dict[str, Any], user: dict[str, Any]) -> None:
        user.clear()
        user["token"] = answer["status"]["token"]

    return {"KUBECONFIG": str(change_kubeconfig(edit))}


def test_the_cluster_of_the_tests_is_seen(
    bare_project: Make, controller: None, namespace: str, api_server: ApiServer
) -> None:
    checks = examined(bare_project())
    for name in ("kubeconfig", "API server", "clock", "Argo Workflows", "namespace", "nodes"):
        assert checks[name]["state"] == "ok", checks[name]
    for name in ("your rights", "rights of pods", "service account"):
        assert checks[name]["state"] == "ok", checks[name]
    assert checks["controller"]["state"] in ("ok", "warning"), checks["controller"]
    assert "full CRDs" in checks["Argo Workflows"]["detail"]
    # The project's image is in `example.com`.
    assert "placeholder" in checks["registry"]["detail"]


def test_pods_without_their_right_get_the_role_that_gives_it(
    bare_project: Make, api_server: ApiServer, namespace: str
) -> None:
    project = bare_project(service_account="runner")
    check = examined(project, "--namespace", namespace)["rights of pods"]
    assert check["state"] == "failed" and "`runner`" in check["detail"], check
    assert "workflowtaskresults" in check["detail"]
    apply(api_server, check["mend"]["manifest"])
    mended(project, "rights of pods", "--namespace", namespace)


def mended(
    project: ClusterProject, name: str, *words: str, env: dict[str, str | None] | None = None
) -> None:
    """Waits for a check: the API server learns of a Role a moment later."""
    eventually(lambda: examined(project, *words, env=env)[name]["state"] == "ok", f"{name} is ok")


def test_a_user_without_rights_gets_the_role_that_gives_them(
    bare_project: Make,
    api_server: ApiServer,
    namespace: str,
    as_runner: dict[str, str | None],
) -> None:
    words = ["--namespace", namespace]
    project = bare_project(service_account="runner")
    checks = examined(project, *words, env=as_runner)
    assert checks["API server"]["state"] == checks["Argo Workflows"]["state"] == "ok"
    check = checks["your rights"]
    assert check["state"] == "failed"
    assert "create workflows.argoproj.io" in check["detail"]
    # A lack of rights to look is no failure.
    for name in ("controller", "rights of pods", "service account", "nodes"):
        assert checks[name]["state"] == "warning", checks[name]
        assert checks[name]["mend"]["words"], checks[name]
    apply(api_server, check["mend"]["manifest"])
    mended(project, "your rights", *words, env=as_runner)
    token = json.dumps(yaml.safe_load(Path(str(as_runner["KUBECONFIG"])).read_text())["users"])
    assert token not in json.dumps(checks)


def test_what_the_manifest_names_and_the_cluster_lacks(bare_project: Make) -> None:
    variables = [{"name": "A", "secret_ref": {"name": "no-such-secret", "key": "k"}}]
    project = bare_project(
        service_account="nobody",
        template={"environment": variables},
        image_pull_secrets=["no-pull-secret"],
    )
    checks = examined(project)
    account, secrets = checks["service account"], checks["secrets"]
    assert account["state"] == secrets["state"] == "failed"
    assert "kubectl create serviceaccount nobody" in account["mend"]["command"]
    assert "`no-such-secret`" in secrets["detail"] and "`no-pull-secret`" in secrets["detail"]
    assert "--from-file=k=FILE" in secrets["mend"]["command"]
    assert "--type=kubernetes.io/dockerconfigjson" in secrets["mend"]["command"]


def test_a_namespace_that_is_not_there(bare_project: Make) -> None:
    checks = examined(bare_project(), "--namespace", "no-such-namespace")
    assert checks["namespace"]["state"] == "failed"
    assert "kubectl create namespace no-such-namespace" in checks["namespace"]["mend"]["command"]
    assert checks["secrets"]["state"] == "skipped"


def test_machines_that_no_node_has(bare_project: Make) -> None:
    machines = {
        "small": {"mem": 0.3, "cpu": 0.5},
        "gpu": {"mem": 0.3, "cpu": 0.5, "num_gpu": 1},
        "huge": {"mem": 90000, "cpu": 4},
        "tiny": {"mem": 0.05, "cpu": 0.02},
        "nowhere": {"mem": 0.05, "cpu": 0.02},
    }
    nodes = {"make": {"machine_type": "gpu"}, "use": {"machine_type": "huge"}}
    checks = examined(bare_project(machine_types=machines, nodes=nodes))
    assert checks["GPUs"]["state"] == checks["nodes"]["state"] == "warning"
    assert "with 0 nvidia.com/gpu of 1" in checks["GPUs"]["detail"]


@pytest.mark.skipif(not is_registry(), reason=f"there is no registry at {REGISTRY}")
def test_a_registry_is_asked_and_nothing_is_left(bare_project: Make) -> None:
    project = bare_project(f"{REGISTRY}/argo-kedro-test-doctor:v1")
    check = examined(project)["registry"]
    assert check["state"] == "ok" and "takes pushes" in check["detail"], check


def test_a_pod_tries_the_storage_and_is_gone(
    cluster_project: Make, api_server: ApiServer, controller: None
) -> None:
    project = cluster_project()
    checks = examined(project, "--pod")
    check = checks["storage in a pod"]
    assert check["state"] == "ok", check
    # Another test may have a pod at the same time.
    eventually(lambda: not pods_of_doctor(api_server), "no pod of doctor is left")


def pods_of_doctor(api_server: ApiServer) -> list[str]:
    left = api_server.ask("GET", api_server.place("/apis/argoproj.io/v1alpha1", "workflows"))
    names = [workflow["metadata"]["name"] for workflow in left["items"]]
    return [name for name in names if name.startswith("argo-kedro-doctor-")]


def test_a_pod_says_why_it_cannot_reach_the_storage(
    cluster_project: Make, controller: None, store_settings: dict[str, Any]
) -> None:
    datasets = {"mode": "persist", "path": "s3://argo-kedro-no-such-bucket/handoff"}
    project = cluster_project(memory_datasets=datasets)
    check = examined(project, "--pod")["storage in a pod"]
    assert check["state"] == "failed", check
    assert "argo-kedro-no-such-bucket" in check["detail"]
    for variable in store_settings["template"]["environment"]:
        assert "SECRET" not in variable["name"] or str(variable.get("value")) not in str(check)


class Denying(BaseHTTPRequestHandler):
    """A store like Amazon's that refuses everybody."""

    # Clients wait for its `100 Continue`.
    protocol_version = "HTTP/1.1"

    def deny(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(DENIED)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(DENIED)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = deny  # noqa: N815

    def log_message(self, format: str, *words: object) -> None:
        pass


def test_a_bucket_that_lets_nobody_in(make_project: Callable[..., Project]) -> None:
    # No cluster is needed, but this environment has the store's library.
    with ThreadingHTTPServer(("127.0.0.1", 0), Denying) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        project = make_project(
            files={"conf/base/argo.yml": "memory_datasets: {path: 's3://bucket/handoff'}\n"}
        )
        env: dict[str, str | None] = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "ada",
            "AWS_SECRET_ACCESS_KEY": "planted-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "KUBECONFIG": None,
        }
        result = project.run("doctor", "-o", "json", env=env)
        server.shutdown()
    (check,) = (each for each in result.json()["checks"] if each["name"] == "storage")
    assert check["state"] == "failed" and "s3://bucket/handoff" in check["detail"], check
    assert "cannot write" in check["detail"] and "Access Denied" in check["detail"], check
    assert check["mend"]["words"] and "planted-secret" not in result.text, check
