"""Nodes that make tables and the picture."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

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
    *,
    hourly: pd.DataFrame,
    carriers: pd.DataFrame,
    departure_calibration: pd.DataFrame,
    arrival_calibration: pd.DataFrame,
    departure_importance: pd.DataFrame,
    arrival_importance: pd.DataFrame,
) -> Figure:
    """Draws the picture of the project.

    Args:
        hourly: Delays by origin and scheduled hour.
        carriers: Delays by carrier.
        departure_calibration: Predicted and true delay at departure, by group.
        arrival_calibration: The same on arrival.
        departure_importance: What every column is worth to the model of the delay at departure.
        arrival_importance: The same on arrival.

    Returns:
        The figure.
    """
    calibrations = {"departure": departure_calibration, "arrival": arrival_calibration}
    importances = {"departure": departure_importance, "arrival": arrival_importance}
    return draw(hourly, carriers, calibrations, importances)
