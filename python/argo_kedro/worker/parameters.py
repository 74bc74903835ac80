"""Finds parameters by their names in nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

#: Value of a parameter that nothing defines.
NOTHING = object()
_PREFIX = "params:"


def is_parameter(name: str) -> bool:
    """Says whether a node's input is a parameter and not a dataset."""
    return name == "parameters" or name.startswith(_PREFIX)


class Parameters:
    """The parameters of an environment, by their names in nodes.

    Kedro joins the keys to a value with dots, as texts (`KedroContext._get_parameters`): a key may
    be a number, a boolean, or contain a dot itself.

    Args:
        defined: Nested parameters.
        of_kedro: Gives all parameters of a run by name. It is called only for a name that the
            nested parameters do not explain: for nodes with typed parameters, Kedro makes objects,
            whose other fields are parameters as well.
    """

    def __init__(
        self, defined: dict[Any, Any], of_kedro: Callable[[], dict[str, Any]] = dict
    ) -> None:
        self._found: dict[str, Any] = {"parameters": defined, **dict(_named(defined, _PREFIX))}
        self._of_kedro: Callable[[], dict[str, Any]] | None = of_kedro

    def value(self, name: str) -> Any:
        """Gives the value of a parameter.

        Args:
            name: Its name in a node: `parameters`, or `params:` and a name.

        Returns:
            The value; `NOTHING` if nothing defines it.
        """
        if name not in self._found and self._of_kedro is not None:
            self._found = {**self._of_kedro(), **self._found}
            self._of_kedro = None
        return self._found.get(name, NOTHING)

    def has(self, name: str) -> bool:
        """Says whether a parameter is defined, by its name in a node."""
        return self.value(name) is not NOTHING


def _named(values: dict[Any, Any], before: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{before}{key}"
        yield name, value
        if isinstance(value, dict):
            yield from _named(value, f"{name}.")
