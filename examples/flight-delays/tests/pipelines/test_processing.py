from __future__ import annotations

import pandas as pd
import pytest

from flight_delays.pipelines.processing.nodes import (
    clean_flights,
    clean_weather,
    describe_fleet,
    join_features,
    measure_traffic,
    summarise_weather,
)

CLEANING = {"fill_hours": 1, "highest_wind_speed": 80, "window_hours": 3}


def hour(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def test_flights_are_ordered_and_marked(flights: pd.DataFrame) -> None:
    cleaned = clean_flights(flights, {"earliest_delay": -60})

    assert cleaned["origin"].tolist() == ["JFK", "JFK", "EWR"]
    assert cleaned["cancelled"].tolist() == [False, True, False]
    assert cleaned["diverted"].tolist() == [True, False, False]
    assert cleaned["weekday"].tolist() == ["Tue", "Tue", "Wed"]
    assert cleaned["scheduled_hour"].iloc[-1] == hour("2013-01-02 10:00")


def test_wrong_and_repeated_flights_are_dropped(flights: pd.DataFrame) -> None:
    flights["dep_delay"] = [-70.0, 40.0, None]
    twice = pd.concat([flights, flights[1:2]])

    assert len(clean_flights(twice, {"earliest_delay": -60})) == 2


def test_every_hour_has_one_reading(weather: pd.DataFrame) -> None:
    readings = clean_weather(weather, CLEANING)

    assert readings["scheduled_hour"].dt.hour.tolist() == [9, 10, 11, 12, 13]
    assert readings["temperature"].tolist() == [30, 31, 31, 33, 34]
    assert readings["wind_speed"].tolist()[:2] == [10, 10], "a broken sensor takes the last reading"
    assert pd.isna(readings["wind_speed"].iloc[2]), "a longer gap stays empty"


def test_rain_adds_up_and_pressure_is_compared(weather: pd.DataFrame) -> None:
    summary = summarise_weather(clean_weather(weather, CLEANING), CLEANING)

    assert summary["recent_rain"].tolist() == pytest.approx([0.1, 0.3, 0.5, 0.4, 0.6])
    assert summary["pressure_change"].iloc[-1] == pytest.approx(1004 - 1001)
    assert "rain" not in summary


def test_traffic_knows_only_what_is_known_by_then() -> None:
    flights = pd.DataFrame(
        {
            "origin": "EWR",
            "scheduled_hour": pd.date_range("2013-01-01 05:00", periods=4, freq="h", tz="UTC"),
            "hour": [5, 6, 7, 8],
            "departure_delay": [10.0, 500.0, 30.0, 30.0],
        }
    )
    traffic = measure_traffic(flights, {"known_after_hours": 1, "window_hours": 3})

    assert traffic["scheduled_flights"].tolist() == [1, 1, 1, 1]
    assert traffic["recent_delay"].isna().tolist() == [True, True, False, False]
    assert traffic["recent_delay"].tolist()[2:] == [10, (10 + 60) / 2]


def test_features_of_flights_that_took_place(flights: pd.DataFrame, weather: pd.DataFrame) -> None:
    cleaned = clean_flights(flights, {"earliest_delay": -60})
    planes = pd.DataFrame({"tailnum": ["N14228"], "year": [1999.0], "seats": [149]})
    joined = join_features(
        cleaned,
        measure_traffic(cleaned, {"known_after_hours": 1, "window_hours": 3}),
        summarise_weather(clean_weather(weather, CLEANING), CLEANING),
        describe_fleet(planes),
    )

    assert joined["origin"].tolist() == ["JFK", "EWR"]
    assert joined["plane_age"].tolist()[1] == 2013 - 1999
    assert pd.isna(joined["plane_age"].tolist()[0])
    assert joined["temperature"].isna().all(), "no reading for these hours"
