"""The training pipeline."""

from argo_kedro.pipeline import FusedPipeline, Node
from kedro.pipeline import Pipeline

from .nodes import evaluate_model, fit_model, measure_importance, predict_delays, prepare_examples

TARGETS = ("departure", "arrival")
FOR_REPORTS = ("model", "metrics", "calibration", "importance")
SHARED_PARAMETERS = {
    "params:late_minutes",
    "params:reporting.calibration_bins",
    "params:reporting.importance",
}


def create_pipeline() -> Pipeline:
    """Trains, evaluates and explains one model per target, each without a wait for the other."""
    return sum((_create_for(target) for target in TARGETS), Pipeline([]))


def _create_for(target: str) -> Pipeline:
    evaluation = FusedPipeline(
        [
            Node(
                predict_delays,
                inputs=["model", "test_examples"],
                outputs="predictions",
                name="predict_delays",
            ),
            Node(
                evaluate_model,
                inputs=["predictions", "params:late_minutes", "params:reporting.calibration_bins"],
                outputs=["metrics", "calibration"],
                name="evaluate_model",
            ),
        ],
        name="evaluation",
    )
    return Pipeline(
        [
            Node(
                prepare_examples,
                inputs=["model_input", "params:examples"],
                outputs=["training_examples", "test_examples"],
                name="prepare_examples",
            ),
            Node(
                fit_model,
                inputs=["training_examples", "params:fit"],
                outputs="model",
                name="fit_model",
                machine_type="training",
                tags="fitting",
            ),
            evaluation,
            Node(
                measure_importance,
                inputs=["model", "test_examples", "params:reporting.importance"],
                outputs="importance",
                name="measure_importance",
                machine_type="training",
                tags="explaining",
            ),
        ],
        namespace=target,
        inputs="model_input",
        outputs={name: f"{target}_{name}" for name in FOR_REPORTS},
        parameters=SHARED_PARAMETERS,
        tags="training",
    )
