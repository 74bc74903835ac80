"""The commands through a real Argo Server, for a user with a token and without a kubeconfig."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from api import ARGO, LABEL, PLURALS, ApiServer, eventually, node, phase
from program import ENVIRONMENT, ClusterProject
from proxy import Proxy
from store import Store

RBAC = "/apis/rbac.authorization.k8s.io/v1"
#: Rules for a user, from the page for the platform team.
RULES = [
    {
        "apiGroups": ["argoproj.io"],
        "resources": ["workflows"],
        "verbs": ["create", "get", "list", "watch", "update", "patch", "delete"],
    },
    {
        "apiGroups": ["argoproj.io"],
        "resources": ["workflowtemplates", "cronworkflows"],
        "verbs": ["create", "get", "list", "update", "patch", "delete"],
    },
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "delete"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
]


@dataclass
class Server:
    """An Argo Server on loopback."""

    port: int
    token: str
    #: Token of a user without any rights.
    strangers_token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def argo() -> Path:
    program = os.environ.get("ARGO_KEDRO_TEST_ARGO")
    if not program:
        pytest.skip("ARGO_KEDRO_TEST_ARGO does not name Argo's own program `argo`")
    return Path(program)


@pytest.fixture(scope="session")
def tokens(api_server: ApiServer, mark: str) -> Iterator[tuple[str, str]]:
    """The tokens of a user and of a stranger."""
    user, stranger = f"{mark}-user", f"{mark}-stranger"
    roles = f"{RBAC}/namespaces/{api_server.namespace}"

    def named(name: str) -> dict[str, Any]:
        return {"name": name, "labels": {LABEL: mark}}

    found = []
    for name in (user, stranger):
        api_server.ask("POST", api_server.core("serviceaccounts"), {"metadata": named(name)})
        path = api_server.core("serviceaccounts", f"{name}/token")
        spec = {"expirationSeconds": 36000}
        found.append(api_server.ask("POST", path, {"spec": spec})["status"]["token"])
    api_server.ask("POST", f"{roles}/roles", {"metadata": named(user), "rules": RULES})
    binding = {
        "metadata": named(user),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": user},
        "subjects": [{"kind": "ServiceAccount", "name": user, "namespace": api_server.namespace}],
    }
    api_server.ask("POST", f"{roles}/rolebindings", binding)
    yield found[0], found[1]
    for kind in ("roles", "rolebindings"):
        api_server.delete(f"{roles}/{kind}/{user}")
    for name in (user, stranger):
        api_server.delete(api_server.core("serviceaccounts", name))


@pytest.fixture(scope="session")
def server(
    argo: Path,
    tokens: tuple[str, str],
    api_server: ApiServer,
    kubeconfig: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = Server(port, *tokens)
    log = tmp_path_factory.mktemp("argo-server") / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                argo,
                "server",
                *("--auth-mode", "client", "--secure=false", "--namespaced"),
                *("--namespace", api_server.namespace, "--port", str(port)),
            ],
            env={
                "KUBECONFIG": str(kubeconfig),
                "PATH": os.environ["PATH"],
                "HOME": str(log.parent),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(running.url, timeout=5).close()
        except OSError:
            return False
        return True

    eventually(answers, "the Argo Server answers")
    yield running
    process.terminate()
    process.wait(30)


@pytest.fixture
def through(server: Server) -> Callable[..., ClusterProject]:
    """Makes a project use the server, without a kubeconfig."""

    def lead(project: ClusterProject, url: str = server.url, **more: str) -> ClusterProject:
        project.kubeconfig = Path("/nonexistent")
        project.variables = {
            "ARGO_SERVER": url,
            "ARGO_TOKEN": f"Bearer {server.token}",
            **more,
        }
        return project

    return lead


MakeClusterProject = Callable[..., ClusterProject]
Lead = Callable[..., ClusterProject]
GATED = ["--pipelines", "gated"]


def names(text: str) -> set[str]:
    return {line.split()[0] for line in text.splitlines() if line.strip()}


def test_a_run_is_made_seen_and_deleted(
    project: ClusterProject, through: Lead, server: Server, api_server: ApiServer
) -> None:
    through(project)
    made = project.submit("--watch")
    assert made.code == 0, made
    run = made.out.split()[0]
    assert phase(api_server.workflow(run)) == "Succeeded"
    # Later commands need only the token: the record has the address.
    project.variables.pop("ARGO_SERVER")
    status = project.ok("status", run)
    assert "use" in status.out and "Succeeded" in status.out, status
    logs = project.ok("logs", run)
    assert re.search(r"^\[make\] making a number$", logs.out, re.M), logs
    assert "argo=true" not in logs.out, logs
    only = project.ok("logs", run, "use", "--tail", "1", "--timestamps")
    assert re.fullmatch(r"\S+Z .*\n", only.out), only
    assert project.ok("logs", run, "--since", "1").out == "", "older lines"
    results = project.ok("results", run)
    assert "result" in results.out or results.out == "", results
    assert run in project.ok("list").out
    listed = project.ok("list", "--cluster", "--argo-server", server.url)
    assert run in listed.out, listed
    elsewhere = project.run("logs", run, "--argo-server", "https://other.example.com")
    assert elsewhere.code == 2 and f"is on the Argo Server at {server.url}" in elsewhere.err
    project.ok("delete", run, "--yes")
    assert project.ok("list", "--cluster", "--argo-server", server.url).out.count(run) == 0
    # No file has the token.
    kept = [file.read_bytes() for file in project.root.rglob("*") if file.is_file()]
    secret = server.token.encode()
    assert not any(secret in text for text in kept)
    said = [made, status, logs, listed, elsewhere]
    assert not any(server.token in one.out + one.err for one in said)


def test_output_is_followed_through_cuts_and_a_run_is_suspended_and_resumed(
    project: ClusterProject,
    through: Lead,
    server: Server,
    store: Store,
    api_server: ApiServer,
) -> None:
    proxy = Proxy("127.0.0.1", server.port)
    through(project, f"http://127.0.0.1:{proxy.port}")
    run, uid = project.submitted(*GATED)
    logs = project.follow("logs", "-f", run)
    watch = project.follow("watch", run)
    store.reached(uid, "first")
    logs.says("before the gate")
    proxy.cut()
    project.ok("suspend", run)
    proxy.cut()
    store.let_through(uid, "first")
    logs.says("behind the gate")
    workflow = api_server.until(
        run, lambda one: node(one, "first-node").get("phase") == "Succeeded"
    )
    assert workflow["spec"]["suspend"] is True
    assert node(workflow, "second-node") == {}
    watch.says("waits: suspended")
    assert f"{run} continues" in project.ok("resume", run).err
    assert f"{run} is not suspended" in project.ok("resume", run).err
    logs.says("the second")
    assert logs.ends() == 0, logs.text
    assert watch.ends() == 0, watch.text
    assert logs.text.count("before the gate") == 1, logs.text
    assert logs.text.count("behind the gate") == 1, logs.text
    proxy.stop()


@pytest.mark.parametrize("word", ["stop", "terminate"])
def test_a_run_is_ended(
    cluster_project: MakeClusterProject,
    through: Lead,
    store: Store,
    api_server: ApiServer,
    word: str,
) -> None:
    project = through(cluster_project(on_exit={"pipeline": "tidy"}))
    run, uid = project.submitted(*GATED)
    store.reached(uid, "first")
    project.ok("suspend", run)
    project.ok(word, run)
    assert project.run("watch", run).code == 1
    assert phase(api_server.workflow(run)) == "Failed"
    assert store.marks(uid, "bye") == (1 if word == "stop" else 0)
    again = project.run(word, run)
    assert again.code == 2 and "has ended" in again.err, again


def test_a_run_goes_on_and_another_takes_over_its_results(
    cluster_project: MakeClusterProject, through: Lead, store: Store, api_server: ApiServer
) -> None:
    # If Argo deletes a pod late, the pod that runs again has the same name.
    project = through(cluster_project(pod_gc="never"))
    run, uid = project.submitted("--pipelines", "needing")
    watched = project.run("watch", run, "--logs")
    assert watched.code == 1 and "what it needs is not there yet" in watched.out, watched
    store.bring(uid, "needed")
    assert "2 tasks to run" in project.ok("retry", run).err
    assert project.run("watch", run).code == 0
    assert (store.marks(uid, "once"), store.marks(uid, "need")) == (1, 2)
    again = project.ok("retry", run, "--nodes", "need", "--restart-successful", "--watch")
    assert "2 tasks to run" in again.err, again
    assert (store.marks(uid, "once"), store.marks(uid, "need")) == (1, 3)
    anew = project.run("resubmit", run, "--output", "name", "--wait")
    name = anew.out.split()[0]
    assert name != run and phase(api_server.workflow(name)) == "Failed", anew


def test_templates_and_schedules_are_deployed(
    project: ClusterProject, through: Lead, server: Server, api_server: ApiServer, mark: str
) -> None:
    name = f"{mark}-served"
    through(project)
    words = ["deploy", "--env", ENVIRONMENT, "--no-build", "--workflow-name", name, "--yes"]
    try:
        outcomes = [
            project.ok(*words, "-o", "json").json()[0]["outcome"],
            project.ok(*words, "-o", "json").json()[0]["outcome"],
        ]
        assert outcomes == ["created", "unchanged"]
        assert project.ok(*words, "--dry-run", "server")
        run = project.ok("submit", "--from", name, "--wait", "-o", "name").out.split()[0]
        assert phase(api_server.workflow(run)) == "Succeeded"
        clock = ["--kind", "cronworkflow", "--schedule", "0 0 1 1 *"]
        assert project.ok(*words, *clock, "-o", "json").json()[0]["outcome"] == "created"
        assert project.ok(*words, *clock, "-o", "json").json()[0]["outcome"] == "unchanged"
        assert name in project.ok("schedule", "list").out
        project.ok("schedule", "suspend", name)
        cron = api_server.place(ARGO, PLURALS["CronWorkflow"], name)
        assert api_server.ask("GET", cron)["spec"]["suspend"] is True
        project.ok("schedule", "resume", name)
        assert not api_server.ask("GET", cron)["spec"].get("suspend")
        project.ok("schedule", "delete", name)
        assert name not in project.ok("schedule", "list").out
    finally:
        for kind in ("WorkflowTemplate", "CronWorkflow"):
            api_server.delete(api_server.place(ARGO, PLURALS[kind], name))


def test_who_is_not_let_in_hears_why(
    bare_project: MakeClusterProject, through: Lead, server: Server, api_server: ApiServer
) -> None:
    project = through(bare_project(memory_datasets={"mode": "fuse"}))
    without = project.submit(env={"ARGO_TOKEN": None})
    assert without.code == 2, without
    assert f"the Argo Server at {server.url} needs a token" in without.err
    assert "export ARGO_TOKEN" in without.err
    wrong = project.run("list", "--cluster", env={"ARGO_TOKEN": "Bearer planted-token"})
    assert wrong.code == 2 and "planted-token" not in wrong.out + wrong.err, wrong
    stranger = project.submit(env={"ARGO_TOKEN": server.strangers_token})
    assert stranger.code == 2, stranger
    assert "you may not create workflows.argoproj.io" in stranger.err
    assert "ask for a Role" in stranger.err
    namespace = project.run("list", "--cluster", "--namespace", "elsewhere")
    assert namespace.code == 2 and "you may not list workflows" in namespace.err, namespace


def test_a_manifest_that_is_refused_is_explained(
    bare_project: MakeClusterProject, through: Lead
) -> None:
    project = through(bare_project(memory_datasets={"mode": "fuse"}))
    refused = project.submit("--workflow-name", "x" * 100, "--dry-run", "server")
    assert refused.code != 0, refused
    assert project.submit("--dry-run", "server").code == 0


def test_doctor_says_what_it_sees_and_what_not(
    bare_project: MakeClusterProject, through: Lead, server: Server, api_server: ApiServer
) -> None:
    project = through(bare_project())
    looked = project.run("doctor", "--env", ENVIRONMENT, "-o", "json").json()
    checks = {check["name"]: check for check in looked["checks"]}
    assert checks["Argo Server"]["state"] == "ok", checks
    assert server.url in checks["Argo Server"]["detail"]
    assert "-user" in checks["Argo Server"]["detail"]
    assert checks["namespace"]["state"] == "ok"
    assert checks["your rights"]["state"] == "ok"
    assert checks["secrets"]["state"] == "skipped"
    variables: dict[str, str | None] = {"ARGO_TOKEN": server.strangers_token}
    looked = project.run("doctor", "--env", ENVIRONMENT, "-o", "json", env=variables).json()
    checks = {check["name"]: check for check in looked["checks"]}
    assert checks["your rights"]["state"] == "failed", checks
    gone: dict[str, str | None] = {"ARGO_SERVER": "127.0.0.1:9"}
    looked = project.run("doctor", "--env", ENVIRONMENT, "-o", "json", env=gone).json()
    checks = {check["name"]: check for check in looked["checks"]}
    assert checks["Argo Server"]["state"] == "failed", checks
