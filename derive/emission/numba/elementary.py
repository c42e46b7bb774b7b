"""Elementary functions as polynomials, for kernels that LLVM vectorises (stage 5).

Calls of libm cost ten times what a loop without calls and branches does, so e^x, log(1 + x), tanh
and the normal distribution are emitted as arithmetic. The templates lay out how an argument is
reduced to a short interval; the polynomials there, and how far they are from the function, are
found here, in exact rational numbers where the function has a Taylor series with rational
coefficients: then the error, that of rounding the coefficients included, is proved. Rounding in
the evaluation comes on top; tests compare with many digits. All this wants a processor with fused
multiply-add, as those since 2013 are; elsewhere the values are the same, but the loops are slow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import mpmath
import sympy as sp

ALLOWED = sp.Rational(1, 2**58)  # of a relative error: a 32nd of a unit in the last place
LN2 = sp.log(2).n(60)
_x = sp.Symbol("x")


@dataclass(frozen=True)
class Approximation:
    """A polynomial with double coefficients, lowest first, and a bound of its error."""

    coefficients: tuple[float, ...]
    error: sp.Rational

    def __str__(self) -> str:
        return f"({', '.join(map(repr, self.coefficients))})"


@dataclass(frozen=True)
class TailCode:
    """The numbers in a function of the normal distribution's tail, already printed."""

    coefficients: str
    near: str
    far: str


@dataclass(frozen=True)
class ElementaryCode:
    """The numbers in the elementary functions, already printed."""

    per_ln2: str
    ln2: tuple[str, str]
    root_less_1: str
    half_root: str
    exp: str
    log1p: str
    tails: dict[str, TailCode]


def elementary_code() -> ElementaryCode:
    """Print the numbers in the elementary functions."""
    high = float(LN2)
    return ElementaryCode(
        per_ln2=repr(float(1 / LN2)),
        ln2=(repr(high), repr(float(LN2 - sp.Float(high, 60)))),
        root_less_1=repr(float(sp.sqrt(2) - 1)),
        half_root=repr(float(sp.sqrt(sp.Rational(1, 2)))),
        exp=str(exponential()),
        log1p=str(logarithm()),
        tails={
            name: TailCode(str(tail(name)), f"{of.near}.0", f"{of.far}.0")
            for name, of in TAILS.items()
        },
    )


@cache
def exponential() -> Approximation:
    """Return q with e^r = 1 + r + r² q(r) for |r| ≤ ln 2/2; its error is relative to e^r, proved.

    >>> bool(exponential().error < ALLOWED)
    True
    """
    end = sp.Rational(3467, 10000)  # a little more than ln 2/2: the multiple of ln 2 is rounded too
    terms = 30
    taylor = sp.Poly([1 / sp.factorial(k + 2) for k in reversed(range(terms))], _x, domain="QQ")
    left = 2 * end**terms / sp.factorial(terms + 2)  # each term is less than half of the last
    share = end**2 * sp.Rational(3, 2)  # e^end < 3/2
    return _economised(taylor, -end, end, left, share)


@cache
def logarithm() -> Approximation:
    """Return R with log(1 + f) = 2 s + s w R(w), s = f/(2 + f), w = s², for 1/√2 ≤ 1 + f ≤ √2.

    The error, proved, is relative to log(1 + f), which is at least 2|s|.

    >>> bool(logarithm().error < ALLOWED)
    True
    """
    end = sp.Rational(3, 100)  # more than (3 − 2√2)²
    terms = 30
    taylor = sp.Poly([sp.Rational(2, 2 * k + 3) for k in reversed(range(terms))], _x, domain="QQ")
    left = end**terms / (1 - end)
    return _economised(taylor, sp.Integer(0), end, left, end / 2)


def _economised(
    taylor: sp.Poly, low: sp.Rational, high: sp.Rational, left: sp.Rational, share: sp.Rational
) -> Approximation:
    """Drop the last Chebyshev terms of a Taylor polynomial on an interval, as many as is allowed.

    A Chebyshev polynomial is at most 1 on its interval, so its coefficient bounds what is lost.
    ``left`` bounds what Taylor left out; all of it counts by ``share`` in the relative error.
    """
    error, poly = left, taylor
    t = (2 * _x - low - high) / (high - low)
    while True:
        last = sp.Poly(sp.chebyshevt(poly.degree(), t), _x, domain="QQ")
        dropped = poly.LC() / last.LC()
        if (error + abs(dropped)) * share > ALLOWED / 2:
            break
        error += abs(dropped)
        poly -= dropped * last
    exact = list(reversed(poly.all_coeffs()))
    rounded = [float(c) for c in exact]
    largest = max(abs(low), abs(high))
    for power, (c, double) in enumerate(zip(exact, rounded, strict=True)):
        error += abs(c - sp.Rational(double)) * largest**power
    return Approximation(tuple(rounded), error * share)


# Mills' ratio and what is made of it is F(t)/(u + near)ⁿ, t = (u − far)/(u + far) in [−1, 1): F is
# nearly constant, so that rounding t costs nothing, and far is where its Chebyshev series is short.
_SAMPLES = 60


@dataclass(frozen=True)
class Tail:
    """A function of u ≥ 0 that falls as 1/uⁿ, to be approximated in t."""

    value: Callable[[mpmath.mpf], mpmath.mpf]
    near: int
    far: int
    power: int = 1

    def flattened(self, t: mpmath.mpf) -> mpmath.mpf:
        """Return F(t)."""
        u = self.far * (1 + t) / (1 - t)
        return self.value(u) * (u + self.near) ** self.power


def _ratio(u: mpmath.mpf) -> mpmath.mpf:
    return mpmath.sqrt(mpmath.pi / 2) * mpmath.exp(u * u / 2) * mpmath.erfc(u / mpmath.sqrt(2))


def _rest(u: mpmath.mpf) -> mpmath.mpf:
    return 1 / _ratio(u) - u


def _skew(u: mpmath.mpf) -> mpmath.mpf:
    return (_rest(u) * (2 * _rest(u) + u) - 1) / _ratio(u)


TAILS = {
    "mills": Tail(_ratio, 1, 5),
    "mills_rest": Tail(_rest, 2, 4),
    "mills_skew": Tail(_skew, 2, 4, 3),
}


@cache
def tail(name: str) -> Approximation:
    """Return F of one of ``TAILS``.

    Chebyshev's series of F, cut where the rest is below a quarter of a unit in the last place. The
    error is the largest at points between the interpolation's: sampled, not proved.

    >>> bool(tail("mills_skew").error < sp.Rational(1, 2**52))
    True
    """
    of = TAILS[name].flattened
    with mpmath.workdps(50):
        nodes = [mpmath.cos(mpmath.pi * (k + 0.5) / _SAMPLES) for k in range(_SAMPLES)]
        values = [of(t) for t in nodes]
        series = [
            sum(f * mpmath.chebyt(n, t) for f, t in zip(values, nodes, strict=True))
            * (2 if n else 1)
            / _SAMPLES
            for n in range(_SAMPLES)
        ]
        while abs(series[-1]) < mpmath.mpf(2) ** -55:
            series.pop()
        poly = sp.Poly(0, _x, domain="QQ")
        for n, c in enumerate(series):
            poly += sp.Rational(sp.Float(c, 50)) * sp.Poly(sp.chebyshevt(n, _x), _x, domain="QQ")
        rounded = tuple(float(c) for c in reversed(poly.all_coeffs()))
        between = [mpmath.cos(mpmath.pi * k / _SAMPLES) for k in range(1, _SAMPLES + 1)]
        error = max(abs(mpmath.polyval(rounded[::-1], t) / of(t) - 1) for t in between)
        return Approximation(rounded, sp.Rational(sp.Float(error, 50)))
