"""Finds the place that prevents Kedro from loading a part of the configuration.

Kedro's messages name no file, or a line too early.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from argo_kedro.cloud.text_file import read, unreadable
from argo_kedro.cloud.yaml_text import YamlText, line_of
from argo_kedro.worker.failure import Failure
from argo_kedro.worker.files import files_of, shown

_NO_RESOLVER = re.compile(r"Unsupported interpolation type (?P<name>\S+)")


def explained(part: str, error: Exception, folders: Iterable[Path], project: Path) -> Failure:
    """Finds the place that prevents loading a part of the configuration.

    Args:
        part: E.g. `catalog`.
        error: The error of Kedro's loader.
        folders: Folders of the environments.
        project: Folder of the project.

    Returns:
        `unreadable_file` with the place in a file of the part, or `configuration_failed` with the
        loader's message if no place is found.
    """
    try:
        files = [
            YamlText(read(path, name), name)
            for folder in folders
            for path in files_of(part, folder)
            for name in [shown(path, project)]
        ]
        for file in files:
            _refuse_list(file)
    except Failure as failure:
        return failure
    words = str(error)
    advice = _advice(words)
    key = getattr(error, "full_key", None)
    # Kedro resolves each environment by itself, the base first.
    for file in files if key else ():
        place = _place(file.root, str(key))
        if place is not None:
            found = unreadable(file.name, line_of(place), words.partition("\n")[0])
            found.details["advice"] = advice
            return found
    return Failure("configuration_failed", words, part=part, advice=advice)


def _refuse_list(file: YamlText) -> None:
    """Refuses a file whose entries have no names."""
    if isinstance(file.root, SequenceNode):
        message = "it is a list, and must be entries of the form `name: …`"
        raise unreadable(file.name, line_of(file.root), message)


def _place(node: Node | None, key: str) -> Node | None:
    """Finds a key by OmegaConf's name, e.g. `companies.load_args.columns[0]`.

    Args:
        node: The start of the search.
        key: The key, relative to the node.

    Returns:
        The key's own node, or the list's entry; None if the key is missing, or its value has no
        interpolation.
    """
    for part, own, value in _entries(node):
        if key == part and _is_interpolated(value):
            return own
        # A key may contain dots.
        rest = key[len(part) :] if key.startswith(part) else ""
        if rest.startswith((".", "[")):
            found = _place(value, rest.removeprefix("."))
            if found is not None:
                return found
    return None


def _entries(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """Gives OmegaConf's name of each entry, its node, and its value."""
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield f"[{index}]", item, item
    elif isinstance(node, MappingNode):
        for name, value in node.value:
            yield str(name.value), name, value


def _is_interpolated(value: Node) -> bool:
    return isinstance(value, ScalarNode) and "${" in value.value


def _advice(words: str) -> str | None:
    """Says how to register the missing resolver of a `${name:…}`."""
    found = _NO_RESOLVER.search(words)
    if found is None:
        return None
    name = found["name"]
    if name == "oc.env":
        return (
            "Kedro reads variables in credentials alone; for the rest, add to settings.py: "
            "`from omegaconf.resolvers import oc`, and to CONFIG_LOADER_ARGS: "
            '"custom_resolvers": {"oc.env": oc.env}'
        )
    return (
        f"register what `${{{name}:…}}` stands for; in settings.py, in CONFIG_LOADER_ARGS: "
        f'"custom_resolvers": {{"{name}": FUNCTION}}'
    )
