"""Shortens Kedro's errors about datasets: the originals begin with all of a dataset's arguments."""

from __future__ import annotations

import re
import traceback

#: `Failed while loading data from dataset CLASS(ARGUMENTS).`, and the reason on the next line.
_FAILED = re.compile(
    r"Failed while (?P<verb>loading|saving) data (?:from|to) dataset (?P<what>[^\s(]*)"
    r"\((?P<arguments>.*?)\)\.\n(?P<why>.*)",
    re.DOTALL,
)
_PATH = re.compile(
    r"\b(?:filepath|path)=(?:\w+\()?(?P<quote>['\"]?)(?P<path>.+?)(?P=quote)\)?(?:,|$)"
)
_VERBS = {"loading": "load", "saving": "save"}
#: Kedro's replacement for users and passwords; in a URL of Azure's, for the container.
_HIDDEN = "<redacted>"
#: End of the path of Kedro's catalog module.
_CATALOG = "kedro/io/data_catalog.py"


def in_short(error: BaseException, text: str) -> str:
    """Moves the reason of a dataset's error to a visible place.

    Args:
        error: The error of a node.
        text: Its text.

    Returns:
        `cannot load PATH: REASON`, or with the dataset if Kedro does not name the path; the
        unchanged text for every other error.
    """
    from kedro.io import DatasetError

    if isinstance(error, FileNotFoundError | NotADirectoryError):
        # Kedro passes these on without naming the dataset.
        step = _step(error)
        return f"cannot {step[0]} `{step[1]}`: {_why(error, text)}" if step else text
    found = _FAILED.search(text) if isinstance(error, DatasetError) else None
    if found is None:
        return text
    path = _PATH.search(found["arguments"])
    what = path["path"] if path else found["what"].rpartition(".")[2]
    if _HIDDEN in what and (step := _step(error)):
        # Newer versions of Kedro begin with the dataset.
        what = "its data" if found.start() else f"`{step[1]}`"
    why = _why(error.__cause__, " ".join(found["why"].split()))
    return f"{text[: found.start()]}cannot {_VERBS[found['verb']]} {what}: {why}"


def _why(cause: BaseException | None, text: str) -> str:
    if isinstance(cause, FileNotFoundError) and cause.errno is None:
        # Stores name the object but not the problem.
        return f"it does not exist: {text}"
    return text


def _step(error: BaseException) -> tuple[str, str] | None:
    """Finds the action of Kedro's catalog: `load` or `save`, and the dataset."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        name = frame.f_locals.get("ds_name")
        is_catalog = code.co_filename.replace("\\", "/").endswith(_CATALOG)
        if is_catalog and code.co_name in _VERBS.values() and isinstance(name, str):
            return code.co_name, name
    return None
