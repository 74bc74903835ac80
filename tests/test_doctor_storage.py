"""`doctor` and storage: its attempts, and its messages about a store's answers."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from argo_kedro.worker import reach, storage
from projects import MakeProject, Project

PLANTED = "planted-secret"


def test_an_object_that_does_not_exist_is_said_to() -> None:
    assert reach._one_line(FileNotFoundError("bucket/key")) == "it does not exist: bucket/key"
    told = reach._one_line(FileNotFoundError(2, "No such file or directory", "a.csv"))
    assert told == "[Errno 2] No such file or directory: 'a.csv'"


@pytest.mark.parametrize(
    ("message", "kind", "said"),
    [
        (
            "The specified container does not exist. RequestId:1 Time:2 ErrorCode:ContainerNotFound"
            ' Content: <?xml version="1.0"?>',
            "not_there",
            "the container `flights` does not exist",
        ),
        (
            "Server failed to authenticate the request. RequestId:1",
            "denied",
            "Server failed to authenticate the request.",
        ),
        (
            "Anonymous caller does not have storage.objects.create access, 401",
            "denied",
            "Anonymous caller does not have storage.objects.create access, 401",
        ),
        (
            "Invalid base64-encoded string: number of data characters (9)",
            "credentials",
            "a key or token is not one: Invalid base64-encoded string: number of data"
            " characters (9)",
        ),
    ],
)
def test_what_a_cloud_answers_is_told_in_plain_words(message: str, kind: str, said: str) -> None:
    import binascii

    import fsspec

    error = binascii.Error if kind == "credentials" else OSError

    def refuse(*_: Any, **__: Any) -> None:
        raise error(message)

    class System:
        pipe_file = refuse

    place = reach.Place("written", "abfss://flights@acme.dfs.core.windows.net/prod")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fsspec.core, "url_to_fs", lambda url, **_: (System(), url))
        found = reach._try(place)
    assert (found["problem"], found["message"]) == (kind, said)


def test_every_input_is_looked_at(make_project: MakeProject) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/raw/a.json", b"1")
    catalog = "".join(
        f"{name}: {{type: shop.datasets.JsonFile, filepath: 'memory://raw/{name}.json'}}\n"
        for name in ("a", "b", "c")
    )
    registry = """
def add(a, b, c):
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(add, ["a", "b", "c"], "d", name="add")])}
"""
    project = make_project(registry, {"conf/base/catalog.yml": catalog})
    assert _places(project) == [("read", f"memory://raw/{name}.json") for name in ("a", "b", "c")]
    memory.rm("/raw", recursive=True)


def test_a_part_of_what_a_task_makes_is_no_input(make_project: MakeProject) -> None:
    file = "{type: shop.datasets.JsonFile, filepath: 'memory://shop/%s'}\n"
    paths = {"all": "parts", "one": "parts/one.json", "raw": "parts-of-others/raw.json"}
    registry = """
def make(raw):
    return {}
def use(one):
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(make, "raw", "all", name="make"), node(use, "one", "used", name="use")])}
"""
    catalog = "".join(f"{name}: {file % path}" for name, path in paths.items())
    project = make_project(registry, {"conf/base/catalog.yml": catalog})
    assert _places(project) == [
        ("written", "memory://shop"),
        ("read", "memory://shop/parts-of-others/raw.json"),
    ]
    only = _asked(project, "reach", uses=["read"], patience=2)
    assert [(place["use"], place["problem"]) for place in only] == [("read", "not_there")]


def test_each_form_of_an_input_is_looked_for_as_kedro_does(make_project: MakeProject) -> None:
    """What is there is no warning, and what Kedro could not load is one."""
    there = ["plain.json", "versions/v.json/2020/v.json", "parts/a/1.json", "wild/1.json"]
    there += ["flat.json", "empty/v.json/2020/other.json", "coded.json"]
    entries = {
        "plain": "filepath: memory://in/plain.json",
        "versions": "filepath: memory://in/versions/v.json, versioned: true",
        "parts": "path: memory://in/parts, filename_suffix: .json",
        "wild": "filepath: 'memory://in/wild/*.json'",
        "coded@one": "filepath: memory://in/coded.json",
        "lost": "filepath: memory://in/lost.json",
        "flat": "filepath: memory://in/flat.json, versioned: true",
        "empty": "filepath: memory://in/empty/v.json, versioned: true",
        "others": "path: memory://in/parts, filename_suffix: .csv",
        "missing@one": "filepath: memory://in/missing.json",
        "old": "filepath: memory://in/versions/v.json, versioned: true",
    }
    catalog = "".join(
        f"{name}: {{type: shop.datasets.JsonFile, {rest}}}\n" for name, rest in entries.items()
    )
    registry = f"""
def use(*values):
    return 1
def register_pipelines():
    return {{"__default__": Pipeline([node(use, {list(entries)}, "used", name="use")])}}
"""
    project = make_project(registry, {"conf/base/catalog.yml": catalog})
    found = _asked(project, "reach", there, uses=["read"], load_versions=["old:2019"])
    missing = {name for place in found if place["problem"] for name in place["datasets"]}
    assert missing == {"lost", "flat", "empty", "others", "missing@one", "old"}, found
    assert {place["problem"] for place in found} == {None, "not_there"}, found
    (told,) = (place["message"] for place in found if "others" in place["datasets"])
    assert told == "nothing in it has the form **/*.csv"


def test_credentials_of_an_input_are_those_that_kedro_takes(make_project: MakeProject) -> None:
    """An unset variable hides all credentials: nobody is asked without them."""
    catalog = """
inline: {type: shop.datasets.JsonFile, filepath: memory://in/a.json, credentials: {key: ada}}
named: {type: shop.datasets.JsonFile, filepath: memory://in/b.json, credentials: other}
"""
    credentials = "other: {key: bob}\nunset: {key: '${oc.env:NO_SUCH_VARIABLE}'}\n"
    registry = """
def use(*values):
    return 1
def register_pipelines():
    return {"__default__": Pipeline([node(use, ["inline", "named"], "used", name="use")])}
"""
    files = {"conf/base/catalog.yml": catalog, "conf/local/credentials.yml": credentials}
    project = make_project(registry, files)
    places = {place["datasets"][0]: place for place in _asked(project, "find_places")}
    assert places["inline"]["options"] == {"key": "ada"}
    kind, why = places["named"]["problem"]
    assert kind == "credentials" and "NO_SUCH_VARIABLE" in why
    project.write({"conf/local/credentials.yml": "other: {key: bob}\n"})
    places = {place["datasets"][0]: place for place in _asked(project, "find_places")}
    assert places["named"]["options"] == {"key": "bob"}


def _places(project: Project) -> list[tuple[str, str]]:
    places = _asked(project, "find_places")
    return [(place["use"], place["path"]) for place in places]


def _asked(
    project: Project, what: str, there: Sequence[str] = (), **request: Any
) -> list[dict[str, Any]]:
    """Asks `reach.py` in a separate process, with these files in its store."""
    request |= {"project": str(project.root)}
    code = f"""
import json
import fsspec
from argo_kedro.worker import reach
for name in {list(there)!r}:
    fsspec.filesystem("memory").pipe_file(f"/in/{{name}}", b"1")
found = reach.{what}({request!r})
print(json.dumps([each if isinstance(each, dict) else vars(each) for each in found]))
"""
    found = project.run("-c", code, program=Path(sys.executable))
    assert found.code == 0, found
    asked: list[dict[str, Any]] = json.loads(found.out.splitlines()[-1])
    return asked


def test_the_library_of_azures_usual_url_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "abfss://flights@acme.dfs.core.windows.net/prod"
    monkeypatch.setattr(storage, "is_installed", lambda _: False)
    monkeypatch.setattr(reach, "libraries", storage.libraries)
    assert storage.libraries([url]) == {"abfss": {"package": "adlfs", "installed": False}}
    assert reach._importable(reach.Place("written", url)) == ("no_library", "adlfs")


_AZURE = "abfs://flights/prod"


@pytest.mark.parametrize(
    ("path", "variables", "options", "said"),
    [
        ("s3://b/x", {"AWS_ENDPOINT_URL": "http://127.0.0.1:{port}"}, {}, "nothing listens at"),
        ("s3a://b/x", {}, {"client_kwargs": {"endpoint_url": "127.0.0.1:{port}"}}, "endpoint_url"),
        ("s3://b/x", {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:no"}, {}, "is not one"),
        ("s3://b/x", {}, {}, None),
        ("gs://b/x", {"GOOGLE_APPLICATION_CREDENTIALS": "/no/key.json"}, {}, "/no/key.json"),
        ("gs://b/x", {"GOOGLE_APPLICATION_CREDENTIALS": __file__}, {}, None),
        ("gcs://b/x", {"STORAGE_EMULATOR_HOST": "127.0.0.1:{port}"}, {}, "STORAGE_EMULATOR_HOST"),
        (_AZURE, {}, {}, "AZURE_STORAGE_ACCOUNT_KEY"),
        (_AZURE, {"AZURE_STORAGE_ANON": "false"}, {}, None),
        (_AZURE, {"AZURE_STORAGE_ACCOUNT_KEY": PLANTED}, {}, None),
        (_AZURE, {}, {"account_key": PLANTED}, None),
        ("abfss://c@no.such.invalid/x", {}, {}, "no.such.invalid"),
    ],
)
def test_why_a_store_does_not_answer_is_told_as_far_as_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    variables: dict[str, str],
    options: dict[str, Any],
    said: str | None,
) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "STORAGE_")):
            monkeypatch.delenv(name)
    with socket.socket() as taken:
        # A bound port without a listener refuses connections.
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        for name, value in variables.items():
            monkeypatch.setenv(name, value.replace("{port}", port))
        options = json.loads(json.dumps(options).replace("{port}", port))
        late = reach._late(reach.Place("written", path, options=options), 8)
    told = str(late["message"])
    assert told.startswith("no answer within 8 s"), told
    assert (said is None) == (told == "no answer within 8 s"), told
    assert said is None or said in told, told
    assert PLANTED not in told


@pytest.mark.parametrize("used", ["handoff", "written", "read"])
def test_storage_that_lets_nobody_in(used: str) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(f"Access Denied for {PLANTED}")

    class System:
        protocol = "refusing"
        pipe_file = info = open = refuse

    import fsspec

    place = reach.Place(used, "memory://bucket/x", options={"secret": PLANTED})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fsspec.core, "url_to_fs", lambda url, **_: (System(), url))
        found = reach._try(place)
    assert (found["problem"], found["step"]) == ("denied", "read" if used == "read" else "write")
    assert PLANTED not in json.dumps(found)


def test_storage_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    never = threading.Event()
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda *_, **__: never.wait(60))
    found = reach._try_all(
        [reach.Place("written", "memory://a"), reach.Place("read", "memory://b")], 0.1
    )
    never.set()
    assert [each["problem"] for each in found] == ["no_answer", "no_answer"]


def test_an_object_that_is_tried_is_not_left() -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/bucket/kept", b"x")
    for place in (
        reach.Place("handoff", "memory://bucket/handoff"),
        reach.Place("written", "memory://bucket/results"),
        reach.Place("read", "memory://bucket/kept"),
    ):
        assert reach._try(place)["problem"] is None
    assert memory.find("/bucket") == ["/bucket/kept"]
    assert reach._try(reach.Place("read", "memory://bucket/none"))["problem"] == "not_there"
    memory.rm("/bucket", recursive=True)
