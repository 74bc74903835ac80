from __future__ import annotations

import pandas as pd

from flight_delays.pipelines.processing.nodes import clean_flights
from flight_delays.pipelines.reporting.nodes import (
    compare_models,
    tabulate_delays,
)


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


def test_models_stand_side_by_side() -> None:
    table = compare_models({"error": 2.0}, {"error": 1.0})

    assert table.to_dict("records") == [{"metric": "error", "departure": 2.0, "arrival": 1.0}]
