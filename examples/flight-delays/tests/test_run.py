"""The whole pipeline, on every twentieth flight and without a file written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner
from matplotlib.figure import Figure

from flight_delays.datasets import PackagedTable

PROJECT = Path(__file__).parents[1]
TABLES = {"flights", "weather", "planes", "airports"}


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    bootstrap_project(PROJECT)
    return pipelines["__default__"]


def parameter(parameters: dict[str, Any], name: str) -> Any:
    value: Any = parameters
    for key in name.removeprefix("params:").split("."):
        value = value[key]
    return value


def test_whole_pipeline_on_a_sample(pipeline: Pipeline) -> None:
    configuration = OmegaConfigLoader(
        str(PROJECT / "conf"), base_env="base", default_run_env="base"
    )
    parameters = {
        name: parameter(configuration["parameters"], name)
        for name in pipeline.inputs()
        if name.startswith("params:")
    }
    tables = {table: PackagedTable(table).load() for table in TABLES}
    tables["flights"] = tables["flights"][::20]
    tables["airlines"] = PackagedTable("airlines", load_args={"index_col": "carrier"}).load()
    catalog = DataCatalog(
        {name: MemoryDataset(value) for name, value in {**tables, **parameters}.items()}
        | {name: MemoryDataset() for name in pipeline.outputs()}
    )

    SequentialRunner().run(pipeline, catalog)

    assert isinstance(catalog.load("overview"), Figure)
    metrics = catalog.load("model_comparison").set_index("metric")
    assert metrics.loc["late_ranking", "departure"] > 0.65
    assert metrics.loc["explained_variance", "arrival"] > 0.6


def test_namespaces_share_no_data(pipeline: Pipeline) -> None:
    departure = pipeline.filter(node_namespaces=["departure"])
    arrival = pipeline.filter(node_namespaces=["arrival"])

    assert len(departure.nodes) == len(arrival.nodes) == 5
    assert not departure.all_outputs() & arrival.all_inputs()
