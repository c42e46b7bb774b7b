"""What tr H and tr H² say about the spectrum, as code (Eqs. 7-9; stages 3 to 5).

A bound is where the inequality that is proved for every spectrum becomes an equation: solved for
the eigenvalue, it gives λ = μ ± s√(P−1), or λ = μ ± s/√(P−1). Its slopes by the two traces, which
lead to its gradient, are SymPy's derivatives, through the roots s and ‖H‖_F.

Of a matrix H + cI, given by c and the moments of H, the spectrum is moved by c and as wide as that
of H: so s keeps its digits where c is large.

Where nearly all eigenvalues are equal, s² is a small difference of large numbers, and its root has
half of their digits. The bounds therefore allow for what rounding leaves of it: the outer ones take
s² for larger, the inner ones for smaller. Where μ² ≤ s² no digits are lost, and nothing is allowed.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeAlias

import sympy as sp

from .numba.printer import NumbaPrinter

Bound: TypeAlias = Callable[[SimpleNamespace], tuple[Any, Any]]  # small and large side
Bounds: TypeAlias = tuple[Bound, Bound]  # far from the mean, and near it
MOMENTS = ("trace_hidden", "trace_output", "trace_squared")
hidden, output, squared = sp.symbols(MOMENTS, real=True)
trace, mean = sp.symbols("trace mean", real=True)
std = sp.Symbol("std", nonnegative=True)
others = sp.Symbol("others", positive=True)  # P − 1
P = sp.Symbol("P", positive=True)
norm = sp.Symbol("frobenius_norm", nonnegative=True)
move = sp.Symbol("move", real=True)  # c
hidden_count = sp.Symbol("hidden_count", positive=True)  # of the P parameters
variance, spoilt = sp.symbols("variance spoilt", real=True)  # s², and what rounding leaves of it
wide, narrow = sp.symbols("wide narrow", nonnegative=True)  # s at most, and at least

ROUNDING = sp.Rational(1, 2**46)
"""How far s² may be from right, relative to μ²; sums over 100,000 samples leave a tenth of it."""


class ExtremesCode(NamedTuple):
    """The moments that come in, and lines that define what they imply, for P parameters."""

    moments: tuple[str, ...]
    names: tuple[str, ...]
    lines: tuple[str, ...]
    slopes: dict[str, tuple[str, str]]  # by tr H and by tr H², of what has a gradient
    linear: tuple[str, ...]  # what does not depend on tr H²
    moved_lines: tuple[str, ...]  # after the lines, of H + cI
    moved_slopes: dict[str, tuple[str, str]]
    degrees: dict[str, int]  # by which power of c everything grows with c H


def extremes_code(bounds: Bounds) -> ExtremesCode:
    """Print tr H, the mean and the standard deviation of the spectrum, ‖H‖_F, and four bounds.

    >>> from hessbound.derive.claims import spectrum as claims
    >>> extremes_code((claims.outer, claims.inner)).lines[1]
    'mean = trace/P'
    """
    smallest, largest = ("smallest_lower", "smallest_upper"), ("largest_lower", "largest_upper")
    bounded = dict(zip((*largest, *smallest), ends(bounds), strict=True))
    moments = {"trace": hidden + output, "mean": trace / P}
    values = {**moments, "std": std, "frobenius_norm": _root(squared), **bounded}
    named = {"trace_squared": squared, **values}
    named |= {"trace": trace, "std": std, "frobenius_norm": norm}
    more = _more()
    linear = tuple(name for name, value in named.items() if slope(value, squared) == 0)
    printed = partial(_lines, NumbaPrinter())
    known = {"frobenius_norm": values["frobenius_norm"], **_allowing(bounded)}
    return ExtremesCode(
        MOMENTS,
        tuple(values),
        printed({**moments, **_spreads(bounds), **known}),
        _slopes(named),
        linear,
        printed(_moved(bounds) | known),
        _slopes(named | {"trace_squared": squared + more}, squared + more),
        {name: 2 if name == "trace_squared" else 1 for name in (*MOMENTS, *values)},
    )


def _lines(printer: NumbaPrinter, values: Mapping[str, sp.Expr]) -> tuple[str, ...]:
    return tuple(f"{name} = {printer.doprint(value)}" for name, value in values.items())


def _slopes(
    named: Mapping[str, sp.Expr], norm_squared: sp.Expr = squared
) -> dict[str, tuple[str, str]]:
    printer = NumbaPrinter()

    def both(value: sp.Expr) -> tuple[str, str]:
        by_trace, by_square = (slope(value, x, norm_squared) for x in (trace, squared))
        return printer.doprint(by_trace), printer.doprint(by_square)

    return {name: both(value) for name, value in named.items()}


def slope(value: sp.Expr, moment: sp.Symbol, norm_squared: sp.Expr = squared) -> sp.Expr:
    """Differentiate what is known of the spectrum by one of the two traces.

    ``half_of_std`` stands for 1/(2s), and ``half_of_norm`` for 1/(2‖H‖_F).

    >>> slope(mean + std, squared)
    half_of_std/P
    """
    inner = {mean: trace / P, std: squared / P - mean**2, norm: norm_squared}
    roots = {std: sp.Symbol("half_of_std"), norm: sp.Symbol("half_of_norm")}
    by_mean = sp.diff(inner[mean], moment)
    total = sp.diff(value, moment) + sp.diff(value, mean) * by_mean
    for root, factor in roots.items():
        through = sp.diff(inner[root], moment) + sp.diff(inner[root], mean) * by_mean
        total += sp.diff(value, root) * factor * through
    return total


def _more() -> sp.Expr:
    """Return tr (H + cI)² − tr H² = 2c tr H + P c²; ValueError if s² is not as before."""
    more = P * move**2 + 2 * move * trace
    before = squared / P - (trace / P) ** 2
    after = before.subs({squared: squared + more, trace: trace + P * move}, simultaneous=True)
    if sp.expand(after - before) != 0:
        msg = f"s² of H + cI is {after}, but that of H is {before}"
        raise ValueError(msg)
    return more


def _moved(bounds: Bounds) -> dict[str, sp.Expr]:
    """Return the moments of H + cI from c, s, and the mean of H; s is as before.

    >>> from hessbound.derive.claims import spectrum as claims
    >>> _moved((claims.outer, claims.inner))["trace_squared"]
    P*(mean**2 + std**2)
    """
    (of_both,) = sp.solve(_variance(bounds) - std**2, squared)
    return {
        "trace_hidden": hidden + move * hidden_count,
        "trace_output": output + move * (P - hidden_count),
        "mean": mean + move,
        "trace": P * mean,
        "trace_squared": sp.factor(of_both),
    }


def ends(bounds: Bounds) -> tuple[sp.Expr, ...]:
    """Return the lower and the upper bound of λ_max, then of λ_min, in terms of mean and std.

    >>> from hessbound.derive.claims import spectrum as claims
    >>> ends((claims.outer, claims.inner))[1]
    mean + std*sqrt(P - 1)
    """
    outer, inner = map(_ends, bounds)
    apart = {others: P - 1}
    (far_below, far_above), (below, above) = (
        [end.xreplace(apart) for end in both] for both in (outer, inner)
    )
    alone = [sp.Piecewise((end, P > 1), (mean, True)) for end in (above, below)]
    return alone[0], far_above, far_below, alone[1]


def _ends(claim: Bound) -> list[sp.Expr]:
    """Return the two eigenvalues, below and above the mean, for which both sides are equal."""
    size, value = others + 1, sp.Symbol("value", real=True)
    q = _quantities(size, value, size * mean, size * (std**2 + mean**2))
    small, large = claim(q)
    solutions = sp.solve(sp.expand(small - large), value)
    return sorted(map(sp.expand, solutions), key=lambda end: bool(sp.diff(end, std).is_positive))


def _spreads(bounds: Bounds) -> dict[str, sp.Expr]:
    """Return s, the root of tr H²/P − μ², and how large and how small it may be."""
    return {
        "variance": _variance(bounds),
        "std": _root(variance),
        "spoilt": ROUNDING * sp.Max(0, mean**2 - variance, evaluate=False),
        "wide": _root(variance + spoilt),
        "narrow": _root(variance - spoilt),
    }


def _allowing(bounded: Mapping[str, sp.Expr]) -> dict[str, sp.Expr]:
    """Let the outer bounds have the largest s, and the inner ones the smallest."""
    outer = {"largest_upper", "smallest_lower"}
    return {
        name: end.xreplace({std: wide if name in outer else narrow})
        for name, end in bounded.items()
    }


def _variance(bounds: Bounds) -> sp.Expr:
    """Return s²; ValueError if the claims mean another s."""
    size, (outer, _) = others + 1, bounds
    _, large = outer(_quantities(size, sp.Integer(0), trace, squared))
    emitted = squared / P - mean**2
    claimed = large / (others * size**2)
    if sp.cancel(emitted.subs(mean, trace / P).subs(P, size) - claimed) != 0:
        msg = f"s² is emitted as {emitted}, but the claims have {sp.cancel(claimed)}"
        raise ValueError(msg)
    return emitted


def _root(value: sp.Expr) -> sp.Expr:
    """Return the root, of 0 where rounding has left a negative number."""
    return sp.sqrt(sp.Max(0, value, evaluate=False))


def _quantities(
    size: sp.Expr, extreme: sp.Expr, trace: sp.Expr, trace_squared: sp.Expr
) -> SimpleNamespace:
    """Return what the claims are functions of, for one eigenvalue and the moments."""
    return SimpleNamespace(
        P=SimpleNamespace(value=size), extreme=extreme, trace=trace, trace_squared=trace_squared
    )
