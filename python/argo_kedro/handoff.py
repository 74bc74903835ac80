"""A dataset that carries a value from one task to another."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
from collections.abc import Sequence
from typing import Any

import fsspec
from kedro.io import AbstractDataset, DatasetError

from argo_kedro.passwords import without_passwords

#: Characters that stay unchanged in a file name. Capitals do not: a file system that ignores case
#: would take `Data` for `data`.
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-._")
#: Most characters of a file's name, without a suffix during writing (255 on most systems).
_LONGEST = 200


def file_name(dataset: str, ending: str = "pickle") -> str:
    """Names the file of a dataset.

    Args:
        dataset: Any name that Kedro allows.
        ending: The file's extension.

    Returns:
        The name of a file in the run's own folder, unique to the dataset, and without a path.
    """
    of_name = dataset.encode("utf-8", "surrogatepass")
    name = "".join(chr(it) if it in _PLAIN else f"%{it:02x}" for it in of_name)
    if len(name) > _LONGEST:
        # No other name contains `%-`.
        name = f"{name[:100]}%-{hashlib.sha256(of_name).hexdigest()}"
    return f"{name}.{ending}"


class HandoffDataset(AbstractDataset[Any, Any]):
    """Stores any picklable value under the run's own path.

    A local file is written beside its place and moved there, so that a killed task leaves nothing
    that looks finished. Only the owner may read it.

    Args:
        filepath: An fsspec URL, e.g. `s3://bucket/run/name.pickle`, or a local path.
        elsewhere: Other places of the value, from other runs.
    """

    def __init__(self, filepath: str, elsewhere: Sequence[str] = ()) -> None:
        self._filepath = filepath
        self._elsewhere = tuple(elsewhere)

    def load(self) -> Any:
        """Loads the value.

        Returns:
            The value that the producing task saved.

        Raises:
            DatasetError: The producing task did not save it.
        """
        for filepath in (self._filepath, *self._elsewhere):
            filesystem, path = fsspec.core.url_to_fs(filepath)
            try:
                with filesystem.open(path, "rb") as file:
                    return pickle.load(file)
            except FileNotFoundError:
                continue
        places = ", ".join(map(without_passwords, (self._filepath, *self._elsewhere)))
        raise DatasetError(
            f"nothing was handed over at {places}: the task that makes it did not run, or its "
            "data was deleted"
        )

    def save(self, data: Any) -> None:
        """Saves a value.

        Args:
            data: Any picklable value.

        Raises:
            DatasetError: The value cannot be pickled.
        """
        filesystem, path = fsspec.core.url_to_fs(self._filepath)
        try:
            if is_local(filesystem):
                _save_here(data, path)
            else:
                with filesystem.open(path, "wb") as file:
                    pickle.dump(data, file, protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise DatasetError(
                f"cannot be handed to another task, since {type(data).__name__} cannot be "
                f"pickled ({error}): add it to the catalog, or fuse the nodes that share it"
            ) from error

    def _exists(self) -> bool:
        for filepath in (self._filepath, *self._elsewhere):
            filesystem, path = fsspec.core.url_to_fs(filepath)
            if filesystem.exists(path):
                return True
        return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": without_passwords(self._filepath)}


def _save_here(data: Any, path: str) -> None:
    """Saves a value in a new file of this machine, and moves it into place."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    part = f"{path}.part"
    # A killed task may have left this file.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part)
    # Other users cannot read the file, and `O_EXCL` follows no link.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            pickle.dump(data, file, protocol=pickle.HIGHEST_PROTOCOL)
        os.replace(part, path)
    except BaseException:
        # A signal may come after the move.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        raise


def is_local(filesystem: Any) -> bool:
    """Says whether an fsspec file system is this machine's."""
    protocol = filesystem.protocol
    return "file" in ((protocol,) if isinstance(protocol, str) else tuple(protocol))
