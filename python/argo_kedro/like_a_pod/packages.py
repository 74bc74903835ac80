"""Hides the packages that this environment has but the image lacks.

The program asks for them once per run (`python -m argo_kedro.like_a_pod.packages`), and each task
hides them.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from argo_kedro.like_a_pod.files import Machine
from argo_kedro.like_a_pod.variables import reader

#: Packages in every image with argo-kedro's tasks. The base image may have installers.
_ALWAYS = ("kedro", "argo-kedro", "pip", "setuptools", "wheel")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


def plain(name: str) -> str:
    """Normalizes the name of a package as an index does (packaging.python.org).

    Args:
        name: The name in any spelling.

    Returns:
        The name in small letters, with `-` between words.
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def not_in_image(requirements: Iterable[str]) -> dict[str, Any]:
    """Finds what an image would lack of this environment.

    Every marker of a requirement except its extra counts as true: the image may have less than this
    assumes.

    Args:
        requirements: Requirements that the image installs.

    Returns:
        `distributions`, the packages; `modules`, the modules that only these packages bring, with
        their packages; `folders`, the folders of those installed for editing.
    """
    here = {plain(found.name): found for found in metadata.distributions() if found.name}
    there = _closure([*requirements, *_ALWAYS], here)
    lacking = {name: found for name, found in here.items() if name not in there}
    modules = {
        module: sorted({plain(name) for name in brought_by})
        for module, brought_by in _by_module().items()
        if module not in sys.stdlib_module_names
        and all(plain(name) in lacking for name in brought_by)
    }
    folders = [folder for found in lacking.values() if (folder := _edited(found))]
    return {
        "distributions": sorted(lacking),
        "modules": modules,
        "folders": sorted(folders),
    }


def _by_module() -> Mapping[str, list[str]]:
    """Gives the packages that bring a module, by module."""
    if sys.version_info >= (3, 11):
        return metadata.packages_distributions()
    # Python 3.10 needs a `top_level.txt`, which many packages lack now.
    found: dict[str, list[str]] = {}
    for package in metadata.distributions():
        named = (package.read_text("top_level.txt") or "").split()
        for module in named or _modules_in(package.files or ()):
            found.setdefault(module, []).append(package.name)
    return found


def _modules_in(files: Iterable[PurePosixPath]) -> set[str]:
    """Finds the top-level modules of a package: folders with Python files, and files."""
    python = {file for file in files if file.suffix in (".py", ".so", ".pyd")}
    first = {file.parts[0].partition(".")[0] for file in python}
    return {name for name in first if name.isidentifier() and name != "__pycache__"}


def _closure(requirements: Iterable[str], here: dict[str, metadata.Distribution]) -> set[str]:
    """Follows the requirements of packages, as far as they are installed here."""
    seen: set[tuple[str, str]] = set()
    left = list(requirements)
    while left:
        requirement, _, _ = left.pop().partition(";")
        match = _NAME.match(requirement)
        if not match:
            continue
        name = plain(match.group(1))
        for extra in ("", *(plain(it.strip()) for it in (match.group(2) or "").split(","))):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            if found := here.get(name):
                left += _needs(found, extra)
    return {name for name, _ in seen}


def _needs(found: metadata.Distribution, extra: str) -> Iterator[str]:
    for requirement in found.requires or ():
        extras = {plain(it) for it in _EXTRA.findall(requirement.partition(";")[2])}
        if not extras or extra in extras:
            yield requirement


def _edited(found: metadata.Distribution) -> str | None:
    """Gives the folder of a package that is installed for editing."""
    try:
        origin = json.loads(found.read_text("direct_url.json") or "{}")
    except (OSError, ValueError):
        return None
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return unquote(urlsplit(origin.get("url", "")).path).rstrip("/") or None


def hide(hidden: dict[str, Any], room: str, machine: Machine) -> dict[str, str]:
    """Hides packages from all later imports.

    Args:
        hidden: The result of `not_in_image`; `is_certain` says whether the image surely lacks them.
            Otherwise they stay visible, and imports by the project are noted.
        room: Folder of the task, whose modules are never hidden.
        machine: Closes the project's own folder, whose modules are hidden too; learns other
            packages' folders.

    Returns:
        Places where the project imports each uncertain module, as `file:line`. The dictionary fills
        while the task runs.
    """
    modules, is_certain = set(hidden["modules"]), hidden["is_certain"]
    distributions = set(hidden["distributions"]) if is_certain else set()
    folders = tuple(f"{folder}/" for folder in hidden["folders"]) if is_certain else ()
    imported: dict[str, str] = {}

    def is_hidden(name: str, places: list[str]) -> bool:
        if all(machine.is_of_project(place) for place in places):
            return True
        if name in modules and not is_certain and (where := reader(room)):
            imported.setdefault(name, where)
        if is_certain and name in modules:
            return True
        return bool(folders) and all(place.startswith(folders) for place in places)

    class Filter:
        """Finds what another finder finds, except hidden packages."""

        def __init__(self, finder: Any) -> None:
            self._finder = finder

        def __getattr__(self, name: str) -> Any:
            return getattr(self._finder, name)

        def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
            spec = self._finder.find_spec(name, path, target)
            if spec is None or path is not None:
                return spec
            folder = list(spec.submodule_search_locations or ())
            places = [spec.origin] if spec.has_location and spec.origin else folder
            if not places or all(place.startswith(f"{room}/") for place in places):
                return spec
            if is_hidden(name, places):
                return None
            for place in places:
                if machine.is_closed(place):
                    machine.see(os.path.dirname(place) if spec.has_location else place)
            return spec

        def find_distributions(self, *words: Any, **named: Any) -> Iterator[Any]:
            find = getattr(self._finder, "find_distributions", None)
            for found in find(*words, **named) if find else ():
                if not (found.name and plain(found.name) in distributions):
                    yield found

    sys.meta_path[:] = [Filter(finder) for finder in sys.meta_path]
    return imported


if __name__ == "__main__":
    print(json.dumps(not_in_image(json.load(sys.stdin))))
