"""Reads the file of `--config`, which says what is not typed, as `kedro run` does."""

from __future__ import annotations

from typing import Any

from omegaconf import OmegaConf

from argo_kedro.worker.failure import Failure
from argo_kedro.worker.selection import runtime_parameters

#: The words of a request by the keys of the file, which are the names of `kedro run`'s arguments
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
#: Words that are one text, or yes and no.
_SINGLE = {"conf_source", "env", "is_async", "only_missing_outputs", "runner"}
#: Keys that count for the whole of a pipeline as well.
_NOT_A_PART = {"conf_source", "env", "is_async", "params", "runner", "runner_params"}


def with_config(request: dict[str, Any]) -> dict[str, Any]:
    """Lays what is typed over what a file says.

    Args:
        request: With `config`, the file's path; with `whole_pipeline`, what the file says of a part
            of one does not count.

    Returns:
        The request, with the words of the file for what is not typed. Parameters that the file has
        as a mapping are under `config_params` and `config_runner_params`.

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
