"""`argo_kedro.pipeline`: nodes and groups survive everything Kedro does to pipelines."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argo_kedro.pipeline import FusedPipeline, Node, sum_pipelines
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node as KedroNode
from kedro.runner import SequentialRunner
from projects import MakeProject

pytestmark = pytest.mark.kedro

# One value that differs from the default for every argument of Kedro's Node, by name.
VALUES: dict[str, Any] = {
    "name": "a_name",
    "tags": ["one", "two"],
    "confirms": ["b"],
    "namespace": "outer.inner",
    "preview_fn": lambda: None,
}


def copy(value: Any) -> Any:
    return value


def add(left: int, right: int) -> int:
    return left + right


def kedro_arguments() -> list[inspect.Parameter]:
    arguments = inspect.signature(KedroNode.__init__).parameters.values()
    return [argument for argument in arguments if argument.name != "self"]


def groups_of(pipeline: Pipeline) -> dict[str, str]:
    """The name of the outermost group of every node with a group."""
    return {
        member.name: member.groups[-1].qualified_name(member.namespace)
        for member in pipeline.nodes
        if getattr(member, "groups", ())
    }


def two_nodes() -> list[KedroNode]:
    return [Node(copy, "a", "b", name="first"), node(copy, "b", "c", name="second")]


def run(pipeline: Pipeline, **inputs: Any) -> dict[str, Any]:
    """Runs a pipeline and gives every remaining dataset."""
    catalog = DataCatalog({name: MemoryDataset(value) for name, value in inputs.items()})
    for name in pipeline.outputs():
        catalog[name.split("@")[0]] = MemoryDataset()
    SequentialRunner().run(pipeline, catalog)
    return {name: catalog.load(name.split("@")[0]) for name in pipeline.outputs()}


def test_every_argument_of_kedros_node_has_a_value_here() -> None:
    optional = {argument.name for argument in kedro_arguments()} - {"func", "inputs", "outputs"}
    assert optional <= set(VALUES)


@pytest.mark.parametrize(
    "argument", [name for name in VALUES if name in inspect.signature(KedroNode).parameters]
)
def test_a_node_takes_each_argument_as_kedros_does(argument: str) -> None:
    ours = Node(copy, "a", "b", **{argument: VALUES[argument]})
    kedros = KedroNode(copy, "a", "b", **{argument: VALUES[argument]})
    own = {"_machine_type", "_template", "_declared"}
    assert {key: ours.__dict__[key] for key in ours.__dict__.keys() - own} == kedros.__dict__
    assert (ours.name, ours.tags, ours.confirms) == (kedros.name, kedros.tags, kedros.confirms)


def test_a_node_takes_its_first_three_arguments_by_name() -> None:
    assert Node(func=copy, inputs="a", outputs="b")(a=3) == {"b": 3}


@pytest.mark.parametrize(
    "arguments",
    [
        (None, "a", "b"),
        (copy, None, None),
        (copy, "a", "a"),
        (copy, ["a", "b"], "c"),
        (copy, "a", ["b", "b"]),
    ],
)
def test_a_wrong_node_fails_with_kedros_own_error(arguments: tuple[Any, Any, Any]) -> None:
    with pytest.raises((ValueError, TypeError)) as kedros:
        KedroNode(*arguments)
    with pytest.raises(kedros.type) as ours:
        Node(*arguments)
    assert str(ours.value) == str(kedros.value)


def test_a_node_equals_and_sorts_as_kedros_do() -> None:
    one, same, other = (Node(copy, "a", out, name="n") for out in ("b", "b", "c"))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one < other


COPIES: dict[str, Callable[[Pipeline], Pipeline]] = {
    "sum": lambda one: sum([one], Pipeline([])),
    "plus": lambda one: Pipeline([]) + one,
    "or": lambda one: one | Pipeline([]),
    "sum_pipelines": lambda one: sum_pipelines([one, one]),
    "namespace": lambda one: Pipeline(one, namespace="ns"),
    "two namespaces": lambda one: Pipeline(Pipeline(one, namespace="in"), namespace="out"),
    "tags": lambda one: Pipeline(one, tags="t"),
    "tag": lambda one: one.tag(["t"]),
    "inputs": lambda one: Pipeline(one, inputs={"a": "z"}),
    "outputs": lambda one: Pipeline(one, outputs={"c": "z"}),
    "parameters": lambda one: Pipeline(one, parameters={"p": "q"}),
    "everything": lambda one: Pipeline(
        one,
        inputs={"a": "z"},
        outputs={"c": "y"},
        parameters={"params:p": "params:q"},
        tags="t",
        namespace="ns",
    ),
    "filter": lambda one: one.filter(node_names=["with_parameter", "first", "second"]),
    "filter by tag": lambda one: one.tag("t").filter(tags=["t"]),
    "only_nodes": lambda one: one.only_nodes("with_parameter", "first", "second"),
    "from_inputs": lambda one: one.from_inputs("a", "params:p"),
    "to_outputs": lambda one: one.to_outputs("c", "d"),
    "minus": lambda one: one - Pipeline([]),
    "and": lambda one: one & one,
    "pickle": lambda one: pickle.loads(pickle.dumps(one)),
}


@pytest.mark.parametrize("how", COPIES)
def test_machine_type_template_and_group_survive(how: str) -> None:
    fused = FusedPipeline(
        [
            Node(copy, "a", "b", name="first", machine_type="large", template="custom"),
            node(copy, "b", "c", name="second"),
            Node(copy, "params:p", "d", name="with_parameter"),
        ],
        name="group",
        machine_type="huge",
    )
    copied = {member.name.split(".")[-1]: member for member in COPIES[how](fused).nodes}
    assert set(copied) == {"first", "second", "with_parameter"}
    assert {member.groups[-1].name for member in copied.values()} == {"group"}
    assert {member.groups[-1].machine_type for member in copied.values()} == {"huge"}
    assert (copied["first"].machine_type, copied["first"].template) == ("large", "custom")
    assert (copied["second"].machine_type, copied["second"].template) == (None, None)


def test_a_fused_pipeline_is_an_ordinary_pipeline_of_ordinary_nodes() -> None:
    fused = FusedPipeline(two_nodes(), name="group")
    assert isinstance(fused, Pipeline)
    assert [member.name for member in fused.nodes] == ["first", "second"]
    assert (fused.inputs(), fused.outputs()) == ({"a"}, {"c"})
    assert (fused.name, fused.machine_type) == ("group", None)
    assert run(fused, a=4) == {"c": 4}


def test_fusing_changes_no_node_of_the_caller() -> None:
    members = two_nodes()
    FusedPipeline(members, name="group")
    assert [getattr(member, "groups", ()) for member in members] == [(), ()]
    assert type(members[1]) is KedroNode


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_fused_pipeline_needs_a_name(name: Any) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        FusedPipeline(two_nodes(), name=name)


def test_the_outermost_of_nested_groups_wins() -> None:
    inner = FusedPipeline(two_nodes(), name="inner", machine_type="small")
    outer = FusedPipeline([inner, node(copy, "c", "d", name="third")], name="outer")
    assert groups_of(outer) == dict.fromkeys(["first", "second", "third"], "outer")


def test_a_group_inside_an_ordinary_pipeline_stays_apart_from_its_neighbours() -> None:
    whole = Pipeline([FusedPipeline(two_nodes(), name="group"), node(copy, "c", "d", name="third")])
    assert groups_of(whole) == {"first": "group", "second": "group"}


def test_two_namespaced_copies_are_two_groups() -> None:
    fused = FusedPipeline(two_nodes(), name="group")
    both = Pipeline(fused, namespace="x") + Pipeline(fused, namespace="y")
    assert groups_of(both) == {
        "x.first": "x.group",
        "x.second": "x.group",
        "y.first": "y.group",
        "y.second": "y.group",
    }


def test_a_namespace_inside_a_group_does_not_split_it() -> None:
    inside = Pipeline([node(copy, "b", "c", name="second")], namespace="in", inputs={"b": "b"})
    fused = FusedPipeline([Node(copy, "a", "b", name="first"), inside], name="group")
    assert set(groups_of(fused).values()) == {"group"}
    assert set(groups_of(Pipeline(fused, namespace="out")).values()) == {"out.group"}


def test_a_namespace_given_to_the_group_itself_is_in_its_name() -> None:
    fused = FusedPipeline(two_nodes(), name="group", namespace="ns", tags="t")
    assert set(groups_of(fused).values()) == {"ns.group"}
    assert all(member.tags == {"t"} for member in fused.nodes)


def test_transcoding_inside_a_group_is_kedros() -> None:
    fused = FusedPipeline(
        [Node(copy, "a", "b@x", name="first"), Node(copy, "b@y", "c", name="second")],
        name="group",
    )
    assert [member.name for member in fused.nodes] == ["first", "second"]
    assert fused.inputs() == {"a"}


def test_dict_and_list_outputs_run_as_with_kedro() -> None:
    fused = FusedPipeline(
        [
            Node(lambda a: {"x": a, "y": 2 * a}, "a", {"x": "b", "y": "c"}, name="dict"),
            Node(lambda b, c: [c, b], ["b", "c"], ["d", "e"], name="list"),
            Node(add, {"left": "d", "right": "e"}, "f", name="arguments"),
        ],
        name="group",
    )
    assert run(fused, a=1) == {"f": 3}


def test_a_generator_node_saves_every_part() -> None:
    def parts(value: int) -> Iterator[int]:
        yield value
        yield value + 1

    saved: list[int] = []

    class Collected(MemoryDataset):
        def save(self, data: Any) -> None:
            saved.append(data)
            super().save(data)

    fused = FusedPipeline([Node(parts, "a", "b", name="parts")], name="group")
    SequentialRunner().run(fused, DataCatalog({"a": MemoryDataset(5), "b": Collected()}))
    assert saved == [5, 6]


def test_a_group_confirms_what_its_nodes_confirm() -> None:
    confirmed: list[str] = []

    class Confirming(MemoryDataset):
        def confirm(self) -> None:
            confirmed.append("a")

    fused = FusedPipeline([Node(copy, "a", "b", name="n", confirms="a")], name="group")
    SequentialRunner().run(Pipeline(fused, tags="t"), DataCatalog({"a": Confirming(1)}))
    assert confirmed == ["a"]


class Shouting(KedroNode):
    """A user's own subclass of Kedro's node."""

    def run(self, inputs: Any = None) -> dict[str, Any]:
        return {name: f"{value}!" for name, value in super().run(inputs).items()}


def test_somebodys_own_node_class_stays_itself_inside_a_group() -> None:
    fused = FusedPipeline([Shouting(copy, "a", "b", name="loud")], name="group")
    (member,) = fused.nodes
    assert isinstance(member, Shouting)
    assert groups_of(fused) == {"loud": "group"}
    assert run(fused, a="hey") == {"b": "hey!"}


def test_somebodys_own_node_class_inside_a_group_can_be_pickled() -> None:
    fused = FusedPipeline([Shouting(copy, "a", "b", name="loud")], name="group")
    (member,) = pickle.loads(pickle.dumps(fused)).nodes
    assert isinstance(member, Shouting)
    assert member.groups[-1].name == "group"


def test_sum_pipelines_keeps_each_node_once() -> None:
    one = Pipeline(two_nodes())
    total = sum_pipelines([one, one, Pipeline([node(copy, "c", "d", name="third")])])
    assert [member.name for member in total.nodes] == ["first", "second", "third"]


def test_kedro_run_runs_one_node_of_a_group_by_its_own_name(make_project: MakeProject) -> None:
    project = make_project(
        """
        def make():
            trace("make")
            return 1
        def use(number):
            trace("use")
        def register_pipelines():
            return {"__default__": FusedPipeline([
                node(make, None, "number", name="inner_node"),
                node(use, "number", "result", name="other"),
            ], name="group", machine_type="large")}
        """
    )
    result = project.kedro("run", "--nodes", "inner_node")
    assert result.code == 0, result
    assert project.traces() == ["make"]
