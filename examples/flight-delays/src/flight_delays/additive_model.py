"""A ridge regression on curves and categories: every column adds its own part to the delay.

A number enters as a curve of straight pieces, a category as one value per level. That is enough to
find that rain matters only once there is much of it, and small enough to be a few dozen lines of
NumPy and a JSON file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

Matrix = np.ndarray[Any, np.dtype[np.float64]]

SCORED_AT_ONCE = 50_000
"""Rows whose matrix is in memory at a time."""


@dataclass(frozen=True)
class Curve:
    """How a number enters: where its curve bends, and what stands in when it is missing."""

    column: str
    knots: list[float]
    typical: float

    @classmethod
    def of(cls, values: pd.Series, knots: int) -> Curve:
        """Bends the curve at equal shares of the values."""
        shares = np.linspace(0, 1, knots + 2)[1:-1]
        known = values.dropna()
        bends = np.unique(np.quantile(known, shares)) if len(known) else np.empty(0)
        inner = [float(bend) for bend in bends if known.min() < bend < known.max()]
        return cls(str(values.name), inner, float(known.median()) if len(known) else 0.0)

    def matrix(self, values: pd.Series) -> Matrix:
        """One column for the number, one for being unknown, one per bend."""
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        unknown = np.isnan(numbers)
        numbers = np.where(unknown, self.typical, numbers)
        bends = [np.maximum(numbers - knot, 0) for knot in self.knots]
        return np.column_stack([numbers, unknown, *bends])


@dataclass(frozen=True)
class Levels:
    """How a category enters: the levels that were seen in training."""

    column: str
    levels: list[str]

    @classmethod
    def of(cls, values: pd.Series) -> Levels:
        """Takes the levels that occur."""
        return cls(str(values.name), sorted(values.astype(str).unique()))

    def matrix(self, values: pd.Series) -> Matrix:
        """One column per level; a level never seen before is zero in all."""
        codes = pd.Index(self.levels).get_indexer(values.astype(str))
        matrix = np.zeros((len(values), len(self.levels)))
        known = codes >= 0
        matrix[np.flatnonzero(known), codes[known]] = 1
        return matrix


@dataclass(frozen=True)
class Sums:
    """All that least squares needs to know of a set of rows; sums of two sets add up."""

    products: Matrix
    targets: Matrix
    squares: float
    rows: int

    @classmethod
    def of(cls, matrix: Matrix, target: Matrix) -> Sums:
        """Sums up rows."""
        return cls(matrix.T @ matrix, matrix.T @ target, float(target @ target), len(target))

    def __add__(self, other: Sums) -> Sums:
        """Sums of both sets of rows."""
        return Sums(
            self.products + other.products,
            self.targets + other.targets,
            self.squares + other.squares,
            self.rows + other.rows,
        )

    def solve(self, penalty: float) -> Matrix:
        """Coefficients that fit best; the penalty is on columns of unit variance."""
        means = self.products[0] / self.rows
        variances = np.maximum(np.diag(self.products) / self.rows - means**2, 1e-9)
        variances[0] = 1e-12
        return np.linalg.solve(self.products + penalty * np.diag(variances), self.targets)

    def squared_error(self, coefficients: Matrix) -> float:
        """What the coefficients leave unexplained, in squares summed over the rows."""
        explained = coefficients @ (self.products @ coefficients - 2 * self.targets)
        return float(self.squares + explained)


@dataclass(frozen=True)
class AdditiveModel:
    """A fitted model.

    Args:
        curves: The columns that are numbers.
        categories: The columns that are categories.
        coefficients: Intercept first, then the columns of `curves` and `categories` in order.
        penalty: The penalty that cross-validation chose.
        validation_errors: Root mean squared error of the held-out folds, by penalty.
    """

    curves: list[Curve]
    categories: list[Levels]
    coefficients: list[float]
    penalty: float
    validation_errors: dict[str, float]

    @classmethod
    def fit(
        cls,
        columns: pd.DataFrame,
        target: pd.Series,
        fold_of_row: np.ndarray[Any, np.dtype[np.int64]],
        penalties: list[float],
        knots: int,
    ) -> AdditiveModel:
        """Fits a model with the penalty that predicts the held-out folds best.

        Args:
            columns: What the model may know; categories have pandas' categorical type.
            target: What it shall predict, row by row.
            fold_of_row: Number of the fold every row is held out in.
            penalties: The penalties to choose from.
            knots: Bends of every number's curve.

        Returns:
            The model, fitted on all rows.
        """
        named = columns.select_dtypes("category")
        categories = [Levels.of(named[name]) for name in named]
        numbers = columns.drop(columns=named.columns)
        curves = [Curve.of(numbers[name], knots) for name in numbers]

        delays = target.to_numpy(dtype=np.float64)
        folds = []
        for fold in np.unique(fold_of_row):
            rows = fold_of_row == fold
            matrix = _matrix(columns[rows], curves, categories)
            folds.append(Sums.of(matrix, delays[rows]))
        everything = _total(folds)

        errors = {}
        for penalty in penalties:
            held_out = sum(
                fold.squared_error(_total(f for f in folds if f is not fold).solve(penalty))
                for fold in folds
            )
            errors[penalty] = float(np.sqrt(held_out / everything.rows))
        best = min(errors, key=errors.__getitem__)
        return cls(
            curves,
            categories,
            everything.solve(best).tolist(),
            best,
            {str(penalty): error for penalty, error in errors.items()},
        )

    def predict(self, columns: pd.DataFrame) -> Matrix:
        """Predicts row by row; columns that the model does not know do not matter."""
        coefficients = np.asarray(self.coefficients)
        parts = [
            _matrix(columns[start : start + SCORED_AT_ONCE], self.curves, self.categories)
            @ coefficients
            for start in range(0, len(columns), SCORED_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    @property
    def columns(self) -> list[str]:
        """Names of the columns the model looks at."""
        return [part.column for part in (*self.curves, *self.categories)]

    def to_dict(self) -> dict[str, Any]:
        """The model as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> AdditiveModel:
        """The model that `to_dict` gave away."""
        parts = {
            "curves": [Curve(**curve) for curve in stored["curves"]],
            "categories": [Levels(**levels) for levels in stored["categories"]],
        }
        return cls(**{**stored, **parts})


def _total(folds: Iterable[Sums]) -> Sums:
    first, *others = folds
    return sum(others, first)


def _matrix(columns: pd.DataFrame, curves: list[Curve], categories: list[Levels]) -> Matrix:
    parts = [part.matrix(columns[part.column]) for part in (*curves, *categories)]
    return np.hstack([np.ones((len(columns), 1)), *parts])
