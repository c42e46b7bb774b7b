"""Bounds of the extreme eigenvalues from tr H and tr H² (Eqs. 7-10, 34).

The inequalities for λ_max itself are square roots of those here: both sides are nonnegative, since
λ_min ≤ μ ≤ λ_max. They are multiplied by P², so that no division is left.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from hessbound.derive.nonnegative import Nonnegative, square
from hessbound.derive.spectrum import Spectrum
from hessbound.derive.statements import Pair, Register

CLAIMS = Register()
Steps = Iterator[tuple[str, Nonnegative]]
HALF = Fraction(1, 2)
LARGEST, SMALLEST = Spectrum(), Spectrum("smallest")
PSD = Spectrum("smallest", psd=True)


def _deviation(q: Any) -> Any:
    """P(λ − μ)."""
    return q.P.value * q.extreme - q.trace


def _variance(q: Any) -> Any:
    """P² s² = P tr H² − (tr H)²."""
    return q.P.value * q.trace_squared - q.trace**2


def _pairs(q: Any) -> Nonnegative:
    """½ Σ_kl (x_k − x_l)² over the other eigenvalues."""
    return square(q.gaps.value @ q.one.T - q.one @ q.gaps.value.T).sum() * HALF


def _products(q: Any) -> Nonnegative:
    """Σ_{k≠l} x_k x_l = (Σx)² − Σx², from the products of different gaps."""
    return (q.gaps @ q.gaps.T).without_diagonal().sum()


@CLAIMS.bound("7", LARGEST, SMALLEST)
def outer(q: Any) -> Pair:
    """λ_max ≤ μ + s√(P−1) and λ_min ≥ μ − s√(P−1), as P²(λ−μ)² ≤ (P−1) P²s²."""
    return _deviation(q) ** 2, (q.P.value - 1) * _variance(q)


@CLAIMS.proof(outer)
def _(q: Any) -> Steps:
    yield "Lagrange: (P−1)Σδ² − (Σδ)² = ½ΣΣ(δ_k−δ_l)² over the others", q.P * _pairs(q)


@CLAIMS.bound("7", LARGEST, SMALLEST)
def inner(q: Any) -> Pair:
    """λ_max ≥ μ + s/√(P−1) and λ_min ≤ μ − s/√(P−1), as P²s² ≤ (P−1) P²(λ−μ)²."""
    return _variance(q), (q.P.value - 1) * _deviation(q) ** 2


@CLAIMS.proof(inner)
def _(q: Any) -> Steps:
    yield "gaps x ≥ 0: (Σx)² − Σx² = Σ_{k≠l} x_k x_l ≥ 0", q.P * _products(q)


@CLAIMS.bound("8", LARGEST, equal=True)
def mean(q: Any) -> Pair:
    """μ = tr H / P is the mean: Σ_k (λ_k − μ) = 0, times P."""
    every = _deviation(q) + (q.P.value * q.others - q.trace * q.one).sum()
    return every, 0 * every


@CLAIMS.bound("9", LARGEST, equal=True)
def variance(q: Any) -> Pair:
    """s² = tr H²/P − μ² is the variance: Σ_k (λ_k − μ)² = P s², times P². WS is Samuelson's
    inequality for the spectrum.
    """
    deviations = _deviation(q) ** 2 + ((q.P.value * q.others - q.trace * q.one) ** 2).sum()
    return deviations, q.P.value * _variance(q)


@CLAIMS.bound("10", LARGEST, equal=True)
def equality(q: Any) -> Pair:
    """λ_max = μ + s√(P−1) if and only if λ_2 = … = λ_P: the slack is ½P ΣΣ(λ_k − λ_l)²."""
    differences = q.others @ q.one.T - q.one @ q.others.T
    slack = HALF * q.P.value * (differences**2).sum()
    return (q.P.value - 1) * _variance(q) - _deviation(q) ** 2, slack


@CLAIMS.bound("-", LARGEST)
def chebyshev(q: Any) -> Pair:
    """WS is below Chebyshev's bound, s√(P−1) ≤ s√P, as (P−1) P²s² ≤ P P²s²."""
    return (q.P.value - 1) * _variance(q), q.P.value * _variance(q)


@CLAIMS.proof(chebyshev)
def _(q: Any) -> Steps:
    differences = _pairs(q) + square(q.gaps.value).sum()
    yield "P²s² = ½ΣΣ(λ_k−λ_l)² over all eigenvalues", differences


@CLAIMS.bound("34", PSD)
def psd_lower(q: Any) -> Pair:
    """H ⪰ 0 implies (tr H)²/P ≤ tr H² (which needs no H ⪰ 0), times P."""
    return q.trace**2, q.P.value * q.trace_squared


@CLAIMS.proof(psd_lower)
def _(q: Any) -> Steps:
    yield "Cauchy-Schwarz: ½ΣΣ(λ_k−λ_l)²", _pairs(q) + square(q.gaps.value).sum()


@CLAIMS.bound("34", PSD)
def psd_upper(q: Any) -> Pair:
    """H ⪰ 0 implies tr H² ≤ (tr H)²."""
    return q.trace_squared, q.trace**2


@CLAIMS.proof(psd_upper)
def _(q: Any) -> Steps:
    one = square(q.one)
    others = q.bottom * one + q.gaps
    products = (others @ others.T).without_diagonal().sum()
    yield "λ ≥ 0: Σ_{k≠l} λ_k λ_l ≥ 0", q.bottom * others.sum() * 2 + products
