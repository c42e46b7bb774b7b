"""How many digits emitted code has: its results compared with the definition's (stage 5).

A stable form may be true, and lose all digits somewhere. Emitted code is run at points of the whole
range of doubles and beside roots and extreme values, and compared with balls that contain what the
derivatives of the plain definition are there. An error is counted in units in the last place (ulp)
of the exact value; beside a root other than 0, where nothing keeps all digits, in those of the
largest value within a sixteenth of the root. An error below the smallest normal number is none.

A loss is measured for its outermost labels. Where these have no bound and the loss is linear in the
label, as e^v − y v is, it is for y = 0 and 1, and a unit is that of the larger of the two terms.
What is computed from v − y alone is measured for y = 0: how v − y is rounded is no form's fault.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import sympy as sp
from flint import arb

from hessbound.derive.functions import balls
from hessbound.derive.functions.loss import Loss, in_residual, omega, v, y
from hessbound.derive.functions.points import beside, grid, telling
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.functions.special import meant
from hessbound.derive.lowering import programs

from .numba import forward

Computed = Mapping[str, Mapping[str, Sequence[float]]]
Run = Callable[[str, Sequence[float], float], Computed]
"""Runs the text of a module at points, a loss for a label: by function, what it fills by name."""

ORDERS = range(4)
ORDER = {**{name: n for n, name in enumerate(programs.FEATURES)}, **forward.SLOPES}
LIMIT = 64.0
"""Units in the last place beyond which a user is warned."""
ROOTS = 6  # of each derivative, those nearest to 0
SHARE = 16  # of a root's place, what counts as beside it
ENOUGH = 64  # bits
TINY = arb(2) ** -1080  # what no double tells from 0
NORMAL = arb(2) ** -1022  # the smallest number with all digits
FINER = 24  # points on either side of the worst one


@dataclass(frozen=True)
class Error:
    """The largest error of a derivative: where it is, what was computed and what is right.

    ``beyond`` are the least and the largest |u| at which an error is beyond the limit, if any is;
    ``label`` is the one that a loss was computed for.
    """

    order: int
    ulp: float = 0.0
    at: float = 0.0
    computed: float = math.nan
    exact: float = math.nan
    beyond: tuple[float, ...] = ()
    label: float = math.nan


@dataclass(frozen=True)
class Digits:
    """The largest error of f to f‴, and at how many points they were looked at."""

    errors: tuple[Error, ...]
    points: int


def measure(function: ScalarFunction, text: str, run: Run) -> Digits:
    """Run the text of a module, and return the largest errors of its functions."""
    if not isinstance(function, Loss):
        told = _telling(function)
        return _measured(_Truth(function), told, lambda points: run(text, points, math.nan))
    found = []
    for label in _labels(function):
        own = _measured(
            _Truth(function.at(sp.Rational(label)), _terms(function, label)),
            _telling(function, {y: label}),
            lambda points, label=label: run(text, points, float(label)),  # type: ignore[misc]  # of mypy
        )
        errors = tuple(replace(error, label=float(label)) for error in own.errors)
        found.append(replace(own, errors=errors))
    worst = (reduce(_larger, errors) for errors in zip(*(x.errors for x in found), strict=True))
    return Digits(tuple(worst), sum(x.points for x in found))


def _labels(loss: Loss) -> tuple[sp.Expr, ...]:
    """Return the outermost labels, or two beside each other, as doubles; 0 for all of v − y."""
    computed = [loss.derivative(n) for n in ORDERS] + [a.stable for a in loss.atoms]
    if all(x.free_symbols.isdisjoint({v, y}) or in_residual(x) for x in computed):
        return (sp.Integer(0),)
    low, high = loss.labels.inf, loss.labels.sup
    first = low if low.is_finite else high - 1 if high.is_finite else sp.Integer(0)
    last = high if low.is_finite and high.is_finite else first + 1
    return _as_double(first), _as_double(last)


def _as_double(number: sp.Expr) -> sp.Expr:
    return sp.Rational(*float(number).as_integer_ratio())


def _terms(loss: Loss, label: sp.Expr) -> list[ScalarFunction]:
    """Return what a loss is a sum of, where it is linear in a label that has no bound."""
    if not loss.merges or (loss.labels.inf.is_finite and loss.labels.sup.is_finite):
        return []
    without = loss.at(sp.Integer(0))
    slope = label * sp.diff(loss.define(loss.value).subs(omega, 1), y)
    return [without, ScalarFunction(slope, slope, variable=loss.variable)]


def _telling(function: ScalarFunction, at: Mapping[sp.Symbol, sp.Expr] | None = None) -> set[float]:
    """Return the points that the stable forms ask for."""
    forms = (meant(function.define(a.stable)).xreplace(dict(at or {})) for a in function.atoms)
    return {x for form in forms for x in telling(form, function.variable)}


def _measured(
    truth: _Truth, told: Iterable[float], run: Callable[[Sequence[float]], Computed]
) -> Digits:
    roots = {n: list(truth.roots(n)) for n in ORDERS}
    points = sorted({*grid(), *told, *beside(r for rs in roots.values() for r in rs)})
    worst = _worst(truth, roots, points, run(points))
    finer = sorted({x for error in worst for x in _between(points, error.at)})
    again = _worst(truth, roots, finer, run(finer)) if finer else []
    best = (_larger(one, other) for one, other in zip(worst, again or worst, strict=True))
    return Digits(tuple(best), len(points) + len(finer))


class _Truth:
    """The derivatives of a definition at doubles, in balls that are narrow enough."""

    def __init__(self, function: ScalarFunction, terms: Iterable[ScalarFunction] = ()) -> None:
        self.u = function.variable
        self.terms = [_Truth(term) for term in terms]
        self.forms = [sp.diff(function.definition, self.u, n) for n in ORDERS]
        self._bits = [balls.FIRST for _ in ORDERS]
        self._found: dict[tuple[int, float], arb | None] = {}

    def at(self, n: int, x: float) -> arb | None:
        """Return the n-th derivative; None where it is not decided."""
        if (n, x) not in self._found:
            self._found[n, x] = self._at(n, x)
        return self._found[n, x]

    def _at(self, n: int, x: float) -> arb | None:
        point = {self.u: sp.Rational(*x.as_integer_ratio())}
        bits = max(balls.FIRST, self._bits[n] // 2)  # neighbours need about as many
        while bits <= balls.LAST:
            found = balls.ball(self.forms[n], point, bits)
            if found.is_finite() and (found.rel_accuracy_bits() >= ENOUGH or abs(found) < TINY):
                self._bits[n] = bits
                return found
            bits *= 2
        return None

    def roots(self, n: int) -> Iterator[float]:
        """Yield the places where the n-th derivative changes its sign, those nearest to 0."""
        signs = [(x, s) for x in grid() if (s := self._sign(n, x))]
        pairs = itertools.pairwise(signs)
        changes = [(a, b) for (a, s), (b, t) in pairs if s * t < 0 and (a > 0) == (b > 0)]
        for a, b in sorted(changes, key=lambda ends: abs(ends[0]))[:ROOTS]:
            yield self._bisected(n, a, b)

    def _bisected(self, n: int, a: float, b: float) -> float:
        first = self._sign(n, a)
        while a < (middle := (a + b) / 2) < b:
            sign = self._sign(n, middle)
            if not sign:
                return middle
            a, b = (middle, b) if sign == first else (a, middle)
        return a

    def _sign(self, n: int, x: float) -> int:
        found = self.at(n, x)
        return 0 if found is None else 1 if found > 0 else -1 if found < 0 else 0

    def scale(self, n: int, x: float, roots: Iterable[float]) -> float:
        """Return what an error is compared with: |f⁽ⁿ⁾|, what it is around a root, or a term."""
        near = [r for r in roots if abs(x - r) <= abs(r) / SHARE]
        values = [self.at(n, z) for z in (x, *(r * (1 + k / SHARE) for r in near for k in (1, -1)))]
        values += [term.at(n, x) for term in self.terms]
        return max(abs(_double(value)) for value in values if value is not None)


def _worst(
    truth: _Truth,
    roots: Mapping[int, Sequence[float]],
    points: Sequence[float],
    computed: Computed,
) -> list[Error]:
    """Return the largest error of each derivative, whichever function computes it."""
    found = []
    for n in ORDERS:
        filled = (x for values in computed.values() for x in values.items())
        rows = [row for name, row in filled if ORDER[name] == n]
        largest = Error(n)
        for place, x in enumerate(points):
            exact = truth.at(n, x)
            if exact is None or math.isinf(_double(exact)):
                continue
            unit = float(np.spacing(truth.scale(n, x, roots[n])))
            for row in rows:
                ulp = _ulp(row[place], exact, unit)
                beyond = (abs(x), abs(x)) if ulp > LIMIT else ()
                largest = _larger(largest, Error(n, ulp, x, row[place], _double(exact), beyond))
        found.append(largest)
    return found


def _larger(one: Error, other: Error) -> Error:
    places = (*one.beyond, *other.beyond)
    beyond = (min(places), max(places)) if places else ()
    return replace(max(one, other, key=lambda x: x.ulp), beyond=beyond)


def _ulp(computed: float, exact: arb, unit: float) -> float:
    if not math.isfinite(computed):
        return math.inf
    error = abs(arb(computed) - exact)
    return 0.0 if error < NORMAL else float((error / arb(unit)).mid())


def _double(value: arb) -> float:
    return float(value.mid())


def _between(points: Sequence[float], x: float) -> Iterator[float]:
    """Yield points between one and its neighbours."""
    place = points.index(x) if x in points else 0
    for other in points[max(0, place - 1) : place + 2]:
        yield from (x + (other - x) * k / (FINER + 1) for k in range(1, FINER + 1) if other != x)
