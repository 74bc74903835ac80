"""The program and an Argo Server that refuses or breaks off: replayed answers of a real one."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from projects import TWO_TASKS, MakeProject, Project, Result

RECORDED = Path(__file__).parents[1] / "crates" / "cluster" / "tests" / "argo_server"
NAMESPACE = "argo"
#: The run of the recordings.
RUN = "two-xsfwk"
TOKEN = "planted-token"


@dataclass
class Answer:
    status: int
    kind: str
    body: str
    #: Bytes of the body before the connection is cut; None for all.
    cut: int | None = None


def recorded(name: str, cut_before: str | None = None) -> Answer:
    """A recorded answer.

    Args:
        name: Its name.
        cut_before: Text of the body before which the connection is cut.
    """
    found = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    body = found["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    cut = text.index(cut_before) if cut_before else None
    return Answer(found["status"], found["type"], text, cut)


@dataclass
class Replay:
    """A server that answers by the beginning of a request; the last answer of each repeats."""

    port: int = 0
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, asked: str) -> Answer:
        self.heard.append(asked)
        for beginning in sorted(self.answers, key=len, reverse=True):
            if asked.startswith(beginning):
                left = self.answers[beginning]
                return left.pop(0) if len(left) > 1 else left[0]
        return recorded("not_found")


@pytest.fixture
def replay() -> Iterator[Replay]:
    replay = Replay()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            replay.tokens.add(self.headers.get("Authorization"))
            answer = replay.answer(f"{self.command} {self.path}")
            body = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    replay.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield replay
    server.shutdown()
    server.server_close()


Ask = Callable[..., Result]


@pytest.fixture
def ask(make_project: MakeProject, replay: Replay) -> Ask:
    """Sends requests through the server, without a kubeconfig."""
    project = make_project(TWO_TASKS)

    def run(*words: str, env: dict[str, str | None] | None = None) -> Result:
        return project.run(*words, env={**through(replay), **(env or {})})

    return run


def through(replay: Replay) -> dict[str, str | None]:
    return {
        "KUBECONFIG": "/nonexistent",
        "ARGO_SERVER": replay.url,
        "ARGO_NAMESPACE": NAMESPACE,
        "ARGO_TOKEN": f"Bearer {TOKEN}",
    }


def test_who_has_no_token_hears_how_to_get_one(ask: Ask, replay: Replay) -> None:
    replay.answers = {"GET ": [recorded("no_token")]}
    asked = ask("list", "--cluster", env={"ARGO_TOKEN": None})
    assert asked.code == 2, asked
    assert f"the Argo Server at {replay.url} needs a token" in asked.err
    assert "export ARGO_TOKEN" in asked.err and "--argo-token-file" in asked.err
    assert replay.tokens == {None}


def test_a_token_that_is_refused_is_not_shown(ask: Ask, replay: Replay, tmp_path: Path) -> None:
    replay.answers = {"GET ": [recorded("refused_token")]}
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    for words, env in (
        ([], {}),
        (["--argo-token-file", str(file)], {"ARGO_TOKEN": None}),
    ):
        asked = ask("list", "--cluster", *words, env=dict(env))
        assert asked.code == 2 and "does not accept the token" in asked.err, asked
        assert TOKEN not in asked.out + asked.err, asked
    assert replay.tokens == {f"Bearer {TOKEN}"}


def test_who_may_not_hears_what_to_ask_for(ask: Ask, replay: Replay) -> None:
    replay.answers = {"GET ": [recorded("may_not_list")]}
    asked = ask("list", "--cluster")
    assert asked.code == 2, asked
    assert "you may not list workflows.argoproj.io in the namespace `argo`" in asked.err
    assert "resources: [workflows], verbs: [list]" in asked.err


def test_a_web_page_is_no_argo_server(ask: Ask, replay: Replay) -> None:
    replay.answers = {"GET ": [Answer(200, "text/html", "<html><title>Sign in</title></html>")]}
    asked = ask("list", "--cluster")
    assert asked.code == 2, asked
    assert f"what answers at {replay.url} is not an Argo Server" in asked.err
    assert "`Sign in`" in asked.err and "ARGO_BASE_HREF" in asked.err
    # A proxy may add a path before the API.
    replay.answers["GET /argo/api/v1/workflows/"] = [recorded("empty_list")]
    assert ask("list", "--cluster", env={"ARGO_BASE_HREF": "/argo/"}).code == 0
    assert ask("list", "--cluster", "--argo-server", f"{replay.url}/argo").code == 0


def test_a_server_that_is_not_there_is_named(ask: Ask) -> None:
    asked = ask("list", "--cluster", env={"ARGO_SERVER": "127.0.0.1:9", "ARGO_SECURE": "false"})
    assert asked.code == 2, asked
    assert "cannot reach the Argo Server at http://127.0.0.1:9" in asked.err
    assert "ARGO_SERVER" in asked.err and "kubectl" not in asked.err


def test_a_variable_that_is_always_set_does_not_hide_that_no_run_has_a_name(ask: Ask) -> None:
    always = {"ARGO_SERVER": "127.0.0.1:9", "ARGO_SECURE": "false"}
    asked = ask("status", "nosuch", env=always)
    assert asked.code == 2, asked
    assert asked.err.startswith("error: there are no runs yet")
    assert "the Argo Server that `ARGO_SERVER` names was not asked: cannot reach" in asked.err
    # A command that names the server asks it.
    asked = ask("status", "nosuch", "--argo-server", "127.0.0.1:9", env={"ARGO_SECURE": "false"})
    assert asked.err.startswith("error: cannot reach the Argo Server"), asked


def test_a_server_without_tls_is_told_from_one_that_nobody_trusts(ask: Ask, replay: Replay) -> None:
    asked = ask("list", "--cluster", env={"ARGO_SERVER": f"127.0.0.1:{replay.port}"})
    assert asked.code == 2, asked
    assert "no trusted connection to the Argo Server" in asked.err
    assert "ARGO_SECURE=false" in asked.err


def test_output_goes_on_where_its_stream_was_cut(ask: Ask, replay: Replay) -> None:
    replay.answers = {
        f"GET /api/v1/workflows/{NAMESPACE}/{RUN}": [recorded("workflow")],
        f"GET /api/v1/workflows/{NAMESPACE}/{RUN}/log": [recorded("log")],
    }
    whole = ask("logs", RUN)
    assert whole.code == 0, whole
    lines = [f"[{task}] {task} {line}" for task in ("first", "second") for line in (1, 2, 3)]
    assert whole.out.splitlines() == lines
    # A cut stream is incomplete, and the program says so.
    replay.answers[f"GET /api/v1/workflows/{NAMESPACE}/{RUN}/log"] = [
        recorded("log", cut_before="second 3")
    ]
    cut = ask("logs", RUN)
    assert cut.code == 2 and "cannot reach the Argo Server" in cut.err, cut
    assert cut.out.splitlines() == lines[:-1]


def test_a_run_is_watched_through_a_stream_that_ends(ask: Ask, replay: Replay) -> None:
    running = recorded("workflow")
    running.body = json.dumps(
        json.loads(running.body) | {"status": {"phase": "Running", "nodes": {}}}
    )
    replay.answers = {
        f"GET /api/v1/workflows/{NAMESPACE}/{RUN}": [running],
        f"GET /api/v1/workflow-events/{NAMESPACE}": [
            recorded("events", cut_before='"Succeeded"'),
            recorded("watch_ends"),
            recorded("events"),
        ],
    }
    watched = ask("watch", RUN)
    assert watched.code == 0, watched
    assert len([one for one in replay.heard if "workflow-events" in one]) >= 3, replay.heard


def test_the_token_is_in_no_file(make_project: MakeProject, replay: Replay) -> None:
    project: Project = make_project(TWO_TASKS)
    replay.answers = {f"GET /api/v1/workflows/{NAMESPACE}/{RUN}": [recorded("workflow")]}
    assert project.run("status", RUN, env=through(replay)).code == 0
    # The record has the address, but not the token.
    again = project.run("status", RUN, env={**through(replay), "ARGO_SERVER": None})
    assert again.code == 0 and "Succeeded" in again.out, again
    texts = [file.read_bytes() for file in project.root.rglob("*") if file.is_file()]
    assert any(replay.url.encode() in text for text in texts)
    assert not any(TOKEN.encode() in text for text in texts)


def going_on() -> Answer:
    """The run of the recordings before its end."""
    answer = recorded("workflow")
    body = json.loads(answer.body)
    body["status"]["phase"] = "Running"
    return replace(answer, body=json.dumps(body))


def test_the_token_of_another_server_is_not_sent(make_project: MakeProject, replay: Replay) -> None:
    project = make_project(TWO_TASKS)
    replay.answers = {f"GET /api/v1/workflows/{NAMESPACE}/{RUN}": [going_on()]}
    assert project.run("status", RUN, env=through(replay)).code == 0
    project.write({"conf/prod/argo.yml": "argo_server: https://argo.other.example.com\n"})
    replay.tokens.clear()
    unnamed = {**through(replay), "ARGO_SERVER": None}
    asked = project.run("status", RUN, env=unnamed)
    assert "may be for https://argo.other.example.com" in asked.err, asked
    assert "last known state" in asked.err and not replay.tokens
    assert project.run("status", RUN, "--argo-server", replay.url, env=unnamed).code == 0


def test_a_server_that_does_not_know_a_run_of_a_kubeconfig_ends_it_not(
    make_project: MakeProject, replay: Replay
) -> None:
    project = make_project(TWO_TASKS)
    answer = f"GET /api/v1/workflows/{NAMESPACE}/{RUN}"
    replay.answers = {answer: [going_on()]}
    assert project.run("status", RUN, env=through(replay)).code == 0
    # Pretend that the run was submitted through a kubeconfig.
    with sqlite3.connect(project.root / ".argo-kedro" / "history.db") as history:
        for table, column in columns_with(history, "argo-server+"):
            history.execute(f"update {table} set {column} = replace({column}, 'argo-server+', '')")
    replay.answers = {"GET ": [recorded("not_found")]}
    asked = project.run("status", RUN, "--argo-server", replay.url, env=through(replay))
    assert "submitted through a kubeconfig" in asked.err, asked
    assert "deleted" not in asked.out + asked.err, asked


def columns_with(history: sqlite3.Connection, part: str) -> list[tuple[str, str]]:
    found = []
    for (table,) in history.execute("select name from sqlite_master where type = 'table'"):
        for column in history.execute(f"pragma table_info({table})"):
            query = f"select 1 from {table} where {column[1]} like '%{part}%'"
            if history.execute(query).fetchone():
                found.append((table, column[1]))
    return found


def test_an_answer_that_is_no_object_is_an_error(ask: Ask, replay: Replay) -> None:
    for body in ("[]", '"ok"', "1"):
        replay.answers = {"GET ": [replace(recorded("workflow"), body=body)]}
        asked = ask("list", "--cluster")
        assert asked.code == 2 and "panicked" not in asked.err, asked


def test_a_run_that_is_in_the_archive_alone_had_been_deleted(ask: Ask, replay: Replay) -> None:
    replay.answers = {
        f"GET /api/v1/workflows/{NAMESPACE}/{RUN}": [recorded("workflow")],
        f"DELETE /api/v1/workflows/{NAMESPACE}/{RUN}": [recorded("not_found")],
    }
    deleted = ask("delete", RUN, "--yes")
    assert deleted.code == 0 and "had been deleted before" in deleted.err, deleted


def test_an_address_with_a_password_is_refused_without_it(ask: Ask) -> None:
    asked = ask("list", "--cluster", "--argo-server", "https://me:geheim@argo.example.com")
    assert asked.code == 2 and "is not the address of an Argo Server" in asked.err, asked
    assert "geheim" not in asked.err
    asked = ask("list", "--cluster", "--argo-server", "https://argo.example.com/?token=geheim")
    assert asked.code == 2 and "geheim" not in asked.err, asked


def test_a_context_and_a_server_exclude_each_other(ask: Ask) -> None:
    asked = ask("list", "--cluster", "--context", "a", "--argo-server", "b:1")
    assert asked.code == 2 and "cannot be used with" in asked.err, asked
    # A typed context overrides the variable.
    asked = ask("list", "--cluster", "--context", "a")
    assert asked.code == 2 and "Argo Server at" not in asked.err, asked


def test_argo_yml_names_the_server_of_its_environment(
    make_project: MakeProject, replay: Replay
) -> None:
    project = make_project(TWO_TASKS)
    project.write(
        {
            "conf/base/argo.yml": f"namespace: {NAMESPACE}\nargo_server: '{replay.url}'\n"
            "deployment: {image: example.com/a, tag: '1'}\nmemory_datasets: {mode: fuse}\n"
        }
    )
    replay.answers = {"GET ": [recorded("no_token")], "POST ": [recorded("no_token")]}
    env: dict[str, str | None] = {
        "KUBECONFIG": "/nonexistent",
        **{name: None for name in os.environ if name.startswith("ARGO_")},
    }
    asked = project.run("submit", "--no-build", env=env)
    assert asked.code == 2, asked
    assert f"the Argo Server at {replay.url} needs a token" in asked.err, asked
