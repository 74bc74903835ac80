"""Finds parameters and catalog entries that differ between the tasks of a run.

Every task reads the configuration anew, in its own process, and on a cluster in its own pod. A
value that a resolver takes from chance, the process, the clock or the host then differs in each
task, while `kedro run` has one for all.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from omegaconf import OmegaConf
from omegaconf.basecontainer import BaseContainer

from argo_kedro.worker.elsewhere import HOST
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.printed import Printed

#: Resolvers of OmegaConf, Kedro and argo-kedro, which always give the same value.
_KNOWN = {"globals", "ka.random", "runtime_params"}
#: Functions that read the clock, in `datetime`, `time` and pandas.
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


def varying(
    digests: dict[str, str],
    read_here: Callable[[], dict[str, str]],
    read_fresh: Callable[[set[str]], dict[str, str]],
    said: Printed,
) -> dict[str, str]:
    """Finds what varies.

    Args:
        digests: The first digests of parameters and catalog entries, by name.
        read_here: Reads the digests again, with the resolvers of that moment.
        read_fresh: Reads them in a fresh process; `clock` and `host` change these for it.
        said: Is told if the comparison fails.

    Returns:
        By name `always`, for a value that differs at once, `clock`, for one that differs at another
        time, or `host`, for one that differs on another host. Empty if the project has no resolvers
        of its own.
    """
    if not may_vary():
        return {}
    resolvers = _custom_resolvers()
    if not _others() and all(_is_of_omegaconf(each) for each in resolvers.values()):
        return _differing(digests, _on_another_host(digests, read_here), "host")
    found: dict[str, str] = {}
    elsewhere = _fresh(read_fresh, {"clock", "host"})
    if elsewhere != digests:
        at_once = _fresh(read_fresh, set())
        if at_once is None:
            said.add(
                "argo-kedro cannot tell whether parameters are the same in all tasks: the project "
                "cannot be read by two processes at once\n"
            )
        else:
            found = _differing(digests, at_once, "always")
        if elsewhere is not None and at_once is not None:
            moved = _fresh(read_fresh, {"host"}) or digests
            others = _differing(digests, moved, "host")
            found = _differing(digests, elsewhere, "clock") | others | found
    for name in _clocked(digests, resolvers, read_here):
        found.setdefault(name, "clock")
    return found


def may_vary() -> bool:
    """Says whether the project has its own resolvers; nothing else varies.

    Returns:
        Whether it has registered any so far.
    """
    return bool(_custom_resolvers() or _others())


def _custom_resolvers() -> dict[str, Any]:
    from kedro.framework.project import settings

    return dict(settings.CONFIG_LOADER_ARGS.get("custom_resolvers") or {})


def _is_of_omegaconf(resolver: Any) -> bool:
    """Says whether a resolver is one of OmegaConf's own, e.g. `oc.env` of `init --cloud`."""
    return str(getattr(resolver, "__module__", "")).partition(".")[0] == "omegaconf"


def _on_another_host(
    digests: dict[str, str], read_here: Callable[[], dict[str, str]]
) -> dict[str, str]:
    """Reads the digests again with the variable `HOSTNAME` of another pod.

    No other variable differs between the tasks of a run, so no fresh process is needed, which would
    take seconds.
    """
    before = os.environ.get("HOSTNAME")
    os.environ["HOSTNAME"] = HOST
    try:
        return read_here()
    except Failure:
        # The configuration does not accept the other name: the test cannot decide then.
        return digests
    finally:
        if before is None:
            del os.environ["HOSTNAME"]
        else:
            os.environ["HOSTNAME"] = before


def _fresh(read: Callable[[set[str]], dict[str, str]], other: set[str]) -> dict[str, str] | None:
    try:
        return read(other)
    except Failure:
        # Some projects cannot be read at another time, on another host, or twice at once.
        return None


def _differing(digests: dict[str, str], others: dict[str, str], why: str) -> dict[str, str]:
    return {name: why for name, digest in digests.items() if others.get(name) != digest}


def _clocked(
    digests: dict[str, str], resolvers: dict[str, Any], read_here: Callable[[], dict[str, str]]
) -> list[str]:
    """Finds values from a resolver whose code names a clock: some do not use Python's."""
    clocks = {name: each for name, each in resolvers.items() if _looks_at_clock(each)}
    if not clocks:
        return []
    # Kedro keeps a registered resolver, so replace it here.
    register = getattr(OmegaConf, "register_resolver", OmegaConf.register_new_resolver)
    for name, resolver in clocks.items():
        register(name, _another(resolver), replace=True)
    try:
        later = read_here()
    except Failure:
        # The configuration does not accept the other value: the test cannot decide then.
        later = digests
    finally:
        for name, resolver in clocks.items():
            register(name, resolver, replace=True)
    return [name for name, digest in digests.items() if later.get(name) != digest]


def _others() -> set[str]:
    """Lists the resolvers that the project registered itself."""
    registered = getattr(BaseContainer, "_resolvers", {})
    return {name for name in registered if not name.startswith("oc.")} - _KNOWN


def _another(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a resolver with other values, of the same type if possible."""

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
    """Gives the names that a function uses, also through functions of its package."""
    while isinstance(function, functools.partial):
        function = function.func
    if id(function) in seen:
        return
    seen.add(id(function))
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        # The function may be `datetime.now` itself, or a callable object.
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
