"""Closes the project's own folder and the user's home to a task: a pod has neither."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from typing import Any

#: Audit events of Python that open a file or a folder by its path
#: (docs.python.org/3/library/audit_events.html). A check for a file's existence raises no event.
_EVENTS = frozenset({"open", "os.listdir", "os.scandir"})


class Machine:
    """Parts of this machine that are closed to a task.

    Args:
        project: Folder of the project.
        home: The user's home; empty if there is none.
        open_folders: Folders in these that stay open.
    """

    def __init__(self, project: str, home: str, open_folders: Iterable[str]) -> None:
        self._closed = [f"{folder}/" for folder in (project, home) if folder not in ("", "/")]
        prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
        real = {os.path.realpath(path) for path in prefixes}
        self._open = [f"{folder.rstrip('/')}/" for folder in {*open_folders, *prefixes, *real}]
        self._project = f"{project}/"
        # Folders of packages, with the user's own, and those that `.pth` files name.
        self._open += [f"{path}/" for path in sys.path if path and not self.is_of_project(path)]
        sys.path[:] = [path for path in sys.path if not self.is_of_project(path)]

    def is_of_project(self, path: str) -> bool:
        """Says whether a path is in the project's folder on this machine.

        Args:
            path: An absolute path.

        Returns:
            Whether it is; False for its open parts.
        """
        whole = f"{path}/"
        return whole.startswith(self._project) and not any(map(whole.startswith, self._open))

    def see(self, folder: str) -> None:
        """Opens a folder, e.g. that of a package.

        Args:
            folder: Its absolute path.
        """
        if folder:
            self._open.append(f"{folder}/")

    def is_closed(self, path: str) -> bool:
        """Says whether a path is closed to a task.

        Args:
            path: An absolute path.

        Returns:
            Whether a pod would lack the path, even if this machine has it.
        """
        whole = f"{path}/"
        return any(map(whole.startswith, self._closed)) and not any(
            map(whole.startswith, self._open)
        )

    def close(self) -> None:
        """Refuses to open closed paths from here on."""

        def look(event: str, arguments: tuple[Any, ...]) -> None:
            if event not in _EVENTS:
                return
            path = arguments[0]
            if isinstance(path, bytes):
                path = os.fsdecode(path)
            if isinstance(path, str) and path.startswith("/") and self.is_closed(path):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

        sys.addaudithook(look)
