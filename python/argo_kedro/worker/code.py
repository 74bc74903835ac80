"""Finds the code of a node: the files of the project that its function needs, as digests.

The code has the file of the node's function, those of its datasets' classes, the project's
settings, and all files of the project that any of these import. Imports are read from the text, so
imports inside functions count too. Text that only looks like an import may add a needless file,
which does no harm: the node then runs once too often, never too seldom.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

#: `import a.b, c as d` and `from .a import (b, c)`, also after a colon or a semicolon.
_IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+(?P<base>[.\w]+)[ \t]+import[ \t]*"
    r"(?P<names>\([^)]*\)|(?:[^\n;\\]|\\\n)*)|import[ \t]+(?P<modules>(?:[^\n;\\]|\\\n)*))",
    re.MULTILINE,
)
_COMMENT = re.compile(r"#[^\n]*")
#: The address of an object in memory does not belong to its value.
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def code_of_nodes(
    pipeline: Any, project: Path, source: Path, package: str, entry: Callable[[str], Any]
) -> dict[str, Any]:
    """Describes the code of nodes.

    Args:
        pipeline: The nodes.
        project: Folder of the project.
        source: Folder of its code.
        package: Its package.
        entry: Gives the catalog entry of a dataset, or None.

    Returns:
        `files`: digests by path, relative to the project for files inside it; `sets`: lists of such
        paths; `nodes`: by name `set`, the number of the list, and `call`, a digest of the
        function's arguments other than its inputs.
    """
    modules = _Modules(source)
    always = [f"{package}.settings"]
    files: dict[str, str] = {}
    sets: dict[tuple[str, ...], int] = {}
    nodes: dict[str, Any] = {}
    for node in pipeline.nodes:
        own = set(_modules_of(node.func))
        begin = {*always, *own}
        for name in (*node.inputs, *node.outputs):
            begin.update(_modules_of_entry(entry(name)))
        paths = []
        for path in (*modules.files(begin), *filter(None, map(modules.outside, own))):
            shown = _shown(path, project)
            if shown not in files:
                files[shown] = modules.digest(path)
            paths.append(shown)
        key = tuple(sorted(set(paths)))
        nodes[node.name] = {
            "set": sets.setdefault(key, len(sets)),
            "call": _digest(repr(list(_given(node.func, set())))),
        }
    return {"files": files, "sets": [list(key) for key in sets], "nodes": nodes}


class _Modules:
    """The modules of a project, by their files.

    Args:
        source: Folder of the project's code.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._texts: dict[Path, bytes] = {}
        self._found: dict[str, Path | None] = {}
        self._imports: dict[str, tuple[str, ...]] = {}
        self._closures: dict[tuple[str, ...], list[Path]] = {}

    def files(self, begin: Iterable[str]) -> list[Path]:
        """Gives the files of modules, and of all their known imports."""
        key = tuple(sorted(set(begin)))
        if key not in self._closures:
            seen: set[str] = set()
            found: list[Path] = []
            queue = list(key)
            while queue:
                for name in _with_parents(queue.pop()):
                    if name in seen:
                        continue
                    seen.add(name)
                    if file := self._file(name):
                        found.append(file)
                        queue.extend(self._imported(name))
            self._closures[key] = found
        return self._closures[key]

    def outside(self, name: str) -> Path | None:
        """Gives the file of a module outside of the project; None for one inside."""
        file = getattr(sys.modules.get(name), "__file__", None)
        is_text = file is not None and file.endswith(".py") and not self._file(name)
        return Path(file) if file and is_text else None

    def digest(self, path: Path) -> str:
        """Gives the digest of a file; a text with the error if it cannot be read."""
        try:
            return _digest(self._text(path))
        except OSError as error:
            return f"unreadable: {error.strerror}"

    def _text(self, path: Path) -> bytes:
        if path not in self._texts:
            self._texts[path] = path.read_bytes()
        return self._texts[path]

    def _file(self, name: str) -> Path | None:
        if name not in self._found:
            place = self._source.joinpath(*name.split("."))
            candidates = (place / "__init__.py", place.with_name(f"{place.name}.py"))
            self._found[name] = next((it for it in candidates if it.is_file()), None)
        return self._found[name]

    def _imported(self, name: str) -> tuple[str, ...]:
        if name not in self._imports:
            self._imports[name] = tuple(self._read_imports(name))
        return self._imports[name]

    def _read_imports(self, name: str) -> Iterator[str]:
        file = self._file(name)
        assert file is not None
        try:
            text = self._text(file).decode("utf-8", "replace")
        except OSError:
            return
        is_package = file.name == "__init__.py"
        for found in _IMPORT.finditer(text):
            if modules := found["modules"]:
                yield from _names(modules)
                continue
            base = _absolute(found["base"], name, is_package)
            yield base
            for part in _names(found["names"]):
                yield f"{base}.{part}" if base else part


def _names(text: str) -> Iterator[str]:
    """Gives the names of an import: `a, b as c` in one line, or in parentheses."""
    text = _COMMENT.sub("", text).replace("\\\n", " ").strip("() \t\n")
    for part in text.split(","):
        words = part.split()
        if words and re.fullmatch(r"[\w.]+", words[0]):
            yield words[0]


def _absolute(base: str, module: str, is_package: bool) -> str:
    """Gives the absolute name for a module's import, for example of `..a`."""
    name = base.lstrip(".")
    dots = len(base) - len(name)
    if not dots:
        return name
    parts = module.split(".")
    up = dots - 1 if is_package else dots
    parts = parts[: len(parts) - up] if up <= len(parts) else []
    return ".".join([*parts, name] if name else parts)


def _with_parents(name: str) -> Iterator[str]:
    """Gives a module and the packages that Python imports with it."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])


def _modules_of(function: Any) -> Iterator[str]:
    """Gives the modules of a function, of wrapped functions, and of functions in arguments."""
    for one in _functions(function, set()):
        for module in (
            getattr(one, "__module__", None),
            getattr(inspect.unwrap(one), "__module__", None),
            # The function may be a callable object, or a method.
            getattr(type(one), "__module__", None),
            getattr(type(getattr(one, "__self__", None)), "__module__", None),
        ):
            if module and module not in ("builtins", "functools", "types"):
                yield module


def _functions(function: Any, seen: set[int]) -> Iterator[Any]:
    if id(function) in seen:
        return
    seen.add(id(function))
    if isinstance(function, functools.partial):
        for inner in (function.func, *function.args, *function.keywords.values()):
            if callable(inner):
                yield from _functions(inner, seen)
        return
    yield function
    wrapped = getattr(function, "__wrapped__", None)
    if callable(wrapped):
        yield from _functions(wrapped, seen)
    for value in _closure(function):
        if callable(value) and not isinstance(value, type):
            yield from _functions(value, seen)


def _closure(function: Any) -> Iterator[Any]:
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:
            # This cell is still empty.
            continue


def _given(function: Any, seen: set[int]) -> Iterator[str]:
    """Gives a function's values besides its inputs: from `partial`, defaults and closures."""
    if id(function) in seen:
        return
    seen.add(id(function))
    if isinstance(function, functools.partial):
        yield from _given(function.func, seen)
        values = (*function.args, *function.keywords, *function.keywords.values())
    else:
        yield getattr(function, "__qualname__", type(function).__qualname__)
        defaults = getattr(function, "__defaults__", None) or ()
        named = getattr(function, "__kwdefaults__", None) or {}
        values = (*defaults, *sorted(named.items()), *_closure(function))
        if not inspect.isroutine(function):
            values = (*values, sorted(getattr(function, "__dict__", {}).items(), key=repr))
    for value in values:
        if inspect.isroutine(value) or isinstance(value, functools.partial):
            yield from _given(value, seen)
        else:
            yield _ADDRESS.sub("", _text_of(value))


def _text_of(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"no text: {type(error).__name__}"


def _modules_of_entry(entry: Any) -> Iterator[str]:
    """Gives the modules of the classes in a catalog entry and in its wrapped entry."""
    if not isinstance(entry, dict):
        return
    kind = entry.get("type")
    if isinstance(kind, str) and "." in kind:
        yield kind.rpartition(".")[0]
    elif isinstance(kind, type):
        yield kind.__module__
    for inner in entry.values():
        if isinstance(inner, dict):
            yield from _modules_of_entry(inner)


def _shown(path: Path, project: Path) -> str:
    try:
        return path.relative_to(project).as_posix()
    except ValueError:
        return str(path)


def _digest(text: bytes | str) -> str:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:32]
