"""Finds the libraries that fsspec needs for the paths of a project."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from typing import Any

_PROTOCOL = re.compile(r"^([A-Za-z][\w+.-]*)://")
#: Packages that fsspec's own file systems import besides fsspec, by the last part of their modules'
#: names.
_IMPORTED_BY_FSSPEC = {
    "arrow": "pyarrow",
    "dask": "distributed",
    "dbfs": "requests",
    "gist": "requests",
    "git": "pygit2",
    "github": "requests",
    "http": "aiohttp",
    "jupyter": "requests",
    "libarchive": "libarchive",
    "sftp": "paramiko",
    "smb": "smbclient",
    "webhdfs": "requests",
}
#: Protocols that fsspec knows only with an installed package.
_ADDED = {"abfss": "adlfs"}
#: Names of packages that differ from their modules' names.
_PACKAGES = {"libarchive": "libarchive-c", "smbclient": "smbprotocol"}


def protocols(path: str) -> list[str]:
    """Finds the protocols of a path: one, or those of a chain (`zip://*.csv::s3://…`)."""
    matches = (_PROTOCOL.match(part) for part in path.split("::"))
    return [match.group(1) for match in matches if match]


def is_remote(path: str) -> bool:
    """Says whether the data of a path are behind a URL, by the last part of a chain."""
    last = path.rsplit("::", 1)[-1]
    match = _PROTOCOL.match(last)
    if match is None:
        # `dbfs:/folder` is one; a single letter is a drive.
        return re.match(r"^[A-Za-z][\w+.-]+:/", last) is not None and not last.startswith("file:")
    return match.group(1) not in {"file", "local"}


def libraries(paths: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Finds the library of each protocol that needs one.

    Args:
        paths: Paths and URLs in fsspec's form.

    Returns:
        `package` (its name in an index) and `installed`, by protocol. Protocols that fsspec does
        not know, and those that need only fsspec, are left out.
    """
    wanted = sorted({protocol for path in paths for protocol in protocols(path)})
    if not wanted:
        return {}
    import sys

    import fsspec.registry  # noqa: F401

    # The attribute `fsspec.registry` is a mapping, which hides the module of this name.
    known = sys.modules["fsspec.registry"].known_implementations
    found = {}
    for protocol in wanted:
        module = _module(known.get(protocol, {}).get("class", "")) or _ADDED.get(protocol)
        if module:
            package = _PACKAGES.get(module, module.replace("_", "-"))
            found[protocol] = {"package": package, "installed": is_installed(module)}
    return found


def _module(implementation: str) -> str | None:
    parts = implementation.split(".")
    if parts[0] != "fsspec":
        return parts[0] or None
    return _IMPORTED_BY_FSSPEC.get(parts[2]) if parts[1] == "implementations" else None


def is_installed(module: str) -> bool:
    """Says whether the environment has a module.

    Args:
        module: Its name, without a dot.

    Returns:
        False also for a mere folder of this name, which Python would import as an empty package.
    """
    try:
        spec = importlib.util.find_spec(module)
    except ValueError:
        # The module is imported already, without a spec.
        return True
    return spec is not None and spec.loader is not None
