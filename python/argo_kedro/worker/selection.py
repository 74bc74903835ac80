"""The user's selection, in the words of `kedro run`, applied by Kedro's own code."""

from __future__ import annotations

from typing import Any

import click
from kedro.pipeline import Pipeline
from omegaconf import OmegaConf

from argo_kedro.worker.failure import Failure


def select(registered: dict[str, Pipeline], request: dict[str, Any]) -> Pipeline:
    """Filters the registered pipelines as `kedro run` would.

    Args:
        registered: Pipelines by name.
        request: The words of `pipelines`, `tags`, `nodes`, `from_nodes`, `to_nodes`, `from_inputs`,
            `to_outputs` and `namespaces`, each a list or absent; `allow_empty` permits a pipeline
            without nodes.

    Returns:
        The selected pipeline.

    Raises:
        Failure: `unknown_pipeline`, `unknown_name` or `empty_selection`.
    """
    names = words(request, "pipelines") or ["__default__"]
    pipeline = Pipeline([])
    for name in names:
        if name not in registered:
            raise Failure("unknown_pipeline", name=name, candidates=sorted(registered))
        pipeline += registered[name]

    nodes = [node.name for node in pipeline.nodes]
    short = [node._name or node.name for node in pipeline.nodes]
    datasets = sorted(pipeline.datasets())
    known = {
        "tags": sorted({tag for node in pipeline.nodes for tag in node.tags}),
        "nodes": nodes,
        "from_nodes": nodes,
        "to_nodes": nodes,
        "from_inputs": datasets,
        "to_outputs": datasets,
        "namespaces": sorted(namespaces(pipeline)),
    }
    chosen: dict[str, Any] = {}
    for flag, candidates in known.items():
        chosen[flag] = words(request, flag)
        accepted = {*candidates, *short} if flag.endswith("nodes") else set(candidates)
        accepted |= (
            {name.split("@")[0] for name in accepted} if flag.startswith("from_in") else set()
        )
        for name in chosen[flag]:
            if name not in accepted:
                raise Failure("unknown_name", flag=flag, name=name, candidates=candidates)
    if not pipeline.nodes and request.get("allow_empty"):
        return pipeline
    try:
        selected = pipeline.filter(
            tags=chosen["tags"] or None,
            from_nodes=chosen["from_nodes"] or None,
            to_nodes=chosen["to_nodes"] or None,
            node_names=chosen["nodes"] or None,
            from_inputs=chosen["from_inputs"] or None,
            to_outputs=chosen["to_outputs"] or None,
            node_namespaces=chosen["namespaces"] or None,
        )
    except ValueError as error:
        raise Failure("empty_selection", str(error)) from error
    if not selected.nodes:
        raise Failure("empty_selection", f"pipeline {', '.join(names)} has no nodes")
    return selected


def with_missing_outputs(
    pipeline: Pipeline, entries: dict[str, Any], credentials: dict[str, Any]
) -> Pipeline:
    """Keeps the nodes that `kedro run --only-missing-outputs` would run.

    Args:
        pipeline: The selected pipeline.
        entries: The catalog, with its credentials' names.
        credentials: The credentials.

    Returns:
        The part of the pipeline with missing outputs, and the nodes that it needs.

    Raises:
        Failure: `nothing_missing`, or `configuration_failed` for a catalog that cannot be made.
    """
    from kedro.framework.project import settings
    from kedro.runner import SequentialRunner

    try:
        catalog = settings.DATA_CATALOG_CLASS.from_config(entries, credentials=credentials)
        selected = SequentialRunner()._filter_pipeline_for_missing_outputs(pipeline, catalog)
    except Exception as error:
        raise Failure("configuration_failed", str(error), part="catalog") from error
    if not selected.nodes:
        raise Failure("nothing_missing")
    return selected


def words(request: dict[str, Any], flag: str) -> list[str]:
    """Splits the words of a flag as `kedro run` does.

    Args:
        request: Words by flag.
        flag: E.g. `from_nodes`.

    Returns:
        Each name once, in the order given.
    """
    texts = request.get(flag) or []
    if not texts:
        # Most commands use none of these flags, and Kedro's commands import slowly.
        return []
    from kedro.framework.cli import utils

    split = utils.split_node_names if flag.endswith("nodes") else utils.split_string
    context: Any = None
    found = [name for text in texts for name in split(context, None, text)]
    return list(dict.fromkeys(found))


def namespaces(pipeline: Pipeline) -> set[str]:
    """Lists every namespace of a pipeline, the outer ones included.

    Args:
        pipeline: Any pipeline.

    Returns:
        E.g. `a` and `a.b` for a node in `a.b`.
    """
    found: set[str] = set()
    for node in pipeline.nodes:
        parts = (node.namespace or "").split(".")
        found.update(".".join(parts[: end + 1]) for end in range(len(parts)))
    return found - {""}


def runtime_parameters(texts: list[str]) -> dict[str, Any]:
    """Reads `--params` as `kedro run` does.

    Args:
        texts: E.g. `["model.depth=3,name=x"]`.

    Returns:
        Nested parameters with their types.

    Raises:
        Failure: `bad_parameters`.
    """
    if not texts:
        return {}
    from kedro.framework.cli import utils

    parameter = click.Option(["--params"])
    with click.Context(click.Command("run")) as context:
        try:
            return dict(utils._split_params(context, parameter, ",".join(texts)))
        except Exception as error:
            raise Failure("bad_parameters", _text(error)) from error


def parameters_in(path: str) -> dict[str, Any]:
    """Reads `--params-file` as Kedro reads configuration files.

    Args:
        path: A YAML or JSON file with a mapping. `${...}` in it stays: the task resolves it, and
            everybody may read the manifest.

    Returns:
        Nested parameters with their types.

    Raises:
        Failure: `bad_parameters_file`.
    """
    try:
        loaded = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    except OSError as error:
        raise Failure("bad_parameters_file", path=path, message=str(error.strerror)) from error
    except Exception as error:
        raise Failure("bad_parameters_file", path=path, message=str(error)) from error
    if not isinstance(loaded, dict) or not all(isinstance(key, str) for key in loaded):
        raise Failure("bad_parameters_file", path=path, message="it is not a mapping")
    return {str(key): value for key, value in loaded.items()}


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Merges nested parameters.

    Args:
        first: Parameters.
        second: The parameters that win.

    Returns:
        Both, group by group.
    """
    result = dict(first)
    for key, value in second.items():
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result


def load_versions(texts: list[str]) -> dict[str, str]:
    """Reads `--load-versions` as `kedro run` does.

    Args:
        texts: E.g. `["model:2024-01-01T00.00.00.000Z"]`.

    Returns:
        Version by dataset.

    Raises:
        Failure: `bad_load_versions`.
    """
    if not texts:
        return {}
    from kedro.framework.cli import utils

    context: Any = None
    try:
        return dict(utils._split_load_versions(context, None, ",".join(texts)))
    except Exception as error:
        raise Failure("bad_load_versions", _text(error)) from error


def _text(error: Exception) -> str:
    return error.format_message() if isinstance(error, click.ClickException) else str(error)
