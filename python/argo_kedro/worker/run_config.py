"""Reads the file of `--config` with defaults for flags, as `kedro run` does."""

from __future__ import annotations

from typing import Any

from omegaconf import OmegaConf

from argo_kedro.worker.failure import Failure
from argo_kedro.worker.selection import runtime_parameters

#: Words of a request by the keys of the file, which are the arguments of `kedro run`
#: (`kedro.framework.cli.project.run`).
_WORDS = {
    "conf_source": "conf_source",
    "env": "env",
    "from_inputs": "from_inputs",
    "from_nodes": "from_nodes",
    "is_async": "is_async",
    "load_versions": "load_versions",
    "namespaces": "namespaces",
    "node_names": "nodes",
    "only_missing_outputs": "only_missing_outputs",
    "params": "params",
    "pipeline": "pipelines",
    "pipelines": "pipelines",
    "runner": "runner",
    "runner_params": "runner_params",
    "tags": "tags",
    "to_nodes": "to_nodes",
    "to_outputs": "to_outputs",
}
#: Words with a single text, or a boolean.
_SINGLE = {"conf_source", "env", "is_async", "only_missing_outputs", "runner"}
#: Keys that also apply to a whole pipeline.
_NOT_A_PART = {"conf_source", "env", "is_async", "params", "runner", "runner_params"}


def with_config(request: dict[str, Any]) -> dict[str, Any]:
    """Adds the values of a file to a request; typed values win.

    Args:
        request: With `config`, the file's path; with `whole_pipeline`, the file's selection of
            nodes does not count.

    Returns:
        The request, with the file's values for untyped words. Parameters that are a mapping in the
        file are under `config_params` and `config_runner_params`.

    Raises:
        Failure: `bad_run_config`.
    """
    path = request.get("config")
    if not path:
        return request
    result = dict(request)
    for key, value in _section(path).items():
        if key not in _WORDS:
            raise Failure(
                "bad_run_config",
                f"`run` has no key `{key}`",
                path=path,
                name=str(key),
                candidates=sorted(_WORDS),
            )
        word = _WORDS[key]
        if (
            value is None
            or request.get(word)
            or (request.get("whole_pipeline") and word not in _NOT_A_PART)
        ):
            continue
        if word in _SINGLE:
            result[word] = value
        elif word == "params":
            result["config_params"] = value if isinstance(value, dict) else _parameters(path, value)
        elif word == "runner_params" and isinstance(value, dict):
            result["config_runner_params"] = value
        else:
            result[word] = _texts(value)
    return result


def _section(path: str) -> dict[Any, Any]:
    def failure(message: str) -> Failure:
        return Failure("bad_run_config", message, path=path, name=None, candidates=[])

    try:
        content = OmegaConf.to_container(OmegaConf.load(path))
    except OSError as error:
        raise failure(str(error.strerror)) from error
    except Exception as error:
        raise failure(str(error)) from error
    section = content.get("run") if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise failure("it has no section `run`")
    return section


def _parameters(path: str, value: Any) -> dict[str, Any]:
    try:
        return runtime_parameters(_texts(value))
    except Failure as error:
        raise Failure(
            "bad_run_config", f"`params`: {error}", path=path, name=None, candidates=[]
        ) from error


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}:{version}" for name, version in value.items()]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
