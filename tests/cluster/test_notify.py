"""`notify`: the exit handler of a workflow sends messages, and never fails it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from program import ClusterProject

Make = Callable[..., ClusterProject]


@pytest.fixture
def sink() -> Iterator[tuple[str, dict[str, Any]]]:
    """A server that keeps requests, by path."""
    got: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got[self.path] = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()


def test_the_end_of_a_run_is_told_with_its_nodes_and_their_reasons(
    cluster_project: Make,
    make_secret: Callable[..., str],
    sink: tuple[str, dict[str, Any]],
) -> None:
    url, got = sink
    secret = make_secret("slack", {"url": f"{url}/slack"})
    project = cluster_project(
        notify=[
            {"slack": {"secret_ref": {"name": secret, "key": "url"}}},
            {"events": ["succeeded"], "webhook": {"url": f"{url}/good"}},
        ],
        nodes={"*": {"retry": {"limit": 1, "on": ["error"]}}},
        on_exit={"pipeline": "tidy"},
    )
    run, _ = project.submitted("--pipelines", "fails")
    watched = project.run("watch", run)
    assert watched.code == 1, watched
    assert set(got) == {"/slack"}
    title, why, go_on = got["/slack"]["text"].splitlines()
    assert f"run {run} failed after" in title
    assert why.startswith("node train_model (2 tries): ValueError: too deep: 20 [src/shop/")
    assert go_on == f"To continue: kedro argo retry {run}"


def test_a_run_whose_message_cannot_be_sent_succeeds(
    cluster_project: Make, make_secret: Callable[..., str]
) -> None:
    # The key is missing, and no server listens at the other address.
    secret = make_secret("empty", {"other": "x"})
    project = cluster_project(
        notify=[
            {"events": ["succeeded"], "slack": {"secret_ref": {"name": secret, "key": "url"}}},
            {"events": ["succeeded"], "webhook": {"url": "http://127.0.0.1:9/"}},
        ]
    )
    run, _ = project.submitted("--pipelines", "tidy")
    watched = project.run("watch", run)
    assert watched.code == 0, watched
