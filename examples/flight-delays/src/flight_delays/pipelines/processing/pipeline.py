"""The processing pipeline."""

from argo_kedro.pipeline import FusedPipeline, Node
from kedro.pipeline import Pipeline

from .nodes import (
    clean_flights,
    clean_weather,
    describe_fleet,
    join_features,
    measure_traffic,
    summarise_weather,
)


def create_pipeline() -> Pipeline:
    """Cleans flights and weather side by side, then joins all there is to know of a flight."""
    lookups = FusedPipeline(
        [
            Node(
                clean_weather,
                inputs=["weather", "params:cleaning.weather"],
                outputs="weather_readings",
                name="clean_weather",
                tags="cleaning",
            ),
            Node(
                summarise_weather,
                inputs=["weather_readings", "params:cleaning.weather"],
                outputs="hourly_weather",
                name="summarise_weather",
            ),
            Node(
                describe_fleet,
                inputs="planes",
                outputs="fleet",
                name="describe_fleet",
                tags="cleaning",
            ),
        ],
        name="lookups",
        machine_type="light",
    )
    features = FusedPipeline(
        [
            Node(
                measure_traffic,
                inputs=["cleaned_flights", "params:traffic"],
                outputs="airport_traffic",
                name="measure_traffic",
            ),
            Node(
                join_features,
                inputs=["cleaned_flights", "airport_traffic", "hourly_weather", "fleet"],
                outputs="model_input",
                name="join_features",
            ),
        ],
        name="features",
    )
    return Pipeline(
        [
            Node(
                clean_flights,
                inputs=["flights", "params:cleaning"],
                outputs="cleaned_flights",
                name="clean_flights",
                tags="cleaning",
            ),
            lookups,
            features,
        ],
        tags="processing",
    )
