"""Nodes that clean the tables and join them."""

from typing import Any

import pandas as pd

MINUTES_PER_HOUR = 60


def clean_flights(flights: pd.DataFrame, cleaning: dict[str, Any]) -> pd.DataFrame:
    """Gives flights readable columns, true times and what became of them.

    Args:
        flights: One row per scheduled flight; clock times are numbers such as 1745.
        cleaning: `earliest_delay`, in minutes: an earlier departure is a wrong record.

    Returns:
        One row per flight in order of schedule, with `cancelled` and `diverted` marked.
        `scheduled_hour` is in UTC; `hour`, `weekday` and `month` are the airport's own.
    """
    day = pd.to_datetime(flights[["year", "month", "day"]])
    cancelled = flights["dep_time"].isna()
    cleaned = pd.DataFrame(
        {
            "day": day,
            "scheduled_hour": pd.to_datetime(flights["time_hour"], utc=True),
            "month": day.dt.month.astype("int8"),
            "weekday": day.dt.day_name().str[:3].astype("category"),
            "hour": flights["hour"].astype("int8"),
            "minute": flights["minute"].astype("int8"),
            "carrier": flights["carrier"].astype("category"),
            "tail_number": flights["tailnum"],
            "origin": flights["origin"].astype("category"),
            "destination": flights["dest"].astype("category"),
            "distance": flights["distance"].astype("float32"),
            "departure_delay": flights["dep_delay"].astype("float32"),
            "arrival_delay": flights["arr_delay"].astype("float32"),
            "cancelled": cancelled,
            "diverted": flights["arr_delay"].isna() & ~cancelled,
        }
    )
    wrong = cleaned["departure_delay"] < cleaning["earliest_delay"]
    repeated = cleaned.assign(number=flights["flight"]).duplicated(
        ["scheduled_hour", "minute", "carrier", "number", "origin"]
    )
    return cleaned[~wrong & ~repeated].sort_values(
        ["scheduled_hour", "minute"], ignore_index=True, kind="stable"
    )


def clean_weather(weather: pd.DataFrame, cleaning: dict[str, Any]) -> pd.DataFrame:
    """Gives every airport exactly one weather reading an hour.

    Args:
        weather: Readings as they come: hours missing, hours twice, sensors out of order.
        cleaning: `fill_hours` and `highest_wind_speed`.

    Returns:
        One row per airport and hour (UTC). Longer gaps stay empty.
    """
    readings = pd.DataFrame(
        {
            "origin": weather["origin"],
            "scheduled_hour": pd.to_datetime(weather["time_hour"], utc=True),
            "temperature": weather["temp"],
            "humidity": weather["humid"],
            "wind_speed": weather["wind_speed"].where(
                weather["wind_speed"] <= cleaning["highest_wind_speed"]
            ),
            "visibility": weather["visib"],
            "pressure": weather["pressure"],
            "rain": weather["precip"],
        }
    ).drop_duplicates(["origin", "scheduled_hour"], keep="last")
    first, last = readings["scheduled_hour"].min(), readings["scheduled_hour"].max()
    every_hour = pd.MultiIndex.from_product(
        [sorted(readings["origin"].unique()), pd.date_range(first, last, freq="h")],
        names=["origin", "scheduled_hour"],
    )
    complete = readings.set_index(["origin", "scheduled_hour"]).reindex(every_hour)
    filled = complete.groupby(level="origin").ffill(limit=cleaning["fill_hours"])
    return filled.reset_index()


def summarise_weather(readings: pd.DataFrame, cleaning: dict[str, Any]) -> pd.DataFrame:
    """Adds what the last hours brought: how much rain fell, how the pressure changed.

    Args:
        readings: One row per airport and hour, without holes in between.
        cleaning: `window_hours`, how far to look back.

    Returns:
        The readings with `recent_rain` and `pressure_change`, and without `rain`.
    """
    window = cleaning["window_hours"]
    by_airport = readings.groupby("origin")
    summary = readings.assign(
        recent_rain=by_airport["rain"].transform(
            lambda rain: rain.rolling(window, min_periods=1).sum()
        ),
        pressure_change=by_airport["pressure"].diff(window),
    ).drop(columns="rain")
    numbers = summary.select_dtypes("number").columns
    return summary.astype(dict.fromkeys(numbers, "float32"))


def describe_fleet(planes: pd.DataFrame) -> pd.DataFrame:
    """Reduces the register of planes to what may matter for a delay.

    Args:
        planes: One row per plane; the year it was built is sometimes missing.

    Returns:
        Year built and number of seats by tail number.
    """
    fleet = planes.drop_duplicates("tailnum").rename(
        columns={"tailnum": "tail_number", "year": "built"}
    )
    return fleet[["tail_number", "built", "seats"]].astype({"built": "float32", "seats": "float32"})


def measure_traffic(flights: pd.DataFrame, traffic: dict[str, int]) -> pd.DataFrame:
    """Measures how busy and how late an airport is, as one would know it at the time.

    Args:
        flights: Cleaned flights.
        traffic: `known_after_hours` and `window_hours`. The delays of the last
            `known_after_hours` are left out, and a flight that is still on the ground by then
            counts only as late as it is so far.

    Returns:
        `scheduled_flights` of the hour and `recent_delay` in minutes, per airport and hour.
    """
    known_after, window = traffic["known_after_hours"], traffic["window_hours"]
    so_far = flights["departure_delay"].clip(upper=known_after * MINUTES_PER_HOUR)
    by_hour = (
        flights.assign(so_far=so_far)
        .groupby(["origin", "scheduled_hour"], observed=True)
        .agg(
            scheduled_flights=("hour", "size"),
            departed=("so_far", "count"),
            delay=("so_far", "sum"),
        )
    )
    airports = []
    for origin, hours in by_hour.groupby(level="origin", observed=True):
        hourly = hours.droplevel("origin").asfreq("h", fill_value=0)
        recent = hourly[["departed", "delay"]].rolling(window, min_periods=1).sum()
        known = recent.shift(known_after + 1)
        airports.append(
            pd.DataFrame(
                {
                    "origin": origin,
                    "scheduled_flights": hourly["scheduled_flights"].astype("float32"),
                    "recent_delay": (known["delay"] / known["departed"]).astype("float32"),
                }
            ).reset_index()
        )
    return pd.concat(airports, ignore_index=True)


def join_features(
    flights: pd.DataFrame,
    traffic: pd.DataFrame,
    weather: pd.DataFrame,
    fleet: pd.DataFrame,
) -> pd.DataFrame:
    """Joins to every flight that took place its airport's traffic and weather, and its plane.

    Args:
        flights: Cleaned flights; the cancelled ones are left out.
        traffic: Traffic per airport and hour.
        weather: Weather per airport and hour.
        fleet: Year built and seats by tail number.

    Returns:
        One row per flight. What is not known (an unregistered plane, a broken sensor) is NaN.
    """
    hour = ["origin", "scheduled_hour"]
    joined = (
        flights[~flights["cancelled"]]
        .astype({"origin": "object"})
        .merge(traffic.astype({"origin": "object"}), on=hour, how="left", validate="many_to_one")
        .merge(weather.astype({"origin": "object"}), on=hour, how="left", validate="many_to_one")
        .merge(fleet, on="tail_number", how="left", validate="many_to_one")
        .astype({"origin": "category"})
    )
    age = (joined["day"].dt.year - joined["built"]).clip(lower=0).astype("float32")
    return joined.assign(plane_age=age).drop(columns=["built", "cancelled", "tail_number"])
