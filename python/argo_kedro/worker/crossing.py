"""Values that cross to the program as JSON, and arrive unchanged.

JSON has no infinity, and the program's numbers have 64 bits. Such a number crosses as a text with a
mark; the manifest has it in Python's form (`crates/compile/src/lower/parameters.rs`), and Python
reads it again in the task. Other values outside of JSON are refused by name.
"""

from __future__ import annotations

import json
import math
from typing import Any

#: Prefix of a text that stands for a number; the program uses the same.
MARK = "\x00number:"
_SMALLEST, _LARGEST = -(1 << 63), (1 << 64) - 1


class Stays(Exception):
    """A value that JSON cannot hold.

    Args:
        place: Dotted name of the value.
        what: Kind of the value.
    """

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"`{place}` {what}")


def crossing(value: Any, marked: bool, place: str = "") -> Any:
    """Converts a value for the program.

    Args:
        value: Nested mappings, lists and single values.
        marked: Whether numbers that JSON or the program cannot hold cross with a mark; otherwise
            they are refused, and keys that are single values become texts as in JSON.
        place: Dotted name of the value, for the refusal.

    Returns:
        The value as JSON has it.

    Raises:
        Stays: The value contains something that would change on the way.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int | float):
        if _has_place(value):
            return value
        if not marked:
            raise Stays(place, f"is {value!r}, which JSON does not have or needs more than 64 bits")
        return MARK + _written(value)
    if isinstance(value, dict):
        return {
            _key(key, marked, place): crossing(it, marked, _in(place, key))
            for key, it in value.items()
        }
    if isinstance(value, list | tuple):
        return [crossing(it, marked, f"{place}[{number}]") for number, it in enumerate(value)]
    raise Stays(place, f"is of the type {type(value).__name__}: write it as a text")


def arrived(value: Any) -> Any:
    """Reverses `crossing`.

    Args:
        value: A value from the program.

    Returns:
        The value with its numbers.
    """
    if isinstance(value, str) and value.startswith(MARK):
        text = value.removeprefix(MARK)
        return int(text) if text.removeprefix("-").isdigit() else float(text)
    if isinstance(value, dict):
        return {key: arrived(it) for key, it in value.items()}
    if isinstance(value, list):
        return [arrived(it) for it in value]
    return value


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Stays(place, "has bytes that are not UTF-8") from error
    if value.startswith(MARK):
        raise Stays(place, "begins with a mark of argo-kedro's own")
    return value


def _has_place(value: float) -> bool:
    return _SMALLEST <= value <= _LARGEST if isinstance(value, int) else math.isfinite(value)


def _written(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _key(key: Any, marked: bool, place: str) -> str:
    if not marked and (key is None or isinstance(key, bool | int | float)):
        # YAML reads `on:` in `argo.yml` as a boolean, and JSON writes it as a word that the program
        # knows.
        return str(next(iter(json.loads(json.dumps({key: 0})))))
    if not isinstance(key, str):
        raise Stays(_in(place, key), f"has the key {key!r}, which is not a text: put it in quotes")
    return _text(key, _in(place, key))


def _in(place: str, key: Any) -> str:
    return f"{place}.{key}" if place else str(key)
