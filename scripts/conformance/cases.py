"""The cases: workflows, the objects that they need, and actions on them while they run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).resolve().parent.parent.parent / "tests" / "conformance"

Object = dict[str, Any]


class Loader(yaml.SafeLoader):
    """Reads YAML like Kubernetes in one respect: a time stays a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class Case:
    """A workflow to record.

    Attributes:
        file: Its file.
        name: Name of the Workflow.
        workflow: The Workflow.
        others: Other objects that it needs.
        actions: Actions on it while it runs, in their order.
    """

    file: Path
    name: str
    workflow: Object
    others: list[Object]
    actions: list[Object]

    @classmethod
    def read(cls, file: Path) -> Case:
        """Reads a case from its file.

        Raises:
            ValueError: The file has not exactly one Workflow.
        """
        documents = [entry for entry in yaml.load_all(file.read_text("utf-8"), Loader) if entry]
        workflows = [entry for entry in documents if entry["kind"] == "Workflow"]
        if len(workflows) != 1:
            raise ValueError(f"{file}: write exactly one Workflow")
        metadata = workflows[0]["metadata"]
        digest = hashlib.sha256(file.stem.encode()).hexdigest()
        prefix = metadata.pop("generateName", "case-")
        metadata.setdefault("name", f"{prefix[:58]}{digest[:5]}")
        acting = file.with_suffix("").with_suffix(".actions.yaml")
        actions = yaml.load(acting.read_text("utf-8"), Loader) if acting.exists() else []
        others = [entry for entry in documents if entry["kind"] != "Workflow"]
        return cls(file, workflows[0]["metadata"]["name"], workflows[0], others, actions)

    @property
    def record(self) -> Path:
        """Path of the record."""
        return self.file.with_suffix("").with_suffix(".expect.yaml")


def find(folder: Path, words: list[str]) -> list[Case]:
    """Finds cases.

    Args:
        folder: Their folder.
        words: An area, `AREA/NAME`, a part of these, or a path. None: all cases.

    Returns:
        The cases, by path.
    """
    files = sorted(
        file
        for file in folder.rglob("*.yaml")
        if not file.name.endswith((".expect.yaml", ".actions.yaml"))
    )

    def wanted(file: Path) -> bool:
        path = file.relative_to(folder).with_suffix("").as_posix()
        return not words or any(word in path or Path(word).resolve() == file for word in words)

    cases = [Case.read(file) for file in files if wanted(file)]
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two cases have the name {name}")
    return cases
