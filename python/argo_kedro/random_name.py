"""The resolver `${ka.random:}`: six letters that distinguish runs.

All tasks of a run get the same letters, made from the run's id. Outside of a run, as in
`kedro run`, each process gets its own.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

#: Name of the resolver.
RESOLVER = "ka.random"
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH = 6
#: The id of the run.
_RUN = "WORKFLOW_ID"
#: Ids of the runs that this one continues, the first one last (`argo_kedro/versions.py`).
_EARLIER = "ARGO_KEDRO_RUN_VERSION_FROM"


def random_name(*_: Any) -> str:
    """Gives the letters.

    Args:
        *_: Any text after the colon.

    Returns:
        Lower-case letters and digits. A run that takes over another run's data has its letters.
    """
    earlier = [uid for uid in os.environ.get(_EARLIER, "").split(",") if uid]
    run = earlier[-1] if earlier else os.environ.get(_RUN)
    if not run:
        return _of_this_process()
    import hashlib

    digest = hashlib.sha256(run.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_LENGTH])


@functools.cache
def _of_this_process() -> str:
    import secrets

    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def register(resolver: Callable[..., str] = random_name, *, replace: bool = False) -> None:
    """Registers the resolver, unless the project has registered one.

    Args:
        resolver: The function of the resolver.
        replace: Whether it replaces an existing one.
    """
    from omegaconf import OmegaConf

    if replace or not OmegaConf.has_resolver(RESOLVER):
        # OmegaConf 2.4 renamed this function; older versions have another one of that name.
        make: Any = getattr(OmegaConf, "register_resolver", None)
        if "replace" not in (getattr(make, "__kwdefaults__", None) or {}):
            make = OmegaConf.register_new_resolver
        make(RESOLVER, resolver, replace=replace)
