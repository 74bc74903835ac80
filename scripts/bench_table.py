"""The table of a measurement."""

from __future__ import annotations

import os
import platform
import sys


class Table:
    """Measurements, one per row."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, str, str, bool]] = []

    def row(self, what: str, ours: str, other: str, budget: str, kept: bool) -> None:
        """Adds a row, and prints it."""
        self._rows.append((what, ours, other, budget, kept))
        print(f"{'ok ' if kept else 'NOT'} {what}: {ours} ({other}; {budget})", file=sys.stderr)

    def unknown(self, what: str) -> None:
        """Adds a row without a measurement."""
        self.row(what, "not measured", "something else kept the machine busy", "", False)

    def is_kept(self) -> bool:
        """Says whether every budget is kept."""
        return all(kept for *_, kept in self._rows)

    def __str__(self) -> str:
        """Writes a Markdown table, below the machine."""
        machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        lines = [
            f"{machine}, Python {platform.python_version()}\n",
            "| what | ours | beside it | budget | kept |",
            "| --- | --- | --- | --- | --- |",
        ]
        for what, own, other, budget, kept in self._rows:
            lines.append(f"| {what} | {own} | {other} | {budget} | {'yes' if kept else 'no'} |")
        return "\n".join(lines)
