"""The API server gets what lint saw and a dry run shows; a test stands in for the server."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml
from projects import TWO_TASKS, MakeProject, Project, Result

CONFIGURATION = """\
deployment: {image: registry/shop, tag: v1, builder: none}
memory_datasets: {path: "s3://bucket/prefix"}
"""
SUBMISSION = "argo-kedro/submission"
LAST_APPLIED = "argo-kedro/last-applied"


class ApiServer:
    """Has Argo, accepts every new object, and shows nothing else."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        played = self

        class Handler(BaseHTTPRequestHandler):
            def reply(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = played.answer(self.command, self.path.split("?")[0], body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = reply  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        argo = "/apis/argoproj.io/v1alpha1"
        if path == argo:
            names = ["workflows", "workflowtaskresults"]
            known = {"singularName": "", "namespaced": True, "kind": "X", "verbs": ["get"]}
            resources = [{"name": name, **known} for name in names]
            group = {"kind": "APIResourceList", "groupVersion": "argoproj.io/v1alpha1"}
            return 200, {**group, "resources": resources}
        if path.endswith("/selfsubjectaccessreviews"):
            return 201, {"spec": {}, "status": {"allowed": True}}
        if method == "POST" and path.startswith(argo):
            self.made.append(json.loads(body))
            made = copy.deepcopy(self.made[-1])
            made["metadata"].setdefault("name", made["metadata"].get("generateName", "") + "abcde")
            made["metadata"] |= {"uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"}
            return 201, made
        missing = path.startswith(argo)
        code, reason = (404, "NotFound") if missing else (403, "Forbidden")
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
        return code, {**status, "code": code, "reason": reason, "message": reason}


@pytest.fixture
def api() -> Iterator[ApiServer]:
    api = ApiServer()
    yield api
    api.server.shutdown()
    api.server.server_close()


@pytest.fixture
def project(make_project: MakeProject, api: ApiServer) -> Project:
    project = make_project(TWO_TASKS, {"conf/base/argo.yml": CONFIGURATION})
    kubeconfig = {
        "current-context": "here",
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "team"}}
        ],
        "clusters": [
            {"name": "c", "cluster": {"server": f"http://127.0.0.1:{api.server.server_port}"}}
        ],
        "users": [{"name": "u", "user": {}}],
    }
    (project.home / "kubeconfig").write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")
    return project


def run(project: Project, *words: str) -> Result:
    return project.run(*words, env={"KUBECONFIG": str(project.home / "kubeconfig")})


def shown(project: Project, *words: str) -> Any:
    """Gives the output of a dry run with the kubeconfig's namespace."""
    result = run(project, *words, "--dry-run", "--namespace", "team", "-o", "json")
    assert result.code == 0, result
    return result.json()


@pytest.mark.parametrize("words", [[], ["--workflow-name", "mine"], ["--image", "a/b:v2"]])
def test_submit_sends_the_manifest_that_a_dry_run_shows(
    project: Project, api: ApiServer, words: list[str]
) -> None:
    expected = shown(project, "submit", *words)
    assert expected["metadata"]["namespace"] == "team"
    result = run(project, "submit", *words)
    assert result.code == 0, result
    (sent,) = api.made
    # Only the id of the submission differs from another run.
    assert sent["metadata"]["annotations"].pop(SUBMISSION)
    assert sent == expected
    trial = run(project, "submit", *words, "--dry-run=server", "-o", "json")
    assert trial.json() == expected == api.made[1]


def test_deploy_sends_the_manifest_that_a_dry_run_shows(project: Project, api: ApiServer) -> None:
    (expected,) = shown(project, "deploy")
    result = run(project, "deploy")
    assert result.code == 0, result
    (sent,) = api.made
    # The packed compiled document, by which the next deployment finds changes by others.
    assert sent["metadata"]["annotations"].pop(LAST_APPLIED)
    assert sent == expected


def test_lint_sees_what_only_the_command_line_says(project: Project, api: ApiServer) -> None:
    for words in (["submit"], ["deploy"]):
        result = run(project, *words, "--namespace", "No_Name")
        assert result.code == 2 and "the namespace `No_Name`" in result.err, result
    assert api.made == []
