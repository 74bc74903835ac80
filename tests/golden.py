"""The golden manifests: snapshots of the Rust tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "crates" / "compile" / "tests" / "snapshots"


def manifests() -> dict[str, Any]:
    """Reads every golden that is a whole manifest.

    Returns:
        Documents by name of the snapshot.
    """
    yaml = __import__("yaml")
    found = {}
    for path in sorted(FOLDER.glob("golden*__*.snap")):
        text = path.read_text(encoding="utf-8").split("---\n", 2)[2]
        if text.startswith("apiVersion:") and "[…]" not in text:
            found[path.stem.split("__", 1)[1]] = yaml.safe_load(text)
    return found
