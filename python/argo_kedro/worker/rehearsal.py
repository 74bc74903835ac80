"""Runs Kedro once before a task does, in the fork that waits for that task.

A fork shares its memory with the worker until one of them writes, and Python writes at every
access, since it counts references. So the first use of Kedro copies page after page, and takes
longer than the work itself. A waiting fork has the time for it, unless all cores are busy: a
rehearsal takes a little more than it saves.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator


def rehearse(is_over: Callable[[], bool]) -> None:
    """Runs a node that does nothing and merges a configuration, both of argo-kedro.

    The project is neither read nor called, and nothing is logged.

    Args:
        is_over: Says whether the task has arrived; the rest of the rehearsal is skipped then.
    """
    with _nothing_logged():
        for part in PARTS:
            if is_over():
                return
            # The task reports an error in Kedro.
            with contextlib.suppress(Exception):
                part()


def is_a_core_free() -> bool:
    """Says whether this machine had a free core over the last minute.

    Returns:
        False if the load is unknown.
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
