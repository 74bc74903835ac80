"""`plan`: which tasks there will be, on which machines, with which data."""

from __future__ import annotations

import pytest
from projects import MakeProject, Project, is_clean

FUNCTIONS = """
def copy(value):
    return value
def both(one, two):
    return one
"""
REGISTRY = (
    FUNCTIONS
    + """
def register_pipelines():
    fused = FusedPipeline([
        Node(copy, "raw", "clean@x", name="clean", machine_type="large"),
        node(copy, "clean@y", "kept", name="keep"),
        node(copy, "kept", "features", name="features"),
    ], name="prepare")
    train = Pipeline([
        Node(both, ["features", "params:depth"], "model", name="train", machine_type="gpu"),
    ])
    return {"__default__": fused
        + Pipeline(train, namespace="x", inputs={"features"}, parameters={"depth"})
        + Pipeline(train, namespace="y", inputs={"features"}, parameters={"depth"})
        + Pipeline([node(both, ["x.model", "y.model"], "best", name="choose")])}
"""
)
FILES: dict[str, str | bytes] = {
    "conf/base/catalog.yml": """\
        raw: {type: shop.datasets.JsonFile, filepath: data/raw.json}
        clean@x: {type: shop.datasets.JsonFile, filepath: data/clean.json}
        clean@y: {type: shop.datasets.JsonFile, filepath: data/clean.json}
        kept: {type: shop.datasets.JsonFile, filepath: data/kept.json}
        best: {type: shop.datasets.JsonFile, filepath: data/best.json}
        """,
    "conf/base/parameters.yml": "depth: 3\n",
    "conf/base/argo.yml": """\
        machine_types:
          default: {mem: 1, cpu: 500m}
          large: {mem: 1536Mi, cpu: 2}
          gpu: {mem: 4, cpu: 1, num_gpu: 1}
        runner: {use_memory_datasets: true}
        """,
}


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    return shared_project(REGISTRY, dict(FILES))


def test_a_task_is_a_node_or_a_group_and_waits_for_its_data(project: Project) -> None:
    plan = project.plan()
    assert {name: (task["nodes"], task["upstream"]) for name, task in plan.items()} == {
        "prepare": (["clean", "keep", "features"], []),
        "x-train": (["x.train"], ["prepare"]),
        "y-train": (["y.train"], ["prepare"]),
        "choose": (["choose"], ["x-train", "y-train"]),
    }


def test_each_machine_says_which_rule_set_it(project: Project) -> None:
    machines = {
        name: [task["machine"][key] for key in ("rule", "cpu", "memory", "gpu")]
        for name, task in project.plan().items()
    }
    assert machines["prepare"] == ["largest", "2", "1536Mi", 0]
    assert machines["x-train"] == ["node", "1", "4Gi", 1]
    assert machines["choose"] == ["default", "500m", "1Gi", 0]


def test_each_dataset_has_the_kind_that_its_traffic_asks_for(project: Project) -> None:
    kinds: dict[str, set[str]] = {}
    for task in project.plan().values():
        for usage in task["inputs"] + task["outputs"]:
            kinds.setdefault(usage["dataset"], set()).add(usage["kind"])
    assert kinds["raw"] == {"catalog"}
    assert kinds["features"] == {"hand_off"}
    assert kinds["x.model"] == {"hand_off"}
    assert kinds["kept"] == {"kept_in_memory"}
    assert kinds["clean@x"] == {"catalog"}
    assert kinds["best"] == {"catalog"}


def test_the_table_fits_the_terminal_and_says_it_all(project: Project) -> None:
    result = project.ok("plan")
    for word in ("prepare", "x-train", "choose", "largest of its nodes", "→ best", "4 tasks"):
        assert word in result.out
    assert result.err == ""
    assert is_clean(result.out)


def test_mermaid_draws_each_task_and_each_dependency(project: Project) -> None:
    lines = project.ok("plan", "-o", "mermaid").out.splitlines()
    assert lines[0].startswith("flowchart")
    assert sum("-->" in line for line in lines) == 4
    assert sum('["' in line for line in lines) == 4


def test_a_selection_plans_that_part_alone(project: Project) -> None:
    words = ["plan", "-o", "name"]
    assert project.ok(*words, "--to-nodes", "x.train").out == "prepare\nx-train\n"
    assert project.ok(*words, "--from-inputs", "raw", "--to-outputs", "kept").out == "prepare\n"


def test_one_node_of_a_group_alone_is_a_task_of_that_group(project: Project) -> None:
    plan = project.plan("--nodes", "keep")
    assert {name: task["nodes"] for name, task in plan.items()} == {"prepare": ["keep"]}


def test_kedro_argo_says_what_argo_kedro_says(project: Project) -> None:
    ours = project.ok("plan", "-o", "json").out
    through_kedro = project.kedro("argo", "plan", "-o", "json")
    assert through_kedro.code == 0, through_kedro
    # Kedro announces its logging configuration on standard output before any plugin runs.
    assert through_kedro.out.endswith(ours)


def test_the_words_after_kedro_argo_arrive_unchanged(project: Project) -> None:
    result = project.kedro("argo", "plan", "--nodes", "no such, --help")
    assert result.code == 2
    assert "no such" in result.err
    helped = project.kedro("argo", "plan", "--help")
    assert "--from-nodes" in helped.out
    assert project.kedro("argo", "--help").out.count("compile") >= 1


GROUPINGS = [
    ("none", {"one": ["one"], "two": ["two"], "ns-three": ["ns.three"], "ns-four": ["ns.four"]}),
    ("all", {"pipeline": ["one", "two", "ns.three", "ns.four"]}),
    ("namespace", {"one": ["one"], "two": ["two"], "ns": ["ns.three", "ns.four"]}),
    ("tag", {"both": ["one", "two"], "ns-three": ["ns.three"], "ns-four": ["ns.four"]}),
    ("pipeline", {"first": ["one", "two"], "second": ["ns.three", "ns.four"]}),
]


@pytest.fixture(scope="module")
def chain(shared_project: MakeProject) -> Project:
    return shared_project(
        FUNCTIONS
        + """
def register_pipelines():
    first = Pipeline([
        node(copy, "a", "b", name="one", tags="group.both"),
        node(copy, "b", "c", name="two", tags="group.both"),
    ])
    second = Pipeline([
        node(copy, "c", "d", name="three"), node(copy, "d", "e", name="four"),
    ], namespace="ns", inputs={"c"})
    return {"first": first, "second": second, "__default__": first + second}
""",
        {"conf/base/catalog.yml": "a: {type: shop.datasets.JsonFile, filepath: data/a.json}\n"},
    )


@pytest.mark.parametrize(("grouping", "expected"), GROUPINGS, ids=[name for name, _ in GROUPINGS])
def test_grouping_can_come_from_configuration(
    chain: Project, grouping: str, expected: dict[str, list[str]]
) -> None:
    chain.write({f"conf/{grouping}/argo.yml": f"grouping: {grouping}\n"})
    plan = chain.plan("--env", grouping)
    assert {name: task["nodes"] for name, task in plan.items()} == expected


def test_nodes_that_share_memory_can_be_one_task(chain: Project) -> None:
    chain.write({"conf/fuse/argo.yml": "memory_datasets: {mode: fuse}\n"})
    (task,) = chain.plan("--env", "fuse").values()
    assert task["nodes"] == ["one", "two", "ns.three", "ns.four"]
    assert {usage["kind"] for usage in task["outputs"]} == {"memory"}


def test_an_explicit_group_wins_over_the_configured_grouping(make_project: MakeProject) -> None:
    project = make_project(
        FUNCTIONS
        + """
def register_pipelines():
    return {"__default__": Pipeline([
        FusedPipeline([node(copy, "a", "b", name="one")], name="mine"),
        node(copy, "b", "c", name="two"),
    ])}
""",
        {
            "conf/base/catalog.yml": "a: {type: MemoryDataset}\n",
            "conf/base/argo.yml": "grouping: all\n",
        },
    )
    plan = project.plan()
    assert {name: task["nodes"] for name, task in plan.items()} == {
        "mine": ["one"],
        "pipeline": ["two"],
    }


def test_a_machine_of_googles_g2_family_is_known_by_name(make_project: MakeProject) -> None:
    project = make_project(
        """
def register_pipelines():
    return {"__default__": Pipeline([
        Node(one, None, "a", name="n", machine_type="g2-standard-24"),
    ])}
"""
    )
    machine = project.plan()["n"]["machine"]
    assert (machine["cpu"], machine["memory"], machine["gpu"]) == ("24", "96Gi", 2)


def test_names_that_argo_does_not_take_are_changed_and_stay_apart(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def register_pipelines():
    names = ["a_b", "a-b", "02_clean", "in", "x" * 80 + "1", "x" * 80 + "2"]
    return {"__default__": Pipeline([
        node(one, None, f"d{number}", name=name) for number, name in enumerate(names)
    ])}
"""
    )
    plan = project.plan()
    assert len(plan) == 6
    assert len({name.lower() for name in plan}) == 6
    assert all(len(name) <= 63 and name[0].isalpha() for name in plan)
    assert plan["node-02-clean"]["nodes"] == ["02_clean"]
    assert plan["node-in"]["nodes"] == ["in"]


MISSING = """
def register_pipelines():
    return {"__default__": Pipeline([
        node(one, None, "raw", name="first"),
        node(lambda value: value, "raw", "kept", name="second"),
    ])}
"""


def test_only_nodes_with_missing_outputs_are_planned_when_asked(make_project: MakeProject) -> None:
    project = make_project(MISSING, {"conf/base/catalog.yml": FILES["conf/base/catalog.yml"]})
    words = ("plan", "--only-missing-outputs", "-o", "name")
    assert project.run(*words).out.split() == ["first", "second"]
    project.write({"data/raw.json": "1"})
    assert project.run(*words).out.split() == ["second"]
    project.write({"data/kept.json": "1"})
    nothing = project.run(*words)
    assert (nothing.code, nothing.out) == (0, "")
    assert "every output is there" in nothing.err
