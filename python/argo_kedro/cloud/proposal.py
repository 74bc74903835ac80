"""Puts the changes of all files together."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader

from argo_kedro.cloud import argo_file, globals_file, settings_file
from argo_kedro.cloud.catalog import CatalogFiles
from argo_kedro.cloud.catalog import Path as CatalogPath
from argo_kedro.cloud.check import catalogs_after, refuse_difference
from argo_kedro.cloud.globals_file import Environment, Environments
from argo_kedro.cloud.input_data import input_data
from argo_kedro.cloud.roles import BASE, RAW, SHARED, Entry, decide, parts, uses_of
from argo_kedro.cloud.text_file import Note, read
from argo_kedro.cloud.yaml_text import YamlText
from argo_kedro.worker.configuration import Configuration, placeholders
from argo_kedro.worker.datasets import Catalog, path_of
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.files import files_of, shown
from argo_kedro.worker.project import open_project, registered_pipelines
from argo_kedro.worker.said import Said
from argo_kedro.worker.storage import is_remote


def propose(request: dict[str, Any], said: Said) -> dict[str, Any]:
    """Proposes changes of a project's files.

    Args:
        request: `project` (folder), `environment` (name of the cluster's environment), `roots`
            (a URL for each role) and `argo` (what `argo.yml` needs).
        said: Gets what the project says when it is imported.

    Returns:
        `edits` (`path`, `before`, `after` of each file; `before` is None for a new one), `notes`
        (`text_file.Note`) and `input_data` (what has to be copied into the store).

    Raises:
        Failure: What is wrong with the project; nothing can be proposed then.
    """
    project = Path(request["project"]).resolve()
    with said.listening():
        found = open_project(str(project))
        registered, _ = registered_pipelines()
    with placeholders(project, None):
        opened = _open(project, request["environment"])
        proposal = _Proposal(opened, request, registered, found.package_name)
        proposal.check()
    return proposal.to_json()


@dataclass
class _Opened:
    """The configuration of a project, as its files are and as Kedro reads them."""

    project: Path
    folder: Path
    base: str
    #: The environment to name to the loader; None where it has no base environment.
    base_to_read: str | None
    cloud: str
    patterns: dict[str, list[str]]
    is_kedros: bool
    files: dict[Path, YamlText]
    entries: dict[str, Any]
    argo: dict[str, Any]
    #: What the cluster's environment reads; None where that cannot be read.
    entries_of_cloud: dict[str, Any] | None
    problem_of_cloud: str | None


def _open(project: Path, cloud: str) -> _Opened:
    from kedro.framework.project import settings

    folder = project / settings.CONF_SOURCE
    arguments = settings.CONFIG_LOADER_ARGS
    base = arguments.get("base_env") or "base"
    for needed, whole in ((folder, True), (folder / base, False)):
        if not needed.is_dir():
            raise Failure("missing_configuration_folder", path=shown(needed, project), whole=whole)
    if cloud in (base, arguments.get("default_run_env") or "local"):
        raise Failure("environment_of_this_machine", name=cloud)
    # What Kedro cannot read is named with its line before Kedro is asked.
    files = {}
    for environment in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
        for part in ("catalog", "globals", "argo"):
            for path in files_of(part, environment):
                files[path] = YamlText(read(path, shown(path, project)), shown(path, project))
    # An environment is chosen, so that none of the machine's counts.
    base_to_read = base if arguments.get("base_env") else None
    of_base = Configuration(project, base_to_read, None, {})
    loader = of_base._loader
    # Before another loader is made: it would resolve the globals of both.
    entries, argo = of_base.catalog(), of_base.argo() or {}
    entries_of_cloud, problem = None, None
    if (folder / cloud).is_dir():
        try:
            entries_of_cloud = Configuration(project, cloud, None, {}).catalog()
        except Failure as failure:
            problem = failure.message
    return _Opened(
        project,
        folder,
        base,
        base_to_read,
        cloud,
        dict(getattr(loader, "config_patterns", None) or {}),
        isinstance(loader, OmegaConfigLoader),
        files,
        entries,
        argo,
        entries_of_cloud,
        problem,
    )


class _Proposal:
    def __init__(
        self,
        opened: _Opened,
        request: dict[str, Any],
        registered: dict[str, Any],
        package: str,
    ) -> None:
        self._opened, self._request, self._package = opened, request, package
        self._registered = registered
        self._notes: list[Note] = []
        self._new: list[YamlText] = []
        self._settings: dict[str, Any] | None = None
        self._stays: list[tuple[CatalogPath, str]] = []
        environments = Environments(
            self._environment(opened.base),
            self._environment(opened.cloud),
            [
                self._environment(entry.name)
                for entry in sorted(opened.folder.iterdir())
                if entry.is_dir() and entry.name not in (opened.base, opened.cloud)
            ],
        )
        name = globals_file.choose_name(environments)
        self._input: list[dict[str, Any]] = []
        self._catalog = CatalogFiles(self._catalog_files())
        if not opened.is_kedros:
            text = "the catalog stays as it is: the project has a configuration loader of its own"
            self._left(f"{text}, and `${{globals:…}}` may mean nothing to it")
        elif name is None:
            names = ", ".join(f"`{each}`" for each in globals_file.NAMES)
            self._left(f"the globals have other things under {names}; the catalog stays as it is")
        else:
            self._move(name, environments)
        self._write_argo()

    def _left(self, text: str) -> None:
        self._notes.append(Note(text, True))

    def _catalog_files(self) -> list[YamlText]:
        folder = self._opened.folder / self._opened.base
        patterns = self._opened.patterns.get("catalog")
        known = files_of("catalog", folder)
        if patterns and patterns != ["catalog*", "catalog*/**", "**/catalog*"]:
            known = [path for path in globals_file.file_names(folder, patterns)]
        return [self._file(path) for path in known if path.suffix in (".yml", ".yaml", ".json")]

    def _file(self, path: Path) -> YamlText:
        if path not in self._opened.files:
            name = shown(path, self._opened.project)
            text = read(path, name) if path.exists() else ""
            self._opened.files[path] = YamlText(text, name)
            if not path.exists():
                self._new.append(self._opened.files[path])
        return self._opened.files[path]

    def _environment(self, name: str) -> Environment:
        folder = self._opened.folder / name
        patterns = self._opened.patterns.get("globals") or ["globals.yml"]
        files = [self._file(path) for path in globals_file.file_names(folder, patterns)]
        return Environment(name, files, self._file(folder / "globals.yml"))

    def _move(self, name: str, environments: Environments) -> None:
        opened, catalog = self._opened, self._catalog
        entries = self._entries()
        roles = decide(entries, catalog.same())
        movable, ours = self._movable(f"${{globals:{name}.", roles)
        known = globals_file.roots(environments.base, name)
        common = _common([path.text for path in movable])
        roots = {role: known.get(role, common) for role in (RAW, BASE, SHARED)}
        # Several entries may have one path, by an anchor.
        done: dict[int, str | None] = {}
        for path in movable:
            role = roles[path.key]
            if id(path.node) not in done:
                reference = f"${{globals:{name}.{role}}}"
                done[id(path.node)] = catalog.change(path, roots[role], reference)
            if reason := done[id(path.node)]:
                self._stays.append((path, reason))
            else:
                ours[path.key] = role
        if not ours and catalog.paths:
            return
        used = {RAW, BASE, *ours.values()}
        there = {role: self._request["roots"][role] for role in (RAW, BASE, SHARED) if role in used}
        here = {role: roots[role] for role in there}
        self._notes += globals_file.write(environments, name, here, there)
        self._shared(entries, ours)
        self._input = input_data(entries, ours, here, there, opened.project)
        self._write_settings()

    def _entries(self) -> dict[str, Entry]:
        resolver = Catalog(self._opened.entries)
        entries = {path.key: Entry() for path in self._catalog.paths}
        for dataset, use in sorted(uses_of(self._registered).items()):
            described = resolver.describe(dataset)
            key = described.get("pattern") or dataset
            if key in entries and described.get("path"):
                use.path = described["path"]
                entries[key].uses.append(use)
                entries[key].paths.add(described["path"])
        for path in self._catalog.paths:
            entry = entries[path.key]
            resolved = resolver.describe(path.key) if "{" not in path.key else {}
            if not entry.paths and resolved.get("path"):
                entry.paths.add(resolved["path"])
        return entries

    def _movable(
        self, ours: str, roles: dict[str, str]
    ) -> tuple[list[CatalogPath], dict[str, str]]:
        """Finds the paths that can be changed, and those that were before, with their roles."""
        movable, before = [], {}
        for path in self._catalog.paths:
            if path.text.startswith(ours):
                role = path.text.removeprefix(ours).split("}")[0]
                before[path.key] = role
                if role == BASE and roles[path.key] != BASE:
                    self._reads_others(path, f"{ours}{roles[path.key]}}}")
                continue
            reason = self._catalog.left_alone(path)
            if reason is None and self._is_elsewhere(path.key):
                reason = f"is in a store in the environment `{self._opened.cloud}` already"
            if reason is None:
                movable.append(path)
            else:
                self._stays.append((path, reason))
        return movable, before

    def _reads_others(self, path: CatalogPath, wanted: str) -> None:
        text = f"`{path.key}` is in a folder of each run, but a run reads what it did not make"
        self._notes.append(Note(f"{text}: use {wanted}", True, path.file.name, path.line))

    def _is_elsewhere(self, key: str) -> bool:
        """Whether the cluster's environment has the data of an entry in a store already."""
        entry = (self._opened.entries_of_cloud or {}).get(key)
        path = path_of(entry) if isinstance(entry, dict) else None
        return path is not None and self._is_in_store(path)

    def _is_in_store(self, path: str) -> bool:
        """Whether pods reach a path: in any store, or on the volume that they mount."""
        root = self._request["roots"][RAW].removesuffix(f"/{RAW}")
        return is_remote(path) or path.startswith(f"{root}/")

    def check(self) -> None:
        """Reads the catalogs as they would be, and tells what pods would not find.

        Raises:
            Failure: `configuration_failed`: this machine would not read the same as before.
        """
        opened = self._opened
        after = {
            path: file.result() for path, file in opened.files.items() if file.result() != file.text
        }
        added = self._environments() if self._settings else {}
        base = added.get("base_env") or opened.base_to_read
        of_base, of_cloud = catalogs_after(opened.folder, after, added, [base, opened.cloud])
        refuse_difference(opened.entries, of_base)
        if isinstance(of_cloud, str):
            text = (
                f"Kedro cannot read the environment `{opened.cloud}` after the change: {of_cloud}"
            )
            self._left(text)
            of_cloud = {}
        local = {
            key: path
            for key, entry in of_cloud.items()
            if isinstance(entry, dict)
            and (path := path_of(entry)) is not None
            and not self._is_in_store(path)
        }
        for stay, reason in self._stays:
            text = f"`{stay.key}` stays as it is: its path {reason}"
            is_left = local.pop(stay.key, None) is not None
            self._notes.append(Note(text, is_left, stay.file.name, stay.line))
        for key, entry in of_cloud.items():
            checkpoint = entry.get("checkpoint") if isinstance(entry, dict) else None
            inner = checkpoint if isinstance(checkpoint, dict) else {"path": checkpoint}
            path = path_of(inner)
            if path is not None and not self._is_in_store(path):
                text = f"the checkpoint of `{key}` stays as it is, and each pod loses its own"
                self._left(f"{text}: its path is {path}")
        for key, path in local.items():
            text = f"`{key}` is not in the store in the environment `{opened.cloud}`"
            self._left(f"{text}: its path is {path}")

    def _shared(self, entries: dict[str, Entry], ours: dict[str, str]) -> None:
        for key in sorted(key for key, role in ours.items() if role == SHARED):
            readers = sorted({name for use in entries[key].uses for name in use.readers})
            reader = f"the pipeline {readers[0]}" if readers else "another dataset"
            text = f"`{key}` has no folder of the run: {reader} reads it and does not make it"
            self._notes.append(Note(text))

    def _write_settings(self) -> None:
        from kedro.framework.project import settings

        loaded = dict(settings.CONFIG_LOADER_ARGS)
        spec = importlib.util.find_spec(f"{self._package}.settings")
        origin = spec.origin if spec else None
        project = self._opened.project
        if settings.CONFIG_LOADER_CLASS is not OmegaConfigLoader:
            # Its own arguments are its own business.
            if settings_file.RESOLVER not in (loaded.get("custom_resolvers") or {}):
                text = "the project has a configuration loader of its own: let it resolve `oc.env`"
                paste = settings_file.to_paste(loaded)
                file = shown(Path(origin), project) if origin else None
                self._notes.append(Note(text, True, file, None, paste))
            return
        if origin is None or not Path(origin).is_file():
            text, paste = "the settings are in no file", settings_file.to_paste(loaded)
            self._notes.append(Note(text, True, None, None, paste))
            return
        name = shown(Path(origin), project)
        before = read(Path(origin), name)
        after, note = settings_file.change(before, name, loaded, self._environments())
        if note:
            self._notes.append(note)
        if after != before:
            self._settings = {"path": name, "before": before, "after": after}

    def _environments(self) -> dict[str, str]:
        """Gives what the settings lack of Kedro's defaults, if there are folders for them."""
        from kedro.framework.project import settings

        names = {"base_env": "base", "default_run_env": "local"}
        names = {
            name: value
            for name, value in names.items()
            if not settings.CONFIG_LOADER_ARGS.get(name)
        }
        return (
            names if all((self._opened.folder / name).is_dir() for name in names.values()) else {}
        )

    def _write_argo(self) -> None:
        folder = self._opened.folder / self._opened.cloud
        there = [path for path in files_of("argo", folder)]
        file = self._file(there[0] if there else folder / "argo.yml")
        self._notes += argo_file.change(file, self._opened.argo, self._request["argo"])

    def to_json(self) -> dict[str, Any]:
        notes = self._notes
        if self._opened.problem_of_cloud:
            folder = f"{shown(self._opened.folder, self._opened.project)}/{self._opened.cloud}"
            text = (
                f"Kedro could not read {folder} before the change: {self._opened.problem_of_cloud}"
            )
            notes = [Note(text), *notes]
        edits = [self._settings] if self._settings else []
        # The catalogs come last: what they read is there by then.
        catalogs = {id(file) for file in self._catalog.files}
        files = sorted(self._opened.files.values(), key=lambda file: id(file) in catalogs)
        for file in files:
            after = file.result()
            if after != file.text:
                before = None if file in self._new else file.text
                edits.append({"path": file.name, "before": before, "after": after})
        return {
            "edits": edits,
            "notes": [note.to_json() for note in notes],
            "input_data": self._input,
        }


def _common(paths: list[str]) -> str:
    """Gives the one folder that all paths begin with; `.` where there is none."""
    if not paths:
        return "data"
    first = {parts(path)[:1] for path in paths}
    (folder,) = next(iter(first)) if len(first) == 1 else (".",)
    return "." if "{" in folder or "$" in folder else folder
