"""Tries the storage of a pipeline's data.

One small object is written, read and deleted, the way a task does it: handed-off datasets as
`HandoffDataset` stores them, datasets of the catalog by fsspec with the credentials and `fs_args`
of their entries, as Kedro's datasets do. Pure inputs are only checked, and nothing is written
beside them.
"""

from __future__ import annotations

import binascii
import contextlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from kedro.io import DatasetError

from argo_kedro.passwords import without_passwords
from argo_kedro.worker import unanswered
from argo_kedro.worker.configuration import Configuration, placeholders
from argo_kedro.worker.container_variables import ALWAYS, container_variables
from argo_kedro.worker.datasets import PATH_KEYS
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.project import load_alone, open_project, registered_pipelines
from argo_kedro.worker.selection import load_versions, select, words
from argo_kedro.worker.storage import is_remote, libraries, protocols

#: Seconds for each place. Libraries retry for minutes without an answer.
PATIENCE = 8.0
#: File from which the kubelet reads why a container has ended.
TERMINATION = "/dev/termination-log"
_CONTENT = b"argo-kedro doctor\n"
#: Most characters of a message.
_LONGEST = 300
#: Shorter secrets are not replaced: they occur in ordinary words.
_SHORTEST_SECRET = 4
_SECRET_NAMES = ("SECRET", "TOKEN", "PASSWORD", "KEY", "CREDENTIAL")
_DENIED = (
    "accessdenied",
    "access denied",
    "forbidden",
    "unauthorized",
    "invalidaccesskeyid",
    "signaturedoesnotmatch",
    "no credentials",
    "unable to locate credentials",
    "defaultcredentialserror",
    "permission denied",
    "authentication",
    "failed to authenticate",
    "authorizationfailure",
    "authorizationpermission",
    # Google's messages, without an identity and without the right.
    "anonymous caller",
    "does not have storage.",
)
#: Words of a store for a missing bucket; its other errors have none.
_NO_BUCKET = ("containernotfound", "nosuchbucket", "bucket does not exist")
#: Stores with buckets, where no folder can be missing.
_WITH_BUCKETS = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")
#: Azure adds ids, the time and XML to a message.
_AZURES_REST = re.compile(r" RequestId:.*")


#: Beginning of the form of files in a folder, or in any folder below it.
_BELOW = "**/*"


class _NothingFits(Exception):
    """A folder of the store is there, and has none of the data."""


@dataclass
class Place:
    """A place of data.

    Attributes:
        use: `handoff`, `written` or `read`.
        path: A URL: a folder, or for `read` the data.
        datasets: Some datasets there; empty for `handoff`.
        options: Further arguments for fsspec.
        problem: Why it cannot be tried: kind and message.
        wanted: A pattern that has to match there, for data that are one of several.
    """

    use: str
    path: str
    datasets: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    problem: tuple[str, str] | None = None
    wanted: str | None = None

    def described(self, problem: tuple[str, str] | None, step: str = "") -> dict[str, Any]:
        """Gives the place and its result in the form for the program."""
        kind, message = problem or (None, "")
        return {
            "use": self.use,
            "path": without_passwords(self.path),
            "datasets": self.datasets,
            "step": step,
            "problem": kind,
            "message": _shortened(self._without_secrets(message)),
        }

    def _without_secrets(self, message: str) -> str:
        for secret in sorted(_secrets(self.options), key=len, reverse=True):
            message = message.replace(secret, "***")
        return without_passwords(message)


def reach(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Tries every place once, all at the same time.

    Args:
        request: As for `take_snapshot`; `environment` are variables of tasks, `handoff` is the
            place of handed-off datasets if argo.yml names none, and `is_pod` marks a container,
            where folders count as well. `uses` selects places by their use; `patience` are the
            seconds for each place.

    Returns:
        `use`, `path`, `datasets`, `step` (`write`, `read` or `delete`: the failed one), `problem`
        (its kind; None without one) and `message` of each place.

    Raises:
        Failure: The project or the request has an error.
    """
    os.environ.update(request.get("environment") or {})
    places = find_places(request)
    if uses := request.get("uses"):
        places = [place for place in places if place.use in uses]
    return _try_all(places, request.get("patience") or PATIENCE)


def main(arguments: list[str]) -> int:
    """Tries the storage in a container, and writes problems as its termination message.

    Args:
        arguments: The request as JSON.

    Returns:
        0, or 1 with a problem.
    """
    request = json.loads(arguments[0])
    try:
        found = reach({**request, "project": os.getcwd(), "is_pod": True})
        wrong = [_sentence(each) for each in found if each["problem"]]
        for each in found:
            print(_sentence(each))
    except (Failure, Exception, SystemExit) as error:
        wrong = [_shortened(without_passwords(_one_line(error)))]
    if wrong:
        text = "; ".join(wrong)
        print(text, file=sys.stderr)
        # Outside of a container this file is missing; the output has the text too.
        with contextlib.suppress(OSError):
            Path(TERMINATION).write_text(text, encoding="utf-8")
    sys.stdout.flush()
    # End without waiting for threads that still wait for an answer.
    os._exit(1 if wrong else 0)


def find_places(request: dict[str, Any]) -> list[Place]:
    """Finds the places of a pipeline's data: every input, and one place to write per bucket.

    Args:
        request: As for `reach`.

    Returns:
        The place of handed-off datasets first.

    Raises:
        Failure: The project or the request has an error.
    """
    project = Path(request["project"]).resolve()
    open_project(str(project))
    source = request.get("conf_source")
    with placeholders(project, source):
        configuration = Configuration(
            project, request.get("env"), source, {}, request.get("preferred_env")
        )
        argo = configuration.argo() or {}
        registered, _ = registered_pipelines()
        pipeline = select(registered, {**request, "allow_empty": True})
        load_alone(words(request, "pipelines"), registered)
        # Read the catalog here; credentials come below, without placeholder variables.
        configuration.catalog()
    places = []
    handoff = argo.get("memory_datasets")
    path = handoff.get("path") if isinstance(handoff, dict) else None
    # An image has no argo.yml.
    path = request.get("handoff") or path
    if isinstance(path, str) and path and (is_remote(path) or request.get("is_pod")):
        places.append(Place("handoff", path.rstrip("/")))
    unknown = _unknown_variables(Path(configuration.source))
    versions = load_versions(words(request, "load_versions"))
    for place in _of_catalog(configuration, pipeline, versions):
        if not place.problem and (name := next((n for n in unknown if n in place.path), None)):
            place.problem = "unknown_variable", f"only pods have the variable {name}"
        places.append(place)
    return places


def _unknown_variables(source: Path) -> list[str]:
    """Finds the variables whose values only the cluster knows."""
    known = container_variables(source).items()
    return [
        name
        for name, value in known
        if name == value and name not in ALWAYS and name not in os.environ
    ]


def _of_catalog(
    configuration: Configuration, pipeline: Any, versions: dict[str, str]
) -> Iterator[Place]:
    from kedro.io.catalog_config_resolver import CatalogConfigResolver

    entries = configuration.entries()
    try:
        credentials, missing = configuration.values_of_credentials(), ""
    except Failure as failure:
        credentials, missing = {}, str(failure)
    resolver = CatalogConfigResolver(configuration.catalog())
    written = {_plain(name) for name in pipeline.all_outputs()}
    found = []
    # A transcoded dataset has an entry for each of its names.
    for name in sorted(pipeline.datasets()):
        entry, named = _entry(resolver, entries, name)
        path, holder = _path(entry) if isinstance(entry, dict) else (None, {})
        if path is not None and is_remote(path):
            found.append((name, path.rsplit("::", 1)[-1], holder, named))
    made = [path for name, path, _, _ in found if _plain(name) in written]
    seen: set[tuple[str, ...]] = set()
    for name, path, holder, named in found:
        options, problem = _options(holder, named, credentials, missing)
        is_written = _plain(name) in written
        if not is_written and any(_overlap(path, other) for other in made):
            # This is part of a task's output, under another name.
            continue
        if is_written:
            place = Place("written", _folder(path), [name], options, problem)
        else:
            place = Place("read", path, [name], options, problem)
            place.wanted = _wanted(path, holder, versions.get(name))
        # Every input must exist; for writing, one object per bucket is enough.
        what = _bucket(path) if is_written else path
        key = place.use, what, place.wanted or "", repr(sorted(options.items(), key=str))
        if key not in seen:
            seen.add(key)
            yield place


def _entry(
    resolver: Any, entries: dict[str, Any], name: str
) -> tuple[dict[str, Any] | None, str | dict[str, Any] | None]:
    """Gives the entry of a dataset, and its credentials: their name, or their values."""
    pattern: str | None = name if name in entries else None
    if pattern is None:
        pattern = resolver.match_dataset_pattern(name)
        pattern = pattern or resolver.match_user_catch_all_pattern(name)
    if not pattern:
        return None, None
    entry = resolver.resolve_pattern(name) if pattern != name else resolver.config.get(name)
    # The resolved entry lacks the names of credentials.
    return entry, _credentials_of(entries.get(pattern))


def _credentials_of(entry: Any) -> str | dict[str, Any] | None:
    while isinstance(entry, dict):
        if isinstance(named := entry.get("credentials"), str | dict):
            return named
        entry = entry.get("dataset")
    return None


def _options(
    holder: dict[str, Any],
    named: str | dict[str, Any] | None,
    credentials: dict[str, Any],
    missing: str,
) -> tuple[dict[str, Any], tuple[str, str] | None]:
    """Gives Kedro's arguments for fsspec: credentials, `fs_args` without those of `open`."""
    arguments = holder.get("fs_args")
    options = dict(arguments) if isinstance(arguments, dict) else {}
    for key in ("open_args_load", "open_args_save"):
        options.pop(key, None)
    if named is None:
        return options, None
    if isinstance(named, dict):
        return {**options, **named}, None
    if named not in credentials:
        message = missing or f"no file here defines the credentials `{named}`"
        return options, ("credentials", message)
    own = credentials[named]
    return {**options, **(own if isinstance(own, dict) else {})}, None


def _path(entry: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """Gives the path of an entry, and the mapping that contains it."""
    for key in PATH_KEYS:
        if isinstance(entry.get(key), str):
            return str(entry[key]), entry
    inner = entry.get("dataset")
    return _path(inner) if isinstance(inner, dict) else (None, entry)


def _wanted(path: str, holder: dict[str, Any], version: str | None) -> str | None:
    """Gives what has to be in the folder of an input, if more than the folder has to be there."""
    name = path.rstrip("/").rsplit("/", 1)[-1]
    if holder.get("versioned") is True:
        # As `AbstractVersionedDataset` finds it.
        return f"{version or '*'}/{name}"
    if holder.get("path") is not None and (suffix := holder.get("filename_suffix")):
        return f"{_BELOW}{suffix}"
    return None


def _overlap(path: str, other: str) -> bool:
    one, two = (f"{each.rstrip('/')}/" for each in (path, other))
    return one.startswith(two) or two.startswith(one)


def _plain(name: str) -> str:
    return name.split("@", 1)[0]


def _bucket(path: str) -> str:
    scheme, _, rest = path.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0]}"


def _folder(path: str) -> str:
    """Gives the folder of a file; a bucket is its own folder."""
    path = path.rstrip("/")
    return path.rsplit("/", 1)[0] if len(path) > len(_bucket(path)) else path


def _try_all(places: list[Place], patience: float) -> list[dict[str, Any]]:
    found = [place.described(_importable(place)) for place in places]
    outcomes: dict[int, dict[str, Any]] = {}

    def try_one(index: int, place: Place) -> None:
        outcomes[index] = _try(place)

    threads = {
        index: threading.Thread(target=try_one, args=(index, place), daemon=True)
        for index, place in enumerate(places)
        if not found[index]["problem"]
    }
    for thread in threads.values():
        thread.start()
    end = time.monotonic() + patience
    for index, thread in threads.items():
        thread.join(max(0.0, end - time.monotonic()))
        found[index] = outcomes.get(index) or _late(places[index], patience)
    return found


def _late(place: Place, patience: float) -> dict[str, Any]:
    late = f"no answer within {patience:.0f} s"
    why = unanswered.reason(place.path, place.options)
    return place.described(("no_answer", f"{late}: {why}" if why else late))


def _importable(place: Place) -> tuple[str, str] | None:
    """Says why a place cannot be tried. Imports run first: their time must not count."""
    import fsspec

    if place.problem:
        return place.problem
    for protocol in protocols(place.path):
        try:
            fsspec.get_filesystem_class(protocol)
        except ImportError:
            needed = libraries([place.path]).get(protocol, {})
            return "no_library", str(needed.get("package") or protocol)
        except Exception as error:
            needed = libraries([place.path]).get(protocol, {})
            if needed and not needed["installed"]:
                return "no_library", str(needed["package"])
            return "unknown_protocol", _one_line(error)
    return None


def _try(place: Place) -> dict[str, Any]:
    step = ""
    try:
        for name, action in _steps(place):
            step = name
            action()
    except (Exception, SystemExit) as error:
        kind = _kind(error)
        message = _one_line(error)
        if kind == "not_there" and not isinstance(error, _NothingFits):
            message = _what_is_not_there(place, step, message)
        elif kind == "credentials":
            message = f"a key or token is not one: {message}"
        return place.described((kind, message), step)
    return place.described(None)


def _steps(place: Place) -> Iterator[tuple[str, Callable[[], Any]]]:
    import fsspec

    if place.use == "read":
        yield "read", lambda: _look(place)
        return
    url = f"{place.path}/argo-kedro-doctor-{uuid4().hex}"
    if place.use == "handoff":
        from argo_kedro.handoff import HandoffDataset

        dataset = HandoffDataset(url)
        yield "write", lambda: dataset.save(_CONTENT)
        yield "read", lambda: _same(dataset.load())
        system, path = fsspec.core.url_to_fs(url)
    else:
        system, path = None, url

        def write() -> None:
            nonlocal system, path
            system, path = fsspec.core.url_to_fs(url, **place.options)
            system.pipe_file(path, _CONTENT)

        yield "write", write
        assert system is not None
        yield "read", lambda: _same(system.cat_file(path))
    yield "delete", lambda: system.rm_file(path)


def _look(place: Place) -> None:
    import fsspec

    system, path = fsspec.core.url_to_fs(place.path, **place.options)
    wanted = place.wanted
    if wanted is None and not any(letter in path for letter in "*?["):
        system.info(path)
        return
    if wanted is not None and wanted.startswith(_BELOW):
        # As `PartitionedDataset` does it.
        ending = wanted.removeprefix(_BELOW)
        found = any(each.endswith(ending) for each in system.find(path))
    else:
        found = bool(system.glob(path if wanted is None else f"{path.rstrip('/')}/{wanted}"))
    if not found:
        # Distinguish a folder that is not there from one that has other files.
        system.info(path)
        raise _NothingFits(f"nothing in it has the form {wanted}")


def _same(read: bytes) -> None:
    if read != _CONTENT:
        raise ValueError("what is read is not what was written")


def _kind(error: BaseException) -> str:
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    texts = [f"{type(each).__name__} {each}".lower() for each in chain]
    if any(words in text for text in texts for words in _NO_BUCKET):
        return "not_there"
    if any(isinstance(each, binascii.Error) for each in chain):
        return "credentials"
    if any(isinstance(each, PermissionError) for each in chain) or any(
        words in text for text in texts for words in _DENIED
    ):
        return "denied"
    if any(isinstance(each, FileNotFoundError | _NothingFits) for each in chain):
        return "not_there"
    return "failed"


def _what_is_not_there(place: Place, step: str, message: str) -> str:
    """Says what is missing; stores name a request or their own object, not the bucket."""
    scheme, _, rest = place.path.partition("://")
    if scheme not in _WITH_BUCKETS:
        return message
    if step == "read" and place.use == "read":
        return "it does not exist"
    if step != "write":
        return message
    bucket = rest.split("/", 1)[0].split("@", 1)[0]
    kind = "container" if scheme.startswith("a") else "bucket"
    return f"the {kind} `{bucket}` does not exist"


def _one_line(error: BaseException) -> str:
    # Kedro's error names the dataset; its cause has the reason.
    while isinstance(error, DatasetError) and error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split()) or type(error).__name__
    text = _AZURES_REST.sub("", text)
    if isinstance(error, FileNotFoundError) and error.errno is None:
        # Stores name the object but not the problem.
        text = f"it does not exist: {text}"
    for secret in sorted(_secrets_of_environment(), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _shortened(text: str) -> str:
    """Shortens a text without secrets: a half secret would not be found afterwards."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _secrets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _secrets(inner)
    elif isinstance(value, str) and len(value) >= _SHORTEST_SECRET:
        yield value


def _secrets_of_environment() -> list[str]:
    return [
        value
        for name, value in os.environ.items()
        if len(value) >= _SHORTEST_SECRET and any(word in name for word in _SECRET_NAMES)
    ]


def _sentence(found: dict[str, Any]) -> str:
    if not found["problem"]:
        done = "read" if found["use"] == "read" else "written, read and deleted"
        return f"{found['path']}: {done}"
    what = f"cannot {found['step']}: " if found["step"] else ""
    return f"{found['path']}: {what}{found['message']}"
