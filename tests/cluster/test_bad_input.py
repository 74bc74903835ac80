"""Faults of the cluster or the connection: errors name them, with a remedy."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from api import ARGO, LABEL, ApiServer, Refused, eventually, phase
from program import ENVIRONMENT, ClusterProject
from projects import Result, is_clean

Make = Callable[..., ClusterProject]
Change = Callable[..., Path]

#: A project that hands nothing over: `nowhere` has one task.
LONE = ["--pipelines", "nowhere"]


@pytest.fixture(scope="module")
def lone(bare_project: Make) -> ClusterProject:
    return bare_project()


def explained(result: Result, *words: str) -> None:
    assert result.code == 2, result
    text = " ".join(result.err.split())
    for word in words:
        assert word in text, (word, result)
    assert "hint:" in result.err or "help:" in result.err, result
    assert is_clean(result.text), result
    assert result.out == "", result


def test_no_kubeconfig(lone: ClusterProject) -> None:
    env: dict[str, str | None] = {"KUBECONFIG": None, "KUBERNETES_SERVICE_HOST": None}
    explained(lone.submit(*LONE, env=env), "no Kubernetes cluster is configured", "KUBECONFIG")


def test_a_kubeconfig_that_is_no_yaml(lone: ClusterProject, tmp_path: Path) -> None:
    file = tmp_path / "broken"
    file.write_text("{not: [yaml", encoding="utf-8")
    result = lone.submit(*LONE, env={"KUBECONFIG": str(file)})
    assert result.code == 2 and "kubeconfig" in result.err and is_clean(result.text), result


def test_an_unknown_context(lone: ClusterProject, api_server: ApiServer) -> None:
    known = api_server.kubeconfig["current-context"]
    explained(lone.submit(*LONE, "--context", f"{known}x"), f"`{known}x`", known)


def test_a_token_that_has_run_out(lone: ClusterProject, change_kubeconfig: Change) -> None:
    def edit(_: dict[str, Any], user: dict[str, Any]) -> None:
        user.clear()
        user["token"] = "planted-not-a-token"

    env: dict[str, str | None] = {"KUBECONFIG": str(change_kubeconfig(edit))}
    result = lone.submit(*LONE, env=env)
    explained(result, "does not know who you are", "log in")
    assert "planted-not-a-token" not in result.text


def test_another_authority(lone: ClusterProject, change_kubeconfig: Change) -> None:
    other = (Path(__file__).parent / "other_authority.pem").read_bytes()

    def edit(cluster: dict[str, Any], _: dict[str, Any]) -> None:
        cluster.pop("certificate-authority", None)
        cluster["certificate-authority-data"] = base64.b64encode(other).decode()

    env: dict[str, str | None] = {"KUBECONFIG": str(change_kubeconfig(edit))}
    explained(lone.submit(*LONE, env=env), "no trusted connection", "certificate")


def test_a_port_nobody_listens_on(lone: ClusterProject, change_kubeconfig: Change) -> None:
    def edit(cluster: dict[str, Any], _: dict[str, Any]) -> None:
        cluster["server"] = "https://127.0.0.1:1"

    env: dict[str, str | None] = {"KUBECONFIG": str(change_kubeconfig(edit))}
    explained(lone.submit(*LONE, env=env), "https://127.0.0.1:1", "cannot reach", "refused")


class WithoutArgo(BaseHTTPRequestHandler):
    """An API server without any group of Argo's."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"404 page not found\n")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def without_argo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), WithoutArgo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_cluster_without_argo(
    lone: ClusterProject, change_kubeconfig: Change, without_argo: str
) -> None:
    def edit(cluster: dict[str, Any], _: dict[str, Any]) -> None:
        cluster["server"] = without_argo

    env: dict[str, str | None] = {"KUBECONFIG": str(change_kubeconfig(edit))}
    explained(lone.submit(*LONE, env=env), "does not have Argo Workflows", "install Argo Workflows")


def test_a_user_without_permission(
    lone: ClusterProject, change_kubeconfig: Change, api_server: ApiServer, namespace: str
) -> None:
    path = api_server.core("serviceaccounts", "runner/token", namespace)
    token = api_server.ask("POST", path, {"spec": {"expirationSeconds": 600}})["status"]["token"]

    def edit(_: dict[str, Any], user: dict[str, Any]) -> None:
        user.clear()
        user["token"] = token

    env: dict[str, str | None] = {"KUBECONFIG": str(change_kubeconfig(edit))}
    result = lone.submit(*LONE, "--namespace", namespace, env=env)
    explained(
        result,
        "you may not create workflows.argoproj.io, get workflows.argoproj.io",
        "get pods/log",
        "kind: Role",
        'apiGroups: ["argoproj.io"] resources: [workflows] verbs: [create, get, list, watch]',
    )
    assert token not in result.text
    listed = lone.run("list", "--cluster", "--namespace", namespace, env=env)
    explained(listed, "you may not list workflows.argoproj.io", namespace)


@pytest.fixture
def as_reader(
    change_kubeconfig: Change, api_server: ApiServer, namespace: str
) -> Callable[[list[str]], dict[str, str | None]]:
    """Acts as a user who may do this with pods, and may read the run of the namespace's name."""

    def reader(verbs: list[str]) -> dict[str, str | None]:
        of_argo = {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["*"]}
        of_pods = {"apiGroups": [""], "resources": ["pods"], "verbs": verbs}
        of_output = {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}
        name = {"metadata": {"name": "reader"}}
        rbac = "/apis/rbac.authorization.k8s.io/v1"
        role = {**name, "rules": [of_argo, of_pods, of_output]}
        api_server.ask("POST", api_server.place(rbac, "roles", "", namespace), role)
        account = {"kind": "ServiceAccount", "name": "runner", "namespace": namespace}
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
        binding = {**name, "roleRef": reference, "subjects": [account]}
        api_server.ask("POST", api_server.place(rbac, "rolebindings", "", namespace), binding)
        workflow = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": namespace},
            "spec": {"entrypoint": "a", "templates": [{"name": "a", "suspend": {}}]},
        }
        api_server.ask("POST", api_server.place(ARGO, "workflows", "", namespace), workflow)
        # The API server learns of the Role a moment later.
        question = {
            "spec": {
                "user": f"system:serviceaccount:{namespace}:runner",
                "resourceAttributes": {
                    "namespace": namespace,
                    "verb": verbs[-1],
                    "resource": "pods",
                },
            }
        }
        reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        eventually(
            lambda: api_server.ask("POST", reviews, question)["status"]["allowed"],
            "the Role is in force",
        )
        return {"KUBECONFIG": str(change_kubeconfig(lambda _, user: as_runner(user)))}

    def as_runner(user: dict[str, Any]) -> None:
        path = api_server.core("serviceaccounts", "runner/token", namespace)
        answer = api_server.ask("POST", path, {"spec": {"expirationSeconds": 600}})
        user.clear()
        user["token"] = answer["status"]["token"]

    return reader


@pytest.mark.parametrize(
    ("verbs", "words", "missing"),
    [
        (["get", "watch"], [], "list pods"),
        (["get", "watch"], ["-f"], "list pods"),
        (["get", "list"], ["-f"], "watch pods"),
    ],
    ids=["list", "list to follow", "watch"],
)
def test_the_permission_that_output_lacks_is_named(
    lone: ClusterProject,
    namespace: str,
    as_reader: Callable[[list[str]], dict[str, str | None]],
    *,
    verbs: list[str],
    words: list[str],
    missing: str,
) -> None:
    env = as_reader(verbs)
    result = lone.run("logs", namespace, *words, "--namespace", namespace, env=env)
    explained(result, f"you may not {missing}", namespace)


def test_a_run_of_another_namespace_is_not_meant(
    bare_project: Make, api_server: ApiServer, namespace: str
) -> None:
    project = bare_project()
    name, _ = project.submitted(*LONE)
    there = ["--namespace", namespace]
    for words in (["stop"], ["stop", name], ["status"], ["status", name[:-1]]):
        refused = project.run(*words, *there)
        explained(refused, f"`{name}` is in the namespace `{api_server.namespace}`, not in")
    other = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"entrypoint": "a", "templates": [{"name": "a", "suspend": {}}]},
    }
    api_server.ask("POST", api_server.place(ARGO, "workflows", "", namespace), other)
    # `status` shows that run, and the record of this one stays.
    assert f"{name} · {namespace} · " in project.ok("status", name, *there).out
    assert f"{name} · {api_server.namespace} · " in project.ok("status", name).out
    assert project.runs() == [name]


def test_a_namespace_that_is_not_there(lone: ClusterProject) -> None:
    result = lone.submit(*LONE, "--namespace", "no-such-namespace")
    explained(result, "missing-namespace", "`no-such-namespace`", "--namespace")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"service_account": "nobody"}, ["missing-service-account", "service account `nobody`"]),
        (
            {
                "template": {
                    "environment": [{"name": "A", "secret_ref": {"name": "none", "key": "k"}}]
                }
            },
            ["missing-secret", "secret `none`"],
        ),
        (
            {
                "template": {
                    "environment": [{"name": "A", "config_map_ref": {"name": "none", "key": "k"}}]
                }
            },
            ["missing-config-map", "config map `none`"],
        ),
        (
            {"nodes": {"*": {"priority_class": "none"}}},
            ["missing-priority-class", "priority class `none`"],
        ),
        (
            {
                "nodes": {
                    "*": {
                        "volumes": [
                            {
                                "name": "data",
                                "mount_path": "/data",
                                "persistent_volume_claim": {"claimName": "none"},
                            }
                        ]
                    }
                }
            },
            ["missing-volume-claim", "persistent volume claim `none`"],
        ),
    ],
    ids=["service account", "secret", "config map", "priority class", "volume claim"],
)
def test_what_the_manifest_names_and_the_cluster_lacks(
    bare_project: Make, settings: dict[str, Any], words: list[str]
) -> None:
    explained(bare_project(**settings).submit(*LONE), *words)


def test_a_secret_without_the_key(bare_project: Make, make_secret: Callable[..., str]) -> None:
    name = make_secret(f"other-{uuid4().hex[:4]}", {"other": "planted-3c9d"})
    variables = [{"name": "A", "secret_ref": {"name": name, "key": "token"}}]
    result = bare_project(template={"environment": variables}).submit(*LONE)
    explained(result, name, "has no key `token`")
    assert "planted-3c9d" not in result.text


def test_a_field_that_the_cluster_refuses_is_led_back_to_its_line(bare_project: Make) -> None:
    # The text is longer than the cluster's schema allows, which no type says.
    gauge = {"realtime": False, "value": "8" * 300}
    metric = {"name": "metric", "help": "a metric", "gauge": gauge}
    project = bare_project(nodes={"lost": {"metrics": [metric]}})
    file = project.root / "conf" / ENVIRONMENT / "argo.yml"
    lines = file.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "888" in text)
    for words in (["--dry-run=server"], []):
        result = project.submit(*LONE, *words)
        explained(result, "refused-by-cluster", "gauge.value`", f"argo.yml:{line}:")
    result = project.run("deploy", "--env", ENVIRONMENT, "--no-build", *LONE)
    explained(result, "refused-by-cluster", f"argo.yml:{line}:")


def test_nobody_picks_the_run_up(
    lone: ClusterProject, namespace: str, api_server: ApiServer
) -> None:
    words = ["--namespace", namespace, "--wait", *LONE]
    account = {"metadata": {"name": "default", "labels": {LABEL: namespace}}}
    try:
        api_server.ask("POST", api_server.core("serviceaccounts", namespace=namespace), account)
    except Refused as refusal:
        # The cluster usually makes it by itself, a moment later.
        assert refusal.code == 409, refusal
    running = lone.follow("submit", "--env", ENVIRONMENT, "--no-build", *words)
    running.says("✓ created")
    (run,) = api_server.ask("GET", api_server.place(ARGO, "workflows", "", namespace))["items"]
    said = running.says("controller", "has started the run")
    # A later command shows this too.
    assert "no workflow controller has started the run" in lone.ok("status").err
    # Its tasks are known nevertheless.
    assert "lost" in lone.ok("status", "--namespace", namespace).out
    assert "0/1" in lone.ok("list").out
    if phase(run):
        pytest.skip("the controller looks after every namespace")
    assert namespace in said or namespace in running.says(namespace)
    running.interrupt()
    assert running.ends() == 130, running.text


def test_no_node_for_a_task(project: ClusterProject) -> None:
    running = project.follow("submit", "--env", ENVIRONMENT, "--no-build", "--wait", *LONE)
    running.says("no node of the cluster can run")
    running.says("lost", "waits", "Unschedulable", "node")
    running.interrupt()
    assert running.ends() == 130, running.text
    status = project.ok("status")
    assert "Unschedulable" in status.text, status


def test_an_image_that_cannot_be_pulled(project: ClusterProject) -> None:
    image = "127.0.0.1:5000/argo-kedro-test-no-such-image:1"
    running = project.follow(
        "submit", "--env", ENVIRONMENT, "--wait", "--image", image, "--nodes", "make"
    )
    said = running.says("make", "waits")
    if "argo-kedro-test-no-such-image" not in said:
        running.says("make", "waits", "argo-kedro-test-no-such-image")
    running.interrupt()
    assert running.ends() == 130, running.text


def test_a_manifest_that_is_too_large(bare_project: Make) -> None:
    project = bare_project(grouping="none")
    project.registry(
        """
        def nothing(number):
            pass

        def register_pipelines():
            return {"__default__": Pipeline([
                Node(nothing, "params:number", None, name=f"{'n' * 200}{count}")
                for count in range(6000)])}
        """
    )
    result = project.submit()
    assert result.code in (1, 2), result
    assert "too large" in result.err or "workflow-too-large" in result.err, result
    assert is_clean(result.text)
