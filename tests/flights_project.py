"""A project with data on this machine, which `init --cloud` moves to a store."""

from __future__ import annotations

from projects import Project

URL = "s3://acme-shop/flights"
JSON = "type: shop.datasets.JsonFile"
REGISTRY = """
def same(data):
    return data

def together(*data):
    return list(data)

def register_pipelines():
    processing = Pipeline([
        Node(same, "companies", "preprocessed_companies", name="companies_node"),
        Node(same, "shuttles", "preprocessed_shuttles", name="shuttles_node"),
        Node(
            together,
            ["preprocessed_companies", "preprocessed_shuttles", "reviews"],
            "model_input_table",
            name="table_node",
        ),
    ])
    science = Pipeline([
        Node(same, "model_input_table", "regressor", name="train_node"),
        Node(same, "regressor", "metrics", name="evaluate_node"),
    ])
    return {"__default__": processing + science, "processing": processing, "science": science}
"""
CATALOG = f"""\
# What comes from outside.
companies: # first
  {JSON}
  filepath: data/01_raw/companies.json # stays

shuttles: {{{JSON}, filepath: data/01_raw/shuttles.json}}

reviews:
  filepath: "data/01_raw/reviews.json"
  {JSON}

preprocessed_companies:
  {JSON}
  filepath: 'data/02_intermediate/preprocessed_companies.json'

model_input_table:
  {JSON}
  filepath: ./data/03_primary/model_input_table.json
"""
SCIENCE = f"""\
regressor:
  {JSON}
  filepath: data/06_models/regressor.json
metrics:
  {JSON}
  filepath: data/08_reporting/metrics.json
"""
FLIGHTS: dict[str, str | bytes] = {
    "conf/base/catalog.yml": CATALOG,
    "conf/base/catalog_science.yml": SCIENCE.replace("\n", "\r\n").encode(),
    "requirements.txt": "kedro>=1\n",
    **{f"data/01_raw/{name}.json": f'["{name}"]' for name in ("companies", "shuttles", "reviews")},
}


def files(project: Project, folder: str = ".") -> dict[str, bytes]:
    """The user's files of a project, with their bytes."""
    own = ("conf", "src", "data", "requirements.txt")
    return {
        str(path.relative_to(project.root)): path.read_bytes()
        for path in sorted((project.root / folder).rglob("*"))
        if path.is_file()
        and path.relative_to(project.root).parts[0] in own
        and path.suffix != ".pyc"
    }


def results(project: Project, *, here: bool) -> dict[str, bytes]:
    """Lists what a run writes below `data`, without versions."""
    for path in sorted((project.root / "data").rglob("*"), reverse=True):
        if path.is_file() and "01_raw" not in path.parts:
            path.unlink()
    run = project.run("run") if here else project.kedro("run")
    assert run.code == 0, run
    found = files(project, "data")
    return {
        "/".join(part for part in name.split("/") if part[-1] != "Z"): found[name] for name in found
    }


OWN_LOADER = """
from kedro.config import {base}

class Loader({base}):
    pass

CONFIG_LOADER_CLASS = Loader
"""
