"""The worker reads a project, in process and through the program."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from asked_worker import FILES, REGISTRY, ask
from kedro.framework.context import context
from projects import MakeProject, Project

pytestmark = pytest.mark.kedro


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    return shared_project(REGISTRY, dict(FILES))


#: A hook of a project or a plugin, with any name.
HOOK = """\
from kedro.framework.hooks import hook_impl
class Extra:
    @hook_impl
    def {0}(self):
        pass
"""


@pytest.fixture(scope="module")
def snapshot(project: Project) -> dict[str, Any]:
    (answer,) = ask(project, {})
    found: dict[str, Any] = answer["snapshot"]
    return found


def by_name(nodes: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in nodes}


def test_nodes_come_with_what_the_plan_needs(snapshot: dict[str, Any]) -> None:
    nodes = by_name(snapshot["nodes"])
    assert list(nodes) == ["clean", "train", "out.report"]
    clean = nodes["clean"]
    assert (clean["inputs"], clean["outputs"]) == (["raw"], ["clean@x"])
    assert (clean["tags"], clean["machine_type"]) == (["t1", "t2"], "large")
    assert clean["pipelines"] == ["base"]
    assert nodes["out.report"]["namespace"] == "out"
    assert nodes["out.report"]["confirms"] == ["model"]


def test_a_node_of_ours_is_found_where_it_is_made(
    project: Project, snapshot: dict[str, Any]
) -> None:
    nodes = by_name(snapshot["nodes"])
    declared = nodes["clean"]["declared"]
    text = (project.root / declared["file"]).read_text().splitlines()[declared["line"] - 1]
    assert 'name="clean"' in text
    # Kedro's own node does not record its place.
    assert nodes["out.report"]["declared"] is None
    (answer,) = ask(project, {"pipelines": ["fused"]})
    x = by_name(answer["snapshot"]["nodes"])["ns.x"]
    assert x["declared"]["file"] == declared["file"]


def test_the_credentials_of_the_catalog_come_with_the_files_that_define_them(
    make_project: MakeProject,
) -> None:
    entry = "{type: MemoryDataset, credentials: %s}\n"
    project = make_project(
        files={
            "conf/base/catalog.yml": "unused: "
            + entry % "store"
            + "'{name}_raw': {type: a.B, dataset: {type: x.Y, credentials: store}}\n"
            + "inline: {type: a.B, credentials: {password: planted-password}}\n"
            + "hooked: "
            + entry % "vault"
            + "broken: "
            + entry % "broken",
            "conf/base/credentials/of/stores.yml": "store: {key: planted-password}\n",
            "conf/local/aws/credentials_s3.yaml": "store: {key: planted-password}\n",
            "conf/local/credentials_broken.yml": "broken: [planted-password\n",
            "conf/cloud/credentials.yml": "vault: planted-password\n",
        }
    )
    here, cloud = ask(project, {}, {"env": "cloud"})
    base, local = "conf/base/credentials/of/stores.yml", "conf/local/aws/credentials_s3.yaml"
    vault = "conf/cloud/credentials.yml"

    def named(name: str, datasets: list[str], files: list[str], *elsewhere: str) -> dict[str, Any]:
        return {
            "name": name,
            "datasets": datasets,
            "files": files,
            "elsewhere": list(elsewhere),
        }

    assert here["snapshot"]["credentials"] == [
        named("broken", ["broken"], []),
        named("store", ["unused", "{name}_raw"], [base, local]),
        named("vault", ["hooked"], [], vault),
    ]
    assert cloud["snapshot"]["credentials"] == [
        named("broken", ["broken"], []),
        named("store", ["unused", "{name}_raw"], [base], local),
        named("vault", ["hooked"], [vault]),
    ]
    assert "planted-password" not in json.dumps([here, cloud])
    # A hook or a custom loader may supply what no file has.
    hook = HOOK.format("after_context_created")
    loader = "from kedro.config import OmegaConfigLoader\nclass Vault(OmegaConfigLoader): pass\n"
    for settings in (f"{hook}HOOKS = (Extra(),)\n", f"{loader}CONFIG_LOADER_CLASS = Vault\n"):
        project.write({"src/shop/settings.py": settings})
        (hooked,) = ask(project, {})
        assert hooked["snapshot"]["credentials"] == []


def test_digests_tell_what_runtime_parameters_change(make_project: MakeProject) -> None:
    project = make_project(
        """
def use(*_):
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(use, "params:model.depth", "a", name="direct"),
        node(use, ["kept", "params:width"], "b", name="by_interpolation"),
        node(use, "params:name", "c", name="beside"),
        node(use, "parameters", None, name="all"),
    ])}
""",
        {
            "conf/base/parameters.yml": """\
                model: {depth: 3, 7: seven}
                width: ${model.depth}
                name: x
                """,
            "conf/base/catalog.yml": """\
                b: {type: shop.X, filepath: "data/b.json"}
                c: {type: shop.X, filepath: "data/${runtime_params:day,today}.json"}
                "{any}": {type: shop.X, filepath: "data/{any}.json"}
                """,
        },
    )

    def changed(**given: Any) -> set[str]:
        old = {"model": {"depth": 4}}
        asked = {"configured_params": old, "digests": True}
        before, after = ask(project, asked, {**asked, **given})
        before, after = before["snapshot"]["digests"], after["snapshot"]["digests"]
        assert before.keys() == after.keys()
        return {name for name in before if before[name] != after[name]}

    assert changed(params=["model.depth=4"]) == set()
    depth = {"params:model.depth", "params:width", "parameters"}
    assert changed(params=["model.depth=5"]) == depth
    assert changed(params=["day=monday"]) == {"c", "parameters"}
    assert changed(params=["name=y"]) == {"params:name", "parameters"}
    (plain,) = ask(project, {})
    assert plain["snapshot"]["digests"] == {}


def test_a_nodes_source_is_its_functions_place_in_the_project(
    project: Project, snapshot: dict[str, Any]
) -> None:
    source = by_name(snapshot["nodes"])["train"]["source"]
    assert source["file"] == "src/shop/pipeline_registry.py"
    assert project.read(source["file"]).splitlines()[source["line"] - 1] == "def both(one, two):"


def test_datasets_come_resolved_with_where_they_live(snapshot: dict[str, Any]) -> None:
    datasets = snapshot["datasets"]
    places = {name: dataset["place"] for name, dataset in datasets.items()}
    assert places == {
        "raw": "local",
        "clean@x": "local",
        "clean@y": "local",
        "model": "remote",
        "out.page_one": "local",
    }
    assert datasets["out.page_one"]["pattern"] == "out.page_{number}"
    assert datasets["out.page_one"]["path"].endswith("data/one.json")


def test_parameters_come_with_whether_they_are_defined(snapshot: dict[str, Any]) -> None:
    assert snapshot["parameters"] == {"parameters": True, "params:model.depth": True}


def test_what_a_node_reads_twice_is_one_input(make_project: MakeProject) -> None:
    project = make_project(
        """
def use(*_):
    return 1
def register_pipelines():
    inputs = ["value", "params:x", "value", "params:x"]
    return {"__default__": Pipeline([node(use, inputs, "out", name="use")])}
"""
    )
    (answer,) = ask(project, {})
    (use,) = answer["snapshot"]["nodes"]
    assert use["inputs"] == ["value", "params:x"]


def test_parameters_have_the_names_that_kedro_gives_them(make_project: MakeProject) -> None:
    defined = ["a.2020", "b.True", "c.1.5", "d.x.y", "e.x y", "f.0", "f", "7", "g.0.h"]
    undefined = ["a.2021", "b.true", "d.x", "g.h", "i"]
    names = [f"params:{name}" for name in defined + undefined]
    project = make_project(
        f"""
def use(*_):
    return 1
def register_pipelines():
    return {{"__default__": Pipeline([node(use, {names}, "out", name="use")])}}
""",
        {
            "conf/base/parameters.yml": """\
                a: {2020: 1}
                b: {true: 2}
                c: {1.5: 3}
                d: {"x.y": 4}
                e: {"x y": 5}
                f: {0: 6}
                7: 7
                g: {0: {h: 8}}
                """
        },
    )
    (answer,) = ask(project, {"digests": True})
    found = answer["snapshot"]["parameters"]
    assert {name for name in names if found[name]} == {f"params:{name}" for name in defined}
    digests = answer["snapshot"]["digests"]
    assert len({digests[f"params:{name}"] for name in defined}) == len(defined)


def test_a_field_of_a_parameter_with_a_type_is_a_parameter(make_project: MakeProject) -> None:
    if not hasattr(context, "get_typed_fields"):
        pytest.skip("in this Kedro parameters have no types")
    project = make_project(
        """
from dataclasses import dataclass
@dataclass
class Model:
    depth: int
    width: int = 3
def make(model: Model):
    return model.depth
def use(*_):
    return 1
def register_pipelines():
    return {"__default__": Pipeline([
        node(make, "params:model", "made", name="make"),
        node(use, ["params:model.width", "params:model.height"], "used", name="use"),
    ])}
""",
        {"conf/base/parameters.yml": "model: {depth: 1}\n"},
    )
    (answer,) = ask(project, {})
    found = answer["snapshot"]["parameters"]
    assert found == {
        "params:model": True,
        "params:model.height": False,
        "params:model.width": True,
    }


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (
            {"settings.py": HOOK.format("after_catalog_created")},
            "hook `Extra.after_catalog_created`",
        ),
        (
            {"settings.py": HOOK.format("after_context_created")},
            "hook `Extra.after_context_created`",
        ),
        ({"settings.py": HOOK.format("before_pipeline_run")}, "hook `Extra.before_pipeline_run`"),
        (
            {
                "settings.py": HOOK.format("x").replace(
                    "@hook_impl", "@hook_impl(specname='before_pipeline_run')"
                )
            },
            "hook `Extra.before_pipeline_run`",
        ),
        ({"settings.py": HOOK.format("after_node_run")}, None),
        ({"settings.py": HOOK.format("after_catalog_created").replace("@hook_impl", "")}, None),
        (
            {
                "settings.py": "from kedro.io import DataCatalog\nclass Own(DataCatalog): pass\n"
                "DATA_CATALOG_CLASS = Own\n"
            },
            "class `Own`",
        ),
        (
            {
                "settings.py": "from kedro.framework.context import KedroContext\n"
                "class Own(KedroContext): pass\nCONTEXT_CLASS = Own\n"
            },
            "class `Own`",
        ),
        (
            {
                "wings.py": HOOK.format("after_catalog_created") + "wings = Extra()\n",
                "../wings-1.0.dist-info/METADATA": "Name: wings\nVersion: 1.0\n",
                "../wings-1.0.dist-info/entry_points.txt": "[kedro.hooks]\nw = shop.wings:wings\n",
            },
            "hook `w.after_catalog_created`",
        ),
    ],
)
def test_what_may_bring_data_that_is_in_no_file_is_told(
    files: dict[str, str], source: str | None, make_project: MakeProject
) -> None:
    project = make_project(
        files={
            f"src/shop/{path}": text
            + ("HOOKS = (Extra(),)\n" if path == "settings.py" and "Extra" in text else "")
            for path, text in files.items()
        }
    )
    (answer,) = ask(project, {})
    expected = [f"the {source}"] if source else None
    assert answer["snapshot"].get("other_sources") == expected


def test_nodes_outside_the_selection_come_as_selectors_see_them(make_project: MakeProject) -> None:
    registry = """
def register_pipelines():
    reports = Pipeline([node(one, None, "page", name="report", tags="slow")], namespace="out")
    fused = FusedPipeline([node(one, None, "b", name="b")], name="group")
    return {"__default__": Pipeline([node(one, None, "a", name="a")]), "r": reports, "f": fused}
"""
    project = make_project(registry, {"conf/base/argo.yml": "nodes: {'*': {timeout: 5}}\n"})
    every, reports = (it["snapshot"] for it in ask(project, {}, {"pipelines": ["r"]}))
    assert every["other_nodes"] == [
        {
            "name": "b",
            "namespace": None,
            "tags": [],
            "group": {"name": "group", "machine_type": None, "template": None},
            "pipelines": ["f"],
        },
        {
            "name": "out.report",
            "namespace": "out",
            "tags": ["slow"],
            "group": None,
            "pipelines": ["r"],
        },
    ]
    assert [node["name"] for node in reports["other_nodes"]] == ["a", "b"]


def test_readers_are_the_nodes_outside_the_selection(snapshot: dict[str, Any]) -> None:
    assert snapshot["readers"]["model"] == ["copies"]


def test_credentials_stay_in_the_project(snapshot: dict[str, Any]) -> None:
    text = json.dumps(snapshot)
    assert "planted-password" not in text
    assert "password" not in text


def test_groups_carry_their_namespace_machine_and_template(project: Project) -> None:
    (answer,) = ask(project, {"pipelines": ["fused"]})
    group = {"name": "ns.group", "machine_type": "g", "template": "custom"}
    assert [node["group"] for node in answer["snapshot"]["nodes"]] == [group, group]


SELECTIONS: list[tuple[dict[str, list[str]], list[str]]] = [
    ({"pipelines": ["base"]}, ["clean", "train"]),
    ({"pipelines": ["base,other"]}, ["clean", "train", "copies"]),
    ({"tags": ["t1"]}, ["clean"]),
    ({"nodes": ["train,clean"]}, ["clean", "train"]),
    ({"from_nodes": ["train"]}, ["train", "out.report"]),
    ({"to_nodes": ["train"]}, ["clean", "train"]),
    ({"from_inputs": ["model"]}, ["out.report"]),
    ({"to_outputs": ["model"]}, ["clean", "train"]),
    ({"namespaces": ["out"]}, ["out.report"]),
    ({"from_nodes": ["train"], "to_nodes": ["train"]}, ["train"]),
]


def test_every_selection_flag_selects_as_kedro_run(project: Project) -> None:
    answers = ask(project, *(request for request, _ in SELECTIONS))
    for (request, expected), answer in zip(SELECTIONS, answers, strict=True):
        names = [node["name"] for node in answer["snapshot"]["nodes"]]
        assert names == expected, request


UNKNOWN: list[tuple[dict[str, Any], str, str]] = [
    ({"pipelines": ["bsae"]}, "unknown_pipeline", "base"),
    ({"env": "clud"}, "unknown_environment", "cloud"),
    ({"tags": ["t3"]}, "unknown_name", "t1"),
    ({"nodes": ["trian"]}, "unknown_name", "train"),
    ({"from_nodes": ["trian"]}, "unknown_name", "train"),
    ({"to_nodes": ["trian"]}, "unknown_name", "train"),
    ({"from_inputs": ["modle"]}, "unknown_name", "model"),
    ({"to_outputs": ["modle"]}, "unknown_name", "model"),
    ({"namespaces": ["oot"]}, "unknown_name", "out"),
]


def test_every_unknown_name_is_a_failure_with_the_names_there_are(project: Project) -> None:
    answers = ask(project, *(request for request, _, _ in UNKNOWN))
    for (request, kind, candidate), answer in zip(UNKNOWN, answers, strict=True):
        assert answer["failure"]["kind"] == kind, request
        assert candidate in answer["failure"]["candidates"], request


def test_a_selection_of_nothing_is_a_failure(project: Project) -> None:
    empty, disjoint = ask(project, {"pipelines": ["empty"]}, {"tags": ["t1"], "nodes": ["train"]})
    assert empty["failure"]["kind"] == "empty_selection"
    assert disjoint["failure"]["kind"] == "empty_selection"


def test_what_the_project_prints_when_imported_does_not_get_in_the_way(
    make_project: MakeProject,
) -> None:
    noisy = 'print("{}"); os.write(1, b\'{"snapshot": 1}\\n\'); print("x" * 100_000)\n'
    project = make_project(
        noisy
        + """
def register_pipelines():
    return {"__default__": Pipeline([Node(one, None, "a", name="only")])}
"""
    )
    assert list(project.plan()) == ["only"]


def test_a_project_is_found_from_a_folder_inside_it(two_tasks: Project) -> None:
    result = two_tasks.run("plan", "-o", "name", cwd=two_tasks.root / "src" / "shop")
    assert (result.code, result.out) == (0, "make\nuse\n"), result


def test_a_project_can_be_named_from_elsewhere(two_tasks: Project, tmp_path: Path) -> None:
    result = two_tasks.run("plan", "-o", "name", "-C", str(two_tasks.root), cwd=tmp_path)
    assert (result.code, result.out) == (0, "make\nuse\n"), result


def test_a_worker_leaves_no_process_behind(project: Project) -> None:
    project.ok("plan")
    assert project.are_gone(project.processes())


def test_the_interpreter_is_that_of_kedro_when_started_through_kedro(
    make_project: MakeProject,
) -> None:
    project = make_project(
        """
def register_pipelines():
    trace(sys.prefix)
    return {"__default__": Pipeline([Node(one, None, "a", name="only")])}
"""
    )
    assert project.kedro("argo", "plan", env={"VIRTUAL_ENV": None}).code == 0
    assert set(project.traces()) == {sys.prefix}
