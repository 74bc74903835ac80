"""Proposes the settings with which Kedro reads the cluster's globals."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader

from argo_kedro.cloud import settings_file
from argo_kedro.cloud.opened import Opened
from argo_kedro.cloud.text_file import Note, read
from argo_kedro.worker.files import shown


@dataclass(frozen=True)
class SettingsProposal:
    """Proposal for `settings.py`.

    Attributes:
        edit: `path`, `before` and `after`; None without a change.
        added: Missing arguments of the loader, by name.
        notes: What the user has to do.
    """

    edit: dict[str, Any] | None
    added: dict[str, str]
    notes: list[Note]


def propose_settings(opened: Opened, package: str) -> SettingsProposal:
    """Adds the resolver that the globals of the cluster's environment need.

    Args:
        opened: The project.
        package: Its Python package.

    Returns:
        The change, or what is left to the user.
    """
    from kedro.framework.project import settings

    loaded = dict(settings.CONFIG_LOADER_ARGS)
    spec = importlib.util.find_spec(f"{package}.settings")
    origin = spec.origin if spec else None
    project = opened.project
    if settings.CONFIG_LOADER_CLASS is not OmegaConfigLoader:
        # The user chose another loader with its own arguments: do not change them.
        if settings_file.RESOLVER not in (loaded.get("custom_resolvers") or {}):
            text = "the project has its own configuration loader: let it resolve `oc.env`, e.g.:"
            paste = settings_file.to_paste(loaded)
            file = shown(Path(origin), project) if origin else None
            return SettingsProposal(None, {}, [Note(text, True, file, None, paste)])
        return SettingsProposal(None, {}, [])
    if origin is None or not Path(origin).is_file():
        text, paste = "the settings are in no file; they need:", settings_file.to_paste(loaded)
        return SettingsProposal(None, {}, [Note(text, True, None, None, paste)])
    name = shown(Path(origin), project)
    before = read(Path(origin), name)
    added = _environments(opened)
    after, note = settings_file.change(before, name, loaded, added)
    notes = [note] if note else []
    if after == before:
        return SettingsProposal(None, {}, notes)
    edit = {"path": name, "before": before, "after": after}
    return SettingsProposal(edit, added, notes)


def _environments(opened: Opened) -> dict[str, str]:
    """Gives Kedro's defaults that the settings lack, if their folders exist."""
    from kedro.framework.project import settings

    names = {"base_env": "base", "default_run_env": "local"}
    names = {
        name: value for name, value in names.items() if not settings.CONFIG_LOADER_ARGS.get(name)
    }
    return names if all((opened.folder / name).is_dir() for name in names.values()) else {}
