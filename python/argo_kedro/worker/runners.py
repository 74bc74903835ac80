"""Finds the runner for nodes, before a task does."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from argo_kedro.worker.failure import Failure
from argo_kedro.worker.selection import runtime_parameters

_DEFAULT = "SequentialRunner"
_MODULE = "kedro.runner"


def describe_runner(request: dict[str, Any]) -> dict[str, Any] | None:
    """Describes the requested runner.

    Args:
        request: The words of `runner`, `runner_params` and `is_async`, each absent if not given;
            typed parameters win over `config_runner_params`.

    Returns:
        `name`, `parameters`, `problem` (why it cannot be made) and, for an unknown class,
        `candidates`; None without a request.

    Raises:
        Failure: `bad_runner_parameters`.
    """
    parameters = _parameters(request)
    if not request.get("runner") and not parameters:
        return None
    name = str(request.get("runner") or _DEFAULT)
    described = {"name": name, "parameters": parameters}
    try:
        kind = load_runner(name)
    except Exception as error:
        return {
            **described,
            "problem": f"{type(error).__name__}: {error}",
            "candidates": _candidates(name),
        }
    try:
        inspect.signature(kind).bind(**parameters)
    except TypeError as error:
        described["problem"] = str(error)
    except ValueError:  # a class of an extension does not describe its arguments
        pass
    return described


def load_runner(name: str | None) -> Any:
    """Loads the class of a runner.

    Args:
        name: As for `kedro run --runner`: a class of `kedro.runner`, or one with its module. None
            for the default.

    Returns:
        The class.

    Raises:
        Exception: The error of its import.
    """
    from kedro.utils import load_obj

    return load_obj(name or _DEFAULT, _MODULE)


def _parameters(request: dict[str, Any]) -> dict[str, Any]:
    # Older versions of Kedro write `key:value`.
    texts = [
        item if "=" in item else item.replace(":", "=", 1)
        for text in request.get("runner_params") or []
        for item in text.split(",")
        if item.strip()
    ]
    try:
        typed = runtime_parameters(texts)
    except Failure as error:
        raise Failure("bad_runner_parameters", str(error)) from error
    parameters = typed or dict(request.get("config_runner_params") or {})
    if request.get("is_async"):
        if parameters.get("is_async") is False:
            raise Failure(
                "bad_runner_parameters", "`is_async=False` and `--async` contradict each other"
            )
        parameters["is_async"] = True
    return parameters


def _candidates(name: str) -> list[str]:
    """Lists possible runners: Kedro's own and those of the named module."""
    from kedro.runner import AbstractRunner

    found = []
    modules = {_MODULE: ""}
    module = name.rpartition(".")[0]
    if module and module != _MODULE:
        modules[module] = f"{module}."
    for path, prefix in modules.items():
        try:
            members = vars(importlib.import_module(path))
        except Exception:  # its error is reported already
            continue
        found += [
            prefix + key
            for key, member in members.items()
            if isinstance(member, type)
            and issubclass(member, AbstractRunner)
            and not inspect.isabstract(member)
        ]
    return sorted(found)
