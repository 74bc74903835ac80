from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flight_delays.pipelines.training.nodes import (
    evaluate_model,
    fit_model,
    measure_importance,
    predict_delays,
    prepare_examples,
)

FIT = {"knots": 3, "penalties": [0.1, 1000.0], "folds": 4}


@pytest.fixture
def examples() -> pd.DataFrame:
    """Delays that rain causes from some point on, and that one carrier always has."""
    random = np.random.default_rng(1)
    rain = random.uniform(0, 10, 2000)
    carrier = random.choice(["AA", "UA"], 2000)
    delay = 5 + 3 * np.maximum(rain - 5, 0) + 7 * (carrier == "UA") + random.normal(0, 1, 2000)
    return pd.DataFrame(
        {
            "rain": rain,
            "carrier": pd.Categorical(carrier),
            "day": pd.Timestamp("2013-01-01") + pd.to_timedelta(np.arange(2000) % 50, unit="D"),
            "delay": delay,
        }
    )


def fitted(examples: pd.DataFrame) -> dict[str, Any]:
    return json.loads(json.dumps(fit_model(examples, FIT)))


def test_whole_days_are_set_aside() -> None:
    model_input = pd.DataFrame(
        {
            "day": pd.to_datetime(np.repeat(np.arange(10), 3), unit="D", origin="2013-01-01"),
            "rain": 0.0,
            "carrier": "AA",
            "arrival_delay": [np.nan, 500.0, 5.0] * 10,
        }
    )
    settings = {
        "target": "arrival_delay",
        "numeric": ["rain"],
        "categorical": ["carrier"],
        "cap_minutes": 180,
        "test_share": 0.2,
        "seed": 1,
    }
    training, test = prepare_examples(model_input, settings)

    assert len(training) == 16, "flights that never arrived have no delay to learn from"
    assert test["day"].nunique() == 2
    assert not set(training["day"]) & set(test["day"])
    assert training["delay"].max() == 180
    assert training["carrier"].dtype == "category"


def test_model_finds_bend_and_category(examples: pd.DataFrame) -> None:
    model = fitted(examples)
    asked = pd.DataFrame({"rain": [1.0, 9.0, 1.0], "carrier": ["AA", "AA", "UA"]}).assign(
        day=pd.NaT, delay=0.0
    )
    predicted = predict_delays(model, asked)["predicted"]

    assert predicted.tolist() == pytest.approx([5, 17, 12], abs=1)
    assert model["penalty"] == 0.1, "there is nothing to shrink here"


def test_model_answers_when_something_is_unknown(examples: pd.DataFrame) -> None:
    asked = pd.DataFrame({"rain": [np.nan], "carrier": ["ZZ"], "day": pd.NaT, "delay": 0.0})

    assert np.isfinite(predict_delays(fitted(examples), asked)["predicted"]).all()


def test_perfect_predictions_have_perfect_metrics() -> None:
    delay = np.arange(100.0)
    metrics, calibration = evaluate_model(
        pd.DataFrame({"delay": delay, "predicted": delay}), late_minutes=15, bins=10
    )

    assert metrics["mean_absolute_error"] == 0
    assert metrics["explained_variance"] == 1
    assert metrics["late_ranking"] == 1
    assert metrics["late_share"] == pytest.approx(0.85)
    assert calibration["delay"].tolist() == calibration["predicted"].tolist()
    assert len(calibration) == 10


def test_ranking_of_noise_is_a_coin_flip() -> None:
    random = np.random.default_rng(0)
    noise = pd.DataFrame(random.normal(15, 10, (5000, 2)), columns=["delay", "predicted"])
    metrics, _ = evaluate_model(noise, late_minutes=15, bins=10)

    assert metrics["late_ranking"] == pytest.approx(0.5, abs=0.03)


def test_only_columns_that_matter_are_important(examples: pd.DataFrame) -> None:
    random = np.random.default_rng(3)
    with_noise = examples.assign(noise=random.uniform(0, 10, len(examples)))
    importance = measure_importance(
        fitted(with_noise), with_noise, {"sample": 500, "repeats": 2, "seed": 1}
    )
    minutes = importance.set_index("column")["minutes"]

    assert minutes["rain"] > 2
    assert minutes["noise"] == pytest.approx(0, abs=0.1)
