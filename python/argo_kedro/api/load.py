"""Loads a dataset of a run into this process, through the catalog of its project."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from argo_kedro.api.errors import ArgoKedroError
from argo_kedro.api.records import NodeStatus, Phase
from argo_kedro.recorded_run import CannotLoad, RecordedRun, dataset_of_run
from argo_kedro.worker.failure import Failure, user_traceback
from argo_kedro.worker.load import last_change
from argo_kedro.worker.parameters import is_parameter


def load(document: dict[str, Any], name: str) -> Any:
    """Loads a dataset of a run.

    Args:
        document: What `results --no-load -o json` says of the run.
        name: The dataset, or a parameter.

    Returns:
        The data.

    Raises:
        ArgoKedroError: The run did not make it, it is gone, or the project cannot be opened.
        Exception: What the dataset raises.
    """
    project = document["project"]
    written = {entry["dataset"]: entry for entry in document["results"]}.get(name, {})
    path = written.get("path")
    run = document["run"]["name"]
    if problem := written.get("problem"):
        raise ArgoKedroError(f"cannot load `{name}` of run {run}: {problem}", code="cannot_load")
    recorded = RecordedRun.from_json(project, document["made_with"])
    with _quiet(), _opened(project), recorded.variables_set() as missing:
        try:
            if path is not None:
                _refuse_what_is_gone(path, name, document)
            catalog = _catalog(recorded, missing)
            if is_parameter(name) and name in catalog:
                return catalog.load(name)
            if path is None:
                _refuse_what_was_not_made(name, document)
            return dataset_of_run(catalog, name, path).load()
        except CannotLoad as error:
            raise ArgoKedroError(
                f"cannot load `{name}` of run {run}: {error}", code="cannot_load"
            ) from None
        except ArgoKedroError:
            raise
        except Exception as error:
            if missing:
                raise ArgoKedroError(
                    f"cannot load `{name}` of run {run}: {error}", _to_set(missing), "cannot_load"
                ) from error
            raise


def _to_set(missing: list[str]) -> list[str]:
    """Gives the hint about variables that this process lacks."""
    if not missing:
        return []
    names = ", ".join(missing)
    return [f"set the variables that its tasks have and this process does not: {names}"]


def _refuse_what_is_gone(path: str, name: str, document: dict[str, Any]) -> None:
    """Checks data on this machine before Kedro loads it.

    Raises:
        CannotLoad: It is gone.
    """
    if "://" in path:
        return
    until = document["unchanged_until"]
    if until is not None and last_change(path) > until:
        warnings.warn(
            f"`{name}` was written again after run {document['run']['name']}, so this is not what "
            "the run made: give the dataset versions, or a path with the run in it",
            # Skips `Run.load` and the wrapper that shortens its tracebacks.
            stacklevel=5,
        )


def _refuse_what_was_not_made(name: str, document: dict[str, Any]) -> None:
    """Explains why a run has no such dataset: it only reads it, or does not know it.

    Raises:
        ArgoKedroError: The run has not made it, or has no such dataset.
    """
    from kedro.framework.project import pipelines

    status = {node["name"]: NodeStatus.from_json(node) for node in document["nodes"]}
    nodes = {
        node.name: node
        for pipeline in dict(pipelines).values()
        for node in pipeline.nodes
        if node.name in status
    }
    run = document["run"]["name"]
    makers = [status[node.name] for node in nodes.values() if name in node.outputs]
    if any(maker.phase is Phase.SUCCEEDED for maker in makers):
        return
    if makers:
        maker = makers[0]
        why = f": {maker.message}" if maker.message else ""
        raise ArgoKedroError(
            f"run {run} has not made `{name}`: its node {maker.name} is {maker.phase}{why}",
            code="cannot_load",
        )
    known = {it for node in nodes.values() for it in (*node.inputs, *node.outputs)}
    known |= {entry["dataset"] for entry in document["results"]}
    if name not in known:
        close = get_close_matches(name, sorted(known), 1)
        hints = [f"did you mean `{close[0]}`?"] if close else []
        raise ArgoKedroError(f"run {run} has no dataset `{name}`", hints, "unknown_dataset")


def _catalog(recorded: RecordedRun, missing: list[str]) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return recorded.catalog()
    except CannotLoad:
        raise
    except Exception as error:
        raise ArgoKedroError(
            f"the catalog of the run cannot be made: {type(error).__name__}: {error}",
            _to_set(missing),
            "cannot_load",
            detail=user_traceback(error),
        ) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences Kedro's log of steps: for the user this is one step."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.INFO))
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _opened(folder: str) -> Iterator[None]:
    """Opens a project as `kedro` does; the current folder is as before afterwards.

    Raises:
        ArgoKedroError: It cannot be imported.
    """
    from argo_kedro.worker.project import open_project

    # Kedro puts the project's source into this variable, for its own processes.
    path = "PYTHONPATH"
    before, paths = os.getcwd(), os.environ.get(path)
    try:
        metadata = open_project(folder)
        _refuse_another_project(metadata)
        yield
    except Failure as failure:
        trace = str(failure.details.get("traceback", ""))
        raise ArgoKedroError(
            f"cannot open the project: {failure}", code=failure.kind, detail=trace
        ) from None
    finally:
        os.chdir(before)
        os.environ.pop(path, None)
        if paths is not None:
            os.environ[path] = paths


def _refuse_another_project(metadata: Any) -> None:
    """Refuses a second project whose package has an imported name.

    Raises:
        ArgoKedroError: This process has imported that of the other one.
    """
    package = Path(metadata.source_dir, *metadata.package_name.split("."))
    imported = sys.modules[metadata.package_name].__file__
    if package.is_dir() and imported and package.resolve() not in Path(imported).resolve().parents:
        raise ArgoKedroError(
            f"this process has imported the package `{metadata.package_name}` of another project: "
            f"{imported}",
            ["restart the kernel to load data of this project"],
            "other_project",
        )
