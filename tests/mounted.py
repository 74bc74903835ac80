"""Mounts for tests of disks: small ones, and read-only ones."""

from __future__ import annotations

import os
import subprocess

import pytest


def mount(*words: str) -> None:
    """Mounts a file system; skips the test if that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount")
    try:
        ended = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if ended.returncode != 0:
        pytest.skip(f"cannot mount here: {ended.stderr.strip()}")
