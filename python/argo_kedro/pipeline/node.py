"""A Kedro node that knows which machine it needs and which group it runs in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from kedro.pipeline.node import Node as KedroNode


@dataclass(frozen=True)
class Group:
    """The fused group a node belongs to, as the node remembers it.

    Args:
        name: Name of the group as the user gave it.
        inner_namespace: Namespace the node had when it was fused. What the node's
            namespace gains later in front of it belongs to the group as well, so that
            two namespaced copies of a group are two groups.
        machine_type: Machine type of the whole group, if it has one of its own.
        template: Template of the whole group, if it has one of its own.
    """

    name: str
    inner_namespace: str | None = None
    machine_type: str | None = None
    template: str | None = None

    def qualified_name(self, namespace: str | None) -> str:
        """Name of the group including the namespace it was put in.

        Args:
            namespace: Namespace of the member node now.

        Returns:
            `NAMESPACE.NAME`, or the bare name outside any namespace.
        """
        outer = namespace or ""
        if self.inner_namespace:
            outer = outer.removesuffix(self.inner_namespace).removesuffix(".")
        return f"{outer}.{self.name}" if outer else self.name


class Remembering(KedroNode):
    """Attributes that a node keeps through Kedro's copies: its machine type, template and groups.

    Kedro copies nodes whenever a pipeline is tagged, namespaced or mapped, and builds
    plain ones; this class carries its own attributes over.
    """

    _machine_type: str | None = None
    _template: str | None = None
    _groups: tuple[Group, ...] = ()
    _declared: tuple[str, int] | None = None

    @property
    def machine_type(self) -> str | None:
        """Name of the machine type this node asks for; None for the default one."""
        return self._machine_type

    @property
    def template(self) -> str | None:
        """Name of the custom template (`template.templates` in `argo.yml`) to run in."""
        return self._template

    @property
    def groups(self) -> tuple[Group, ...]:
        """Groups around this node, the innermost first."""
        return self._groups

    @property
    def declared(self) -> tuple[str, int] | None:
        """File and line that made this node, where what it asks for is written; None if unknown."""
        return self._declared

    def _copy(self, **overwrite_params: Any) -> Remembering:
        return self._remember(super()._copy(**overwrite_params))

    def _remember(self, copied: KedroNode) -> Remembering:
        copied.__class__ = type(self)
        copied._machine_type = self._machine_type
        copied._template = self._template
        copied._groups = self._groups
        copied._declared = self._declared
        return copied  # type: ignore[no-any-return]


class Node(Remembering):
    """A drop-in replacement for Kedro's `Node` that can ask for a machine.

    Args:
        func: As in Kedro's `Node`.
        inputs: As in Kedro's `Node`.
        outputs: As in Kedro's `Node`.
        name: As in Kedro's `Node`.
        machine_type: Key of `machine_types` in `argo.yml`, or a machine known by name
            (Google's g2 family). None: `default_machine_type`.
        template: Name of a custom template of `argo.yml` to run this node in.
        tags: As in Kedro's `Node`.
        confirms: As in Kedro's `Node`.
        namespace: As in Kedro's `Node`.
        **kedro_arguments: Whatever else the installed Kedro's `Node` takes
            (`preview_fn` from Kedro 1.2 on).

    Raises:
        ValueError: What Kedro's `Node` raises for a node that cannot be.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        inputs: str | list[str] | dict[str, str] | None,
        outputs: str | list[str] | dict[str, str] | None,
        *,
        name: str | None = None,
        machine_type: str | None = None,
        template: str | None = None,
        tags: str | Iterable[str] | None = None,
        confirms: str | list[str] | None = None,
        namespace: str | None = None,
        **kedro_arguments: Any,
    ) -> None:
        super().__init__(
            func,
            inputs,
            outputs,
            name=name,
            tags=tags,
            confirms=confirms,
            namespace=namespace,
            **kedro_arguments,
        )
        self._machine_type = machine_type
        self._template = template
        caller = sys._getframe(1)
        self._declared = (caller.f_code.co_filename, caller.f_lineno)


def grouped(node: KedroNode, group: Group) -> Remembering:
    """Gives a copy of a node that remembers one more group around it.

    Args:
        node: Any Kedro node; what it is otherwise does not change.
        group: The group; its inner namespace is the node's namespace now.

    Returns:
        The copy. A plain Kedro node becomes a `Node`; an instance of somebody's own
        subclass stays one.
    """
    kind = type(node)
    if not isinstance(node, Remembering):
        kind = Node if kind is KedroNode else _remembering(kind)  # type: ignore[arg-type]
    copy = object.__new__(kind)
    copy.__dict__.update(node.__dict__)
    inner = Group(group.name, node.namespace, group.machine_type, group.template)
    copy._groups = (*getattr(node, "_groups", ()), inner)
    return copy  # type: ignore[no-any-return]


@cache
def _remembering(kind: type[KedroNode]) -> type[KedroNode]:
    def reduce(node: Any, _: Any) -> Any:
        return _restored, (kind, node.__dict__)

    # Pickle cannot find a class that was made here; `reduce` makes it again.
    own = {"__module__": kind.__module__, "__reduce_ex__": reduce}
    return type(kind.__name__, (Remembering, kind), own)


def _restored(kind: type[KedroNode], attributes: dict[str, Any]) -> KedroNode:
    node = object.__new__(_remembering(kind))  # type: ignore[arg-type]
    node.__dict__.update(attributes)
    return node  # type: ignore[no-any-return]
