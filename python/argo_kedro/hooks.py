"""The Kedro hook that applies, inside a task, what the plan says about datasets.

Outside of argo-kedro's tasks it does nothing: `kedro run` stays Kedro's. The manifest sets
environment variables for it, so a custom template that calls `kedro run` itself works too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from kedro.framework.hooks import hook_impl

from argo_kedro import random_name
from argo_kedro.name_list import read_names
from argo_kedro.task_variables import (
    HANDOFF,
    HANDOFF_FROM,
    HANDOFF_PATH,
    MEMORY,
    RESULTS,
    RUN_VERSION,
    TRACKING_URI,
)


class ArgoKedroHooks:
    """Replaces the datasets of a task that are handed off or kept in memory."""

    #: The last failed node of this process; one task fails once.
    failed_node: str | None = None

    def __init__(self) -> None:
        # Kedro imports hooks when it makes a session, and before the session makes the
        # configuration loader: early enough for `globals.yml`, and never for `kedro --version`.
        random_name.register()

    @hook_impl
    def on_node_error(self, node: Any) -> None:
        """Remembers the failed node for the task's report.

        Args:
            node: The node.
        """
        self.failed_node = node.name

    # Run before kedro-mlflow, which calls its server here.
    @hook_impl(hookwrapper=True, tryfirst=True)
    def after_context_created(self, context: Any) -> Iterator[None]:
        """Makes a workflow one MLflow run.

        Args:
            context: The context of the task's session.

        Yields:
            Once, for the other hooks.
        """
        if _may_be_an_mlflow_run():
            from argo_kedro.mlflow.join import around_context

            with around_context(context):
                yield
        else:
            yield

    # Run around all other hooks, wherever they are registered, so that the catalog has their
    # datasets.
    @hook_impl(hookwrapper=True, tryfirst=True)
    def after_catalog_created(self, catalog: Any) -> Iterator[None]:
        """Replaces datasets in the task's catalog.

        A dataset from another hook stays: that hook stores it, as in `kedro run`.

        Args:
            catalog: The new catalog of Kedro.

        Yields:
            Once, for the other hooks.
        """
        if memory := _names(MEMORY):
            from kedro.io import MemoryDataset

            for name in memory:
                catalog[name] = MemoryDataset()
        yield
        path = os.environ.get(HANDOFF_PATH)
        if path and (handoff := _to_hand_off(catalog)):
            from argo_kedro.handoff import HandoffDataset, file_name

            for name in handoff:
                elsewhere = [f"{place}/{file_name(name)}" for place in _names(HANDOFF_FROM)]
                catalog[name] = HandoffDataset(f"{path}/{file_name(name)}", elsewhere)

    # Run after the other hooks: they may add datasets.
    @hook_impl(trylast=True)
    def before_pipeline_run(self, pipeline: Any, catalog: Any) -> None:
        """Gives the task's versioned datasets the run's version.

        Args:
            pipeline: The nodes of the task.
            catalog: The catalog with their datasets.

        Raises:
            ValueError: A dataset crosses tasks and no path is given, or the environment holds
                something other than a run's version.
            DatasetError: The versions of an input cannot be listed, or all are of later runs; the
                version to read cannot be noted, or is gone.
        """
        if not os.environ.get(HANDOFF_PATH) and (handoff := _to_hand_off(catalog)):
            raise ValueError(
                "nothing says where to store data that crosses tasks and is not in the catalog: "
                f"{', '.join(handoff)}. Set `memory_datasets.path` in argo.yml; "
                "`argo-kedro init --cloud URL` does it for you"
            )
        if RUN_VERSION not in os.environ:
            return
        from argo_kedro.versions import apply, run_version

        if version := run_version():
            apply(version, pipeline, catalog)

    @hook_impl
    def after_pipeline_run(self, pipeline: Any, catalog: Any) -> None:
        """Notes where the task has written its datasets.

        Args:
            pipeline: The nodes of the task.
            catalog: The catalog with their datasets.
        """
        if file := os.environ.get(RESULTS):
            from argo_kedro.results import note

            note(file, pipeline, catalog)


def _may_be_an_mlflow_run() -> bool:
    """Says whether this task may use MLflow; most tasks import nothing for it."""
    if RUN_VERSION not in os.environ or not os.environ.get("WORKFLOW_ID"):
        return False
    # kedro-mlflow must be imported for its hooks to exist.
    return TRACKING_URI in os.environ or "kedro_mlflow" in sys.modules or "mlflow" in sys.modules


def _to_hand_off(catalog: Any) -> list[str]:
    """Lists the datasets that cross tasks and that the catalog does not store."""
    handoff = _names(HANDOFF)
    if not handoff:
        return []
    from kedro.io import MemoryDataset, SharedMemoryDataset

    in_memory = (type(None), MemoryDataset, SharedMemoryDataset)
    return [name for name in handoff if isinstance(catalog.get(name), in_memory)]


def _names(variable: str) -> list[str]:
    return read_names(os.environ.get(variable, ""))


hooks = ArgoKedroHooks()
