"""Puts the places of the data into the catalog: `${globals:paths.raw}/…` for `data/…`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode

from argo_kedro.cloud.roles import parts
from argo_kedro.cloud.text_file import unreadable
from argo_kedro.cloud.yaml_text import YamlText, children, effective, line_of, text_of
from argo_kedro.results import PATH_ARGUMENTS
from argo_kedro.worker.storage import is_remote


@dataclass(frozen=True)
class Path:
    """A path of an entry, with its place in the catalog.

    Attributes:
        key: The entry: a name or a pattern.
        text: The path as written, `${…}` included.
        node: The node of the path.
        file: The file.
    """

    key: str
    text: str
    node: ScalarNode
    file: YamlText

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return line_of(self.node)


class CatalogFiles:
    """The files of the catalog in the base environment.

    Args:
        files: The files.

    Raises:
        Failure: `unreadable_file`, for an entry that Kedro would refuse.
    """

    def __init__(self, files: list[YamlText]) -> None:
        self.files = files
        self.paths: list[Path] = []
        self._uses: dict[int, set[str]] = {}
        self._in_flow: set[int] = set()
        for file in files:
            self._look_at(file)
            self.paths += _paths(file)

    def _look_at(self, file: YamlText) -> None:
        """Finds the keys of each scalar, and which scalars are inside `{…}` or `[…]`."""
        flow: set[int] = set()
        for node in file.collections():
            is_flow = bool(node.flow_style) or id(node) in flow
            for key, child in children(node):
                self._uses.setdefault(id(child), set()).add(key)
                if is_flow:
                    flow.add(id(child))
                    self._in_flow.add(id(child))

    def same(self) -> Iterator[tuple[str, str]]:
        """Gives pairs of entries that share the text of a path, by an anchor or a merge key."""
        first: dict[int, str] = {}
        for path in self.paths:
            yield first.setdefault(id(path.node), path.key), path.key

    def left_alone(self, path: Path) -> str | None:
        """Says why a path cannot be changed; None if it can."""
        text = path.text
        reason = None
        if is_remote(text):
            reason = "is in a store already"
        elif "::" in text:
            reason = "is a chain of paths"
        elif "://" in text or text.startswith(("file:", "local:")):
            reason = "is a URL of this machine"
        elif text.startswith(("/", "~")) or "\\" in text or text[1:2] == ":":
            reason = "is absolute: pods have this folder only if a volume is mounted there"
        elif ".." in text.split("/"):
            reason = "leads out of the project's folder"
        elif "${" in text.removeprefix("./").split("/")[0]:
            reason = "begins with `${…}`"
        elif path.node.style in ("|", ">"):
            reason = "is written as a block of lines"
        elif not self._uses[id(path.node)] <= set(PATH_ARGUMENTS):
            reason = "is used for something else as well, by an alias"
        elif not parts(text):
            reason = "is the project's folder"
        return reason

    def change(self, path: Path, root: str, reference: str) -> str | None:
        """Replaces the folder at the beginning of a path by a reference.

        Args:
            path: A path that can be changed.
            root: The folder, `.` for the project's.
            reference: The replacement: `${globals:…}`.

        Returns:
            Why the path was not changed; None if it was.
        """
        begin = "./" if path.text.startswith("./") else ""
        inner = path.text.removeprefix(begin)
        if root == ".":
            removed, reference = begin, f"{reference}/"
        elif inner == root or inner.startswith(f"{root}/"):
            removed = begin + root
        else:
            return f"is not in the folder `{root}`"
        start = path.file.start_of(path.node)
        if path.node.style in ('"', "'"):
            start += 1
        elif id(path.node) in self._in_flow:
            # Inside `{…}` or `[…]`, YAML reads a bare `{` as its own.
            whole = json.dumps(reference + path.text[len(removed) :], ensure_ascii=False)
            path.file.replace(start, path.node.end_mark.index, whole)
            return None
        if not path.file.text.startswith(removed, start):
            return "is written with escapes"
        path.file.replace(start, start + len(removed), reference)
        return None


def _paths(file: YamlText) -> Iterator[Path]:
    root = file.root
    if not isinstance(root, MappingNode):
        if root is None or (isinstance(root, ScalarNode) and not root.value):
            return
        raise unreadable(file.name, line_of(root), "a catalog is a mapping of datasets")
    for key, entry in root.value:
        name = text_of(key)
        if name is None or name.startswith("_"):
            continue
        settings = effective(entry)
        if not isinstance(entry, MappingNode) or "type" not in settings:
            lacks = f"the dataset `{name}` has no `type`"
            raise unreadable(file.name, line_of(key), lacks)
        found = path_of(settings)
        if found is not None and (text := text_of(found)):
            yield Path(name, text, found, file)


def path_of(settings: Mapping[str, Node]) -> ScalarNode | None:
    """Finds the path among the settings of a dataset, or of the dataset that it wraps."""
    for argument in PATH_ARGUMENTS:
        found = settings.get(argument)
        if isinstance(found, ScalarNode) and text_of(found) is not None:
            return found
    inner = settings.get("dataset")
    return path_of(effective(inner)) if isinstance(inner, MappingNode) else None
