"""The worker describes a project's configuration, and what its tasks need of it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from asked_worker import FILES, REGISTRY, ask
from projects import MakeProject, Project, is_clean
from recorded_projects import FUNCTIONS

pytestmark = pytest.mark.kedro


@pytest.fixture(scope="module")
def project(shared_project: MakeProject) -> Project:
    return shared_project(REGISTRY, dict(FILES))


def test_argo_yml_is_merged_for_the_environment(project: Project) -> None:
    base, cloud = (it["snapshot"] for it in ask(project, {}, {"env": "cloud"}))
    assert (base["environment"], base["argo"]["namespace"]) == ("local", "base")
    assert (cloud["environment"], cloud["argo"]["namespace"]) == ("cloud", "cloud")
    assert cloud["argo"]["machine_types"]["m"] == {"mem": 1, "cpu": 1}
    assert cloud["argo_files"] == ["conf/base/argo.yml", "conf/cloud/argo.yml"]


def test_conf_source_elsewhere_is_read_instead(project: Project, tmp_path: Path) -> None:
    for name, text in {
        "base/catalog.yml": "{}",
        "base/parameters.yml": "{}",
        "base/argo.yml": "namespace: elsewhere",
        "local/.gitkeep": "",
    }.items():
        path = tmp_path / "configuration" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (answer,) = ask(project, {"conf_source": str(tmp_path / "configuration")})
    assert answer["snapshot"]["argo"] == {"namespace": "elsewhere"}
    assert answer["snapshot"]["datasets"]["raw"]["registered"] is False


def test_configuration_that_reads_the_containers_variables_loads(
    make_project: MakeProject,
) -> None:
    project = make_project(
        files={
            "conf/base/catalog.yml": """\
                number:
                  type: shop.datasets.JsonFile
                  filepath: data/${oc.env:WORKFLOW_ID}/${oc.env:BUCKET}/number.json
                """,
            "conf/base/argo.yml": "template: {environment: [{name: BUCKET, value: b}]}\n",
            "src/shop/settings.py": """\
                from kedro.config import OmegaConfigLoader
                from omegaconf.resolvers import oc
                CONFIG_LOADER_CLASS = OmegaConfigLoader
                CONFIG_LOADER_ARGS = {
                    "base_env": "base",
                    "default_run_env": "local",
                    "custom_resolvers": {"oc.env": oc.env},
                }
                """,
        }
    )
    project.ok("run")
    (path,) = project.root.glob("data/*/b/number.json")
    assert path.read_text() == "20"
    assert path.parts[-3] != "WORKFLOW_ID"


def test_the_environment_variable_kedro_env_counts(project: Project) -> None:
    manifest = project.run("compile", env={"KEDRO_ENV": "cloud"})
    assert "namespace: cloud" in manifest.out, manifest
    assert is_clean(manifest.err)


def test_what_a_task_has_to_find_is_told(make_project: MakeProject) -> None:
    project = make_project(
        FUNCTIONS
        + """
def register_pipelines():
    return {"__default__": Pipeline([
        node(copy, f"{name}", f"{name}_copy", name=name)
        for name in ("chain", "archive", "other", "disk")
    ])}
""",
        files={
            "conf/base/catalog.yml": """\
                chain: {type: shop.datasets.JsonFile, filepath: "simplecache::gs://b/a.json"}
                archive: {type: shop.datasets.JsonFile, filepath: "zip://a.json::data/a.zip"}
                other: {type: shop.datasets.JsonFile, filepath: "dbfs:/mnt/a.json"}
                disk: {type: shop.datasets.JsonFile, filepath: "file:///mnt/a.json"}
                """,
            "conf/base/argo.yml": "memory_datasets: {path: 'abfs://handoff'}\n",
            "conf/base/credentials.yml": "a: b\n",
            "conf/base/logging.yml": "version: 1\n",
            "conf/local/globals.yml": "a: b\n",
        },
    )
    plain, named, base = ask(project, {}, {"env": "local"}, {"env": "base"})
    snapshot = plain["snapshot"]
    places = {name: dataset["place"] for name, dataset in snapshot["datasets"].items()}
    del places["chain_copy"], places["archive_copy"], places["other_copy"], places["disk_copy"]
    assert places == {"chain": "remote", "archive": "local", "other": "remote", "disk": "local"}
    packages = {name: library["package"] for name, library in snapshot["storage"].items()}
    assert packages == {"abfs": "adlfs", "gs": "gcsfs"}
    assert snapshot["project"]["source"] == "src"
    files = ["conf/base/catalog.yml", "conf/base/parameters.yml", "conf/local/globals.yml"]
    assert snapshot["configuration"] == {
        "base": "conf/base",
        "environment": "conf/local",
        "is_default": True,
        "files": files,
    }
    assert named["snapshot"]["configuration"] == snapshot["configuration"]
    configuration = base["snapshot"]["configuration"]
    assert (configuration["environment"], configuration["files"]) == (None, files[:2])


def test_it_is_told_whether_mlflow_is_there_if_argo_yml_asks_for_it(
    make_project: MakeProject,
) -> None:
    project = make_project(REGISTRY, files=FILES)
    # A folder with the name of a package is not that package.
    project.write({"mlflow/runs.txt": "", "conf/nightly/argo.yml": "mlflow: {run_name: nightly}\n"})
    plain, nightly = ask(project, {}, {"env": "nightly"})
    assert "has_mlflow" not in plain["snapshot"]
    has = importlib.util.find_spec("mlflow") is not None
    assert nightly["snapshot"]["has_mlflow"] == has
    project.write({"src/mlflow/__init__.py": ""})
    (nightly,) = ask(project, {"env": "nightly"})
    assert nightly["snapshot"]["has_mlflow"]


def test_it_is_told_where_tasks_with_mlflow_find_its_server(make_project: MakeProject) -> None:
    imports = {"src/mlflow/__init__.py": "", "conf/asks/argo.yml": "mlflow: {run_name: a}\n"}
    project = make_project(REGISTRY, files={**FILES, **imports})
    plain, asks = ask(project, {}, {"env": "asks"})
    has_plugin = importlib.util.find_spec("kedro_mlflow") is not None
    assert ("mlflow" in plain["snapshot"]) == has_plugin
    assert asks["snapshot"]["mlflow"]["is_joined"] == has_plugin
    project.registry("import mlflow\n" + REGISTRY)
    (plain,) = ask(project, {})
    told = {"is_joined": True, "store": "none", "has_address": False}
    assert plain["snapshot"]["mlflow"] == told


@pytest.mark.parametrize(
    ("uri", "is_in_the_task"),
    [
        ("mlruns", True),
        ("./mlruns", True),
        ("file:mlruns", True),
        ("sqlite:///mlflow.db", True),
        ("sqlite:////mnt/mlflow.db", False),
        ("/mnt/mlruns", False),
        ("file:///mnt/mlruns", False),
        ("https://mlflow.example.com", False),
        ("databricks", False),
        ("databricks://profile", False),
    ],
)
def test_an_address_of_mlflow_is_a_place_of_the_task_or_not(uri: str, is_in_the_task: bool) -> None:
    from argo_kedro.worker import tracking

    assert tracking.is_in_the_task(uri) == is_in_the_task


def test_of_a_loader_of_the_projects_own_nothing_is_told(make_project: MakeProject) -> None:
    settings = """\
        from kedro.config import OmegaConfigLoader

        class Loader(OmegaConfigLoader):
            def __getitem__(self, key):
                return {}

        CONFIG_LOADER_CLASS = Loader
        """
    project = make_project(files={"src/shop/settings.py": settings})
    (answer,) = ask(project, {})
    configuration = answer["snapshot"]["configuration"]
    assert (configuration["base"], configuration["files"]) == (None, [])
