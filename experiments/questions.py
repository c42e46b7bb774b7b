"""The questions that a claim is tested by: each answered by a number in one draw of the data.

The thresholds are ours where the paper names none. 1 % is the paper's level; the others are round
numbers that were set once and not moved after a run.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import statistics as st
from ._typing import Array
from .measures import Measures
from .study import Study

LEVEL = 0.01


@dataclass(frozen=True)
class Part:
    """One test of a claim: what is asked, the number that answers it, and the answer."""

    text: str
    value: float
    holds: bool


def _near(text: str, count: int, paper: int) -> Part:
    return Part(f"{text} within 5 % of {paper}", float(count), abs(count - paper) <= 0.05 * paper)


def count_test(m: int, converged: int, unique: int) -> Callable[[Study], list[Part]]:
    """Ask whether the counts are the paper's, where the run is like the paper's."""

    def test(study: Study) -> list[Part]:
        settings = study.settings
        if m not in study.counts or settings.seeds != 500 or settings.activation != "sigmoid":
            return []
        found = study.counts[m]
        return [
            _near("seeds that converge", found.converged, converged),
            _near("unique points", found.unique, unique),
        ]

    return test


def tight(study: Study) -> list[Part]:
    """Ask whether λ̄ is close to λ_max."""
    points = study.first
    r = st.pearson(points.bound, points.largest).value
    ratio = float(np.median(points.bound / points.largest))
    return [
        Part("correlation of λ̄ and λ_max at least 0.95", r, r >= 0.95),
        Part("median of λ̄ / λ_max at most 1.1", ratio, ratio <= 1.1),
    ]


def tracks(study: Study) -> list[Part]:
    """Ask whether it is so on the way, too."""
    parts = []
    for name in ("highest", "lowest"):
        way = study.ways[name]
        r = st.pearson(way.bound, way.largest).value
        text = f"correlation of λ̄ and λ_max on the way to the {name} λ̄ at least 0.95"
        parts.append(Part(text, r, r >= 0.95))
    return parts


def skewed(study: Study) -> list[Part]:
    """Ask whether the distribution of λ̄ has a long tail to the right."""
    value, p = st.skewness(study.first.bound)
    return [
        Part("skewness above 1", value, value > 1.0),
        Part("p of D'Agostino's test below 0.01, skewness above 0", p, p < LEVEL and value > 0),
    ]


def groups(points: Measures, fraction: float, name: str) -> tuple[Array, Array]:
    """Return a measure in the low and in the high group."""
    low, values = st.low_group(points.bound, fraction), getattr(points, name)
    return values[low], values[~low]


def scores(study: Study) -> list[Part]:
    """Ask whether the high group is worse on test data, and less stable."""
    low, high = groups(study.first, study.settings.low_fraction, "f1")
    p = st.mann_whitney(low, high).p
    medians = st.median(high) - st.median(low)
    spreads = st.ratio(st.spread(high), st.spread(low))
    return [
        Part("p of Mann-Whitney's test below 0.01", p, p < LEVEL),
        Part("median of the high group minus that of the low below 0", medians, medians < 0),
        Part("standard deviation, high over low, above 1", spreads, spreads > 1),
    ]


def norm_w(study: Study) -> list[Part]:
    """Ask whether λ̄ grows with ‖w‖."""
    rho, p = st.spearman(study.first.norm_w, study.first.bound)
    return [
        Part("rank correlation of ‖w‖ and λ̄ above 0", rho, rho > 0),
        Part("its p below 0.01, correlation above 0", p, p < LEVEL and rho > 0),
    ]


def norm_A(study: Study) -> list[Part]:
    """Ask whether λ̄ and ‖A‖ are unrelated."""
    rho, p = st.spearman(study.first.norm_A, study.first.bound)
    return [
        Part("rank correlation of ‖A‖ and λ̄ between −0.3 and 0.3", rho, abs(rho) < 0.3),
        Part("its p above 0.01", p, p > LEVEL),
    ]


def widths(study: Study) -> list[Part]:
    """Ask whether λ̄ differs between the first two widths."""
    if study.second is None:
        return []
    a, b = study.first.bound, study.second.bound
    p, ratio = st.mann_whitney(a, b).p, float(np.median(b) / np.median(a))
    larger = (ratio > 1) == (study.settings.hidden[1] > study.settings.hidden[0])
    return [
        Part("p of Mann-Whitney's test below 0.01", p, p < LEVEL),
        Part("median λ̄, second width over first: wider is higher", ratio, larger),
    ]


def envelope(study: Study) -> list[Part]:
    """Ask whether the smallest λ̄ grow with ‖hhᵀ‖."""
    points = study.first
    lows = st.envelope(points.norm_hidden, points.bound, 10)[1]
    rho, p = st.spearman(np.arange(len(lows), dtype=float), lows)
    halves = st.envelope(points.norm_hidden, points.bound, 2)[1]
    ratio = float(halves[-1] / halves[0])
    return [
        Part("rank correlation of ten groups' smallest λ̄ with ‖hhᵀ‖ above 0", rho, rho > 0),
        Part("its p below 0.01, correlation above 0", p, p < LEVEL and rho > 0),
        Part(
            "smallest λ̄, upper half of ‖hhᵀ‖ over lower half, above 1",
            ratio,
            ratio > 1,
        ),
    ]


def hessian(study: Study) -> list[Part]:
    """Ask whether the Hessian is right."""
    error = float(np.mean(study.first.hessian_error))
    return [Part("mean ‖H − H′‖_F, H′ by central differences, below 1e-6", error, error < 1e-6)]


def trace_errors(points: Measures) -> tuple[Array, Array]:
    """Return the relative differences of tr H and tr H² from the dense Hessian's traces."""
    first = np.abs(points.trace / points.dense_trace - 1.0)
    return first, np.abs(points.trace_squared / points.dense_trace_squared - 1.0)


def traces(study: Study) -> list[Part]:
    """Ask whether the traces are."""
    names = "tr H", "tr H²"
    errors = [float(error.max()) for error in trace_errors(study.first)]
    return [
        Part(f"largest relative error of {name} below 1e-12", error, error < 1e-12)
        for name, error in zip(names, errors, strict=True)
    ]


def dynamics(study: Study) -> list[Part]:
    """Ask whether there are two kinds of ways."""
    points, (highest, lowest) = study.first, (study.ways[n] for n in ("highest", "lowest"))
    rising = float(np.mean(points.bound > points.first_bound))
    losses = float(np.mean(points.loss < points.first_loss))
    return [
        Part("share of points with a smaller loss than at the start: all", losses, losses == 1),
        Part("highest λ̄: λ̄ at the end over the start, above 1", highest.growth, highest.growth > 1),
        Part("lowest λ̄: λ̄ at the end over the start, at most 1", lowest.growth, lowest.growth <= 1),
        Part("share of points with a larger λ̄: 5 % to 95 %", rising, 0.05 <= rising <= 0.95),
    ]


def distortion(study: Study) -> list[Part]:
    """Ask whether boundaries are more distorted where λ̄ is large."""
    points, fraction = study.first, study.settings.low_fraction
    order = np.argsort(points.bound)
    parts = []
    for name, text in (("disagreement", "disagreement with Bayes' rule"), ("length", "length")):
        values = getattr(points, name)[order]
        gap = float(values[-2:].min() - values[:2].max())
        parts.append(Part(f"{text}: both largest λ̄ above both smallest, by", gap, gap > 0))
        low, high = groups(points, fraction, name)
        p = st.mann_whitney(low, high).p
        larger = bool(p < LEVEL and st.median(high) > st.median(low))
        parts.append(Part(f"{text}: high group above low, p below 0.01", p, larger))
    return parts
