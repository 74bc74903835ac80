"""Decides which data get a folder per run, and which must outlive a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

#: Role of data that no node of any pipeline writes.
RAW = "raw"
#: Role of data that a run makes for itself: in a folder of each run.
BASE = "base"
#: Role of data that one run makes and another one reads: in no folder of a run.
SHARED = "shared"


@dataclass
class Use:
    """A dataset of the pipelines that comes from an entry of the catalog.

    Attributes:
        name: Its name without transcoding.
        path: Its path, with placeholders filled in.
        is_made: Whether some node writes it.
        makers: Pipelines with such a node.
        readers: Pipelines that read it and have no such node.
        is_read: Whether some node reads it.
    """

    name: str
    path: str | None
    is_made: bool = False
    makers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    is_read: bool = False


@dataclass
class Entry:
    """An entry of the catalog: a name, or a pattern.

    Attributes:
        paths: Places of its data.
        uses: Datasets of the pipelines that come from it.
    """

    paths: set[str] = field(default_factory=set)
    uses: list[Use] = field(default_factory=list)


def uses_of(registered: Mapping[str, Any]) -> dict[str, Use]:
    """Finds how the pipelines use each dataset.

    Args:
        registered: Pipelines by name.

    Returns:
        Uses by the name that nodes have, transcoding included; parameters are left out.
    """
    makers: dict[str, list[str]] = {}
    readers: dict[str, list[str]] = {}
    reads: set[str] = set()
    names: dict[str, None] = {}
    for pipeline in sorted(registered):
        nodes = registered[pipeline].nodes
        outputs = {plain(name) for node in nodes for name in node.outputs}
        inputs = {plain(name) for node in nodes for name in node.inputs}
        for node in nodes:
            names |= dict.fromkeys(node.inputs) | dict.fromkeys(node.outputs)
        reads |= inputs
        for name in outputs:
            makers.setdefault(name, []).append(pipeline)
        for name in inputs - outputs:
            readers.setdefault(name, []).append(pipeline)
    return {
        name: Use(
            plain(name),
            None,
            plain(name) in makers,
            tuple(makers.get(plain(name), ())),
            tuple(readers.get(plain(name), ())),
            plain(name) in reads,
        )
        for name in names
        if name != "parameters" and not name.startswith("params:")
    }


def decide(entries: Mapping[str, Entry], same: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Gives each entry of the catalog a role.

    Entries are one place with one role if their paths are the same, or one path contains the other:
    whoever reads a file by another name must still find it.

    * No node writes there: `raw`.
    * Every node that reads it is in a pipeline that also makes it: `base`.
    * Else some run reads what another run has made: `shared`.

    Args:
        entries: Entries by their key in the catalog.
        same: Pairs of keys whose paths are one text in the catalog.

    Returns:
        Roles by key.
    """
    roles: dict[str, str] = {}
    for group in _groups(entries, same):
        used = [use for key in group for use in entries[key].uses]
        is_made = any(use.is_made for use in used)
        comes_from_elsewhere = any(use.readers or (use.is_read and not use.is_made) for use in used)
        role = (SHARED if comes_from_elsewhere else BASE) if is_made else RAW
        roles |= dict.fromkeys(group, role)
    return roles


def _groups(entries: Mapping[str, Entry], same: Iterable[tuple[str, str]]) -> list[list[str]]:
    leaders = {key: key for key in entries}

    def leader(key: str) -> str:
        while leaders[key] != key:
            leaders[key] = leaders[leaders[key]]
            key = leaders[key]
        return key

    def join(one: str, other: str) -> None:
        leaders[leader(one)] = leader(other)

    owners: dict[tuple[str, ...], str] = {}
    for key, entry in entries.items():
        for path in entry.paths:
            join(key, owners.setdefault(parts(path), key))
    for place, key in owners.items():
        for length in range(len(place)):
            if place[:length] in owners:
                join(key, owners[place[:length]])
    for one, other in same:
        join(one, other)
    groups: dict[str, list[str]] = {}
    for key in entries:
        groups.setdefault(leader(key), []).append(key)
    return list(groups.values())


def plain(name: str) -> str:
    """Gives the name of a dataset without its transcoding."""
    return name.split("@", 1)[0]


def parts(path: str) -> tuple[str, ...]:
    """Splits a relative path into its folders."""
    return PurePosixPath(path).parts
