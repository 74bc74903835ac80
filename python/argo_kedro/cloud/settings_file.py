"""Lets the configuration loader read variables: `CONFIG_LOADER_ARGS` in `settings.py`.

Kedro's loader allows `${oc.env:…}` only in credentials (`OmegaConfigLoader.__init__`); a custom
resolver of that name brings it back.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from argo_kedro.cloud.text_file import BOM, Edits, Note, newline_of

RESOLVER = "oc.env"
_NAME = "CONFIG_LOADER_ARGS"
_ENVIRONMENTS = {"base_env": "base", "default_run_env": "local"}
_MODULE = "omegaconf.resolvers"


def change(
    text: str, file: str, loaded: Mapping[str, Any], environments: Mapping[str, str]
) -> tuple[str, Note | None]:
    """Adds what `CONFIG_LOADER_ARGS` lacks.

    Args:
        text: The file, which Python can read.
        file: Its name.
        loaded: The value of `CONFIG_LOADER_ARGS` in Kedro.
        environments: Values for a missing `base_env` and `default_run_env`.

    Returns:
        The new text, and what is left to the user if it cannot be changed.
    """
    lacking = {name: value for name, value in environments.items() if not loaded.get(name)}
    resolvers = loaded.get("custom_resolvers") or {}
    needs_resolver = RESOLVER not in resolvers
    if not lacking and not needs_resolver:
        return text, None
    tree = ast.parse(text.removeprefix(BOM))
    source = _Source(text, tree)
    name = source.name_of_resolvers()
    place = _dictionary(tree)
    if isinstance(place, str):
        reason = f"{place}; add at the end of the file:"
        return text, Note(reason, True, file, None, _to_paste(name, lacking, needs_resolver))
    entries = {key: json_text(value) for key, value in lacking.items()}
    if place is None:
        entries = {key: json_text(value) for key, value in _ENVIRONMENTS.items()} | entries
        entries["custom_resolvers"] = f'{{"{RESOLVER}": {name}.env}}'
        source.add_import(name, None)
        source.append("".join([f"{_NAME} = {{\n", *_lines(entries, 4), "}\n"]))
        return source.result(), None
    inner = _value(place, "custom_resolvers")
    if needs_resolver and inner is not None:
        if not _is_plain(inner):
            reason = "`custom_resolvers` is not written out; add at the end of the file:"
            return text, Note(reason, True, file, inner.lineno, _to_paste(name, {}, True))
        source.add_to(inner, {RESOLVER: f"{name}.env"})  # type: ignore[arg-type]
    elif needs_resolver:
        entries["custom_resolvers"] = f'{{"{RESOLVER}": {name}.env}}'
    if entries:
        source.add_to(place, entries)
    if needs_resolver:
        source.add_import(name, place)
    return source.result(), None


def json_text(value: str) -> str:
    """Writes a text as Python does in double quotes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def to_paste(loaded: Mapping[str, Any]) -> str:
    """Writes what the settings need, for a file that cannot be changed."""
    lacking = {name: value for name, value in _ENVIRONMENTS.items() if not loaded.get(name)}
    needs = RESOLVER not in (loaded.get("custom_resolvers") or {})
    return _to_paste("oc", lacking, needs)


def _to_paste(name: str, lacking: Mapping[str, str], needs_resolver: bool) -> str:
    lines = [f'{_NAME}["{key}"] = {json_text(value)}\n' for key, value in lacking.items()]
    if needs_resolver:
        lines.insert(0, f"from {_MODULE} import oc{'' if name == 'oc' else f' as {name}'}\n\n")
        lines.append(f'{_NAME}.setdefault("custom_resolvers", {{}})["{RESOLVER}"] = {name}.env\n')
    return "".join(lines)


def _dictionary(tree: ast.Module) -> ast.Dict | str | None:
    """Finds the dictionary of the arguments, if there is exactly one.

    Returns:
        The dictionary; None if the settings do not name the arguments; else the reason.
    """
    stored = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == _NAME and not isinstance(node.ctx, ast.Load)
    ]
    imported = [
        alias
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (alias.asname or alias.name) in (_NAME, "*")
    ]
    if not stored and not imported:
        return None
    if len(stored) != 1 or imported:
        return f"{_NAME} does not get its value at one place"
    used = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == _NAME and isinstance(node.ctx, ast.Load)
    ]
    if used:
        # A later statement may replace what is added here.
        return f"line {min(used)} uses {_NAME}, and may change it"
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets: list[ast.expr] = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        if stored[0] in targets:
            value = statement.value
            if value is not None and _is_plain(value):
                return value  # type: ignore[return-value]
            return f"{_NAME} is computed"
    return f"{_NAME} gets its value inside another statement"


def _is_plain(value: ast.expr) -> bool:
    """Says whether an expression is a dictionary with literal keys."""
    return isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys)


def _value(dictionary: ast.Dict, name: str) -> ast.expr | None:
    for key, value in zip(dictionary.keys, dictionary.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == name:
            return value
    return None


def _lines(entries: Mapping[str, str], column: int) -> list[str]:
    return [f'{" " * column}"{key}": {value},\n' for key, value in entries.items()]


class _Source:
    """The text of a module, by lines and columns of its syntax tree."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self._text, self._tree = text, tree
        self._edits = Edits(text)
        self._newline = newline_of(text)
        # Python ends lines only at these characters, and counts columns in bytes of UTF-8.
        self._lines = [len(BOM) if text.startswith(BOM) else 0]
        at = self._lines[0]
        while at < len(text):
            letter = text[at]
            at += 2 if text[at : at + 2] == "\r\n" else 1
            if letter in "\r\n":
                self._lines.append(at)

    def _at(self, line: int, column: int) -> int:
        start = self._lines[line - 1]
        of_line = self._text[start:].encode()[:column] if column else b""
        return start + len(of_line.decode())

    def _put(self, at: int, new: str) -> None:
        self._edits.replace(at, at, new.replace("\n", self._newline))

    def result(self) -> str:
        return self._edits.result()

    def append(self, new: str) -> None:
        """Adds lines at the end."""
        is_whole = self._text.endswith(("\n", "\r"))
        before = "\n" if is_whole or not self._text.removeprefix(BOM) else "\n\n"
        self._put(len(self._text), before + new)

    def name_of_resolvers(self) -> str:
        """Gives the name under which the module of resolvers is, or can be, imported."""
        taken = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    bound = alias.asname or alias.name.split(".")[0]
                    if self._is_import(node) and alias.name == "oc":
                        return bound
                    taken.add(bound)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                taken.add(node.name)
        return "oc" if "oc" not in taken else "omegaconf_resolvers"

    @staticmethod
    def _is_import(node: ast.AST) -> bool:
        return isinstance(node, ast.ImportFrom) and node.module == _MODULE and node.level == 0

    def add_import(self, name: str, before: ast.expr | None) -> None:
        """Imports the module of resolvers, above the statement that uses it.

        Args:
            name: Its name in this file.
            before: An expression of that statement; None for the end of the file.
        """
        limit = before.lineno if before else len(self._lines) + 1
        body = self._tree.body
        above = [node for node in body if (node.end_lineno or 0) < limit]
        for node in above:
            if self._is_import(node) and any(
                alias.name == "oc" and (alias.asname or "oc") == name
                for alias in node.names  # type: ignore[attr-defined]
            ):
                return
        imports = [node for node in above if isinstance(node, ast.Import | ast.ImportFrom)]
        line = f"from {_MODULE} import oc{'' if name == 'oc' else f' as {name}'}\n"
        if imports:
            self._put_below(imports[-1].end_lineno or 1, line)
        elif body and _is_docstring(body[0]):
            self._put_below(body[0].end_lineno or 1, f"\n{line}")
        else:
            # Insert it at the top, below a `#!` line and comments at its side.
            first = self._first_free_line()
            self._put(self._at(first, 0) if first <= len(self._lines) else len(self._text), line)

    def _put_below(self, line: int, new: str) -> None:
        # Several statements may share the line.
        last = max((node.end_lineno or 0) for node in self._tree.body if node.lineno <= line)
        line = max(line, last)
        if line < len(self._lines):
            self._put(self._lines[line], new)
        else:
            self._put(len(self._text), f"\n{new}")

    def _first_free_line(self) -> int:
        number = 1
        for line in self._text.removeprefix(BOM).splitlines():
            if not line.startswith("#"):
                break
            number += 1
        return number

    def add_to(self, dictionary: ast.Dict, entries: Mapping[str, str]) -> None:
        """Adds entries at the end of a literal dictionary."""
        line = dictionary.end_lineno or 1
        end = self._at(line, (dictionary.end_col_offset or 1) - 1)
        last = dictionary.values[-1] if dictionary.values else None
        after, has_comma = end, True
        if last is not None:
            after = self._at(last.end_lineno or 1, last.end_col_offset or 0)
            after, has_comma = self._behind(after, end)
        start = self._lines[line - 1]
        if self._text[start:end].strip():
            joined = ", ".join(f'"{key}": {value}' for key, value in entries.items())
            before = "" if last is None else " " if has_comma else ", "
            self._put(after, before + joined)
            return
        # The bracket and each entry have their own lines.
        if not has_comma:
            self._put(after, ",")
        indent = f"{self._text[start:end]}    "
        if (key := next(iter(dictionary.keys), None)) is not None:
            of_key = self._lines[key.lineno - 1]
            before = self._text[of_key : self._at(key.lineno, key.col_offset)]
            indent = before if not before.strip() else indent
        lines = [f'{indent}"{key}": {value},\n' for key, value in entries.items()]
        self._put(start, "".join(lines))

    def _behind(self, start: int, end: int) -> tuple[int, bool]:
        """Finds the end of a value with its brackets, and whether a comma follows."""
        at, has_comma, is_comment = start, False, False
        for position in range(start, end):
            letter = self._text[position]
            if letter in "\r\n":
                is_comment = False
            elif letter == "#":
                is_comment = True
            elif letter in ")," and not is_comment:
                at, has_comma = position + 1, letter == ","
        return at, has_comma


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
