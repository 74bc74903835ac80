"""The configuration of a project, as written and as Kedro reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader

from argo_kedro.cloud import globals_file
from argo_kedro.cloud.globals_file import Environment, Environments
from argo_kedro.cloud.text_file import read
from argo_kedro.cloud.yaml_text import YamlText
from argo_kedro.worker.configuration import Configuration
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.files import files_of, shown


@dataclass
class Opened:
    """The configuration of a project, as written and as Kedro reads it.

    Attributes:
        project: Folder of the project.
        folder: Folder of the configuration.
        base: Name of the base environment.
        base_to_read: The base environment for the loader; None if the loader has none.
        cloud: Name of the cluster's environment.
        patterns: Names of the files of each part, as the loader knows them.
        is_kedros: Whether the loader is Kedro's, or derived from it.
        files: Files of catalogs, globals and `argo.yml`, of all environments.
        entries: The base environment's catalog, as Kedro reads it.
        argo: The base environment's `argo.yml`, as Kedro reads it.
        entries_of_cloud: What the cluster's environment reads; None where that cannot be read.
        problem_of_cloud: Why that environment, or its `argo.yml`, cannot be read.
        namespace: Namespace of the runs on the cluster, if `argo.yml` names one.
        new: Files that do not exist yet.
    """

    project: Path
    folder: Path
    base: str
    base_to_read: str | None
    cloud: str
    patterns: dict[str, list[str]]
    is_kedros: bool
    files: dict[Path, YamlText]
    entries: dict[str, Any]
    argo: dict[str, Any]
    entries_of_cloud: dict[str, Any] | None
    problem_of_cloud: str | None
    namespace: str | None
    new: list[YamlText] = field(default_factory=list)

    def file(self, path: Path) -> YamlText:
        """Gives a file, existing or new."""
        if path not in self.files:
            name = shown(path, self.project)
            text = read(path, name) if path.exists() else ""
            self.files[path] = YamlText(text, name)
            if not path.exists():
                self.new.append(self.files[path])
        return self.files[path]

    def catalog_files(self) -> list[YamlText]:
        """Gives the files of the base environment's catalog."""
        folder = self.folder / self.base
        patterns = self.patterns.get("catalog")
        known = files_of("catalog", folder)
        if patterns and patterns != ["catalog*", "catalog*/**", "**/catalog*"]:
            known = [path for path in globals_file.file_names(folder, patterns)]
        return [self.file(path) for path in known if path.suffix in (".yml", ".yaml", ".json")]

    def environments(self) -> Environments:
        """Gives all environments with their globals."""
        return Environments(
            self._environment(self.base),
            self._environment(self.cloud),
            [
                self._environment(entry.name)
                for entry in sorted(self.folder.iterdir())
                if entry.is_dir() and entry.name not in (self.base, self.cloud)
            ],
        )

    def _environment(self, name: str) -> Environment:
        folder = self.folder / name
        patterns = self.patterns.get("globals") or ["globals.yml"]
        files = [self.file(path) for path in globals_file.file_names(folder, patterns)]
        return Environment(name, files, self.file(folder / "globals.yml"))


def open_configuration(project: Path, cloud: str) -> Opened:
    """Reads the configuration of a project.

    Args:
        project: Its folder.
        cloud: Name of the cluster's environment.

    Returns:
        The material of the proposal.

    Raises:
        Failure: A file cannot be read.
    """
    from kedro.framework.project import settings

    folder = project / settings.CONF_SOURCE
    arguments = settings.CONFIG_LOADER_ARGS
    base = arguments.get("base_env") or "base"
    for needed, whole in ((folder, True), (folder / base, False)):
        if not needed.is_dir():
            raise Failure("missing_configuration_folder", path=shown(needed, project), whole=whole)
    if cloud in (base, arguments.get("default_run_env") or "local"):
        raise Failure("environment_of_this_machine", name=cloud)
    # Read the files first: these errors name the line, Kedro's do not.
    files = {}
    for environment in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
        for part in ("catalog", "globals", "argo"):
            for path in files_of(part, environment):
                files[path] = YamlText(read(path, shown(path, project)), shown(path, project))
    # Choose an environment, so that this machine's default does not count.
    base_to_read = base if arguments.get("base_env") else None
    of_base = Configuration(project, base_to_read, None, {})
    loader = of_base._loader
    # Read before another loader is made: that one would mix the globals of both.
    entries, argo = of_base.catalog(), of_base.argo() or {}
    entries_of_cloud, problem = None, None
    namespace = argo.get("namespace")
    if (folder / cloud).is_dir():
        try:
            of_cloud = Configuration(project, cloud, None, {})
            entries_of_cloud = of_cloud.catalog()
            namespace = (of_cloud.argo() or {}).get("namespace")
        except Failure as failure:
            place = failure.details
            where = f"{place['path']}:{place['line']}: " if place.get("line") else ""
            problem = f"{where}{failure.message}"
    return Opened(
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
        namespace if isinstance(namespace, str) else None,
    )
