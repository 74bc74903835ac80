"""`notify`: messages about the end of a run, here and from the exit handler of a workflow."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from projects import MakeProject, Project, is_clean

PASSWORD = "planted-password"
TOKEN = "planted-token"

FAILING = """
def fail():
    if Path("mended").exists():
        return 1
    raise ValueError("too deep & <wide>")
def register_pipelines():
    return {"__default__": Pipeline([node(fail, None, "a", name="train")])}
"""


class Sink:
    """An HTTP server that keeps requests, by path."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.got: dict[str, Any] = {}
        self.tokens: dict[str, str | None] = {}
        self.status = 200
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                sink.got[self.path] = json.loads(self.rfile.read(length))
                sink.tokens[self.path] = self.headers["authorization"]
                self.send_response(sink.status)
                self.end_headers()
                self.wfile.write(b"invalid_payload")
                sink.heard.set()

            def log_message(self, format: str, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    threading.Thread(target=sink.server.serve_forever, daemon=True).start()
    yield sink
    sink.server.shutdown()
    sink.server.server_close()


class Mails:
    """A mail server that keeps mails."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []

    async def handle_DATA(  # noqa: N802 - the server calls it so
        self, server: object, session: object, envelope: Envelope
    ) -> str:
        self.got.append(envelope)
        return "250 OK"


def is_known(
    server: object, session: object, envelope: object, mechanism: str, data: object
) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"argo", PASSWORD.encode()))


@pytest.fixture
def mails() -> Iterator[tuple[Mails, int]]:
    mails = Mails()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        mails,
        hostname="127.0.0.1",
        port=port,
        authenticator=is_known,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    yield mails, port
    controller.stop()


def notify(*entries: str) -> dict[str, str | bytes]:
    lines = "".join(f"  - {entry}\n" for entry in entries)
    return {"conf/base/argo.yml": f"namespace: ml\ndeployment: {{image: a/b}}\nnotify:\n{lines}"}


SLACK = "{slack: {secret_ref: {name: slack, key: url}}}"


def email(port: int) -> str:
    return (
        f"{{email: {{to: [a@example.com, b@example.com], from: argo@example.com, host: 127.0.0.1, "
        f"port: {port}, security: none, user: argo, password_ref: {{name: mail, key: password}}}}}}"
    )


@pytest.mark.kedro
def test_everybody_hears_of_a_run_here_that_failed(
    make_project: MakeProject, sink: Sink, mails: tuple[Mails, int]
) -> None:
    server, port = mails
    project = make_project(
        FAILING,
        notify(
            SLACK,
            "{teams: {secret_ref: {name: teams, key: url}}}",
            f"{{webhook: {{url: '{sink.url}/hook', token_ref: {{name: hook, key: token}}}}}}",
            email(port),
            f"{{events: [succeeded], webhook: {{url: '{sink.url}/good'}}}}",
            f"{{events: [failed], schedules: [nightly], webhook: {{url: '{sink.url}/nightly'}}}}",
        ),
    )
    argo = project.read("conf/base/argo.yml")
    project.write({"conf/base/argo.yml": argo + "schedules: {nightly: {cron: '@daily'}}\n"})
    secrets: dict[str, str | None] = {
        "NOTIFY_1_URL": f"{sink.url}/slack",
        "NOTIFY_2_URL": f"{sink.url}/teams",
        "NOTIFY_3_TOKEN": TOKEN,
        "NOTIFY_4_PASSWORD": PASSWORD,
    }
    # A run without `--notify` sends no message.
    quiet = project.run("run", "--workflow-name", "quiet", env=secrets)
    assert (quiet.code, sink.got, server.got) == (1, {}, [])
    ran = project.run("run", "--notify", "--workflow-name", "deep", env=secrets)
    assert ran.code == 1
    assert ran.err.count("told ") == 4 and "could not tell" not in ran.err, ran
    assert set(sink.got) == {"/slack", "/teams", "/hook"}
    title, why, go_on = sink.got["/slack"]["text"].splitlines()
    assert ":red_circle: *Shop: run deep failed after " in title
    assert why.startswith("node train: ValueError: too deep &amp; &lt;wide&gt; [src/shop/")
    assert go_on == "To continue: argo-kedro retry deep"
    hook = sink.got["/hook"]
    assert (hook["event"], hook["run"], hook["phase"]) == ("failed", "deep", "Failed")
    assert [task["node"] for task in hook["tasks"]] == ["train"]
    assert sink.tokens["/hook"] == f"Bearer {TOKEN}"
    card = sink.got["/teams"]["attachments"][0]["content"]["body"]
    assert "failed after" in card[0]["text"]
    (envelope,) = server.got
    assert envelope.rcpt_tos == ["a@example.com", "b@example.com"]
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert mail["subject"].startswith("Shop: run deep failed after")
    assert "node train: ValueError: too deep & <wide>" in str(mail.get_body().get_content())
    # Now the run succeeds.
    sink.got.clear()
    project.write({"mended": ""})
    project.run("retry", "deep", "--notify", env=secrets)
    assert set(sink.got) == {"/good"}
    assert sink.got["/good"]["event"] == "succeeded"
    for secret in (PASSWORD, TOKEN, "/slack"):
        assert secret not in project.ok("compile").out
        assert secret not in quiet.text + ran.text


SLOW = """
def train():
    return wait("go")
def register_pipelines():
    return {"__default__": Pipeline([node(train, None, "a", name="train")])}
"""


def test_a_run_here_that_takes_too_long_is_told_of_while_it_goes_on(
    make_project: MakeProject, sink: Sink
) -> None:
    project = make_project(
        SLOW,
        notify(
            f"{{longer_than: 1ms, webhook: {{url: '{sink.url}/late'}}}}",
            f"{{longer_than: 100h, webhook: {{url: '{sink.url}/never'}}}}",
            f"{{longer_than: 1ms, events: [succeeded], webhook: {{url: '{sink.url}/both'}}}}",
        ),
    )
    go = project.fifo("go")
    with project.start("run", "--notify", "--workflow-name", "slow") as running:
        assert sink.heard.wait(project.hangs_after)
        go.write_text("x")
        out, err = running.communicate(timeout=project.hangs_after)
    assert running.returncode == 0, (out, err)
    late = sink.got["/late"]
    assert (late["event"], late["phase"]) == ("longer_than", "Running")
    assert late["title"].startswith("Shop: run slow has run for ")
    # This entry gets no second message at the end; those that wait for the end get theirs.
    assert set(sink.got) == {"/late", "/both"} and sink.got["/both"]["event"] == "succeeded"
    assert err.count("told webhook") == 3


@pytest.mark.kedro
def test_a_run_that_cannot_tell_is_refused_before_it_starts(make_project: MakeProject) -> None:
    project = make_project(files=notify(SLACK))
    refused = project.run("run", "--notify")
    assert refused.code == 2
    assert "NOTIFY_1_URL (key `url` of the secret `slack`)" in refused.err
    project.write({"conf/base/argo.yml": "namespace: ml\n"})
    refused = project.run("run", "--notify")
    assert refused.code == 2 and "add `notify` to argo.yml" in refused.err
    # The run is not recorded.
    assert project.ok("list", "-o", "json").json() == []


def variables(project: Project, url: str) -> dict[str, str | None]:
    """Variables of the compiled workflow's exit handler, filled in as Argo does."""
    failures = [
        {
            "displayName": "train",
            "message": "main: Error (exit code 1): ValueError: no [src/a.py:3 f] in the node fit",
            "templateName": "default",
            "phase": "Failed",
            "podName": "shop-x-default-1",
            "finishedAt": "2026-01-01T00:00:00Z",
        }
    ]
    spec = project.manifest()["spec"]
    (container,) = (it["container"] for it in spec["templates"] if it["name"] == "notify")
    assert container["command"] == ["argo-kedro", "notify"]
    values = {
        "{{workflow.name}}": "shop-x",
        "{{workflow.namespace}}": "ml",
        "{{workflow.status}}": "Failed",
        "{{workflow.duration}}": "75.123456",
        "{{workflow.failures}}": json.dumps(json.dumps(failures)),
    }
    given: dict[str, str | None] = {}
    for variable in container["env"]:
        if "valueFrom" in variable:
            assert variable["valueFrom"]["secretKeyRef"]["optional"] is True
            given[variable["name"]] = url
        else:
            given[variable["name"]] = values.get(variable["value"], variable["value"])
    return given


@pytest.mark.kedro
def test_the_exit_handler_tells(make_project: MakeProject, sink: Sink) -> None:
    project = make_project(FAILING, notify(SLACK))
    told = project.ok("notify", env=variables(project, f"{sink.url}/slack"))
    assert "told slack" in told.err and is_clean(told.err)
    assert sink.got["/slack"]["text"].splitlines() == [
        ":red_circle: *Shop: run shop-x failed after 1m 15s*",
        "node fit: ValueError: no [src/a.py:3 f]",
        "To continue: kedro argo retry shop-x",
    ]


@pytest.mark.kedro
def test_a_message_that_cannot_be_sent_fails_nothing(make_project: MakeProject, sink: Sink) -> None:
    project = make_project(FAILING, notify(SLACK))
    url = f"{sink.url}/planted-url"
    given = variables(project, url)

    def why(**changed: str | None) -> str:
        told = project.run("notify", env={**given, **changed})
        assert (told.code, told.out) == (0, ""), told
        assert "planted-url" not in told.err
        return told.err

    sink.status = 400
    assert "could not tell slack (entry 1 of `notify`): the server answered 400" in why()
    assert "invalid_payload" in why()
    assert "no variable NOTIFY_1_URL (key `url` of the secret `slack`)" in why(NOTIFY_1_URL=None)
    assert "the URL is not valid" in why(NOTIFY_1_URL="planted-url no url")
    assert "neither https:// nor http://" in why(NOTIFY_1_URL="file:///planted-url")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "refused" in why(NOTIFY_1_URL=f"http://127.0.0.1:{port}/planted-url")
    assert "cannot read whom to tell" in why(ARGO_KEDRO_NOTIFY="{")
    assert "cannot read WORKFLOW_FAILURES" in why(WORKFLOW_FAILURES="{")


@pytest.mark.kedro
def test_a_server_that_hangs_is_given_up(make_project: MakeProject) -> None:
    project = make_project(FAILING, notify(SLACK))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        told = project.ok("notify", env=variables(project, url))
    assert "could not tell slack (entry 1 of `notify`): no answer within 10 seconds" in told.err


def test_entries_that_say_too_little_or_too_much_are_refused(make_project: MakeProject) -> None:
    project = make_project(
        files=notify(
            "{events: [failed]}",
            "{slack: {secret_ref: {name: a, key: b}}, webhook: {url: 'https://a'}}",
            "{webhook: {}}",
            "{schedules: [nigthly], email: {to: [a@b.c], from: a@b.c, host: h, user: me}}",
            "{events: [exploded], webhook: {url: 'https://a'}}",
        )
    )
    told = project.run("lint").text
    assert "exploded" in told
    argo = project.read("conf/base/argo.yml").replace("exploded", "failed")
    project.write({"conf/base/argo.yml": argo + "schedules: {nightly: {cron: '@daily'}}\n"})
    told = project.run("lint").text
    for fault in (
        "entry 1 of `notify` has no `slack`, `teams`, `webhook` or `email`",
        "entry 2 of `notify` has both a `slack` and a `webhook`",
        "`webhook` has no `url` or `secret_ref`",
        "`email` has one of `user` and `password_ref` without the other",
        "`schedules` has no schedule `nigthly`",
        "did you mean `nightly`?",
    ):
        assert fault in told, told
