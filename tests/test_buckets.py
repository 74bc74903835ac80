"""Artifacts in their own bucket: `s3` with an endpoint, a bucket and a key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import Request, urlopen

import pytest
from manifests import Folder, container

moto_server = pytest.importorskip("moto.server", reason="needs moto[server]")
boto3 = pytest.importorskip("boto3")

#: The secret must appear nowhere.
SECRET = "sesame-of-the-bucket"


class Store:
    """An S3 server on loopback with one bucket."""

    def __init__(self, server: Any) -> None:
        host, port = server.get_host_and_port()
        self.endpoint = f"{host}:{port}"
        # The server keeps its content in the process of the tests.
        forget = Request(f"http://{self.endpoint}/moto-api/reset", method="POST")
        urlopen(forget, timeout=10).close()
        self.client = boto3.client(
            "s3",
            endpoint_url=f"http://{self.endpoint}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key=SECRET,
        )
        self.client.create_bucket(Bucket="things")

    def keys(self) -> list[str]:
        listed = self.client.list_objects_v2(Bucket="things")
        return [one["Key"] for one in listed.get("Contents", [])]

    def read(self, key: str) -> str:
        body: bytes = self.client.get_object(Bucket="things", Key=key)["Body"].read()
        return body.decode()

    def at(self, key: str, **more: object) -> dict[str, object]:
        """The location of an artifact."""
        by_secret = {
            "accessKeySecret": {"name": "store", "key": "key"},
            "secretKeySecret": {"name": "store", "key": "secret"},
        }
        place = {"endpoint": self.endpoint, "bucket": "things", "key": key, "insecure": True}
        return {"s3": {**place, **(more or by_secret)}}


@pytest.fixture
def store() -> Iterator[Store]:
    server = moto_server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield Store(server)
    finally:
        server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder.make(tmp_path)
    folder.write({"store.yaml": f"key: test\nsecret: {SECRET}\n"})
    return folder


def makes(script: str, *artifacts: dict[str, object], **more: object) -> dict[str, Any]:
    return container(script, outputs={"artifacts": list(artifacts)}, **more)


def run(folder: Folder, *words: str, **env: str) -> str:
    """Runs `w.yaml` with the secret, and gives the program's output."""
    result = folder.run("run", "w.yaml", "--secret", "store=store.yaml", *words, env={**env})
    said = result.text
    for log in (folder.root / ".argo-kedro").rglob("*"):
        if log.is_file():
            assert SECRET.encode() not in log.read_bytes(), log
    assert SECRET not in said
    return f"exit code {result.code}\n{said}"


def test_artifacts_go_to_the_bucket_that_they_name_and_come_from_it(
    folder: Folder, store: Store
) -> None:
    plain = {"name": "plain", "path": "/tmp/plain", "archive": {"none": {}}}
    tree = {"name": "tree", "path": "/tmp/tree", "archive": {"none": {}}}
    packed = {"name": "packed", "path": "/tmp/tree"}
    script = (
        "echo hello > /tmp/plain; mkdir -p /tmp/tree/sub;"
        " echo one > /tmp/tree/1.txt; echo two > /tmp/tree/sub/2.txt"
    )
    outputs = [
        {**plain, **store.at("a dir/plain+ü.txt")},
        {**tree, **store.at("tree")},
        {**packed, **store.at("packed.tgz")},
    ]
    show = "cat /tmp/in; cat /tmp/folder/1.txt /tmp/folder/sub/2.txt; cat /tmp/packed/sub/2.txt"
    inputs = [
        {"name": "in", "path": "/tmp/in"},
        {"name": "folder", "path": "/tmp/folder", **store.at("tree")},
        {"name": "packed", "path": "/tmp/packed", **store.at("packed.tgz")},
    ]
    given = {"name": "in", "from": "{{tasks.make.outputs.artifacts.plain}}"}
    folder.workflow(
        {
            "entrypoint": "main",
            "templates": [
                {
                    "name": "main",
                    "dag": {
                        "tasks": [
                            {"name": "make", "template": "make"},
                            {
                                "name": "show",
                                "template": "show",
                                "dependencies": ["make"],
                                "arguments": {"artifacts": [given]},
                            },
                        ]
                    },
                },
                makes(script, *outputs, name="make"),
                container(show, name="show", inputs={"artifacts": inputs}),
            ],
        }
    )
    said = run(folder, "--logs")
    assert said.startswith("exit code 0\n"), said
    keys = ["a dir/plain+ü.txt", "packed.tgz", "tree/1.txt", "tree/sub/2.txt"]
    assert store.keys() == keys
    assert store.read(keys[0]) == "hello\n"
    lines = (folder.root / ".argo-kedro/runs/w/logs/show.log").read_text().splitlines()
    assert lines == ["hello", "one", "two", "two"]


@pytest.mark.parametrize(
    ("key", "bucket", "expected"),
    [
        ("none", "things", "The specified key does not exist."),
        ("none", "nothing", "The specified bucket does not exist"),
    ],
)
def test_a_key_that_is_not_there_is_an_error_of_the_node(
    folder: Folder, store: Store, key: str, bucket: str, expected: str
) -> None:
    place = store.at(key)
    assert isinstance(place["s3"], dict)
    place["s3"]["bucket"] = bucket
    inputs = [{"name": "in", "path": "/tmp/in", **place}]
    template = container("cat /tmp/in", name="main", inputs={"artifacts": inputs})
    folder.workflow({"entrypoint": "main", "templates": [template]})
    said = run(folder)
    assert said.startswith("exit code 1\n"), said
    assert f"artifact in failed to load: {expected}" in said


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("tree", "would be a file outside of the artifact"),
        ("../other/secret.txt", "has a part `.` or `..`"),
        ("tree/./x", "has a part `.` or `..`"),
    ],
)
def test_keys_that_lead_elsewhere_are_refused(
    folder: Folder, store: Store, key: str, expected: str
) -> None:
    store.client.put_object(Bucket="things", Key="tree/../../out.txt", Body=b"x")
    store.client.create_bucket(Bucket="other")
    store.client.put_object(Bucket="other", Key="secret.txt", Body=b"x")
    inputs = [{"name": "in", "path": "/tmp/in", **store.at(key)}]
    template = container("touch began", name="main", inputs={"artifacts": inputs})
    folder.workflow({"entrypoint": "main", "templates": [template]})
    said = run(folder)
    assert said.startswith("exit code 1\n"), said
    assert expected in said
    assert not (folder.root / "began").exists()


def test_empty_parts_of_a_key_are_no_folders(folder: Folder, store: Store) -> None:
    store.client.put_object(Bucket="things", Key="tree/x//y", Body=b"y")
    inputs = [{"name": "in", "path": "/tmp/in", **store.at("tree")}]
    template = container("cp /tmp/in/x/y y.txt", name="main", inputs={"artifacts": inputs})
    folder.workflow({"entrypoint": "main", "templates": [template]})
    said = run(folder)
    assert said.startswith("exit code 0\n"), said
    assert folder.read("y.txt") == "y"


class Moody(BaseHTTPRequestHandler):
    """Is out of order at first, and redirects requests for `away`."""

    asked: ClassVar[list[str]] = []
    referers: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if referer := self.headers.get("Referer"):
            self.referers.append(referer)
        if path == "/things/away":
            self.answer(302, {"Location": f"http://127.0.0.1:{self.server.server_port}/other"})
        elif self.asked.count(path) == 1:
            self.answer(503, {})
        else:
            self.answer(200, {}, b"hello\n")

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        pass


@pytest.fixture
def moody() -> Iterator[str]:
    Moody.asked.clear()
    Moody.referers.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Moody) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def taken_from(folder: Folder, store: Store, server: str, key: str) -> str:
    place = store.at(key)
    assert isinstance(place["s3"], dict)
    place["s3"]["endpoint"] = server
    inputs = [{"name": "in", "path": "/tmp/in", **place}]
    template = container("cp /tmp/in got.txt", name="main", inputs={"artifacts": inputs})
    folder.workflow({"entrypoint": "main", "templates": [template]})
    return run(folder)


def test_a_server_that_is_out_of_order_is_asked_again(
    folder: Folder, store: Store, moody: str
) -> None:
    said = taken_from(folder, store, moody, "it")
    assert said.startswith("exit code 0\n"), said
    assert folder.read("got.txt") == "hello\n"
    assert Moody.asked == ["/things/it", "/things/it"]


def test_a_signed_url_is_sent_to_nobody_else(folder: Folder, store: Store, moody: str) -> None:
    said = taken_from(folder, store, moody, "away")
    assert said.startswith("exit code 1\n"), said
    assert "302" in said
    assert Moody.asked == ["/things/away"] and Moody.referers == []


def test_a_bucket_without_secrets_takes_the_keys_of_the_environment(
    folder: Folder, store: Store
) -> None:
    output = {"name": "out", "path": "/tmp/out", "archive": {"none": {}}}
    output.update(store.at("out.txt", useSDKCreds=True))
    template = makes("echo out > /tmp/out", output, name="main")
    folder.workflow({"entrypoint": "main", "templates": [template]})
    said = run(folder)
    assert said.startswith("exit code 1\n"), said
    assert "AWS_ACCESS_KEY_ID is not set" in said
    said = run(folder, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY=SECRET)
    assert said.startswith("exit code 0\n"), said
    assert store.read("out.txt") == "out\n"


def test_what_is_not_done_with_buckets_here_is_said_before_anything_runs(
    folder: Folder, store: Store
) -> None:
    output = {"name": "out", "path": "/tmp/out", **store.at("out.txt", roleARN="arn:x")}
    template = makes("touch began", output, name="main")
    folder.workflow({"entrypoint": "main", "templates": [template]})
    said = run(folder)
    assert said.startswith("exit code 2\n"), said
    assert "s3.roleARN" in said
    assert not (folder.root / "began").exists()
