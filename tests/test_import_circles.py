"""No two files of a crate import each other, not even through others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

CRATES = Path(__file__).parents[1] / "crates"
#: Folders whose files import each other, for reasons in ARCHITECTURE.md. Each counts as one file.
ROOMS = {"engine": ["operate"]}

Name = tuple[str, ...]


def paths(tree: str, before: Name = ()) -> Iterator[Name]:
    """Paths in a `use`, each with its names.

    Args:
        tree: `a::{b, c::d}`.
        before: Names before it.
    """
    for part in outer(tree):
        first, brace, rest = part.partition("{")
        names = tuple(
            name.strip() for name in re.sub(r"\bas \w+", "", first).split("::") if name.strip()
        )
        if brace:
            yield from paths(rest.rpartition("}")[0], before + names)
        elif names:
            yield before + names


def outer(tree: str) -> Iterator[str]:
    """Parts of a list between commas outside of inner braces."""
    part, depth = "", 0
    for letter in tree:
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            yield part
            part = ""
        else:
            part += letter
    yield part


class Crate:
    """The files of a crate, by the names of their modules, and their imports."""

    def __init__(self, sources: Path) -> None:
        self.files: dict[Name, str] = {}
        for file in sources.rglob("*.rs"):
            name = file.relative_to(sources).with_suffix("").parts
            if name[-1] in ("lib", "main", "mod"):
                name = name[:-1]
            if "tests" not in name:
                text = re.sub(r"//[^\n]*", "", file.read_text())
                self.files[name] = text.partition("#[cfg(test)]\nmod ")[0]
        self.handed_on = {
            name: {path[-1]: path for path in self.uses(name, r"\bpub(?:\([^)]*\))? use ")}
            for name in self.files
        }

    def uses(self, name: Name, word: str) -> Iterator[Name]:
        """Paths after a word in a file."""
        for tree in re.findall(word + r"([^;]+);", self.files[name]):
            yield from paths(tree)

    def file_of(self, name: Name, path: Name) -> Name | None:
        """The file of this crate that defines a name; None for other crates."""
        if path[0] == "crate":
            path = path[1:]
        elif path[0] in ("self", "super"):
            while path and path[0] in ("self", "super"):
                name, path = (name[:-1], path[1:]) if path[0] == "super" else (name, path[1:])
            path = name + path
        elif (*name, path[0]) in self.files:
            path = name + path
        else:
            return None
        file = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in self.files)
        rest = path[len(file) :]
        on = self.handed_on[file].get(rest[0]) if rest else None
        return self.file_of(file, on + rest[1:]) or file if on else file

    def imports(self) -> dict[Name, set[Name]]:
        """Gives the imports of each file. A file that only re-exports a name does not import it."""
        found: dict[Name, set[Name]] = {}
        for name, text in self.files.items():
            named = list(self.uses(name, r"(?<!pub )(?<!\) )\buse "))
            body = re.sub(r"\buse [^;]+;", "", text)
            named += [
                tuple(path.split("::"))
                for path in re.findall(r"(?<![:\w])[a-z_]\w*(?:::\w+)+", body)
            ]
            files = {self.file_of(name, path) for path in named}
            found[name] = {file for file in files if file is not None} - {name}
        return found


@pytest.mark.parametrize("crate", sorted(path.name for path in CRATES.iterdir()))
def test_no_file_imports_itself_through_others(crate: str) -> None:
    rooms = [tuple(filter(None, room.split("/"))) for room in ROOMS.get(crate, [])]

    def whole(file: Name) -> Name:
        return next((room for room in rooms if file[: len(room)] == room), file)

    joined: dict[Name, set[Name]] = {}
    for file, imported in Crate(CRATES / crate / "src").imports().items():
        joined.setdefault(whole(file), set()).update(
            {whole(other) for other in imported} - {whole(file)}
        )
    try:
        TopologicalSorter(joined).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join("::".join(file) or "lib" for file in reversed(error.args[1])))
