"""`init --cloud` and the kinds of datasets."""

from __future__ import annotations

import pytest
import yaml
from flights_project import JSON, REGISTRY, URL, results
from projects import VERSIONED, MakeProject, Project

FACTORIES = """
def same(data):
    return data

def register_pipelines():
    return {"__default__": Pipeline([
        Node(same, "cities_raw", "cities_model", name="a"),
        Node(same, "cities_model", "parts", name="b"),
        Node(same, "parts", "table@write", name="c"),
        Node(same, "table@read", "report", name="d"),
        Node(same, "report", "kept", name="e"),
    ])}
"""
MANY_KINDS: dict[str, str | bytes] = {
    "src/shop/versioned.py": VERSIONED,
    "src/shop/folder.py": """\
        import json
        from pathlib import Path
        from kedro.io import AbstractDataset


        class Folder(AbstractDataset):
            def __init__(self, path):
                self._path = Path(path)

            def load(self):
                return [json.loads(file.read_text()) for file in sorted(self._path.iterdir())]

            def save(self, data):
                self._path.mkdir(parents=True, exist_ok=True)
                for index, each in enumerate(data):
                    (self._path / f"{index}.json").write_text(json.dumps(each))

            def _describe(self):
                return {}
        """,
    "conf/base/catalog/all.yml": """\
        _table: &table
          type: shop.datasets.JsonFile
          filepath: artifacts/table.json
        "{name}_raw":
          type: shop.datasets.JsonFile
          filepath: data/01_raw/{name}.json
        "{name}_model": {type: shop.datasets.JsonFile, filepath: "data/06/{name}.json"}
        parts:
          type: shop.folder.Folder
          path: data/parts/
        table@write:
          <<: *table
        table@read:
          <<: *table
        report:
          type: shop.versioned.Versioned
          filepath: data/report.json
        kept:
          type: CachedDataset
          dataset:
            type: shop.datasets.JsonFile
            filepath: data/kept.json
        """,
    "conf/base/catalog.yml": "",
    "requirements.txt": "kedro\n",
    "data/01_raw/cities.json": "[1, 2]",
}


@pytest.mark.kedro
def test_factories_versions_folders_transcoding_and_wrapped_datasets(
    make_project: MakeProject,
) -> None:
    project = make_project(FACTORIES, MANY_KINDS)
    before = [results(project, here=False), results(project, here=True)]
    project.ok("init", "--cloud", "gs://acme/x", "--yes")
    assert [results(project, here=False), results(project, here=True)] == before
    catalog = yaml.safe_load(project.read("conf/base/catalog/all.yml"))
    # There are two folders: their names become part of the URL.
    assert catalog["{name}_raw"]["filepath"] == "${globals:paths.raw}/data/01_raw/{name}.json"
    assert catalog["{name}_model"]["filepath"] == "${globals:paths.base}/data/06/{name}.json"
    assert catalog["parts"]["path"] == "${globals:paths.base}/data/parts/"
    assert catalog["table@read"]["filepath"] == "${globals:paths.base}/artifacts/table.json"
    assert catalog["kept"]["dataset"]["filepath"] == "${globals:paths.base}/data/kept.json"
    lint = project.run("lint")
    assert lint.code == 0 and "local-path" not in lint.text, lint


def test_a_volume_is_mounted_where_the_data_are(flights: Project) -> None:
    flights.ok("init", "--cloud", "file:///mnt/shop", "--yes", "--volume", "shop-data")
    assert flights.read("requirements.txt") == "kedro>=1\n"
    lint = flights.run("lint")
    for rule in ("local-path", "input-", "output-lost", "handoff", "placeholder"):
        assert rule not in lint.text, lint
    spec = flights.manifest()["spec"]
    assert "shop-data" in str(spec)


def test_a_claim_that_nobody_has_named_is_left_each_time(flights: Project) -> None:
    for words in (("--yes",), ("--yes",), ("--dry-run",)):
        left = flights.run("init", "--cloud", "file:///mnt/shop", *words)
        assert left.code == 1, left
        assert "write the name of your volume claim in the place of `<claim>`" in left.err
        number = int(left.err.partition("conf/cloud/argo.yml:")[2].partition(":")[0])
        assert "<claim>" in flights.read("conf/cloud/argo.yml").splitlines()[number - 1]
    filled = flights.read("conf/cloud/argo.yml").replace("<claim>", "shop-data")
    # A later command that names the claim writes it there, and leaves nothing to paste.
    flights.ok("init", "--cloud", "file:///mnt/shop", "--yes", "--volume", "shop-data")
    assert flights.read("conf/cloud/argo.yml") == filled
    assert "shop-data" in str(flights.manifest()["spec"])
    again = flights.run("init", "--cloud", "file:///mnt/shop", "--yes", "--volume", "shop-data")
    assert again.code == 0 and "nothing to change" in again.err, again
    # The user has to decide about another claim, and there is nothing to paste.
    other = flights.run("init", "--cloud", "file:///mnt/shop", "--yes", "--volume", "other")
    assert other.code == 1 and flights.read("conf/cloud/argo.yml") == filled, other
    assert "is the claim `shop-data`; if it is to be `other`, write that here" in other.err
    assert "add" not in other.err.partition("left to you")[2], other


def test_what_the_clusters_environment_keeps_on_a_disk_is_left(flights: Project) -> None:
    own = f"metrics: {{{JSON}, filepath: data/metrics.json}}\n"
    flights.write({"conf/cloud/catalog.yml": own})
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    assert "`metrics` is not in the store in the environment `cloud`" in result.err
    assert flights.read("conf/cloud/catalog.yml") == own


def test_a_pipeline_that_comes_later_and_reads_a_result_is_told(flights: Project) -> None:
    flights.ok("init", "--cloud", URL, "--yes")
    later = REGISTRY.replace(
        '"science": science', '"science": science, "late": Pipeline([Node(same, "regressor", "x")])'
    )
    flights.registry(later)
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    assert "`regressor` is in a folder of each run" in result.err
    assert "use ${globals:paths.shared}" in result.err


def test_a_project_without_data_yet_gets_the_places(make_project: MakeProject) -> None:
    project = make_project(REGISTRY, {"requirements.txt": "kedro"})
    project.ok("init", "--cloud", URL, "--yes")
    assert yaml.safe_load(project.read("conf/base/globals.yml")) == {
        "paths": {"raw": "data", "base": "data"}
    }
    assert project.read("requirements.txt") == "kedro\ns3fs\n"


def test_what_was_there_and_what_no_pod_keeps_is_told(flights: Project) -> None:
    flights.write(
        {
            "conf/cloud/argo.yml": "memory_datasets:\n  path: s3://other/handoff\n",
            "conf/base/catalog_more.yml": """\
                parts:
                  type: partitions.IncrementalDataset
                  path: data/01_raw/parts
                  checkpoint: {filepath: data/checkpoint.txt}
                """,
        }
    )
    result = flights.run("init", "--cloud", URL, "--yes")
    assert result.code == 1, result
    assert "conf/cloud/argo.yml:2: `memory_datasets.path` is there already" in result.err
    assert "the checkpoint of `parts` stays as it is" in result.err.partition("left to you:")[2]
