"""Finds parameters and catalog entries that are something else each time they are read.

Every task reads the configuration anew. What a resolver takes from chance or from the clock is then
another value in each task, where `kedro run` has one for all.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from omegaconf import OmegaConf
from omegaconf.basecontainer import BaseContainer

from argo_kedro.worker.failure import Failure

#: Resolvers of OmegaConf, of Kedro and our own: the same value each time.
_KNOWN = {"globals", "ka.random", "runtime_params"}
#: What reads the clock is called so, in `datetime`, `time` and pandas.
_CLOCK = {
    "ctime",
    "gmtime",
    "localtime",
    "monotonic",
    "now",
    "perf_counter",
    "strftime",
    "time",
    "time_ns",
    "today",
    "utcnow",
}


def varying(digests: dict[str, str], read_again: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Finds what varies.

    Args:
        digests: What parameters and catalog entries are, by name, as they were read first.
        read_again: Reads them once more, with resolvers as they are registered by then.

    Returns:
        By name `always`, for what was something else at once, or `clock`, for what comes from a
        resolver that looks at the clock. Nothing where the project has no resolvers of its own.
    """
    from kedro.framework.project import settings

    resolvers = dict(settings.CONFIG_LOADER_ARGS.get("custom_resolvers") or {})
    if not resolvers and not _others():
        return {}
    again = read_again()
    found = {name: "always" for name, digest in digests.items() if again.get(name) != digest}
    clocks = {name: each for name, each in resolvers.items() if _looks_at_clock(each)}
    if clocks:
        # Kedro registers a resolver only where there is none of that name yet.
        register = getattr(OmegaConf, "register_resolver", OmegaConf.register_new_resolver)
        for name, resolver in clocks.items():
            register(name, _another(resolver), replace=True)
        try:
            later = read_again()
        except Failure:
            # What the value is put into takes no other: then nothing can be told.
            later = digests
        finally:
            for name, resolver in clocks.items():
                register(name, resolver, replace=True)
        for name, digest in digests.items():
            if later.get(name) != digest:
                found.setdefault(name, "clock")
    return found


def _others() -> set[str]:
    """Names of resolvers that the project registered itself."""
    registered = getattr(BaseContainer, "_resolvers", {})
    return {name for name in registered if not name.startswith("oc.")} - _KNOWN


def _another(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a resolver whose values are others, of the same type where that is easy."""

    @functools.wraps(resolver)
    def another(*arguments: Any, **named: Any) -> Any:
        value = resolver(*arguments, **named)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value + 1
        return f"{value}0"

    return another


def _looks_at_clock(resolver: Any) -> bool:
    return any(name in _CLOCK for name in _names(resolver, set()))


def _names(function: Any, seen: set[int]) -> Iterator[str]:
    """Gives the names that a function uses, and the functions of its package that it calls."""
    while isinstance(function, functools.partial):
        function = function.func
    if id(function) in seen:
        return
    seen.add(id(function))
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        # `datetime.now` itself, or an object that can be called.
        yield getattr(function, "__name__", "")
        call = vars(type(function)).get("__call__")
        if inspect.isfunction(call):
            yield from _names(call, seen)
        return
    globals_ = getattr(inspect.unwrap(function), "__globals__", {})
    home = globals_.get("__name__", "").partition(".")[0]
    for name in _names_in(code):
        yield name
        called = globals_.get(name)
        if inspect.isfunction(called) and called.__module__.partition(".")[0] == home:
            yield from _names(called, seen)


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
