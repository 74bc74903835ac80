"""Words of the command line for arguments of Python."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from argo_kedro.api.errors import ArgoKedroError
from argo_kedro.worker.crossing import Stays, arrived, crossing


def names_of(argument: str, names: str | Sequence[str] | None) -> list[str]:
    """Reads an argument that is a name or several.

    Args:
        argument: Name of the argument.
        names: A name, several, or None for none.

    Returns:
        The names.

    Raises:
        ArgoKedroError: It is something else.
    """
    if names is None:
        return []
    if isinstance(names, str):
        return [names]
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ArgoKedroError(
            f"`{argument}` is {names!r}", ["give a name or a list of names"], "bad_argument"
        )
    return list(names)


def flags(arguments: Mapping[str, Any]) -> list[str]:
    """Writes arguments as flags.

    Args:
        arguments: By the name of the flag, with `_` for `-`: a text, several, a number, whether the
            flag is given, or None for nothing.

    Returns:
        The words.
    """
    words = []
    for name, value in arguments.items():
        flag = f"--{name.replace('_', '-')}"
        if value is None or value is False:
            continue
        if value is True:
            words.append(flag)
        elif isinstance(value, int | float | os.PathLike):
            words.append(f"{flag}={value}")
        else:
            words.extend(f"{flag}={one}" for one in names_of(name, value))
    return words


def plain_parameters(params: Mapping[str, Any]) -> dict[str, Any]:
    """Checks that parameters are what a run can have.

    Args:
        params: Nested parameters.

    Returns:
        The same as mappings, lists, texts, numbers, booleans and None of Python's own.

    Raises:
        ArgoKedroError: A value is something else; it is named.
    """
    try:
        crossed = crossing(_as_dict(params), marked=True)
    except Stays as error:
        raise ArgoKedroError(
            f"a parameter cannot be given to a run: {error}",
            ["parameters are texts, numbers, booleans, None, and lists and mappings of these"],
            "bad_parameters",
        ) from None
    plain: dict[str, Any] = arrived(json.loads(json.dumps(crossed)))
    return plain


def _as_dict(params: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(params, Mapping):
        raise ArgoKedroError(
            f"`params` is of the type {type(params).__name__}",
            ['give a mapping, e.g. params={"model": {"depth": 3}}'],
            "bad_parameters",
        )
    return dict(params)


@contextmanager
def parameters_file(params: Mapping[str, Any] | None) -> Iterator[list[str]]:
    """Writes parameters to a file for the program, which is gone afterwards.

    Args:
        params: Nested parameters; None or none for no file.

    Yields:
        The words that name the file.

    Raises:
        ArgoKedroError: A value is none that a parameter can have.
    """
    if not params:
        yield []
        return
    # Only the owner may read it.
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
        file.write(_as_yaml(plain_parameters(params)))
        file.flush()
        try:
            yield [f"--params-file={file.name}"]
        except ArgoKedroError as error:
            raise _without(file.name, error) from None


def _as_yaml(parameters: dict[str, Any]) -> str:
    """Writes parameters so that texts in them, and their names, stay texts.

    PyYAML quotes only texts that it would read as another type. Kedro's reader, OmegaConf, knows
    more numbers: `1e3`.
    """
    import yaml

    class Quoting(yaml.SafeDumper):
        pass

    def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')

    Quoting.add_representer(str, quoted)
    written: str = yaml.dump(parameters, Dumper=Quoting)
    return written


def _without(file: str, error: ArgoKedroError) -> ArgoKedroError:
    """Says `params` instead of the file that nobody has seen."""
    message = error.message.replace(f"the parameters in {file}", "`params`")
    return ArgoKedroError(message, error.hints, error.code, error.detail)
