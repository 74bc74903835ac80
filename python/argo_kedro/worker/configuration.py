"""Reads a project's configuration through Kedro's own loader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader

from argo_kedro import random_name
from argo_kedro.worker import credentials
from argo_kedro.worker.broken_files import explained
from argo_kedro.worker.container_variables import ALWAYS, container_variables
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.files import configuration_files, files_of, is_of_part, is_text, shown
from argo_kedro.worker.parameters import Parameters

#: Value of `${ka.random:}` in the snapshot: the plan knows it and leaves the tag to the build.
RANDOM = "${ka.random:}"
#: Parts of the configuration that tasks do not need: the planner reads `argo.yml`, credentials have
#: their own rule, and Kedro has a default for logging.
_NOT_FOR_TASKS = ("argo", "credentials", "logging")
_ARGO_PATTERNS = ["argo*", "argo*/**", "**/argo*"]


class Configuration:
    """The configuration of one environment.

    Args:
        project: Folder of the project.
        environment: Environment as typed; None for `KEDRO_ENV` or the project's default.
        conf_source: Configuration folder as typed; None for the project's.
        parameters: Runtime parameters.
        preferred: Environment to use by default, if it has a folder.

    Raises:
        Failure: `unknown_environment`, `missing_configuration_folder` or `configuration_failed`.
    """

    def __init__(
        self,
        project: Path,
        environment: str | None,
        conf_source: str | None,
        parameters: dict[str, Any],
        preferred: str | None = None,
    ) -> None:
        from kedro.framework.project import settings

        environment = environment or os.environ.get("KEDRO_ENV")
        self._project, self._parameters = project, parameters
        self.source = conf_source or str(project / settings.CONF_SOURCE)
        #: Says whether the environment is the preferred one, not the user's choice.
        self.is_preferred = (
            preferred is not None and not environment and Path(self.source, preferred).is_dir()
        )
        if self.is_preferred:
            environment = preferred
        try:
            self._loader = settings.CONFIG_LOADER_CLASS(
                conf_source=self.source,
                env=environment,
                runtime_params=parameters,
                **settings.CONFIG_LOADER_ARGS,
            )
        except Exception as error:
            # The loader reads the globals in its constructor.
            arguments = settings.CONFIG_LOADER_ARGS
            names = [arguments.get("base_env"), environment or arguments.get("default_run_env")]
            folders = [Path(self.source) / name for name in names if name]
            failure = explained("globals", error, folders, project)
            if failure.kind == "configuration_failed":
                failure.details["part"] = "settings"
            raise failure from error
        #: None if the user chose none and the loader has no default: the loader may have its own
        #: rule.
        self.environment = environment or getattr(self._loader, "default_run_env", None) or None
        self._is_kedros = isinstance(self._loader, OmegaConfigLoader)
        names = [getattr(self._loader, "base_env", None) or ("" if self._is_kedros else "base")]
        if self.environment or self._is_kedros:
            # Without a name, Kedro's loader reads the configuration folder itself.
            names.append(self.environment or "")
        self._folders = [Path(self.source) / name for name in dict.fromkeys(names)]
        self._check_folders(environment)

    def _check_folders(self, chosen: str | None) -> None:
        """Refuses missing folders, as Kedro does, which would look like no configuration."""
        # Another loader may read other places, and reports what it lacks.
        if getattr(type(self._loader), "__getitem__", None) is not OmegaConfigLoader.__getitem__:
            return
        source = Path(self.source)
        if chosen and source.is_dir() and not (source / chosen).is_dir():
            known = sorted(
                entry.name
                for entry in source.iterdir()
                if entry.is_dir() and not entry.name.startswith(".")
            )
            raise Failure("unknown_environment", name=chosen, candidates=known)
        # Kedro itself checks archives and stores.
        if getattr(self._loader, "_protocol", "file") == "file":
            for folder in (source, *self._folders):
                if not folder.is_dir():
                    whole = folder == source
                    raise Failure("missing_configuration_folder", path=str(folder), whole=whole)

    def argo(self) -> dict[str, Any] | None:
        """Reads `argo.yml` as merged for the environment.

        Returns:
            The configuration, or None if there is no such file.

        Raises:
            Failure: `configuration_failed`.
        """
        patterns = getattr(self._loader, "config_patterns", None)
        if patterns is not None and "argo" not in patterns:
            patterns.update({"argo": _ARGO_PATTERNS})
        argo: dict[str, Any] | None = self._load("argo")
        return argo

    def plugin(self, part: str) -> Any:
        """Reads a file of a plugin, e.g. `mlflow.yml`.

        Args:
            part: Name of the plugin.

        Returns:
            The file's content, or None if there is no such file.

        Raises:
            Failure: `configuration_failed`.
        """
        patterns = getattr(self._loader, "config_patterns", None)
        if patterns is not None and part not in patterns:
            patterns.update({part: [f"{part}*", f"{part}*/**", f"**/{part}*"]})
        return self._load(part)

    def entries(self) -> dict[str, Any]:
        """Reads the catalog with the names of its credentials, or with values that it has itself.

        Returns:
            Entries by dataset name or pattern.

        Raises:
            Failure: `configuration_failed`.
        """
        return self._catalog

    def values_of_credentials(self) -> dict[str, Any]:
        """Reads the credentials, for access to the data.

        Returns:
            Values by the names of the credentials.

        Raises:
            Failure: `configuration_failed`, e.g. if a variable is not set.
        """
        return self._load("credentials") or {}

    def catalog(self) -> dict[str, Any]:
        """Reads the catalog, without credentials.

        Returns:
            Entries by dataset name or pattern.

        Raises:
            Failure: `configuration_failed`.
        """
        return {name: _without_credentials(entry) for name, entry in self._catalog.items()}

    def credentials(self, project: Path) -> list[dict[str, Any]]:
        """Finds the definitions of the catalog's credentials.

        Args:
            project: Folder that the paths are relative to.

        Returns:
            `name`, `datasets` (entries that name them), `files` and `elsewhere` (files of other
            environments) of each, sorted by name. Empty if they may come from another source.

        Raises:
            Failure: `configuration_failed`.
        """
        named = credentials.named_in(self._catalog)
        source = Path(self.source)
        if not named or not credentials.are_in_files(self._loader, source):
            return []
        others = credentials.other_folders(source, self._folders)
        defined = credentials.definitions(self._folders, project)
        elsewhere = credentials.definitions(others, project)
        return [
            {
                "name": name,
                "datasets": named[name],
                "files": defined.get(name, []),
                "elsewhere": elsewhere.get(name, []),
            }
            for name in sorted(named)
        ]

    def parameters(self, package: str) -> Parameters:
        """Reads the parameters, with the runtime parameters merged in.

        Args:
            package: The project's Python package.

        Returns:
            The parameters by their names in nodes.

        Raises:
            Failure: `configuration_failed`.
        """

        def of_kedro() -> dict[str, Any]:
            from kedro.framework.context import KedroContext
            from kedro.framework.hooks.manager import _NullPluginManager

            # The run reports errors in the values.
            with suppress(Exception):
                context = KedroContext(
                    project_path=self._project,
                    config_loader=self._loader,
                    env=self.environment,
                    package_name=package,
                    hook_manager=_NullPluginManager(),
                    runtime_params=self._parameters,
                )
                parameters: dict[str, Any] = context._get_parameters()
                return parameters
            return {}

        return Parameters(self._load("parameters") or {}, of_kedro)

    def argo_files(self, project: Path) -> list[str]:
        """Finds the files that make up the merged `argo.yml`.

        Args:
            project: Folder that the paths are relative to.

        Returns:
            Paths, those of the base environment first.

        Raises:
            Failure: `configuration_failed`, if a file name is not UTF-8.
        """
        files = (path for folder in self._folders for path in files_of("argo", folder))
        names = [shown(path, project) for path in files]
        for name in names:
            # The program gets names as UTF-8, and has to find the files.
            if not is_text(name):
                readable = name.encode("utf-8", "backslashreplace").decode()
                message = f"the name of `{readable}` is not UTF-8: rename the file"
                raise Failure("configuration_failed", message, part="argo")
        return names

    def folders(self, project: Path) -> dict[str, Any]:
        """Finds the configuration that a task needs.

        Args:
            project: Folder that the paths are relative to.

        Returns:
            `base` and `environment` (the folders; None for one outside of the project, or for the
            configuration folder itself), `is_default` (whether the environment needs no name) and
            `files` (their files for tasks). Empty if a custom loader may read other places.
        """
        source = project / self.source
        reads = getattr(type(self._loader), "__getitem__", None)
        if reads is not OmegaConfigLoader.__getitem__ or not source.is_relative_to(project):
            return {"base": None, "environment": None, "is_default": False, "files": []}
        folders = [project / folder for folder in self._folders]
        base, environment = folders[0], folders[-1]
        default = getattr(self._loader, "default_run_env", None)
        return {
            "base": shown(base, project) if base.is_dir() else None,
            "environment": shown(environment, project)
            if environment != base and environment.is_dir()
            else None,
            "is_default": self.environment == default,
            "files": [
                shown(path, project)
                for folder in folders
                for path in configuration_files(folder)
                if not any(is_of_part(part, path, folder) for part in _NOT_FOR_TASKS)
            ],
        }

    @cached_property
    def _catalog(self) -> dict[str, Any]:
        return self._load("catalog") or {}

    def _load(self, part: str) -> Any:
        try:
            return self._loader[part]
        except MissingConfigException as error:
            # Kedro's run continues without parameters and credentials, but not without this
            # (`KedroContext._get_catalog`); nothing works without the folder.
            if part == "catalog" or "configuration path" in str(error):
                raise Failure("configuration_failed", str(error), part=part) from error
            return None
        except KeyError as error:
            # A loader raises this for an unknown part, as `OmegaConfigLoader` does; Kedro does not
            # know `argo`.
            if part == "argo":
                return None
            raise Failure("configuration_failed", str(error), part=part) from error
        except Exception as error:
            raise explained(part, error, self._folders, self._project) from error


@contextmanager
def placeholders(project: Path, conf_source: str | None) -> Iterator[None]:
    """Sets the variables of a container that this machine may lack, and `${ka.random:}`.

    Configuration with `${oc.env:TOKEN}` must load when the project is read, and Kedro resolves some
    of it when it makes its loader. So the names come from the files themselves. Variables that are
    set here stay, except those that argo-kedro sets in every container: everybody has to compile
    the same.

    Args:
        project: Folder of the project.
        conf_source: Configuration folder as typed; None for the project's.

    Yields:
        Nothing; the variables are restored afterwards.
    """
    from kedro.framework.project import settings

    folder = Path(conf_source) if conf_source else project / settings.CONF_SOURCE
    wanted = container_variables(folder)
    replaced = {name: os.environ.get(name) for name in wanted if name in ALWAYS}
    added = [name for name in wanted if name in ALWAYS or name not in os.environ]
    os.environ.update({name: wanted[name] for name in added})
    # Only a run knows the value.
    random_name.register(lambda *_: RANDOM, replace=True)
    try:
        yield
    finally:
        random_name.register(replace=True)
        for name in added:
            os.environ.pop(name, None)
        os.environ.update({name: value for name, value in replaced.items() if value is not None})


def _without_credentials(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {
            key: _without_credentials(value) for key, value in entry.items() if key != "credentials"
        }
    return entry
