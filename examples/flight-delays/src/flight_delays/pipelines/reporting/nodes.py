"""Nodes that make tables and the picture."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flight_delays.additive_model import AdditiveModel

from .overview import draw


def tabulate_delays(
    flights: pd.DataFrame,
    airlines: pd.DataFrame,
    airports: pd.DataFrame,
    late_minutes: int,
    fewest_flights: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts who is late, where to and when.

    Args:
        flights: Cleaned flights.
        airlines: Names of the carriers by code.
        airports: Names of the airports by code `faa`.
        late_minutes: From here on a flight is late.
        fewest_flights: Destinations with fewer flights are left out.

    Returns:
        Delays by carrier, by destination, and by origin and scheduled hour.
    """
    marked = flights.assign(late=(flights["departure_delay"] >= late_minutes).astype("float32"))
    marked.loc[marked["cancelled"], "late"] = np.nan

    carriers = _delays_by(marked, ["carrier"])
    names = airlines["name"].str.replace(r",? (Inc|Co)\.$", "", regex=True)
    carriers.insert(1, "name", carriers["carrier"].astype(str).map(names))

    destinations = _delays_by(marked, ["destination"]).query("flights >= @fewest_flights")
    places = airports.drop_duplicates("faa").set_index("faa")["name"]
    destinations.insert(1, "name", destinations["destination"].astype(str).map(places))

    return (
        carriers.sort_values("late_share", ascending=False, ignore_index=True),
        destinations.sort_values("late_share", ascending=False, ignore_index=True),
        _delays_by(marked, ["origin", "hour"]),
    )


def _delays_by(flights: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return (
        flights.groupby(keys, observed=True)
        .agg(
            flights=("cancelled", "size"),
            cancelled_share=("cancelled", "mean"),
            late_share=("late", "mean"),
            median_delay=("departure_delay", "median"),
            mean_delay=("departure_delay", "mean"),
        )
        .reset_index()
    )


def measure_importance(
    departure_model: dict[str, Any],
    departure_examples: pd.DataFrame,
    arrival_model: dict[str, Any],
    arrival_examples: pd.DataFrame,
    importance: dict[str, int],
) -> pd.DataFrame:
    """Measures what every column is worth: how much worse predictions get without its order.

    Args:
        departure_model: The model of the delay at departure.
        departure_examples: Examples it has not seen.
        arrival_model: The model of the delay on arrival.
        arrival_examples: Examples it has not seen.
        importance: `sample`, the rows to score; `repeats`, how often each column is shuffled;
            `seed`.

    Returns:
        For every `target` and `column` the `minutes` by which the root mean squared error grows.
    """
    random = np.random.default_rng(importance["seed"])
    rows = []
    for target, stored, examples in (
        ("departure", departure_model, departure_examples),
        ("arrival", arrival_model, arrival_examples),
    ):
        model = AdditiveModel.from_dict(stored)
        sample = examples.sample(min(importance["sample"], len(examples)), random_state=random)
        error = _error(model, sample)
        for column in model.columns:
            shuffled = [
                _error(model, sample.assign(**{column: random.permutation(sample[column])}))
                for _ in range(importance["repeats"])
            ]
            rows.append((target, column, float(np.mean(shuffled)) - error))
    return pd.DataFrame(rows, columns=["target", "column", "minutes"])


def _error(model: AdditiveModel, examples: pd.DataFrame) -> float:
    return float(np.sqrt(np.mean((model.predict(examples) - examples["delay"]) ** 2)))


def compare_models(departure: dict[str, float], arrival: dict[str, float]) -> pd.DataFrame:
    """Puts the metrics of both models side by side.

    Args:
        departure: Metrics of the model of the delay at departure.
        arrival: Metrics of the model of the delay on arrival.

    Returns:
        One row per metric, one column per model.
    """
    table = pd.DataFrame({"departure": departure, "arrival": arrival})
    return table.rename_axis("metric").reset_index()


def plot_overview(
    hourly: pd.DataFrame,
    carriers: pd.DataFrame,
    departure_calibration: pd.DataFrame,
    arrival_calibration: pd.DataFrame,
    importance: pd.DataFrame,
) -> Figure:
    """Draws the picture of the project.

    Args:
        hourly: Delays by origin and scheduled hour.
        carriers: Delays by carrier.
        departure_calibration: Predicted and true delay at departure, by group.
        arrival_calibration: The same on arrival.
        importance: What every column is worth to either model.

    Returns:
        The figure.
    """
    calibrations = {"departure": departure_calibration, "arrival": arrival_calibration}
    return draw(hourly, carriers, calibrations, importance)
