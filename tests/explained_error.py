"""The form that every error has: one error, what is wrong, and what to do."""

from __future__ import annotations

import re

from projects import Result, is_clean

#: Commands that read a project.
COMMANDS = [["plan"], ["compile"], ["run"]]


def assert_explained(result: Result, *words: str, code: int = 2) -> None:
    """One error that says these words, and what to do about it."""
    assert result.code == code, result
    text = " ".join(result.err.split())
    for word in words:
        assert word in text, (word, result)
    errors = re.findall(r"^error(?:\[[\w-]+\])?:", result.err, re.MULTILINE)
    assert len(errors) == 1, result
    assert "hint:" in result.err or "= help:" in result.err, result
    assert is_clean(result.text), result
    assert result.out == "", result
