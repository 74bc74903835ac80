"""Serves the paths of buckets from a folder, for all code that uses fsspec.

Code without fsspec (boto3, Spark, readers of pyarrow and polars) is not served: it fails as without
network and credentials.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import Any

#: Protocols of object stores, of any provider.
OBJECT_STORES = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci", "tos", "r2")


def stand_in(folder: str, others: Iterable[str] = ()) -> None:
    """Registers stand-ins with fsspec, instead of the file systems that reach the network.

    Args:
        folder: The stand-in: it has `s3://bucket/key` at `bucket/key`.
        others: Further protocols of the project's catalog.
    """
    import fsspec
    from fsspec.implementations.dirfs import DirFileSystem
    from fsspec.implementations.local import LocalFileSystem

    class Bucket(DirFileSystem):  # type: ignore[misc]
        """A folder under the paths of buckets."""

        def __init__(self, *_: Any, **__: Any) -> None:
            # The arguments, such as credentials, are for the real store.
            super().__init__(path=folder, fs=LocalFileSystem(auto_mkdir=True))

        @classmethod
        def _strip_protocol(cls, path: Any) -> Any:
            if isinstance(path, list):
                return [cls._strip_protocol(one) for one in path]
            return object_path(os.fspath(path))

        def _join(self, path: Any) -> Any:
            if isinstance(path, str):
                return os.path.join(folder, object_path(path)) if path else folder
            if isinstance(path, dict):
                return {self._join(one): value for one, value in path.items()}
            return [self._join(one) for one in path]

    for protocol in {*OBJECT_STORES, *others}:
        kind = type(f"Bucket_{protocol}", (Bucket,), {"protocol": protocol, "__module__": __name__})
        # A subprocess of the task finds the class by its name.
        globals()[kind.__name__] = kind
        fsspec.register_implementation(protocol, kind, clobber=True)


@contextlib.contextmanager
def standing_in(folder: str) -> Iterator[None]:
    """Lets folders stand in for a while, and then restores the protocols.

    Args:
        folder: The stand-in: it has `s3://bucket/key` at `bucket/key`.
    """
    from fsspec.registry import _registry, register_implementation

    before = dict(_registry)
    stand_in(folder)
    try:
        yield
    finally:
        for protocol in OBJECT_STORES:
            if protocol in before:
                register_implementation(protocol, before[protocol], clobber=True)
            else:
                _registry.pop(protocol, None)


def object_path(url: str) -> str:
    """Gives the path of an object in the folder.

    Args:
        url: With or without its protocol: `s3://bucket/key`, `abfss://container@account.dfs.core.windows.net/key`.

    Returns:
        `bucket/key`, which never leads out of the folder.
    """
    path = url.split("://", 1)[-1]
    bucket, slash, key = path.partition("/")
    path = f"{bucket.split('@', 1)[0]}{slash}{key}"
    return os.path.normpath(f"/{path}").strip("/")
