"""The reporting pipeline."""

from argo_kedro.pipeline import FusedPipeline, Node
from kedro.pipeline import Pipeline

from .nodes import compare_models, plot_overview, tabulate_delays


def create_pipeline() -> Pipeline:
    """Describes the delays, compares both models and puts it all in one picture."""
    report = FusedPipeline(
        [
            Node(
                compare_models,
                inputs=["departure_metrics", "arrival_metrics"],
                outputs="model_comparison",
                name="compare_models",
            ),
            Node(
                plot_overview,
                inputs={
                    "hourly": "hourly_delays",
                    "carriers": "carrier_delays",
                    "departure_calibration": "departure_calibration",
                    "arrival_calibration": "arrival_calibration",
                    "departure_importance": "departure_importance",
                    "arrival_importance": "arrival_importance",
                },
                outputs="overview",
                name="plot_overview",
            ),
        ],
        name="report",
    )
    return Pipeline(
        [
            Node(
                tabulate_delays,
                inputs=[
                    "cleaned_flights",
                    "airlines",
                    "airports",
                    "params:late_minutes",
                    "params:reporting.fewest_flights",
                ],
                outputs=["carrier_delays", "destination_delays", "hourly_delays"],
                name="tabulate_delays",
                machine_type="light",
            ),
            report,
        ],
        tags="reporting",
    )
