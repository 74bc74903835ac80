"""Puts the changes of all files together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argo_kedro.cloud import argo_file
from argo_kedro.cloud.check import catalogs_after, refuse_difference
from argo_kedro.cloud.on_disk import notes_on_disk
from argo_kedro.cloud.opened import Opened, open_configuration
from argo_kedro.cloud.places import Places, propose_places, store_of
from argo_kedro.cloud.settings_proposal import SettingsProposal, propose_settings
from argo_kedro.cloud.text_file import Note
from argo_kedro.worker.configuration import placeholders
from argo_kedro.worker.files import files_of, shown
from argo_kedro.worker.printed import Printed
from argo_kedro.worker.project import open_project, registered_pipelines
from argo_kedro.worker.storage import is_installed


def propose(request: dict[str, Any], said: Printed) -> dict[str, Any]:
    """Proposes changes of a project's files.

    Args:
        request: `project` (folder), `environment` (name of the cluster's environment), `roots`
            (a URL for each role), `argo` (what `argo.yml` needs) and `package` (what reads the
            store; may be None).
        said: Collects what the project prints during its import.

    Returns:
        `edits` (`path`, `before`, `after` of each file; `before` is None for a new one), `notes`
        (`text_file.Note`), `input_data` (data to copy into the store), `is_used` (whether any data
        would be in the store), `has_package` and `namespace` (that of `argo.yml`; may be None).

    Raises:
        Failure: The project has an error; there is no proposal then.
    """
    project = Path(request["project"]).resolve()
    with said.listening():
        found = open_project(str(project))
        registered, _ = registered_pipelines()
    with placeholders(project, None):
        opened = open_configuration(project, request["environment"])
        roots = request["roots"]
        places = propose_places(opened, roots, registered)
        proposal = _Proposal(opened, places)
        if places.has_folders_of_runs:
            proposal.settings = propose_settings(opened, found.package_name)
        is_used, notes = _write_argo(opened, request["argo"], store_of(roots))
        proposal.notes += notes
        proposal.notes += _check(opened, proposal.settings, places, roots)
    # These packages are named like their modules.
    package = request["package"]
    has_package = package is not None and is_installed(package)
    return {
        **proposal.to_json(),
        "is_used": is_used,
        "has_package": has_package,
        "namespace": opened.namespace,
    }


@dataclass
class _Proposal:
    opened: Opened
    places: Places
    settings: SettingsProposal = field(default_factory=lambda: SettingsProposal(None, {}, []))
    notes: list[Note] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        notes = [*self.places.notes, *self.settings.notes, *self.notes]
        if self.opened.problem_of_cloud:
            folder = f"{shown(self.opened.folder, self.opened.project)}/{self.opened.cloud}"
            text = (
                f"Kedro could not read {folder} before the change: {self.opened.problem_of_cloud}"
            )
            notes = [Note(text), *notes]
        edits = [self.settings.edit] if self.settings.edit else []
        # Write the catalogs last: the files that they refer to exist by then.
        catalogs = {id(file) for file in self.places.catalog.files}
        files = sorted(self.opened.files.values(), key=lambda file: id(file) in catalogs)
        for file in files:
            after = file.result()
            if after != file.text:
                before = None if file in self.opened.new else file.text
                edits.append({"path": file.name, "before": before, "after": after})
        return {
            "edits": edits,
            "notes": [note.to_json() for note in notes],
            "input_data": self.places.input_data,
        }


def _write_argo(opened: Opened, wanted: dict[str, Any], store: str) -> tuple[bool, list[Note]]:
    """Changes the `argo.yml` of the cluster's environment.

    Returns:
        Whether any data is in the store, and notes. Pods need no access to a store without their
        data: another store was set up before.
    """
    folder = opened.folder / opened.cloud
    there = [path for path in files_of("argo", folder)]
    file = opened.file(there[0] if there else folder / "argo.yml")
    notes = argo_file.hand_over(file, opened.argo, wanted["handoff"])
    if not any(f"{store}/" in each.result() for each in opened.files.values()):
        text = (
            f"no data lead to {store} yet, so nothing was added that gives access to it: when some "
            "do, run the command again"
        )
        return False, [*notes, Note(text, True)]
    of_base = [opened.file(path) for path in files_of("argo", opened.folder / opened.base)]
    return True, notes + argo_file.give_access(file, opened.argo, of_base, wanted)


def _check(
    opened: Opened, settings: SettingsProposal, places: Places, roots: dict[str, str]
) -> list[Note]:
    """Reads the catalogs after the change.

    Args:
        opened: The project with all changes.
        settings: The proposal for its settings.
        places: The new places of the catalog.
        roots: A URL for each role.

    Returns:
        Data that pods would not find.

    Raises:
        Failure: `configuration_failed`: this machine would read other values than before.
    """
    after = {
        path: file.result() for path, file in opened.files.items() if file.result() != file.text
    }
    base = settings.added.get("base_env") or opened.base_to_read
    names = [base, opened.cloud]
    of_base, of_cloud = catalogs_after(opened.folder, after, settings.added, names)
    refuse_difference(opened.entries, of_base)
    notes = []
    if isinstance(of_cloud, str):
        text = f"Kedro cannot read the environment `{opened.cloud}` after the change: {of_cloud}"
        notes.append(Note(text, True))
        of_cloud = {}
    return notes + notes_on_disk(of_cloud, places.stays, opened.cloud, roots)
