"""Mounts for tests of disks: small ones, and some that nobody may write to."""

from __future__ import annotations

import os
import subprocess

import pytest


def mount(*words: str) -> None:
    """Mounts something, or skips the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount")
    try:
        ended = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if ended.returncode != 0:
        pytest.skip(f"cannot mount here: {ended.stderr.strip()}")
