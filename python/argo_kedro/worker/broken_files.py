"""Finds the file because of which Kedro cannot load a part of the configuration.

Kedro's own words name no file, or a line too few.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from argo_kedro.cloud.text_file import read
from argo_kedro.cloud.yaml_text import YamlText
from argo_kedro.worker.files import files_of, shown


def refuse_broken_files(part: str, folders: Iterable[Path], project: Path) -> None:
    """Refuses the first file of a part that is no YAML or JSON.

    Args:
        part: E.g. `catalog`.
        folders: Folders of the environments.
        project: Folder of the project.

    Raises:
        Failure: `unreadable_file`.
    """
    for folder in folders:
        for path in files_of(part, folder):
            name = shown(path, project)
            YamlText(read(path, name), name)
