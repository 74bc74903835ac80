"""Questions to an MLflow server with a time limit: whether it answers, and its version.

MLflow itself retries for minutes. That suits the logs of a task, but is too long for questions
about the whole run.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Iterator

from argo_kedro.passwords import without_passwords

#: Seconds for an answer.
_SECONDS = 5
#: Seconds before each retry.
_WAITS = (1, 2)
#: Status codes of a proxy whose server is down.
_DOWN = (502, 503, 504)
#: Limits for the questions of `workflow_run.py`; about 40 seconds in all.
_BOUNDS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}

_log = logging.getLogger(__name__)


def is_reachable(uri: str, once: bool = False) -> bool:
    """Asks a tracking server whether it answers.

    Args:
        uri: MLflow's tracking URI.
        once: Whether not to retry.

    Returns:
        False for a server that does not answer. True for a wrong answer, which MLflow reports
        itself, and for anything that is no HTTP server.
    """
    if not uri.startswith(("http://", "https://")):
        return True
    # MLflow depends on requests.
    import requests

    for wait in (0,) if once else (0, *_WAITS):
        time.sleep(wait)
        try:
            answer = requests.get(f"{uri.rstrip('/')}/health", timeout=_SECONDS)
        except requests.exceptions.SSLError:
            return True
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout):
            continue
        if answer.status_code not in _DOWN:
            return True
    return False


def compare_versions(uri: str) -> None:
    """Warns if the server has another major version of MLflow than this task.

    Args:
        uri: MLflow's tracking URI.
    """
    theirs = _version(uri)
    if theirs is None:
        return
    import mlflow

    own = mlflow.__version__
    if theirs.split(".")[0] != own.split(".")[0]:
        _log.warning(
            "the MLflow server %s has version %s, and the tasks have MLflow %s. The server may "
            "refuse what they log. To be sure, install the version of the server: `mlflow==%s`",
            without_passwords(uri),
            theirs,
            own,
            theirs,
        )


def _version(uri: str) -> str | None:
    """Asks a server for its version; None without an answer."""
    if not uri.startswith(("http://", "https://")):
        return None
    import requests

    try:
        answer = requests.get(f"{uri.rstrip('/')}/version", timeout=_SECONDS)
    except requests.exceptions.RequestException:
        return None
    said = answer.text.strip() if answer.ok else ""
    return said if re.fullmatch(r"\d+\.\d[\w.+-]{0,30}", said) else None


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Limits the time of MLflow's requests.

    Yields:
        Once.
    """
    before = {name: os.environ.get(name) for name in _BOUNDS}
    os.environ.update(_BOUNDS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
