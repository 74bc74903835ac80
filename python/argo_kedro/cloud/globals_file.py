"""Writes where the data are into `globals.yml`, of the base environment and the cluster's."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import MappingNode

from argo_kedro.cloud.roles import BASE, RAW, SHARED
from argo_kedro.cloud.text_file import Note
from argo_kedro.cloud.yaml_text import YamlText, get, line_of, text_of

#: Names of the mapping in `globals.yml`; the first name without another use is taken.
NAMES = ("paths", "data_paths", "storage_paths")
_ROLES = (RAW, BASE, SHARED)
_HERE = """\
Where the data are on this machine. The environment `{cloud}` says where they are on a cluster."""
_THERE = """\
Where the data are on a cluster.
raw: what no pipeline makes. base: what one run makes, in a folder of its own."""
_AND_SHARED = "\nshared: what one run makes and another run reads."


@dataclass(frozen=True)
class Environment:
    """An environment of the configuration.

    Attributes:
        name: Its name.
        files: Its existing files with globals.
        new: The file to create if there is none.
    """

    name: str
    files: list[YamlText]
    new: YamlText


@dataclass(frozen=True)
class Environments:
    """All environments.

    Attributes:
        base: The base environment.
        cloud: The cluster's environment.
        others: The other environments.
    """

    base: Environment
    cloud: Environment
    others: list[Environment]


def choose_name(environments: Environments) -> str | None:
    """Chooses the name of the mapping.

    Args:
        environments: All environments.

    Returns:
        The first name that means the same in all environments, or that none has yet; None if there
        is none.
    """
    return next((name for name in NAMES if _is_free(name, environments)), None)


def _is_free(name: str, environments: Environments) -> bool:
    base, cloud = environments.base, environments.cloud
    for environment in (base, cloud, *environments.others):
        holder = _holder(environment, name)
        if holder is None:
            continue
        if any(text_of(get(holder.root, name, role)) is None for role in (RAW, BASE)):
            return False
    of_base, of_cloud = _holder(base, name), _holder(cloud, name)
    if of_base is not None and of_cloud is None:
        # Kedro replaces one mapping by the other.
        keys = {key.value for key, _ in get(of_base.root, name).value}  # type: ignore[union-attr]
        return keys <= set(_ROLES)
    return True


def _holder(environment: Environment, name: str) -> YamlText | None:
    return next((file for file in environment.files if get(file.root, name) is not None), None)


def roots(base: Environment, name: str) -> dict[str, str]:
    """Gives the folders in the base environment's globals, by role."""
    holder = _holder(base, name)
    found = {}
    for role in _ROLES if holder else ():
        text = text_of(get(holder.root, name, role))  # type: ignore[union-attr]
        if text is not None:
            found[role] = text.rstrip("/") or "/"
    return found


def write(
    environments: Environments, name: str, here: dict[str, str], there: dict[str, str]
) -> list[Note]:
    """Writes where the data are.

    Args:
        environments: All environments.
        name: Name of the mapping.
        here: Folders by role.
        there: URLs by role.

    Returns:
        What the user has to know or do.
    """
    base, cloud = environments.base, environments.cloud
    notes = []
    about = _THERE + (_AND_SHARED if SHARED in there else "")
    notes += _ensure(base, name, here, _HERE.format(cloud=cloud.name))
    notes += _ensure(cloud, name, there, about)
    notes += _different(cloud, name, there)
    for other in environments.others:
        holder = _holder(other, name)
        lacking = [role for role in here if holder and get(holder.root, name, role) is None]
        if holder is not None and lacking:
            text = f"`{name}` lacks {', '.join(lacking)}, which the catalog now reads"
            lines = "".join(f"{role}: {here[role]}\n" for role in lacking)
            notes.append(Note(text, True, holder.name, line_of(get(holder.root, name)), lines))  # type: ignore[arg-type]
    return notes


def _ensure(
    environment: Environment, name: str, values: dict[str, str], comment: str
) -> list[Note]:
    holder = _holder(environment, name)
    if holder is None:
        file = environment.files[0] if environment.files else environment.new
        if file.add(None, name, values, comment):
            return []
        lines = "".join(f"  {role}: {value}\n" for role, value in values.items())
        return [Note("cannot add to this file", True, file.name, None, f"{name}:\n{lines}")]
    mapping = get(holder.root, name)
    for role, value in values.items():
        if isinstance(mapping, MappingNode) and get(mapping, role) is None:
            holder.add(mapping, role, value)
    return []


def _different(cloud: Environment, name: str, values: dict[str, str]) -> list[Note]:
    """Reports values of the environment that differ from the requested ones."""
    holder = _holder(cloud, name)
    notes = []
    for role, value in values.items() if holder else ():
        found = get(holder.root, name, role)  # type: ignore[union-attr]
        if found is not None and text_of(found) != value:
            text = f"`{name}.{role}` is there already and stays as it is; for this URL it would be:"
            notes.append(Note(text, True, holder.name, line_of(found), f"{role}: {value}\n"))  # type: ignore[union-attr]
    return notes


def is_read(patterns: list[str], name: str) -> bool:
    """Says whether the loader reads a file of this name as globals."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def file_names(folder: Path, patterns: list[str]) -> list[Path]:
    """Finds the files with globals of an environment, sorted."""
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return sorted(found)
