"""Bounds of the extreme eigenvalues from tr H and tr H² (Eqs. 7-10, 34).

The inequalities for λ_max itself are square roots of those here: both sides are nonnegative, since
λ_min ≤ μ ≤ λ_max. They are multiplied by P², so that no division is left.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from hessbound.derive.proof.kernel import Slack, square
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.spectrum import Scalars, Spectrum
from hessbound.derive.proof.statements import Pair

CLAIMS = Register()
Steps = Iterator[tuple[str, Slack]]
EIGHTH, QUARTER, HALF = Fraction(1, 8), Fraction(1, 4), Fraction(1, 2)
LARGEST, SMALLEST = Spectrum(), Spectrum("smallest")
PSD = Spectrum("smallest", psd=True)


def _deviation(q: Any) -> Any:
    """P(λ − μ)."""
    return q.P.value * q.extreme - q.trace


def _variance(q: Any) -> Any:
    """P² s² = P tr H² − (tr H)²."""
    return q.P.value * q.trace_squared - q.trace**2


def _pairs(q: Any) -> Slack:
    """½ Σ_kl (x_k − x_l)² over the other eigenvalues."""
    return square(q.gaps.value @ q.one.T - q.one @ q.gaps.value.T).sum() * HALF


def _products(q: Any) -> Slack:
    """Σ_{k≠l} x_k x_l = (Σx)² − Σx², from the products of different gaps."""
    return (q.gaps @ q.gaps.T).without_diagonal().sum()


@CLAIMS.bound(LARGEST, SMALLEST, equation="7")
def outer(q: Any) -> Pair:
    """λ_max ≤ μ + s√(P−1) and λ_min ≥ μ − s√(P−1), as P²(λ−μ)² ≤ (P−1) P²s²."""
    return _deviation(q) ** 2, (q.P.value - 1) * _variance(q)


@CLAIMS.certificate(outer)
def _(q: Any) -> Steps:
    yield "Lagrange: (P−1)Σδ² − (Σδ)² = ½ΣΣ(δ_k−δ_l)² over the others", q.P * _pairs(q)


@CLAIMS.bound(LARGEST, SMALLEST, equation="7")
def inner(q: Any) -> Pair:
    """λ_max ≥ μ + s/√(P−1) and λ_min ≤ μ − s/√(P−1), as P²s² ≤ (P−1) P²(λ−μ)²."""
    return _variance(q), (q.P.value - 1) * _deviation(q) ** 2


@CLAIMS.certificate(inner)
def _(q: Any) -> Steps:
    yield "gaps x ≥ 0: (Σx)² − Σx² = Σ_{k≠l} x_k x_l ≥ 0", q.P * _products(q)


@CLAIMS.bound(LARGEST, equation="8", equal=True)
def mean(q: Any) -> Pair:
    """μ = tr H / P is the mean: Σ_k (λ_k − μ) = 0, times P."""
    every = _deviation(q) + (q.P.value * q.others - q.trace * q.one).sum()
    return every, 0 * every


@CLAIMS.bound(LARGEST, equation="9", equal=True)
def variance(q: Any) -> Pair:
    """s² = tr H²/P − μ² is the variance: Σ_k (λ_k − μ)² = P s², times P². WS is Samuelson's
    inequality for the spectrum.
    """
    deviations = _deviation(q) ** 2 + ((q.P.value * q.others - q.trace * q.one) ** 2).sum()
    return deviations, q.P.value * _variance(q)


@CLAIMS.bound(LARGEST, equation="10", equal=True)
def equality(q: Any) -> Pair:
    """λ_max = μ + s√(P−1) if and only if λ_2 = … = λ_P: the slack is ½P ΣΣ(λ_k − λ_l)²."""
    differences = q.others @ q.one.T - q.one @ q.others.T
    slack = HALF * q.P.value * (differences**2).sum()
    return (q.P.value - 1) * _variance(q) - _deviation(q) ** 2, slack


@CLAIMS.bound(LARGEST)
def chebyshev(q: Any) -> Pair:
    """WS is below Chebyshev's bound, s√(P−1) ≤ s√P, as (P−1) P²s² ≤ P P²s²."""
    return (q.P.value - 1) * _variance(q), q.P.value * _variance(q)


@CLAIMS.certificate(chebyshev)
def _(q: Any) -> Steps:
    differences = _pairs(q) + square(q.gaps.value).sum()
    yield "P²s² = ½ΣΣ(λ_k−λ_l)² over all eigenvalues", differences


@CLAIMS.bound(PSD, equation="34")
def psd_lower(q: Any) -> Pair:
    """H ⪰ 0 implies (tr H)²/P ≤ tr H² (which needs no H ⪰ 0), times P."""
    return q.trace**2, q.P.value * q.trace_squared


@CLAIMS.certificate(psd_lower)
def _(q: Any) -> Steps:
    yield "Cauchy-Schwarz: ½ΣΣ(λ_k−λ_l)²", _pairs(q) + square(q.gaps.value).sum()


@CLAIMS.bound(PSD, equation="34")
def psd_upper(q: Any) -> Pair:
    """H ⪰ 0 implies tr H² ≤ (tr H)²."""
    return q.trace_squared, q.trace**2


@CLAIMS.certificate(psd_upper)
def _(q: Any) -> Steps:
    one = square(q.one)
    others = q.bottom * one + q.gaps
    products = (others @ others.T).without_diagonal().sum()
    yield "λ ≥ 0: Σ_{k≠l} λ_k λ_l ≥ 0", q.bottom * others.sum() * 2 + products


@CLAIMS.bound(Scalars(("mu", "s", "r")))
def frobenius(q: Any) -> Pair:
    """WS is not above ‖H‖_F: (μ + s r)² ≤ P(μ² + s²) = tr H² with r = √(P−1)."""
    return (q["mu"] + q["s"] * q["r"]) ** 2, (q["r"] ** 2 + 1) * (q["mu"] ** 2 + q["s"] ** 2)


@CLAIMS.certificate(frobenius)
def _(q: Any) -> Steps:
    yield "Lagrange: (1 + r²)(μ² + s²) − (μ + rs)² = (rμ − s)²", square(q["mu"] * q["r"] - q["s"])


@CLAIMS.bound(Scalars((), unit=("t",), positive=("A", "B", "C")))
def sharper_constant(q: Any) -> Pair:
    """F(t) = t²(2A(1−t)² + 2B(1−t) + C) ≤ ⅛A + ½B + C: the constant of the sharper (29) is below
    C_X, or equal.
    """
    t, rest = q["t"], 1 - q["t"]
    small = t**2 * (2 * q["A"] * rest**2 + 2 * q["B"] * rest + q["C"])
    return small, EIGHTH * q["A"] + HALF * q["B"] + q["C"]


@CLAIMS.certificate(sharper_constant)
def _(q: Any) -> Steps:
    t, rest, A, B, C = q.known["t"], q.rest["t"], q.known["A"], q.known["B"], q.known["C"]
    quarter = square(q["t"] - HALF)  # ¼ − t(1−t)
    yield "t(1−t) ≤ ¼, twice", A * quarter * (t * rest + QUARTER) * 2
    yield "t·t(1−t) ≤ ¼", B * (t * quarter + rest * QUARTER) * 2
    yield "t² ≤ 1", C * rest * (t + 1)


def _coefficients(q: Any) -> tuple[Any, Any, Any, Any]:
    """D, c₀, c₁ and c₂ of D·g, where g is the Christoffel kernel at the standardised z."""
    z, skew, kurtosis = q["z"], q["gamma"], q["kappa"]
    D, c2 = kurtosis - skew**2 - 1, z**2 - skew * z - 1
    return D, D - c2, D * z - skew * c2, c2


@CLAIMS.bound(Scalars(("z", "gamma", "kappa")), equation="r = 2", equal=True)
def christoffel_moments(q: Any) -> Pair:
    """With moments 0, 1, γ, κ the mean of (c₀+c₁x+c₂x²)² is D·T and c₀+c₁z+c₂z² = T, where
    D = κ−γ²−1 and T = D(1+z²) + (z²−γz−1)². One eigenvalue carries at least 1/P of the mean, so
    T² ≤ P·D·T, that is 1 + z² + (z²−γz−1)²/(κ−γ²−1) ≤ P.
    """
    D, c0, c1, c2 = _coefficients(q)
    z, skew, kurtosis = q["z"], q["gamma"], q["kappa"]
    mean = c0**2 + c1**2 + 2 * c0 * c2 + 2 * c1 * c2 * skew + c2**2 * kurtosis
    return mean, D * (c0 + c1 * z + c2 * z**2)


@CLAIMS.bound(LARGEST, equation="r = 2")
def christoffel_mass(q: Any) -> Pair:
    """One eigenvalue carries no more than all: g(λ)² ≤ Σ_k g(λ_k)² for g(x) = c₀ + c₁x + c₂x²."""
    own = (q.free("c0") + q.free("c1") * q.extreme + q.free("c2") * q.extreme**2) ** 2
    return own, own + (_quadratic(q) ** 2).sum()


def _quadratic(q: Any) -> Any:
    """c₀ + c₁x + c₂x² of the other eigenvalues."""
    return q.free("c0") * q.one + q.free("c1") * q.others + q.free("c2") * q.others**2


@CLAIMS.certificate(christoffel_mass)
def _(q: Any) -> Steps:
    yield "squares of the others", square(_quadratic(q)).sum()
