"""Reads the changed configuration before it is written."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from omegaconf.resolvers import oc

from argo_kedro.cloud.settings_file import RESOLVER
from argo_kedro.results import PATH_ARGUMENTS
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.files import configuration_files
from argo_kedro.worker.storage import is_remote


def catalogs_after(
    folder: Path,
    after: Mapping[Path, str],
    added: Mapping[str, Any],
    environments: list[str | None],
) -> list[dict[str, Any] | str]:
    """Reads the catalog of environments from a copy of the configuration.

    Args:
        folder: The folder of the configuration.
        after: Its files after the change.
        added: Arguments that the loader would get in addition.
        environments: Names of environments; None for the project's default.

    Returns:
        The entries by name or pattern for each environment; a text with the reason if Kedro could
        not read it.
    """
    from kedro.framework.project import settings

    arguments = {**settings.CONFIG_LOADER_ARGS, **added}
    resolvers = arguments.get("custom_resolvers") or {}
    arguments["custom_resolvers"] = {RESOLVER: oc.env, **resolvers}
    found: list[dict[str, Any] | str] = []
    with tempfile.TemporaryDirectory(prefix="argo-kedro-") as copy:
        for entry in folder.iterdir():
            if entry.is_dir():
                (Path(copy) / entry.name).mkdir()
        for path in configuration_files(folder):
            _place(Path(copy), folder, path).write_bytes(path.read_bytes())
        for path, text in after.items():
            _place(Path(copy), folder, path).write_bytes(text.encode())
        for environment in environments:
            try:
                loader = settings.CONFIG_LOADER_CLASS(
                    conf_source=copy, env=environment, runtime_params={}, **arguments
                )
                found.append(dict(loader["catalog"]))
            except Exception as error:
                found.append(str(error).replace(copy, str(folder)))
    return found


def _place(copy: Path, folder: Path, path: Path) -> Path:
    place = copy / path.relative_to(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def refuse_difference(before: Mapping[str, Any], after: Mapping[str, Any] | str) -> None:
    """Makes sure that the base environment keeps its meaning.

    Args:
        before: Its entries, without credentials.
        after: Its entries after the change, or why they cannot be read.

    Raises:
        Failure: `configuration_failed`: a change has another effect than intended.
    """
    if isinstance(after, str):
        raise Failure("configuration_failed", f"after the change, {after}", part="catalog")
    for name in {**before, **after}:
        if _plain(before.get(name)) != _plain(after.get(name)):
            text = f"the change would make something else of `{name}`; nothing was changed"
            raise Failure("configuration_failed", text, part="catalog")


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner, name) for name, inner in value.items() if name != "credentials"}
    if isinstance(value, str) and key in PATH_ARGUMENTS and not is_remote(value):
        return str(PurePosixPath(value))
    return value
