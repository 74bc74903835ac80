"""Short texts of Kedro's errors about datasets: their own begin with all that a dataset is."""

from __future__ import annotations

import re

#: `Failed while loading data from dataset CLASS(ARGUMENTS).`, and in the next line the reason.
_FAILED = re.compile(
    r"Failed while (?P<verb>loading|saving) data (?:from|to) dataset (?P<what>[^\s(]*)"
    r"\((?P<arguments>.*?)\)\.\n(?P<why>.*)",
    re.DOTALL,
)
_PATH = re.compile(
    r"\b(?:filepath|path)=(?:\w+\()?(?P<quote>['\"]?)(?P<path>.+?)(?P=quote)\)?(?:,|$)"
)
_VERBS = {"loading": "load", "saving": "save"}


def in_short(error: BaseException, text: str) -> str:
    """Puts the reason of a dataset's error where it is seen.

    Args:
        error: What a node raised.
        text: Its text.

    Returns:
        `cannot load PATH: REASON`; the text as it is, for every other error.
    """
    from kedro.io import DatasetError

    found = _FAILED.search(text) if isinstance(error, DatasetError) else None
    if found is None:
        return text
    path = _PATH.search(found["arguments"])
    what = path["path"] if path else found["what"].rpartition(".")[2]
    why = " ".join(found["why"].split())
    cause = error.__cause__
    if isinstance(cause, FileNotFoundError) and cause.errno is None:
        # Stores name the object and do not say what is wrong with it.
        why = f"it does not exist: {why}"
    return f"{text[: found.start()]}cannot {_VERBS[found['verb']]} {what}: {why}"
