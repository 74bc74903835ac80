"""Loads a dataset of a run through the project's catalog, and describes it for `results`."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from argo_kedro.recorded_run import CannotLoad, RecordedRun, dataset_of_run
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.preview import preview, type_name
from argo_kedro.worker.project import open_project

#: Extensions of files that a terminal cannot show: pictures, models.
_NOT_SHOWN = re.compile(
    r"\.(png|jpe?g|gif|svg|webp|tiff?|bmp|pdf|mp4|avi|wav|mp3|html"
    r"|pth?|onnx|h5|keras|safetensors|joblib|cbm|pb|tflite|gguf|mlmodel)$",
    re.IGNORECASE,
)
#: Most characters of a reason.
_LONGEST = 500


class Loader:
    """The runs with requested datasets, each with its catalog."""

    def __init__(self) -> None:
        self._catalogs: dict[str, Any] = {}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Describes a dataset of a run.

        Args:
            request: `project` (folder), `made_with` (of the run), `dataset`, `path`, `rows` (most
                of a table), `most` (bytes of data to load; None for any number).

        Returns:
            `type` and `version` of the dataset, `size` in bytes and `modified` (seconds since 1970,
            for data on this machine), `value` (from `preview.preview`), and `problem`: why there is
            no value. Unknown ones are absent.
        """
        found: dict[str, Any] = {}
        try:
            self._describe(request, found)
        except (Exception, SystemExit) as error:
            found["problem"] = _reason(error)
        return found

    def _describe(self, request: dict[str, Any], found: dict[str, Any]) -> None:
        path = request["path"]
        if "://" not in path:
            # Check this first: missing data cannot be loaded, and an unreadable project has data
            # too.
            found.update(_on_disk(path))
        with self._run(request) as (run, missing):
            try:
                dataset = self._dataset(run, request)
                inner = getattr(dataset, "_dataset", dataset)
                found["type"] = type_name(type(inner))
                if version := getattr(getattr(inner, "_version", None), "load", None):
                    found["version"] = version
                if "size" not in found:
                    found.update(_elsewhere(inner, path))
                found.update(_value(dataset, request, found))
            except (Exception, SystemExit) as error:
                raise CannotLoad(_reason(error) + _not_set(missing)) from error

    @contextlib.contextmanager
    def _run(self, request: dict[str, Any]) -> Iterator[tuple[RecordedRun, list[str]]]:
        """Sets the variables of the run, and gives the names of unknown ones."""
        project = request["project"]
        open_project(project)
        run = RecordedRun.from_json(project, request["made_with"])
        with warnings.catch_warnings(), run.variables_set() as missing:
            warnings.simplefilter("ignore")
            yield run, missing

    def _dataset(self, run: RecordedRun, request: dict[str, Any]) -> Any:
        key = repr(request["made_with"])
        if key not in self._catalogs:
            self._catalogs[key] = run.catalog()
        return dataset_of_run(self._catalogs[key], request["dataset"], request["path"])


def _value(dataset: Any, request: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    path, most = request["path"], request["most"]
    if most is not None:
        if _NOT_SHOWN.search(path):
            return {}
        if (size := found.get("size")) is not None and size > most:
            return {"is_large": True}
    loaded = dataset.load()
    return {"value": preview(loaded, request["rows"])}


def last_change(path: str) -> float:
    """Gives the time of the last write to data on this machine.

    Args:
        path: A file, or a folder with its content.

    Returns:
        Seconds since 1970.

    Raises:
        CannotLoad: It no longer exists.
    """
    return float(_on_disk(path)["modified"])


def _on_disk(path: str) -> dict[str, Any]:
    """Gives size and time of data on this machine."""
    place = Path(path)
    try:
        about = place.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CannotLoad("the data no longer exists") from error
    if not place.is_dir():
        return {"size": about.st_size, "modified": about.st_mtime}
    size, modified = 0, about.st_mtime
    for folder, _, files in os.walk(place):
        for name in files:
            # A file may disappear meanwhile.
            with contextlib.suppress(FileNotFoundError):
                about = Path(folder, name).stat()
                size, modified = size + about.st_size, max(modified, about.st_mtime)
    return {"size": size, "modified": modified}


def _elsewhere(dataset: Any, path: str) -> dict[str, Any]:
    """Gives the size of data in a store, if the store knows it."""
    import fsspec

    filesystem = getattr(dataset, "_fs", None) or getattr(dataset, "_filesystem", None)
    if filesystem is None:
        filesystem, path = fsspec.core.url_to_fs(path)
    place = filesystem._strip_protocol(path)
    # Most stores report no error for a missing object, and a size of 0.
    if not filesystem.exists(place):
        raise CannotLoad("the data no longer exists")
    return {"size": int(filesystem.du(place))}


def _reason(error: BaseException) -> str:
    """Gives in one line the reason for a missing value."""
    if isinstance(error, CannotLoad | Failure):
        text = str(error)
    else:
        # Kedro's error only names the loading; its cause has the reason.
        cause = error.__cause__ or error
        text = f"{type(cause).__name__}: {cause}"
    text = " ".join(text.split())
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text


def _not_set(missing: list[str]) -> str:
    if not missing:
        return ""
    return f" (variables of the run's tasks that are not set here: {', '.join(missing)})"
