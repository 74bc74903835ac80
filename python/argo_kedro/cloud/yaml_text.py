"""YAML with changes at some places: comments, order, quotes and line ends stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from argo_kedro.cloud.text_file import BOM, Edits, newline_of, unreadable
from argo_kedro.worker.failure import Failure

#: Tokens for places without text.
_EMPTY = (
    yaml.BlockEndToken,
    yaml.StreamEndToken,
    yaml.DocumentStartToken,
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
)
#: Expression that OmegaConf resolves in the same file: `${key}`, not `${resolver:…}`.
_INNER = re.compile(r"\$\{[^}:]*\}")
_MERGE = "tag:yaml.org,2002:merge"
_STRING = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class _Added:
    """A new entry of a mapping; see `YamlText.add`."""

    key: str
    value: Any
    comment: str
    leaves: bool


class YamlText:
    """A YAML or JSON file.

    Args:
        text: Its content.
        name: The file, for errors.

    Raises:
        Failure: `unreadable_file`.
    """

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self._edits = Edits(text)
        self._newline = newline_of(text)
        try:
            self.root: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
            self._tokens = list(yaml.scan(text, Loader=yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            if error.context == "while scanning a simple key":
                # The fault is a line that is no entry, not the line after it.
                mark = error.context_mark
            reason = error.problem or error.context or "it is not YAML"
            raise unreadable(name, mark and mark.line + 1, reason) from error
        except yaml.YAMLError as error:
            at = getattr(error, "position", 0)
            reason = getattr(error, "reason", str(error))
            raise unreadable(name, text.count("\n", 0, at) + 1, reason) from error
        except RecursionError as error:
            raise unreadable(name, None, "it is nested too deeply") from error
        self._starts = {
            token.end_mark.index: token.start_mark.index
            for token in self._tokens
            if isinstance(token, yaml.ScalarToken)
        }
        self._check_keys()

    def _check_keys(self) -> None:
        """Refuses a repeated key in a mapping, as Kedro's loader does."""
        for node in self.collections():
            if isinstance(node, MappingNode):
                seen = set()
                for key, _ in node.value:
                    if isinstance(key, ScalarNode) and key.tag != _MERGE:
                        if key.value in seen:
                            reason = f"it has the key `{key.value}` twice"
                            raise unreadable(self.name, line_of(key), reason)
                        seen.add(key.value)

    def collections(self) -> Iterator[Node]:
        """Gives every mapping and every sequence once."""
        seen: set[int] = set()
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, MappingNode | SequenceNode) or id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            waiting += [child for _, child in children(node)]

    def start_of(self, node: ScalarNode) -> int:
        """Finds the start of a scalar, after its anchor and tag."""
        return int(self._starts.get(node.end_mark.index, node.start_mark.index))

    def replace(self, start: int, end: int, new: str) -> None:
        """Replaces the text between two positions."""
        self._edits.replace(start, end, new)

    def change(self, node: ScalarNode, value: str) -> None:
        """Replaces the text of a scalar."""
        item = as_block([value], leaves=False).removeprefix("- ").rstrip("\n")
        self.replace(self.start_of(node), node.end_mark.index, item)

    def result(self) -> str:
        """Gives the text after all changes.

        Raises:
            Failure: `unreadable_file`, if the result is no YAML.
        """
        text = self._edits.result()
        if text == self.text:
            return text
        try:
            YamlText(text, self.name)
        except Failure as error:
            reason = "argo-kedro cannot change it without breaking it: change it by hand"
            raise unreadable(self.name, None, reason) from error
        return text

    def add(
        self, mapping: Node | None, key: str, value: Any, comment: str = "", leaves: bool = False
    ) -> bool:
        """Adds an entry at the end of a mapping.

        Args:
            mapping: The mapping; None for the file's top level.
            key: A new key.
            value: Plain data.
            comment: Lines above it, if comments are possible there.
            leaves: Whether to write the innermost collections on one line.

        Returns:
            Whether the entry was added.
        """
        mapping = mapping or self.root
        added = _Added(key, value, comment, leaves)
        if mapping is None or _is_nothing(mapping):
            if any(isinstance(token, yaml.DocumentEndToken) for token in self._tokens):
                return False
            self._insert_lines(len(self.text), 0, added)
            return True
        if not isinstance(mapping, MappingNode):
            return False
        if mapping.flow_style:
            self._add_to_flow(mapping, added)
            return True
        column = mapping.value[0][0].start_mark.column
        self._insert_lines(self._below(self._end_of(mapping)), column, added)
        return True

    def add_items(self, sequence: Node, items: list[Any]) -> bool:
        """Adds items at the end of a list.

        Args:
            sequence: The list.
            items: Plain data.

        Returns:
            Whether the items were added.
        """
        if not isinstance(sequence, SequenceNode):
            return False
        if sequence.flow_style:
            texts = (json.dumps(item, ensure_ascii=False) for item in items)
            self._put_into_flow(sequence, ", ".join(texts))
            return True
        column = sequence.start_mark.column
        lines = self._indented(column, as_block(items, leaves=True))
        self._insert(self._below(self._end_of(sequence)), lines, column, is_item=True)
        return True

    def section(self, key: str) -> str | None:
        """Gives an entry of the file as written.

        Args:
            key: Its key.

        Returns:
            Its lines; None if they mean something else in another file: they define or use names
            (`&a`, `*a`, `${key}`), or contain other entries.
        """
        root = self.root
        if not isinstance(root, MappingNode) or root.flow_style:
            return None
        name, value = next(entry for entry in root.value if entry[0].value == key)
        start = name.start_mark.index
        ends = self._end_of(value) if not isinstance(value, ScalarNode) else value.end_mark.index
        text = self.text[start : self._below(ends)].replace("\r\n", "\n")
        shares = any(
            start <= token.start_mark.index < ends
            for token in self._tokens
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken)
        )
        if shares or name.start_mark.column or _INNER.search(text):
            return None
        return text if text.endswith("\n") else f"{text}\n"

    def add_section(self, text: str, comment: str) -> bool:
        """Adds the text of an entry at the end of the file's mapping.

        Args:
            text: Its lines.
            comment: Lines above it.

        Returns:
            Whether the text was added.
        """
        root, at = self.root, len(self.text)
        if root is not None and not _is_nothing(root):
            if not isinstance(root, MappingNode) or root.flow_style:
                return False
            if root.value[0][0].start_mark.column:
                return False
            at = self._below(self._end_of(root))
        elif any(isinstance(token, yaml.DocumentEndToken) for token in self._tokens):
            return False
        above = "".join(f"# {line}\n" for line in comment.splitlines())
        lines = self._indented(0, above + text)
        if self.text[:at].removeprefix(BOM).strip():
            lines = self._newline + lines
        self._insert(at, lines, 0)
        return True

    def _below(self, at: int) -> int:
        """Finds the start of the next line; a position at a start stays."""
        if at == 0 or self.text[at - 1] == "\n":
            return at
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def _add_to_flow(self, mapping: MappingNode, added: _Added) -> None:
        text = f"{json.dumps(added.key)}: {json.dumps(added.value, ensure_ascii=False)}"
        if not mapping.value and mapping is self.root and not self.name.endswith(".json"):
            lines = self._lines(0, added)
            start, end = self._ends(mapping)
            self.replace(start, end, lines.rstrip("\r\n"))
        else:
            self._put_into_flow(mapping, text)

    @staticmethod
    def _ends(collection: Any) -> tuple[int, int]:
        return collection.start_mark.index, collection.end_mark.index

    def _put_into_flow(self, collection: MappingNode | SequenceNode, text: str) -> None:
        """Adds a text after everything between the brackets."""
        start, end = self._ends(collection)
        inside = [
            token
            for token in self._tokens
            if start < token.start_mark.index and token.end_mark.index < end
        ]
        if inside:
            has_comma = isinstance(inside[-1], yaml.FlowEntryToken)
            at = inside[-1].end_mark.index
            self.replace(at, at, f" {text}" if has_comma else f", {text}")
        else:
            self.replace(end - 1, end - 1, text)

    def _end_of(self, collection: Node) -> int:
        """Finds the end of the last text in a block collection."""
        start, end = collection.start_mark.index, collection.end_mark.index
        inside = [
            token.end_mark.index
            for token in self._tokens
            if start <= token.start_mark.index < end
            and token.end_mark.index <= end
            and not isinstance(token, _EMPTY)
        ]
        return int(max(inside))

    def _insert_lines(self, at: int, column: int, added: _Added) -> None:
        lines = self._lines(column, added)
        if column == 0 and added.comment and self.text[:at].removeprefix(BOM).strip():
            lines = self._newline + lines
        self._insert(at, lines, column)

    def _insert(self, at: int, lines: str, column: int, is_item: bool = False) -> None:
        """Inserts lines; at one place, deeper lines come first: they belong to the text above."""
        before = self.text[:at].removeprefix(BOM)
        if before and not before.endswith("\n"):
            lines = self._newline + lines
        # Items may start in the column of their key.
        self._edits.replace(at, at, lines, rank=-2 * column - is_item)

    def _lines(self, column: int, added: _Added) -> str:
        text = "".join(f"# {line}\n" for line in added.comment.splitlines())
        text += as_block({added.key: added.value}, added.leaves)
        return self._indented(column, text)

    def _indented(self, column: int, text: str) -> str:
        lines = (f"{' ' * column}{line}\n" for line in text.splitlines())
        return "".join(lines).replace("\n", self._newline)


def as_block(value: dict[str, Any] | list[Any], leaves: bool) -> str:
    """Writes plain data as YAML; with `leaves`, innermost collections on one line."""
    inside = value.values() if isinstance(value, dict) else value
    is_leaf = not any(isinstance(inner, dict | list) for inner in inside)
    style = None if leaves and not is_leaf else False
    text: str = yaml.safe_dump(
        value, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=style
    )
    return text


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """Gives the children of a collection with their keys; the key of a sequence's item is empty."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield (key.value if isinstance(key, ScalarNode) else ""), value
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield "", item


def get(node: Node | None, *keys: str) -> Node | None:
    """Gives the node at a path of keys, without merge keys."""
    for key in keys:
        if not isinstance(node, MappingNode):
            return None
        node = next((value for name, value in children(node) if name == key), None)
    return node


def effective(node: Node | None) -> dict[str, Node]:
    """Gives the entries of a mapping, with those of merge keys.

    Its own entries win, then those of the first merged mapping.
    """
    found: dict[str, Node] = {}
    if not isinstance(node, MappingNode):
        return found
    for key, value in node.value:
        if isinstance(key, ScalarNode) and key.tag == _MERGE:
            merged = value.value if isinstance(value, SequenceNode) else [value]
            for other in merged:
                for name, inner in effective(other).items():
                    found.setdefault(name, inner)
    own = {
        key.value: value
        for key, value in node.value
        if isinstance(key, ScalarNode) and key.tag != _MERGE
    }
    return {**found, **own}


def text_of(node: Node | None) -> str | None:
    """Gives the text of a scalar that is a string; else None."""
    if isinstance(node, ScalarNode) and node.tag == _STRING:
        return str(node.value)
    return None


def line_of(node: Node) -> int:
    """Gives the line of a node, from 1."""
    return int(node.start_mark.line) + 1


def last_line_of(node: Node) -> int:
    """Gives the last line of a node, from 1."""
    if isinstance(node, CollectionNode) and node.value and not node.flow_style:
        # The block's own end mark is at the next token.
        last = node.value[-1]
        return last_line_of(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line) + 1


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL and not node.value
