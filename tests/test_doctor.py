"""`doctor` without a cluster, a project or a network; it shows no secrets."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from projects import TWO_TASKS, MakeProject, Project, Result, is_clean

NOWHERE: dict[str, str | None] = {"KUBECONFIG": None, "KUBERNETES_SERVICE_HOST": None}
PLANTED = "planted-secret"
CATALOG = """\
result:
  type: shop.datasets.JsonFile
  filepath: memory://bucket/results/result.json
"""


def examined(
    project: Project, *words: str, env: dict[str, str | None] | None = None, code: int | None = None
) -> dict[str, dict[str, Any]]:
    """The checks of `doctor`, by name."""
    result = project.run("doctor", "-o", "json", *words, env={**NOWHERE, **(env or {})})
    assert result.code in (0, 1) if code is None else result.code == code, result
    assert is_clean(result.text) and PLANTED not in result.text, result
    report = result.json()
    assert (report["state"] == "failed") == (result.code == 1), report
    for check in report["checks"]:
        # Every fault has a remedy.
        assert check["state"] in ("ok", "skipped") or check["mend"]["words"], check
    return {check["name"]: check for check in report["checks"]}


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(
        TWO_TASKS,
        {
            "conf/base/argo.yml": "memory_datasets: {path: 'memory://handoff'}\n",
            "conf/base/catalog.yml": CATALOG,
        },
    )


def test_without_a_cluster_the_rest_is_looked_at(project: Project) -> None:
    checks = examined(project, code=1)
    assert checks["Python"]["state"] in ("ok", "warning")
    assert checks["project"]["state"] == "ok"
    assert "2 tasks" in checks["project"]["detail"]
    assert "`local`" in checks["project"]["detail"]
    assert checks["kubeconfig"]["state"] == "failed"
    assert "KUBECONFIG" in checks["kubeconfig"]["mend"]["words"]
    for name in ("API server", "clock", "Argo Workflows", "your rights", "secrets", "nodes"):
        assert checks[name]["state"] == "skipped", checks[name]
    assert checks["storage"]["state"] == "ok", checks["storage"]
    assert "memory://handoff: written, read, deleted" in checks["storage"]["detail"]
    assert "argo.yml names no image" in checks["registry"]["detail"]


def test_without_a_project_the_rest_is_looked_at(project: Project) -> None:
    elsewhere = project.home
    result = project.run("doctor", "-o", "json", env=NOWHERE, cwd=elsewhere)
    states = {check["name"]: check["state"] for check in result.json()["checks"]}
    assert states["project"] == states["registry"] == states["storage"] == "skipped"
    assert states["Python"] in ("ok", "warning")
    assert result.code == 1, result
    named = examined(project, "--project", str(elsewhere), code=1)
    assert named["project"]["state"] == "failed"


def test_a_screen_is_plain_and_has_80_columns(project: Project) -> None:
    result = project.run("doctor", env={**NOWHERE, "KUBECONFIG": "/none"})
    assert result.code == 1, result
    assert "no Kubernetes cluster is configured: there is no /none" in " ".join(result.out.split())
    assert "\x1b" not in result.text
    lines = result.out.splitlines()
    assert all(len(line) <= 80 for line in lines), result
    assert lines[0].startswith(("ok       Python", "warning  Python"))
    # A machine may have a broken builder as well.
    failed = sum(line.startswith("failed ") for line in lines)
    assert failed >= 1 and lines[-1].startswith(f"{failed} failed"), result


@pytest.mark.parametrize(
    ("registry", "said"),
    [("import no_such_module\n" + TWO_TASKS, "no_such_module"), ("1 / 0\n", "ZeroDivisionError")],
    ids=["a module that is not installed", "an exception"],
)
def test_a_project_that_cannot_be_imported(project: Project, registry: str, said: str) -> None:
    project.registry(registry)
    checks = examined(project, code=1)
    assert checks["Python"]["state"] in ("ok", "warning")
    assert checks["project"]["state"] == "failed"
    assert said in checks["project"]["detail"]
    assert checks["storage"]["state"] == checks["registry"]["state"] == "skipped"


def test_an_argo_yml_with_errors(project: Project) -> None:
    project.write({"conf/base/argo.yml": "namespaces: x\nrunnner: {}\n"})
    check = examined(project, code=1)["project"]
    assert check["state"] == "failed"
    assert "`namespaces`" in check["detail"] and "1 more" in check["detail"]
    assert check["mend"]["command"] == "argo-kedro lint"


def test_a_python_that_does_not_work(project: Project) -> None:
    broken = project.home / "python"
    broken.write_text("#!/bin/sh\necho broken >&2\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    checks = examined(project, "--python", str(broken), code=1)
    assert checks["Python"]["state"] == "failed" and "broken" in checks["Python"]["detail"]
    assert checks["project"]["state"] == "skipped"


def test_storage_whose_package_is_not_installed(project: Project) -> None:
    pytest.importorskip("fsspec")
    project.write({"conf/base/argo.yml": "memory_datasets: {path: 'smb://host/share'}\n"})
    checks = examined(project, code=1)
    for name in ("storage packages", "storage"):
        assert checks[name]["state"] == "failed", checks[name]
        command = checks[name]["mend"]["command"]
        assert "pip install" in command and command.endswith(" smbprotocol"), command


def test_credentials_that_are_not_here_are_named(project: Project) -> None:
    project.write({"conf/base/catalog.yml": CATALOG + "  credentials: store\n"})
    check = examined(project, code=1)["storage"]
    assert "no file here defines the credentials `store`" in check["detail"]


class Refusing(BaseHTTPRequestHandler):
    """Allows everybody to look and nobody to log in."""

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.answer(404)

    def do_GET(self) -> None:
        self.answer(403)

    def do_POST(self) -> None:
        self.answer(403)

    def log_message(self, format: str, *words: object) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of a registry, and of a web server, that accepts nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_registry_that_takes_nothing(project: Project, refusing: str) -> None:
    argo = (
        f"deployment: {{image: '{refusing}/shop', tag: v1, build_command: ['true', '{{image}}']}}\n"
    )
    project.write({"conf/base/argo.yml": argo})
    check = examined(project, code=1)["registry"]
    assert check["state"] == "failed"
    assert f"{refusing} does not let anybody push to shop (403)" in check["detail"]
    assert f"docker login {refusing}" in check["mend"]["words"]


def test_a_registry_that_nobody_reaches(project: Project) -> None:
    project.write({"conf/base/argo.yml": "deployment: {image: '127.0.0.1:1/shop', tag: v1}\n"})
    check = examined(project, code=1)["registry"]
    assert check["state"] == "failed" and "cannot reach" in check["detail"]


def write_kubeconfig(folder: Path, server: str, **user: Any) -> dict[str, str | None]:
    """A kubeconfig for a server."""
    context = {"cluster": "c", "user": "u", "namespace": "flights"}
    file = folder / "kubeconfig"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": context}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
    }
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return {"KUBECONFIG": str(file)}


def test_a_kubeconfig_that_is_broken(project: Project, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(f"{{token: {PLANTED}, [", encoding="utf-8")
    checks = examined(project, env={"KUBECONFIG": str(tmp_path / "kubeconfig")}, code=1)
    assert checks["kubeconfig"]["state"] == "failed"
    assert checks["API server"]["state"] == "skipped"


def test_a_context_that_is_not_there(project: Project, tmp_path: Path) -> None:
    env = write_kubeconfig(tmp_path, "https://127.0.0.1:1")
    check = examined(project, "--context", "heer", env=env, code=1)["kubeconfig"]
    assert check["state"] == "failed" and "`heer`" in check["detail"]
    assert "here" in check["mend"]["words"]


def test_an_api_server_that_nobody_reaches(project: Project, tmp_path: Path) -> None:
    env = write_kubeconfig(tmp_path, "https://127.0.0.1:1", token=PLANTED)
    checks = examined(project, env=env, code=1)
    assert checks["kubeconfig"]["state"] == "ok"
    assert checks["API server"]["state"] == "failed"
    assert checks["clock"]["state"] == checks["Argo Workflows"]["state"] == "skipped"


Answer = Callable[[str, str, Any], tuple[int, Any]]


class Fake(BaseHTTPRequestHandler):
    """An API server with the answers of a test."""

    answer: Answer
    date: str | None = None

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        status, said = type(self).answer(self.command, self.path, body)
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = handle_any  # noqa: N815

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.date or super().date_time_string(timestamp)

    def log_message(self, format: str, *words: object) -> None:
        pass


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Callable[..., dict[str, str | None]]]:
    """Starts API servers, each with its answers."""
    running: list[ThreadingHTTPServer] = []

    def start(answer: Answer, date: str | None = None, **user: Any) -> dict[str, str | None]:
        handler = type("Handler", (Fake,), {"answer": staticmethod(answer), "date": date})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return write_kubeconfig(tmp_path, f"http://127.0.0.1:{server.server_port}", **user)

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def status(code: int, reason: str, message: str) -> tuple[int, dict[str, Any]]:
    return code, {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }


VERSION = {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}


def may_nothing(method: str, path: str, body: Any) -> tuple[int, Any]:
    """Answers a user without rights to look at anything or to act for others."""
    kinds = ("workflows", "workflowtemplates", "cronworkflows", "workflowtaskresults")
    if path == "/version":
        return 200, VERSION
    if path == "/apis/argoproj.io/v1alpha1":
        resources = [
            {"name": name, "namespaced": True, "kind": name, "singularName": "", "verbs": []}
            for name in kinds
        ]
        return 200, {"groupVersion": "argoproj.io/v1alpha1", "resources": resources}
    if path.startswith("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"):
        return 201, {**body, "status": {"allowed": True}}
    return status(403, "Forbidden", f'User "x" cannot {method.lower()} resource "{path}"')


def test_what_nobody_may_look_at_is_never_failed(
    project: Project, api: Callable[..., dict[str, str | None]]
) -> None:
    checks = examined(project, env=api(may_nothing))
    assert "v1.34.0" in checks["API server"]["detail"]
    for name in ("clock", "Argo Workflows", "your rights", "namespace"):
        assert checks[name]["state"] == "ok", checks[name]
    for name in ("controller", "rights of pods", "service account", "nodes"):
        assert checks[name]["state"] == "warning", checks[name]
    command = checks["rights of pods"]["mend"]["command"]
    assert "kubectl auth can-i create workflowtaskresults.argoproj.io -n flights" in command


@pytest.mark.parametrize(
    ("registry", "reason"),
    [
        ("1 / 0\n", "the project cannot be read"),
        ("def register_pipelines(): return {'__default__': Pipeline([])}\n", "no nodes"),
    ],
    ids=["a project that cannot be imported", "a pipeline without nodes"],
)
def test_what_pods_need_is_skipped_where_nobody_knows_it(
    project: Project, api: Callable[..., dict[str, str | None]], registry: str, reason: str
) -> None:
    project.registry(registry)
    checks = examined(project, env=api(may_nothing))
    for name in ("service account", "secrets", "rights of pods"):
        assert checks[name]["state"] == "skipped", checks[name]
        assert reason in checks[name]["detail"], checks[name]


def test_without_a_project_any_pods_are_looked_at(
    project: Project, api: Callable[..., dict[str, str | None]]
) -> None:
    result = project.run("doctor", "-o", "json", env=api(may_nothing), cwd=project.home)
    checks = {check["name"]: check for check in result.json()["checks"]}
    assert checks["secrets"]["state"] == checks["service account"]["state"] == "skipped"
    assert "`default`" in checks["rights of pods"]["detail"], checks["rights of pods"]


def test_an_api_server_that_refuses_everything(
    project: Project, api: Callable[..., dict[str, str | None]]
) -> None:
    def refuse(_: str, path: str, __: Any) -> tuple[int, Any]:
        return status(403, "Forbidden", f'User "ada" cannot get path "{path}"')

    checks = examined(project, env=api(refuse, token=PLANTED), code=1)
    for name in ("Argo Workflows", "your rights"):
        assert checks[name]["state"] == "failed", checks[name]
        assert "you may not" in checks[name]["detail"], checks[name]
    for name in ("namespace", "service account", "rights of pods", "nodes"):
        assert "you may not" in checks[name]["detail"], checks[name]


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for loopback, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    words += ["-addext", "basicConstraints=critical,CA:FALSE"]
    words += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port of an API server with a self-signed certificate, and that certificate."""
    certificate, key = self_signed(tmp_path, "ours")
    handler = type("Handler", (Fake,), {"answer": staticmethod(may_nothing)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, certificate
        server.shutdown()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
@pytest.mark.parametrize("known", ["the right one", "another one", "none"])
def test_a_certificate_that_nobody_knows_is_said_to_be_that(
    project: Project, tmp_path: Path, secure: tuple[int, Path], known: str
) -> None:
    port, certificate = secure
    env = write_kubeconfig(tmp_path, f"https://127.0.0.1:{port}", token=PLANTED)
    if known == "another one":
        certificate, _ = self_signed(tmp_path, "other")
    if known != "none":
        file = Path(str(env["KUBECONFIG"]))
        document = yaml.safe_load(file.read_text())
        document["clusters"][0]["cluster"]["certificate-authority"] = str(certificate)
        file.write_text(yaml.safe_dump(document))
    check = examined(project, env=env)["API server"]
    if known == "the right one":
        assert check["state"] == "ok", check
        return
    assert check["state"] == "failed" and "certificate" in check["detail"], check
    assert "certificate authority of this cluster" in check["mend"]["words"], check


def test_a_token_that_has_run_out(
    project: Project, api: Callable[..., dict[str, str | None]]
) -> None:
    env = api(lambda *_: status(401, "Unauthorized", "Unauthorized"), token=PLANTED)
    checks = examined(project, env=env, code=1)
    assert checks["API server"]["state"] == "failed"
    assert "log in" in checks["API server"]["mend"]["words"]
    assert checks["Argo Workflows"]["state"] == "skipped"


def test_a_clock_that_is_off_is_a_warning(
    project: Project, api: Callable[..., dict[str, str | None]]
) -> None:
    env = api(may_nothing, date="Fri, 01 Jan 2027 00:00:00 GMT")
    check = examined(project, env=env)["clock"]
    assert check["state"] == "warning" and "clock" in check["detail"]


def test_a_cluster_without_argo_workflows(
    project: Project, api: Callable[..., dict[str, str | None]]
) -> None:
    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        if path == "/apis/argoproj.io/v1alpha1":
            return status(404, "NotFound", "the server could not find the requested resource")
        return may_nothing(method, path, body)

    checks = examined(project, env=api(answer), code=1)
    assert checks["Argo Workflows"]["state"] == "failed"
    assert "install Argo Workflows" in checks["Argo Workflows"]["mend"]["words"]
    assert checks["controller"]["state"] == "skipped"


def test_a_registry_login_is_taken_from_dockers_file_and_not_told(
    project: Project, refusing: str
) -> None:
    login = base64.b64encode(f"ada:{PLANTED}".encode()).decode()
    config = json.dumps({"auths": {refusing: {"auth": login}}})
    (project.home / ".docker").mkdir()
    (project.home / ".docker/config.json").write_text(config, encoding="utf-8")
    argo = f"deployment: {{image: '{refusing}/shop', tag: v1, builder: none}}\n"
    project.write({"conf/base/argo.yml": argo})
    result = project.run("doctor", env=NOWHERE)
    assert result.code == 1 and PLANTED not in result.text and login not in result.text, result
    shown(result, "does not have", "shop:v1")


def shown(result: Result, *words: str) -> None:
    text = " ".join(result.out.split())
    for word in words:
        assert word in text, (word, result)


def test_a_folder_counts_in_a_pod_alone_and_argo_yml_is_not_in_its_image(project: Project) -> None:
    (project.root / "conf/base/argo.yml").unlink()
    project.write({"conf/base/catalog.yml": "{}\n"})
    shared = project.home / "shared"
    request = {"project": str(project.root), "handoff": str(shared)}
    assert project.run("reach", json.dumps(request)).code == 0
    assert shared.is_dir() and not list(shared.iterdir())
    shared.rmdir()
    shared.write_text("x", encoding="utf-8")
    result = project.run("reach", json.dumps(request))
    assert result.code == 1 and f"{shared}: cannot write" in result.err, result


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[tuple[socket.socket, dict[str, str | None]]]:
    """A server that accepts connections and never answers, and a kubeconfig for it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server, write_kubeconfig(tmp_path, f"https://127.0.0.1:{server.getsockname()[1]}")


def test_servers_that_never_answer_are_given_up(
    project: Project, silent: tuple[socket.socket, dict[str, str | None]]
) -> None:
    server, env = silent
    registry = f"127.0.0.1:{server.getsockname()[1]}"
    project.write({"conf/base/argo.yml": f"deployment: {{image: '{registry}/shop', tag: v1}}\n"})
    checks = examined(project, env=env, code=1)
    for name in ("API server", "registry"):
        assert checks[name]["state"] == "failed", checks[name]
        assert "no answer within 9 s" in checks[name]["detail"], checks[name]


def test_ctrl_c_ends_it_while_nobody_answers(
    project: Project, silent: tuple[socket.socket, dict[str, str | None]]
) -> None:
    server, env = silent
    with project.start("doctor", env=env) as process:
        connection, _ = server.accept()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == 130, said
