"""Goes through Kedro once before a task does, in the fork that waits for that task.

A fork shares its memory with the worker until one of them writes, and Python writes wherever it
looks, since it counts references. So the first way through Kedro copies page after page, and takes
longer than the work itself. Who waits for a task has the time for it, unless all cores are busy:
a rehearsal takes a little more than it saves.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator


def rehearse(is_over: Callable[[], bool]) -> None:
    """Runs a node that does nothing and merges a configuration, both of our own.

    Nothing of the project is read or called, and nothing is logged.

    Args:
        is_over: Says whether the task is there; what is left of the rehearsal is left out then.
    """
    with _nothing_logged():
        for part in PARTS:
            if is_over():
                return
            # What is wrong with Kedro, the task says.
            with contextlib.suppress(Exception):
                part()


def is_a_core_free() -> bool:
    """Says whether this machine had a core to spare, over the last minute.

    Returns:
        False where nobody knows.
    """
    try:
        return os.getloadavg()[0] < (os.cpu_count() or 1)
    except OSError:
        return False


def run_a_node() -> None:
    """Runs a node that does nothing."""
    from kedro.io import DataCatalog
    from kedro.pipeline import Node, Pipeline
    from kedro.runner import SequentialRunner

    pipeline = Pipeline([Node(_nothing, None, "nothing", name="nothing")])
    SequentialRunner().run(pipeline, DataCatalog())


def _nothing() -> int:
    return 0


def merge_configuration() -> None:
    """Merges two configurations, as Kedro merges those of environments."""
    from omegaconf import OmegaConf

    base = OmegaConf.create({"entry": {"type": "x", "layers": [1, 2]}})
    local = OmegaConf.create({"entry": {"type": "y", "path": "z"}})
    OmegaConf.to_container(OmegaConf.merge(base, local), resolve=True)


#: Parts of a rehearsal.
PARTS = (run_a_node, merge_configuration)


@contextlib.contextmanager
def _nothing_logged() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
