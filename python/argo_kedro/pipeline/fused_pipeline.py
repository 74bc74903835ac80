"""Pipelines whose nodes run together, in one task of the workflow."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node as KedroNode

from argo_kedro.pipeline.node import Group, grouped


class FusedPipeline(Pipeline):
    """A pipeline whose nodes run in one task, on one machine.

    The nodes stay ordinary Kedro nodes that remember their group, so `kedro run`,
    Kedro-Viz, `--nodes`, transcoding and namespaces work as without it. Fused pipelines
    can be nested: the outermost decides. Two namespaced copies are two groups.

    Args:
        nodes: Nodes and pipelines to run together.
        name: Name of the group; the task is named after it.
        machine_type: Machine type of the task. None: the largest that a member asks for.
        template: Name of a custom template of `argo.yml` to run the task in.
        tags: As in Kedro's `Pipeline`.
        **kedro_arguments: Whatever else Kedro's `Pipeline` takes (`namespace`, `inputs`,
            `outputs`, `parameters`, ...). With a `namespace`, the group is in it as well.

    Raises:
        ValueError: The name is empty, or what Kedro's `Pipeline` raises.
    """

    def __init__(
        self,
        nodes: Iterable[KedroNode | Pipeline] | Pipeline,
        name: str,
        *,
        machine_type: str | None = None,
        template: str | None = None,
        tags: str | Iterable[str] | None = None,
        **kedro_arguments: Any,
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"FusedPipeline needs a name, not {name!r}")
        self._name = name
        self._machine_type = machine_type
        self._template = template
        group = Group(name, machine_type=machine_type, template=template)
        members = [grouped(node, group) for node in Pipeline(nodes).nodes]
        super().__init__(members, tags=tags, **kedro_arguments)

    @property
    def name(self) -> str:
        """Name of the group."""
        return self._name

    @property
    def machine_type(self) -> str | None:
        """Machine type of the group; None for the largest that a member asks for."""
        return self._machine_type

    @property
    def template(self) -> str | None:
        """Name of the custom template the group runs in."""
        return self._template


def sum_pipelines(pipelines: Iterable[Pipeline]) -> Pipeline:
    """Adds pipelines up, keeping their groups.

    Kedro's own `sum` keeps them just as well; this function stays for projects that
    import it.

    Args:
        pipelines: The pipelines to add.

    Returns:
        One pipeline with the nodes of all, each once.
    """
    unique = dict.fromkeys(chain.from_iterable(pipeline.nodes for pipeline in pipelines))
    return Pipeline(list(unique))
