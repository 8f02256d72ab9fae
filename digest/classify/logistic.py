"""Logistic regression with L2 over sparse rows, by coordinate descent in its dual.

Exact to a tolerance, without a step to tune, and the same for the same rows: their order is
shuffled by a fixed seed.  The method is that of Yu, Huang and Lin, "Dual coordinate descent
methods for logistic regression and maximum entropy models", Machine Learning 85 (2011).
"""

import math
import operator
import random
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Row", "fit"]

_ROUNDS = 30
_ENOUGH = 1e-2  # change of a dual variable, as a share of the cost, that ends the descent
_STEPS = 8  # of Newton's method; three do mostly
_SEED = 2011
_EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class Row:
    """One example: columns in any order, each once, and their values."""

    columns: tuple[int, ...]
    values: tuple[float, ...]


def fit(
    rows: Sequence[Row], labels: Sequence[bool], n_columns: int, cost: float
) -> tuple[list[float], float]:
    """Return a weight a column and the bias; more `cost` follows the examples more closely."""
    weights, bias = [0.0] * n_columns, 0.0
    signs = [1.0 if label else -1.0 for label in labels]
    squares = [1.0 + sum(v * v for v in row.values) for row in rows]
    duals = [cost * 1e-3] * len(rows)
    for row, sign, dual in zip(rows, signs, duals, strict=True):
        bias += _move(weights, row, sign * dual)
    order = list(range(len(rows)))
    shuffle = random.Random(_SEED).shuffle  # noqa: S311 - an order, no secret
    for _ in range(_ROUNDS):
        shuffle(order)
        most = 0.0
        for i in order:
            row, sign = rows[i], signs[i]
            said = sum(map(operator.mul, map(weights.__getitem__, row.columns), row.values))
            dual = _best(squares[i], sign * (said + bias), duals[i], cost)
            change = dual - duals[i]
            if abs(change) > _EDGE * cost:
                duals[i] = dual
                bias += _move(weights, row, sign * change)
                most = max(most, abs(change))
        if most < _ENOUGH * cost:
            break
    return weights, bias


def _move(weights: list[float], row: Row, by: float) -> float:
    """Add a row to the weights `by` times; returns what the bias gains, a column of ones."""
    for column, value in zip(row.columns, row.values, strict=True):
        weights[column] += by * value
    return by


def _best(square: float, margin: float, dual: float, cost: float) -> float:
    """Return the dual variable that is best for one row while the others stay.

    Sought as the logit t of its share in the cost, where the derivative rises all along with a
    slope of at least 1: square · (cost · s(t) - dual) + margin + t = 0.
    """
    low, high = -30.0, 30.0
    t = math.log(dual / (cost - dual))
    for _ in range(_STEPS):
        share = 1.0 / (1.0 + math.exp(-t))
        slope = square * (cost * share - dual) + margin + t
        if abs(slope) < 1e-6:
            break
        if slope > 0:
            high = t
        else:
            low = t
        t -= slope / (1.0 + square * cost * share * (1.0 - share))
        if not low < t < high:
            t = (low + high) / 2
    share = 1.0 / (1.0 + math.exp(-t))
    return min(max(cost * share, cost * _EDGE), cost * (1 - _EDGE))
