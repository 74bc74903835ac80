"""Gives this process another time and host name, for code that asks Python for them."""

from __future__ import annotations

import datetime
import functools
import os
import socket
import time
from collections.abc import Callable
from typing import Any

#: Changes the year, quarter, month, weekday, half of the day, hour, minute and second.
LATER = datetime.timedelta(days=465, hours=12, minutes=1, seconds=1)
_SECONDS = int(LATER.total_seconds())
_NANOSECONDS = 10**9
HOST = "another-host"


def set_forward() -> None:
    """Sets the clock of this process forward, for good.

    Call it before other modules import `datetime` and `time` and keep their contents. Code that
    asks the system itself, such as pandas, still gets the real time.
    """
    time.time = _shifted(time.time, _SECONDS)
    time.time_ns = _shifted(time.time_ns, _SECONDS * _NANOSECONDS)
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _from_now(getattr(time, name)))
    time.strftime = _formatted(time.strftime)
    _Date.__name__ = _Date.__qualname__ = "date"
    _Datetime.__name__ = _Datetime.__qualname__ = "datetime"
    _Date.__module__ = _Datetime.__module__ = "datetime"
    datetime.date, datetime.datetime = _Date, _Datetime  # type: ignore[misc]


def move() -> None:
    """Gives this process another host name, for good.

    A pod also has its name in the variable `HOSTNAME`. Code that asks the system itself still gets
    the real name.
    """
    here = os.uname
    os.environ["HOSTNAME"] = HOST
    os.uname = functools.wraps(here)(lambda: os.uname_result((here()[0], HOST, *here()[2:])))
    socket.gethostname = lambda: HOST
    fully = socket.getfqdn
    socket.getfqdn = functools.wraps(fully)(lambda name="": fully(name) if name else HOST)


class _AsBefore(type):
    """A class that counts instances of its original class as its own."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__mro__[1])

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.__mro__[1])


class _Date(datetime.date, metaclass=_AsBefore):
    @classmethod
    def today(cls) -> _Date:
        return cls.fromtimestamp(time.time())

    def __repr__(self) -> str:
        # Python shows the module only for its own class.
        return f"datetime.{super().__repr__()}"


class _Datetime(datetime.datetime, metaclass=_AsBefore):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> _Datetime:
        return super().now(tz) + LATER

    @classmethod
    def utcnow(cls) -> _Datetime:
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)

    @classmethod
    def today(cls) -> _Datetime:
        return cls.now()

    def __repr__(self) -> str:
        return f"datetime.{super().__repr__()}"


def _shifted(tell: Callable[[], Any], by: int) -> Callable[[], Any]:
    return functools.wraps(tell)(lambda: tell() + by)


def _from_now(convert: Callable[..., Any]) -> Callable[..., Any]:
    def convert_later(seconds: float | None = None) -> Any:
        return convert(time.time() if seconds is None else seconds)

    return functools.wraps(convert)(convert_later)


def _formatted(write: Callable[..., str]) -> Callable[..., str]:
    def write_later(form: str, moment: Any = None) -> str:
        return write(form, time.localtime() if moment is None else moment)

    return functools.wraps(write)(write_later)
