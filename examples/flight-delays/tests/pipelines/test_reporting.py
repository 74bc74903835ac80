from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flight_delays.pipelines.processing.nodes import clean_flights
from flight_delays.pipelines.reporting.nodes import (
    compare_models,
    measure_importance,
    tabulate_delays,
)
from flight_delays.pipelines.training.nodes import fit_model


def test_tables_count_late_and_cancelled(flights: pd.DataFrame) -> None:
    airlines = pd.DataFrame(
        {"name": ["American Airlines Inc.", "United Air Lines Inc."]}, index=["AA", "UA"]
    )
    airports = pd.DataFrame({"faa": ["IAH", "MIA"], "name": ["Houston", "Miami"]})
    carriers, destinations, hourly = tabulate_delays(
        clean_flights(flights, {"earliest_delay": -60}), airlines, airports, 15, 2
    )

    assert carriers["name"].tolist() == ["American Airlines", "United Air Lines"]
    assert carriers["late_share"].tolist() == [1, 0], "a cancelled flight is neither"
    assert carriers["cancelled_share"].tolist() == [0.5, 0]
    assert destinations["name"].tolist() == ["Miami"], "Houston has too few flights"
    assert len(hourly) == 3


def test_only_columns_that_matter_are_important() -> None:
    random = np.random.default_rng(3)
    examples = pd.DataFrame(random.uniform(0, 10, (1000, 2)), columns=["rain", "noise"])
    examples = examples.assign(
        delay=10 * examples["rain"],
        day=pd.Timestamp("2013-01-01") + pd.to_timedelta(np.arange(1000) % 20, unit="D"),
    )
    model = fit_model(examples, {"knots": 2, "penalties": [0.1], "folds": 4})
    importance = measure_importance(
        model, examples, model, examples, {"sample": 500, "repeats": 2, "seed": 1}
    )
    minutes = importance.set_index(["target", "column"])["minutes"]

    assert minutes["departure", "rain"] > 20
    assert minutes["arrival", "noise"] == pytest.approx(0, abs=0.1)


def test_models_stand_side_by_side() -> None:
    table = compare_models({"error": 2.0}, {"error": 1.0})

    assert table.to_dict("records") == [{"metric": "error", "departure": 2.0, "arrival": 1.0}]
