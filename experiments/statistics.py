"""The statistics of the paper's claims, each a function of plain arrays."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ._typing import Array

Indices = NDArray[np.int64]


class Finding(NamedTuple):
    """A statistic and the probability of one at least as far out under the null hypothesis."""

    value: float
    p: float


def unique_points(theta: Array, distance: float) -> Indices:
    """Return the rows that are kept when each row near an earlier kept one is dropped.

    >>> unique_points(np.array([[0.0], [0.5], [1.2]]), 1.0)
    array([0, 2])
    """
    kept: list[int] = []
    for i, row in enumerate(theta):
        near = np.linalg.norm(theta[kept] - row, axis=1) < distance
        if not near.any():
            kept.append(i)
    return np.array(kept, dtype=np.int64)


def low_group(values: Array, fraction: float) -> NDArray[np.bool_]:
    """Return whether each value is among the smallest, of which there are round(fraction · n).

    >>> low_group(np.array([3.0, 1.0, 2.0, 9.0]), 0.5)
    array([False,  True,  True, False])
    """
    low = np.zeros(len(values), dtype=np.bool_)
    low[np.argsort(values, kind="stable")[: round(fraction * len(values))]] = True
    return low


def mann_whitney(a: Array, b: Array) -> Finding:
    """Return U of the first sample and its p-value, two-sided; NaN where a sample is empty."""
    if not len(a) or not len(b):
        return Finding(np.nan, np.nan)
    found = stats.mannwhitneyu(a, b, alternative="two-sided")
    return Finding(float(found.statistic), float(found.pvalue))


def spearman(a: Array, b: Array) -> Finding:
    """Return the rank correlation and its p-value, two-sided; NaN where one is constant."""
    return _correlation(stats.spearmanr, a, b)


def pearson(a: Array, b: Array) -> Finding:
    """Return the linear correlation and its p-value, two-sided; NaN where one is constant."""
    return _correlation(stats.pearsonr, a, b)


def _correlation(
    function: Callable[[Array, Array], tuple[float, float]], a: Array, b: Array
) -> Finding:
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Finding(np.nan, np.nan)
    return Finding(*map(float, function(a, b)))


def skewness(values: Array) -> Finding:
    """Return the skewness and D'Agostino's two-sided p-value; NaN for fewer than 8 values."""
    if len(values) < 8 or np.ptp(values) == 0:
        return Finding(np.nan, np.nan)
    return Finding(float(stats.skew(values)), float(stats.skewtest(values).pvalue))


def envelope(x: Array, y: Array, groups: int) -> tuple[Array, Array]:
    """Return, for each of so many groups of growing x, its mean x and its smallest y.

    >>> envelope(np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 8.0, 7.0]), 2)
    (array([1.5, 3.5]), array([5., 7.]))
    """
    parts = [part for part in np.array_split(np.argsort(x, kind="stable"), groups) if len(part)]
    return np.array([x[part].mean() for part in parts]), np.array([y[part].min() for part in parts])


def macro_f1(predicted: NDArray[np.bool_], y: Array) -> Array:
    """Return the mean of both classes' F1 scores, for predictions (..., N); 0 for a class unseen.

    >>> macro_f1(np.array([True, True, False]), np.array([1.0, 0.0, 0.0])).round(6)
    np.float64(0.666667)
    """
    scores = []
    for label in (False, True):
        guessed, true = predicted == label, (y > 0) == label
        hits, total = (guessed & true).sum(axis=-1), guessed.sum(axis=-1) + true.sum()
        scores.append(2.0 * hits / np.maximum(total, 1))
    return np.asarray(np.mean(scores, axis=0))


def median(values: Array) -> float:
    """Return the median; NaN where there are no values."""
    return quantiles(values, [0.5])[0]


def spread(values: Array) -> float:
    """Return the standard deviation; NaN where there are no values."""
    return float(np.std(values)) if len(values) else np.nan


def ratio(a: float, b: float) -> float:
    """Return a / b; NaN where b is 0."""
    return a / b if b else np.nan


def quantiles(values: Array, at: Sequence[float] = (0.05, 0.5, 0.95)) -> list[float]:
    """Return quantiles as plain numbers; NaN where there are no values."""
    return [float(q) for q in np.quantile(values, at)] if len(values) else [np.nan] * len(at)
