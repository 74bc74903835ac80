"""Whether an MLflow server answers, and questions to it that end.

MLflow itself tries again for minutes, which is right for what a task logs. What is asked for the
run as a whole must not hold a task up.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator

#: Seconds for an answer.
_SECONDS = 5
#: Seconds before each further try.
_WAITS = (1, 2)
#: A proxy says so where the server behind it is down.
_DOWN = (502, 503, 504)
#: For the questions of `mlflow_run.py`; at most about 40 seconds in all.
_BOUNDS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


def is_reachable(uri: str, once: bool = False) -> bool:
    """Asks a tracking server whether it is there.

    Args:
        uri: MLflow's tracking URI.
        once: Whether one try is enough.

    Returns:
        False for a server that does not answer; what is wrong with its answer MLflow says. True
        for all that is no HTTP server.
    """
    if not uri.startswith(("http://", "https://")):
        return True
    # MLflow brings it.
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


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Lets MLflow's requests end soon, whether there is an answer or not.

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


def without_password(uri: str) -> str:
    """Takes the name and password of a user out of a URI.

    Args:
        uri: A URI.

    Returns:
        The URI without them.
    """
    return re.sub(r"://[^/@]*@", "://", uri, count=1)
