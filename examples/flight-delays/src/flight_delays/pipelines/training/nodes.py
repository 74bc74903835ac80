"""Nodes that train a model, see how good it is and what it goes by."""

from typing import Any

import numpy as np
import pandas as pd

from flight_delays.additive_model import AdditiveModel

NOT_FOR_THE_MODEL = ["day", "delay"]


def prepare_examples(
    model_input: pd.DataFrame, examples: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Picks what a model may know and what it shall predict, and sets days aside to test it.

    Whole days are set aside: flights of one day share their weather, so a model that saw half of
    them would look better than it is.

    Args:
        model_input: One row per flight.
        examples: `target`, `numeric`, `extra` and `categorical` columns, `cap_minutes`,
            `test_share` and `seed`.

    Returns:
        Examples to train on and examples to test with. Both have the columns of the model,
        the `day` and, as `delay`, the target.
    """
    known = model_input[model_input[examples["target"]].notna()]
    numeric = [*examples["numeric"], *examples.get("extra", [])]
    columns = known[[*numeric, *examples["categorical"]]].astype(
        dict.fromkeys(examples["categorical"], "category")
    )
    chosen = columns.assign(
        day=known["day"], delay=known[examples["target"]].clip(upper=examples["cap_minutes"])
    )
    days = np.sort(known["day"].unique())
    shuffled = np.random.default_rng(examples["seed"]).permutation(days)
    is_test = chosen["day"].isin(shuffled[: round(len(days) * examples["test_share"])])
    return chosen[~is_test].reset_index(drop=True), chosen[is_test].reset_index(drop=True)


def fit_model(training_examples: pd.DataFrame, fit: dict[str, Any]) -> dict[str, Any]:
    """Fits an additive model, its penalty chosen by cross-validation over days.

    Args:
        training_examples: Columns of the model, `day` and `delay`.
        fit: `knots`, `penalties` and `folds`.

    Returns:
        The model as JSON can hold it.
    """
    day_number = training_examples["day"].rank(method="dense").astype("int64") - 1
    model = AdditiveModel.fit(
        training_examples.drop(columns=NOT_FOR_THE_MODEL),
        training_examples["delay"],
        fold_of_row=(day_number % fit["folds"]).to_numpy(),
        penalties=fit["penalties"],
        knots=fit["knots"],
    )
    return model.to_dict()


def predict_delays(model: dict[str, Any], test_examples: pd.DataFrame) -> pd.DataFrame:
    """Predicts the delays of flights the model has not seen.

    Args:
        model: What `fit_model` returned.
        test_examples: Examples that were set aside.

    Returns:
        `day`, `delay` and `predicted` delay, in minutes.
    """
    predicted = AdditiveModel.from_dict(model).predict(test_examples)
    return test_examples[["day", "delay"]].assign(predicted=predicted)


def evaluate_model(
    predictions: pd.DataFrame, late_minutes: int, bins: int
) -> tuple[dict[str, float], pd.DataFrame]:
    """Measures how near the predictions come, and whether they mean what they say.

    Args:
        predictions: `delay` and `predicted` delay.
        late_minutes: From here on a flight is late.
        bins: Number of groups of equal size for the calibration.

    Returns:
        Metrics by name; and for every group of similar predictions the mean `predicted` delay, the
        mean `delay` and the share of `late` flights.
    """
    delay, predicted = predictions["delay"], predictions["predicted"]
    late = delay >= late_minutes
    squares = float(((delay - predicted) ** 2).mean())
    metrics = {
        "flights": len(predictions),
        "mean_absolute_error": float((delay - predicted).abs().mean()),
        "mean_absolute_error_of_the_mean": float((delay - delay.mean()).abs().mean()),
        "root_mean_squared_error": squares**0.5,
        "explained_variance": 1 - squares / float(delay.var(ddof=0)),
        "late_share": float(late.mean()),
        "late_ranking": _ranking(predicted, late),
    }
    groups = pd.qcut(predicted.rank(method="first"), bins, labels=False)
    calibration = (
        predictions.assign(late=late)
        .groupby(groups)[["predicted", "delay", "late"]]
        .mean()
        .rename_axis("group")
        .reset_index()
    )
    return metrics, calibration


def _ranking(predicted: pd.Series, late: pd.Series) -> float:
    """Chance that of a late and a punctual flight the late one has the higher prediction."""
    late_flights = int(late.sum())
    punctual = len(late) - late_flights
    if not late_flights or not punctual:
        return float("nan")
    ranks = float(predicted.rank()[late].sum())
    return (ranks - late_flights * (late_flights + 1) / 2) / (late_flights * punctual)


def measure_importance(
    model: dict[str, Any], test_examples: pd.DataFrame, importance: dict[str, int]
) -> pd.DataFrame:
    """Measures what every column is worth: how much worse predictions get without its order.

    It takes one model, so that the tasks of both models run at the same time.

    Args:
        model: What `fit_model` returned.
        test_examples: Examples that were set aside.
        importance: `sample`, the rows to score; `repeats`, how often each column is shuffled;
            `seed`.

    Returns:
        For every `column` the `minutes` by which the root mean squared error grows.
    """
    random = np.random.default_rng(importance["seed"])
    fitted = AdditiveModel.from_dict(model)
    rows = min(importance["sample"], len(test_examples))
    sample = test_examples.sample(rows, random_state=random)
    error = _error(fitted, sample)
    minutes = []
    for column in fitted.columns:
        shuffled = [
            _error(fitted, sample.assign(**{column: random.permutation(sample[column])}))
            for _ in range(importance["repeats"])
        ]
        minutes.append((column, float(np.mean(shuffled)) - error))
    return pd.DataFrame(minutes, columns=["column", "minutes"])


def _error(model: AdditiveModel, examples: pd.DataFrame) -> float:
    return float(np.sqrt(np.mean((model.predict(examples) - examples["delay"]) ** 2)))
