"""A notebook for tests: code in a process with the project."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from argo_kedro import ArgoKedroError
from projects import Project, is_clean


def start(project: Project, code: str) -> subprocess.Popen[str]:
    """Starts Python in the project, in its own session."""
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", textwrap.dedent(code)],
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def python(project: Project, code: str) -> str:
    """Runs Python in the project, which must succeed."""
    with start(project, code) as process:
        out, err = process.communicate(timeout=project.hangs_after)
    assert process.returncode == 0, err
    return out


def error_of(what: Callable[[], Any]) -> ArgoKedroError:
    """Gives the error that a function raises."""
    with pytest.raises(ArgoKedroError) as caught:
        what()
    # The traceback shows nothing of argo-kedro but the error.
    assert caught.value.__cause__ is None and is_clean(str(caught.value))
    return caught.value
