"""The form of every error: one error, the problem, and the remedy."""

from __future__ import annotations

import re

from projects import Result, is_clean

#: Commands that read a project.
COMMANDS = [["plan"], ["compile"], ["run"]]


def assert_explained(result: Result, *words: str, code: int = 2) -> None:
    """Checks for one error that has these words and a remedy."""
    assert result.code == code, result
    text = " ".join(result.err.split())
    for word in words:
        assert word in text, (word, result)
    errors = re.findall(r"^error(?:\[[\w-]+\])?:", result.err, re.MULTILINE)
    assert len(errors) == 1, result
    assert "hint:" in result.err or "= help:" in result.err, result
    assert is_clean(result.text), result
    assert result.out == "", result
