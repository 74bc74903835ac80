"""Reads a project into a snapshot: everything for the plan."""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import platform
import re
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import kedro
from kedro.pipeline import Pipeline

from argo_kedro.worker.configuration import Configuration, placeholders
from argo_kedro.worker.crossing import Stays, arrived, crossing
from argo_kedro.worker.datasets import Catalog
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.fresh import read_fresh
from argo_kedro.worker.other_sources import other_sources
from argo_kedro.worker.parameters import Parameters, is_parameter
from argo_kedro.worker.printed import Printed
from argo_kedro.worker.project import load_alone, open_project, registered_pipelines
from argo_kedro.worker.run_config import with_config
from argo_kedro.worker.runners import describe_runner
from argo_kedro.worker.selection import (
    load_versions,
    merged,
    parameters_in,
    runtime_parameters,
    select,
    with_missing_outputs,
    words,
)
from argo_kedro.worker.storage import libraries
from argo_kedro.worker.tracking import describe_mlflow
from argo_kedro.worker.varying import may_vary, varying


def take_snapshot(request: dict[str, Any], said: Printed) -> dict[str, Any]:
    """Reads a project.

    Args:
        request: `project` (folder), and the words of `env`, `conf_source`, `params`,
            `load_versions` and the selection flags, each absent if not typed;
            `config` is the file of `--config`, and `configured_params` are nested runtime
            parameters; those of `config`, of `params_file`, and then the typed ones, win.
            With `configuration_only`, only `argo.yml` is read; with `digests`, parameters and
            catalog entries of two snapshots can be compared; with `code`, also the nodes' code.
        said: Records the project's output during its import.

    Returns:
        The snapshot; its form is `Snapshot` in `crates/project/src/snapshot.rs`.

    Raises:
        Failure: The project or the request has an error.
    """
    project = Path(request["project"]).resolve()
    asked = request
    with said.listening():
        found = open_project(str(project))
    request, parameters = _with_parameters(request)
    read = _reader(project, request, parameters)
    with placeholders(project, request.get("conf_source")):
        configuration = read()
        argo = configuration.argo()
        registered: dict[str, Pipeline] = {}
        lacking: list[dict[str, Any]] = []
        if request.get("configuration_only"):
            pipeline = Pipeline([])
            catalog, parameters_of_nodes, credentials = Catalog({}), Parameters({}), []
        else:
            with said.listening():
                registered, lacking = registered_pipelines()
            pipeline = select(registered, request)
            load_alone(words(request, "pipelines"), registered)
            if request.get("only_missing_outputs"):
                pipeline = with_missing_outputs(
                    pipeline, configuration.entries(), configuration.values_of_credentials()
                )
            catalog = _catalog(request, configuration, pipeline)
            parameters_of_nodes = configuration.parameters(found.package_name)
            credentials = configuration.credentials(project)
        uses_mlflow = describe_mlflow(argo, configuration)
        names = sorted(pipeline.datasets())
        is_compared = request.get("digests") or may_vary()
        digests = _digests(names, parameters_of_nodes, catalog) if is_compared else {}

        def read_here() -> dict[str, str]:
            again = read()
            values = again.parameters(found.package_name)
            return _digests(names, values, Catalog(again.catalog()))

        def read_elsewhere(other: set[str]) -> dict[str, str]:
            return read_fresh(asked, names, other)

        other_each_time = varying(digests, read_here, read_elsewhere, said) if names else {}
    datasets = {name: catalog.describe(name) for name in names if not is_parameter(name)}
    defined = {name: parameters_of_nodes.has(name) for name in names if is_parameter(name)}
    made = pipeline.all_outputs()
    is_unsure = not all(defined.values()) or not all(
        dataset["registered"]
        and (dataset["place"] != "memory" or dataset["has_data"] or name in made)
        for name, dataset in datasets.items()
    )
    snapshot = {
        "project": {
            "name": found.project_name,
            "package": found.package_name,
            "path": str(project),
            "source": os.path.relpath(found.source_dir, project),
            "version": _version(found.package_name, found.project_name),
        },
        "environment": configuration.environment,
        "pipelines": words(request, "pipelines") or ["__default__"],
        "registered": sorted(registered),
        "left_out": [_left_out(entry, project) for entry in lacking],
        "nodes": _nodes(pipeline, registered, project),
        "datasets": datasets,
        "parameters": defined,
        "credentials": credentials,
        "readers": _readers(pipeline, registered),
        "digests": digests if request.get("digests") else {},
        "runtime_parameters": _crossing(parameters),
        "load_versions": load_versions(request.get("load_versions") or []),
        "conf_source": request.get("conf_source"),
        "argo": _crossing_argo(argo),
        "argo_files": configuration.argo_files(project),
        "configuration": configuration.folders(project),
        "storage": libraries(_remote_paths(datasets, argo)),
        **uses_mlflow,
        **_makers(pipeline, registered),
        **(_code(pipeline, project, found, catalog) if request.get("code") else {}),
        "versions": {
            "kedro": kedro.__version__,
            "python": platform.python_version(),
            "argo_kedro": _version("argo-kedro") or "unknown",
        },
    }
    if is_unsure and (sources := other_sources()):
        snapshot["other_sources"] = sources
    # Nodes that selectors match, outside of the selection.
    has_selectors = argo and (argo.get("nodes") or argo.get("patches"))
    if has_selectors and (others := _other_nodes(pipeline, registered)):
        snapshot["other_nodes"] = others
    if other_each_time:
        snapshot["varying"] = other_each_time
    if configuration.is_preferred:
        snapshot["is_preferred"] = True
    if runner := describe_runner(request):
        snapshot["runner"] = runner
    return snapshot


def read_digests(request: dict[str, Any], names: list[str]) -> dict[str, str]:
    """Reads only the digests of parameters and catalog entries.

    Args:
        request: As for `take_snapshot`.
        names: Names of parameters and datasets.

    Returns:
        Digests by name, for a comparison.

    Raises:
        Failure: The project or the request has an error.
    """
    project = Path(request["project"]).resolve()
    found = open_project(str(project))
    request, parameters = _with_parameters(request)
    with placeholders(project, request.get("conf_source")):
        configuration = _reader(project, request, parameters)()
        # The pipelines may register resolvers.
        registered_pipelines()
        values = configuration.parameters(found.package_name)
        return _digests(names, values, Catalog(configuration.catalog()))


def _code(pipeline: Pipeline, project: Path, found: Any, catalog: Catalog) -> dict[str, Any]:
    """Describes the nodes' code, as `code`; only a run on this machine needs it."""
    from argo_kedro.worker.code import code_of_nodes

    source = Path(found.source_dir)
    return {"code": code_of_nodes(pipeline, project, source, found.package_name, catalog.entry)}


def _with_parameters(request: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Gives the request with the values of `--config`, and its runtime parameters."""
    request = with_config(request)
    parameters = arrived(dict(request.get("configured_params") or {}))
    parameters = merged(parameters, request.get("config_params") or {})
    if file := request.get("params_file"):
        parameters = merged(parameters, parameters_in(file))
    return request, merged(parameters, runtime_parameters(request.get("params") or []))


def _reader(
    project: Path, request: dict[str, Any], parameters: dict[str, Any]
) -> Callable[[], Configuration]:
    return functools.partial(
        Configuration,
        project,
        request.get("env"),
        request.get("conf_source"),
        parameters,
        request.get("preferred_env"),
    )


def _remote_paths(datasets: dict[str, dict[str, Any]], argo: dict[str, Any] | None) -> list[str]:
    """Finds the URLs of datasets, and the place for others in `argo.yml`."""
    handoff = (argo or {}).get("memory_datasets")
    stored = handoff.get("path") if isinstance(handoff, dict) else None
    paths = [dataset["path"] for dataset in datasets.values() if dataset["place"] == "remote"]
    return [path for path in [*paths, stored] if isinstance(path, str)]


def _crossing(parameters: dict[str, Any]) -> Any:
    try:
        return crossing(parameters, marked=True)
    except Stays as error:
        raise Failure("bad_parameters", str(error)) from error


def _crossing_argo(argo: dict[str, Any] | None) -> Any:
    try:
        return crossing(argo, marked=False)
    except Stays as error:
        raise Failure("configuration_failed", str(error), part="argo") from error


def _nodes(
    pipeline: Pipeline, registered: dict[str, Pipeline], project: Path
) -> list[dict[str, Any]]:
    homes = _homes(registered)
    return [
        {
            "name": node.name,
            "namespace": node.namespace,
            "inputs": list(dict.fromkeys(node.inputs)),
            "outputs": list(node.outputs),
            "tags": sorted(node.tags),
            "confirms": list(node.confirms),
            "source": _source(node.func, project),
            "declared": _place(*declared, project) if (declared := _declared(node)) else None,
            "machine_type": getattr(node, "machine_type", None),
            "template": getattr(node, "template", None),
            "group": _group(node),
            "pipelines": homes.get(node.name, []),
        }
        for node in pipeline.nodes
    ]


def _other_nodes(pipeline: Pipeline, registered: dict[str, Pipeline]) -> list[dict[str, Any]]:
    """Describes the nodes outside the selection, for selectors."""
    selected = {node.name for node in pipeline.nodes}
    homes = _homes(registered)
    others = {node.name: node for other in registered.values() for node in other.nodes}
    return [
        {
            "name": name,
            "namespace": others[name].namespace,
            "tags": sorted(others[name].tags),
            "group": _group(others[name]),
            "pipelines": homes.get(name, []),
        }
        for name in sorted(others.keys() - selected)
    ]


def _homes(registered: dict[str, Pipeline]) -> dict[str, list[str]]:
    homes: dict[str, list[str]] = {}
    for name in sorted(registered):
        if name != "__default__":
            for node in registered[name].nodes:
                homes.setdefault(node.name, []).append(name)
    return homes


def _group(node: Any) -> dict[str, Any] | None:
    groups = getattr(node, "groups", ())
    if not groups:
        return None
    outermost = groups[-1]
    return {
        "name": outermost.qualified_name(node.namespace),
        "machine_type": outermost.machine_type,
        "template": outermost.template,
    }


def _source(function: Any, project: Path) -> dict[str, Any] | None:
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return None
    return _place(code.co_filename, code.co_firstlineno, project)


def _left_out(entry: dict[str, Any], project: Path) -> dict[str, Any]:
    source = entry["source"]
    return {**entry, "source": source and _place(source["file"], source["line"], project)}


def _declared(node: Any) -> tuple[str, int] | None:
    return getattr(node, "declared", None)


def _place(file: str, line: int, project: Path) -> dict[str, Any]:
    inside = os.path.relpath(file, project)
    return {"file": file if inside.startswith("..") else inside, "line": line}


def _readers(pipeline: Pipeline, registered: dict[str, Pipeline]) -> dict[str, list[str]]:
    """Finds the other readers of the selected nodes' outputs.

    Args:
        pipeline: The selected pipeline.
        registered: All pipelines by name.

    Returns:
        The nodes outside the selection that read a dataset, by its name without transcoding.
    """
    selected = {node.name for node in pipeline.nodes}
    written = {_plain(name) for node in pipeline.nodes for name in node.outputs}
    readers: dict[str, set[str]] = {}
    for other in registered.values():
        for node in other.nodes:
            if node.name not in selected:
                for name in written.intersection(map(_plain, node.inputs)):
                    readers.setdefault(name, set()).add(node.name)
    return {name: sorted(readers[name]) for name in sorted(readers)}


def _makers(pipeline: Pipeline, registered: dict[str, Pipeline]) -> dict[str, Any]:
    """Finds the makers of the selected nodes' inputs.

    Args:
        pipeline: The selected pipeline.
        registered: All pipelines by name.

    Returns:
        `makers`, if there are some: the nodes outside the selection that write a dataset, by its
        name without transcoding.
    """
    free = {_plain(name) for name in pipeline.inputs() if not is_parameter(name)}
    makers: dict[str, set[str]] = {}
    for other in registered.values():
        for node in other.nodes:
            for name in free.intersection(map(_plain, node.outputs)):
                makers.setdefault(name, set()).add(node.name)
    return {"makers": {name: sorted(makers[name]) for name in sorted(makers)}} if makers else {}


def _plain(name: str) -> str:
    return name.split("@", 1)[0]


def _catalog(request: dict[str, Any], configuration: Configuration, pipeline: Pipeline) -> Catalog:
    """Reads the catalog; refuses a version of an unknown dataset, as Kedro does."""
    catalog = Catalog(configuration.catalog())
    for name in load_versions(request.get("load_versions") or []):
        if not catalog.defines(name):
            known = sorted(filter(catalog.defines, pipeline.datasets()))
            raise Failure("unknown_name", flag="load_versions", name=name, candidates=known)
    return catalog


def _digests(names: list[str], parameters: Parameters, catalog: Catalog) -> dict[str, str]:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return sorted((repr(key), plain(inner)) for key, inner in value.items())
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        if isinstance(value, set | frozenset):
            return sorted(map(repr, value))
        # The address of an object in memory does not belong to its value.
        return re.sub(r" at 0x[0-9a-f]+", "", repr(value))

    def digest(value: Any) -> str:
        return hashlib.sha256(repr(plain(value)).encode()).hexdigest()

    values = {name: parameters.value(name) for name in names if is_parameter(name)}
    entries = {name: catalog.entry(name) for name in names if not is_parameter(name)}
    return {name: digest(value) for name, value in sorted({**values, **entries}.items())}


def _version(*distributions: str) -> str | None:
    for distribution in distributions:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return None
