"""A dataset that carries a value from one task to another."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import fsspec
from kedro.io import AbstractDataset, DatasetError


class HandoffDataset(AbstractDataset[Any, Any]):
    """Stores any picklable value under the run's own path.

    A local file is written beside its place and moved there, so that a task killed
    while writing leaves nothing that a later one could take for finished.

    Args:
        filepath: An fsspec URL, e.g. `s3://bucket/run/name.pickle`, or a local path.
        elsewhere: Where the value is if it is not there: other runs handed it on.
    """

    def __init__(self, filepath: str, elsewhere: Sequence[str] = ()) -> None:
        self._filepath = filepath
        self._elsewhere = tuple(elsewhere)

    def load(self) -> Any:
        """Loads the value.

        Returns:
            What the producing task saved.

        Raises:
            DatasetError: The producing task did not save it.
        """
        for filepath in (self._filepath, *self._elsewhere):
            try:
                with fsspec.open(filepath, "rb") as file:
                    return pickle.load(file)
            except FileNotFoundError:
                continue
        places = ", ".join((self._filepath, *self._elsewhere))
        raise DatasetError(
            f"nothing was handed over at {places}: the task that makes it did not run, or its "
            "data was deleted"
        )

    def save(self, data: Any) -> None:
        """Saves a value.

        Args:
            data: Anything that pickle takes.

        Raises:
            DatasetError: The value cannot be pickled.
        """
        filesystem, path = fsspec.core.url_to_fs(self._filepath)
        local = "file" in _protocols(filesystem)
        target = f"{path}.part" if local else path
        if local:
            filesystem.makedirs(filesystem._parent(path), exist_ok=True)
        try:
            with filesystem.open(target, "wb") as file:
                pickle.dump(data, file, protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise DatasetError(
                f"cannot be handed to another task, since {type(data).__name__} cannot be "
                f"pickled ({error}): add it to the catalog, or fuse the nodes that share it"
            ) from error
        if local:
            filesystem.mv(target, path)

    def _exists(self) -> bool:
        for filepath in (self._filepath, *self._elsewhere):
            filesystem, path = fsspec.core.url_to_fs(filepath)
            if filesystem.exists(path):
                return True
        return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
