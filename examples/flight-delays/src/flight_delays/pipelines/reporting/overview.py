"""The picture of the project: when and with whom one is late, and what the models made of it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter

ORIGINS = {
    "EWR": ("Newark", "#d1495b"),
    "JFK": ("Kennedy", "#00798c"),
    "LGA": ("LaGuardia", "#edae49"),
}
TARGETS = {"departure": "#30638e", "arrival": "#e07a3f"}
INK = "#2b2d42"
PALE = "#8d99ae"
GRID = "#e5e8ee"
SHOWN_COLUMNS = 8
FEWEST_FLIGHTS = 300


def draw(
    hourly: pd.DataFrame,
    carriers: pd.DataFrame,
    calibrations: dict[str, pd.DataFrame],
    importances: dict[str, pd.DataFrame],
) -> Figure:
    """Draws all panels on one page."""
    figure = Figure(figsize=(13, 9), layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.11, wspace=0.04, hspace=0.0)
    upper, lower = figure.subfigures(2, 1, height_ratios=[1.15, 1])
    by_hour, by_carrier = upper.subplots(1, 2, width_ratios=[1.1, 1])
    meaning, departure, arrival = lower.subplots(1, 3)

    _draw_hours(by_hour, hourly)
    _draw_carriers(by_carrier, carriers)
    _draw_calibration(meaning, calibrations)
    _draw_importance(departure, importances["departure"], "departure")
    _draw_importance(arrival, importances["arrival"], "arrival")
    flights = int(carriers["flights"].sum())
    figure.suptitle(
        f"Delays of {flights:,} flights from New York in 2013",
        fontsize=17,
        fontweight="bold",
        color=INK,
        x=0.012,
        ha="left",
    )
    return figure


def _draw_hours(axes: Axes, hourly: pd.DataFrame) -> None:
    shown = hourly[hourly["flights"] >= FEWEST_FLIGHTS]
    for origin, hours in shown.groupby(shown["origin"].astype(str)):
        name, colour = ORIGINS.get(origin, (origin, PALE))
        axes.plot(hours["hour"], hours["late_share"], color=colour, lw=2.4, label=name)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_locator(MultipleLocator(3))
    axes.xaxis.set_major_formatter(lambda hour, _: f"{hour:02.0f}:00")
    axes.legend(frameon=False, loc="upper left", labelcolor=INK)
    _finish(axes, "Late departures by scheduled hour", "", "share of flights", grid="y")


def _draw_carriers(axes: Axes, carriers: pd.DataFrame) -> None:
    shown = carriers[carriers["flights"] >= FEWEST_FLIGHTS].sort_values("late_share")
    bars = axes.barh(shown["name"], shown["late_share"], color=TARGETS["departure"], height=0.7)
    axes.bar_label(bars, fmt="{:.0%}", padding=4, fontsize=9, color=INK)
    axes.margins(x=0.1, y=0.02)
    axes.xaxis.set_visible(False)
    _finish(axes, "Late departures by carrier", "", "")
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _draw_calibration(axes: Axes, calibrations: dict[str, pd.DataFrame]) -> None:
    points = pd.concat(calibrations.values())[["predicted", "delay"]]
    ends = np.array([points.min().min(), points.max().max()])
    axes.plot(ends, ends, color=PALE, lw=1, ls=(0, (4, 3)), label="as predicted")
    for target, groups in calibrations.items():
        axes.plot(
            groups["predicted"],
            groups["delay"],
            "o-",
            ms=4.5,
            lw=1.4,
            color=TARGETS[target],
            label=target,
        )
    axes.legend(frameon=False, loc="upper left", labelcolor=INK)
    _finish(axes, "Do predictions hold?", "predicted minutes", "true minutes (mean)", grid="both")


def _draw_importance(axes: Axes, importance: pd.DataFrame, target: str) -> None:
    columns = importance.nlargest(SHOWN_COLUMNS, "minutes")[::-1]
    names = columns["column"].str.replace("_", " ")
    bars = axes.barh(names, columns["minutes"], color=TARGETS[target], height=0.7)
    axes.bar_label(bars, fmt="{:.1f}", padding=4, fontsize=9, color=INK)
    axes.margins(x=0.15, y=0.02)
    axes.set_xticks([])
    _finish(axes, f"What the {target} model goes by", "", "")
    axes.set_xlabel("minutes of error more when shuffled", color=PALE, fontsize=9.5, loc="left")
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _finish(axes: Axes, title: str, x_label: str, y_label: str, grid: str = "") -> None:
    axes.set_title(title, loc="left", fontsize=12.5, fontweight="bold", color=INK, pad=10)
    axes.set_xlabel(x_label, color=INK)
    axes.set_ylabel(y_label, color=INK)
    axes.tick_params(colors=INK, labelsize=9.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(PALE)
    if grid:
        axes.grid(axis=grid, color=GRID, lw=0.8)
        axes.set_axisbelow(True)
