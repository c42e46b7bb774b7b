"""The range of f, f′ and f″ over the whole line, found from the atoms and proved.

A derivative is monotone between neighbouring zeros of the next one. Where the next one is a product
of atoms that have no zero and a polynomial in one monotone atom (or in u itself), perhaps over
another one without roots, its zeros are the roots of that polynomial; so infimum and supremum are
among the values there and the limits at ±∞. Where that is not so, balls show where the next one has
zeros on a stretch around 0, and ``tails`` that no value beyond it counts; extrema are then numbers
known as closely as one wants. Where that fails, too, ``range_of`` says so instead of guessing. What
is found is compared with balls on a grid of the whole line and at the extrema.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce

import sympy as sp
from flint import arb

from . import balls
from .between import zeros_between
from .generators import plain, vanishes
from .places import Place
from .roots import UndecidedError, compare, factored, ordered
from .scalar import Atom, ScalarFunction
from .signs import POSITIVE, signs
from .tails import tail, tends

GRID = [sp.Rational(n, 7) for n in range(-70, 71, 3)]
TAILS = [way * sp.Integer(10) ** n for n in (1, 2, 3, 6, 12, 40) for way in (1, -1)]
BESIDE = [way * sp.Rational(1, 10**n) for n in (1, 3, 6) for way in (1, -1)]
FAR = sp.Integer(4096)  # where limits are guessed
REACHES = [sp.Integer(n) for n in (8, 32, 128)]  # as far as zeros are looked for, in turn
MOST = 16  # extrema that are compared with one another by balls
CLOSE = arb(10) ** -6  # how near a limit the outermost point must come


@dataclass(frozen=True)
class Extremum:
    """An infimum or supremum: its value, and where it is attained (or approached)."""

    value: sp.Expr
    at: sp.Expr
    attained: bool

    @property
    def shown(self) -> sp.Expr:
        """The value, in 17 digits where it is no exact number."""
        return (
            balls.shown(balls.narrow(self.value)) if self.value.has(balls.Enclosed) else self.value
        )

    def __str__(self) -> str:
        return f"{self.shown} {'at u =' if self.attained else 'approached as u →'} {self.at}"


@dataclass(frozen=True)
class Range:
    """Infimum and supremum of a function, and the signs of its derivative that prove them."""

    lowest: Extremum
    highest: Extremum
    steps: tuple[str, ...]

    @property
    def interval(self) -> sp.Set:
        """The range as a set; a continuous function on the line takes every value between."""
        if self.lowest.value == self.highest.value:
            return sp.FiniteSet(self.lowest.value)
        low, high = self.lowest, self.highest
        return sp.Interval(low.value, high.value, not low.attained, not high.attained)


@dataclass(frozen=True)
class _Base:
    """What stationary points are polynomials in: a monotone function of u, and its own range."""

    symbol: sp.Symbol
    definition: sp.Expr
    low: sp.Expr
    high: sp.Expr


@cache
def range_of(function: ScalarFunction, order: int) -> Range:
    """Return the range of the derivative of this order; UndecidedError where it is not decided.

    >>> from hessbound.derive.activations import load
    >>> range_of(load("tanh"), 2).interval
    Interval(-4*sqrt(3)/9, 4*sqrt(3)/9)
    """
    value = function.define(function.derivative(order))
    slope = function.derivative(order + 1)
    if slope == 0:
        constant = Extremum(value, sp.Integer(0), attained=True)
        return Range(constant, constant, ("the derivative is 0 everywhere",))
    try:
        base, polynomial = _polynomial_slope(function, slope)
    except UndecidedError as error:
        return _enclosed(function, order, error)
    u = function.variable
    places = [_place(base, root, u) for root in _roots(base, polynomial)]
    found = [Extremum(_value(function, order, base, x, at), at, attained=True) for x, at in places]
    ends = [Extremum(_shown_limit(value, u, end), end, attained=False) for end in (-sp.oo, sp.oo)]
    steps = _signs(base, polynomial, [x for x, _ in places], u, slope)
    result = _of_extrema([*found, *ends], steps)
    _confirm(result, value, u, [at for _, at in places])
    return result


def _of_extrema(found: list[Extremum], steps: list[str]) -> Range:
    """Return the range whose ends are among these; of equal values an attained one wins."""
    if len(found) > MOST:
        msg = f"{len(found)} extrema are too many to compare"
        raise UndecidedError(msg)
    return Range(outermost(found, -1), outermost(found, 1), tuple(steps))


class Outermost(balls.Enclosed):
    """The least (way −1) or greatest (way 1) of numbers that are too close to tell apart."""

    __slots__ = ("values", "way")

    def __new__(cls, way: int, *values: sp.Expr) -> Outermost:
        """Keep the numbers."""
        self: Outermost = super().__new__(cls)
        self.way, self.values = way, tuple(_apart(way, values))
        return self

    def _hashable_content(self) -> tuple[object, ...]:
        return self.way, *self.values

    def __getnewargs__(self) -> tuple[object, ...]:
        return self.way, *self.values

    def args_of(self, way: int) -> tuple[sp.Expr, ...]:
        """Return the numbers where it is the outermost of them that way, otherwise none."""
        return tuple(self.values) if self.way == way else ()

    def ball(self, bits: int) -> arb:
        """Return a ball that contains it."""
        pick = arb.max if self.way > 0 else arb.min
        return reduce(pick, (balls.ball(value, bits=bits) for value in self.values))


def _apart(way: int, values: Iterable[sp.Expr]) -> Iterator[sp.Expr]:
    """Yield those that are the outermost of others one by one."""
    for value in values:
        own = value.args_of(way) if isinstance(value, Outermost) else ()
        yield from own or (value,)


def outermost(found: Sequence[Extremum], way: int) -> Extremum:
    """Return the lowest (way −1) or highest (way 1), of equal ones one that is attained.

    Numbers that are no exact ones may be too close to tell apart; then the value is ``Outermost``
    of them. UndecidedError where others are.

    >>> third, tiny = sp.Rational(1, 3), sp.sqrt(1 + sp.Rational(1, 10**200)) - 1
    >>> found = [Extremum(x, x, attained=True) for x in (third, third + tiny)]
    >>> outermost(found, -1).value, outermost(found, 1).value == third
    (1/3, False)
    """
    best = found[0]
    for other in found[1:]:
        try:
            beyond = way * compare(other.value, best.value)
        except UndecidedError:
            if not (best.attained and other.attained and _enclosed_in(best, other)):
                raise
            best = replace(best, value=Outermost(way, best.value, other.value))
            continue
        if beyond > 0 or (not beyond and other.attained and not best.attained):
            best = other
    return best


def _enclosed_in(*found: Extremum) -> bool:
    return any(x.value.has(balls.Enclosed) for x in found)


def _enclosed(function: ScalarFunction, order: int, why: UndecidedError) -> Range:
    """Return the range by balls on a stretch around 0, and by what holds of all beyond it."""
    u = function.variable
    value, slope, bend = (function.define(function.derivative(order + n)) for n in range(3))
    if _periodic(value, u):
        places = zeros_between(slope, bend, u, sp.Rational(-1, 3), sp.Integer(7))
        found = [Extremum(value.xreplace({u: at}), at, attained=True) for at in places]
        return _of_extrema(found, [f"of period 2π; slope {slope} = 0 at {_listed(places)}"])
    for reach in REACHES:
        try:
            ends = [
                Extremum(guessed_limit(value, u, at), at, attained=False) for at in (-sp.oo, sp.oo)
            ]
            places = zeros_between(slope, bend, u, -reach - sp.Rational(1, 7), reach)
            found = [Extremum(value.xreplace({u: at}), at, attained=True) for at in places]
            result = _of_extrema([*found, *ends], _told(slope, places, reach))
            if all(_holds_beyond(result, end, value, u, reach) for end in ends):
                _confirm(result, value, u, places)
                return result
        except UndecidedError as error:
            why = error
    raise why


def _shown_limit(value: sp.Expr, u: sp.Symbol, end: sp.Expr) -> sp.Expr:
    """Return SymPy's limit where bounds show that it is right."""
    limit = sp.limit(value, u, end)
    if not tends(value, u, end, limit):
        msg = f"the limit of {value} as {u} → {end} is not found"
        raise UndecidedError(msg)
    return limit


def guessed_limit(value: sp.Expr, u: sp.Symbol, end: sp.Expr) -> sp.Expr:
    """Guess a limit, which others prove; SymPy takes that of uσ(u)(1 − σ(u)) for −∞."""
    constant, _ = sp.expand(value, deep=False).as_independent(u, as_Add=True)
    far = tail(factored((value - constant).xreplace({u: sp.sign(end) * u})), u, FAR)
    growth = far.growth(u)
    if growth > 0 and far.c.contains(0):
        msg = f"the limit of {value} as {u} → {end} is not found"
        raise UndecidedError(msg)
    if growth:
        return constant if growth < 0 else sp.oo if far.c > 0 else -sp.oo
    return constant + sp.Rational(far.c.mid().str(30, radius=False)).limit_denominator(8)


def _told(slope: sp.Expr, places: list[sp.Expr], reach: sp.Integer) -> list[str]:
    return [
        f"slope {slope} = 0 between −{reach} and {reach} at {_listed(places)} alone, by balls",
        f"no value beyond ±{reach} counts, by bounds for all u there",
    ]


def _listed(places: list[sp.Expr]) -> str:
    return ", ".join(f"u = {at}" for at in places) or "no place"


def _periodic(value: sp.Expr, u: sp.Symbol) -> bool:
    """Whether it depends on sin u and cos u alone."""
    return not plain(value).xreplace({f(u): sp.Dummy() for f in (sp.sin, sp.cos)}).has(u)


def _holds_beyond(
    found: Range, end: Extremum, value: sp.Expr, u: sp.Symbol, reach: sp.Integer
) -> bool:
    """Whether bounds show that all values beyond a place lie in a range, and tend to a limit."""
    finite = end.value.is_finite
    limit = end.value if finite else sp.Integer(0)
    rest = tail(factored((value - limit).xreplace({u: sp.sign(end.at) * u})), u, reach)
    sign = 1 if rest.c > 0 else -1 if rest.c < 0 else 0
    if not rest.c.is_zero() and rest.growth(u) != (-1 if finite else 1):
        return False
    far = rest.c * rest.at(u, reach)
    if finite:
        far = far.union(arb(0)) + balls.ball(limit)
        return (sign > 0 or _above(far, found.lowest)) and (sign < 0 or _below(far, found.highest))
    towards = 1 if end.value == sp.oo else -1
    inside = _above(far, found.lowest) if towards > 0 else _below(far, found.highest)
    return sign == towards and inside


def _above(number: arb, end: Extremum) -> bool:
    return end.value == -sp.oo or bool(end.value.is_finite and number > balls.ball(end.value))


def _below(number: arb, end: Extremum) -> bool:
    return end.value == sp.oo or bool(end.value.is_finite and number < balls.ball(end.value))


def _confirm(found: Range, value: sp.Expr, u: sp.Symbol, places: list[sp.Expr]) -> None:
    """Raise UndecidedError where a ball contradicts a range, or does not confirm its ends."""
    low, high = found.lowest, found.highest
    beside = [at + step for at in places for step in BESIDE]
    for at in [*GRID, *TAILS, *places, *beside]:
        number = balls.ball(value, {u: at})
        below = number < balls.ball(low.value) if low.value.is_finite else False
        above = number > balls.ball(high.value) if high.value.is_finite else False
        if below or above:
            msg = f"the value at {u} = {at} is outside the range that was found"
            raise UndecidedError(msg)
    for end in (low, high):
        at = end.at if end.attained else TAILS[-2 if end.at == sp.oo else -1]
        if end.value.is_finite:
            off = abs(balls.ball(value, {u: at}) - balls.ball(end.value))
            if not off < CLOSE:
                msg = f"balls do not confirm the value {end}"
                raise UndecidedError(msg)


def largest_modulus(function: ScalarFunction, order: int) -> sp.Expr:
    """Return sup |f⁽ⁿ⁾|, the paper's α₁ and α₂ for n = 1 and 2."""
    found = range_of(function, order)
    low, high = sp.Abs(found.lowest.value), sp.Abs(found.highest.value)
    return high if compare(low, high) <= 0 else low


def _polynomial_slope(function: ScalarFunction, slope: sp.Expr) -> tuple[_Base, sp.Poly]:
    """Write a derivative as (something positive) × (a polynomial in one monotone base)."""
    for base in _bases(function):
        over, under = sp.fraction(sp.factor(_reduce(function, slope, base)))
        top, bottom = _polynomial(function, over, base), _polynomial(function, under, base)
        if top is not None and bottom is not None and not _roots(base, bottom):
            inside = bottom.eval(Place(base.low, base.high).between())
            return base, top * compare(inside, sp.Integer(0))
    msg = f"the zeros of {slope} are not the roots of a polynomial in one monotone atom"
    raise UndecidedError(msg)


def _polynomial(function: ScalarFunction, expr: sp.Expr, base: _Base) -> sp.Poly | None:
    """Return the polynomial in the base that is left beside positive atoms; None for a mixture."""
    rest = sp.Integer(1)
    for factor in sp.Mul.make_args(expr):
        others = factor.free_symbols - {base.symbol}
        if others and not all(_has_no_zero(function, s) for s in others):
            return None
        if others and factor.as_base_exp()[0] not in others:
            return None  # a sum that mixes atoms
        rest *= sp.Integer(1) if others else factor
    return sp.Poly(rest, base.symbol) if rest.is_polynomial(base.symbol) else None


def _bases(function: ScalarFunction) -> list[_Base]:
    """List atoms whose derivative is a polynomial in themselves without a zero, then u."""
    u, found = function.variable, []
    for a in function.atoms:
        rule = _reduce(function, a.derivative, a)
        if rule.free_symbols != {a.symbol}:
            continue
        low, high = (_shown_limit(a.definition, u, end) for end in (-sp.oo, sp.oo))
        roots = sp.Poly(rule, a.symbol).real_roots()
        if compare(low, high) < 0 and not any(Place(low, high).holds(x) for x in roots):
            found.append(_Base(a.symbol, a.definition, low, high))
    return [*found, _Base(u, u, -sp.oo, sp.oo)]


def _reduce(function: ScalarFunction, expr: sp.Expr, base: _Base | Atom) -> sp.Expr:
    """Modulo the relations, but for the base."""
    for symbol, other in reversed(function.relations.items()):
        if symbol != base.symbol:
            expr = expr.xreplace({symbol: other})
    return sp.expand(expr)


def _has_no_zero(function: ScalarFunction, symbol: sp.Symbol) -> bool:
    """Whether an atom's definition shows that it is positive."""
    definitions = {a.symbol: a.definition for a in function.atoms}
    return symbol in definitions and signs(definitions[symbol]) == POSITIVE


def _roots(base: _Base, polynomial: sp.Poly) -> list[sp.Expr]:
    """Return the distinct roots inside the base's range, sorted."""
    if polynomial.degree() < 1:
        return []
    place = Place(base.low, base.high)
    return ordered({x for x in polynomial.real_roots() if place.holds(x)})


def _place(base: _Base, root: sp.Expr, u: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Return the root, and the u at which the base takes it."""
    if base.symbol == u:
        return root, root
    found = sp.solveset(base.definition - root, u, sp.S.Reals)
    (at,) = found if isinstance(found, sp.FiniteSet) else (sp.nan,)
    at = _simpler(at)
    if not at.is_real or not vanishes(base.definition.xreplace({u: at}) - root):
        msg = f"the place where {base.definition} is {root} is not found"
        raise UndecidedError(msg)
    return root, at


def _simpler(number: sp.Expr) -> sp.Expr:
    """Return a shorter form of a number that is proved to be equal, or the number."""
    found = sp.radsimp(sp.simplify(number))
    return found if vanishes(found - number) else number


def _value(
    function: ScalarFunction, order: int, base: _Base, root: sp.Expr, at: sp.Expr
) -> sp.Expr:
    """Return the derivative's value at a stationary point, exactly."""
    reduced = _reduce(function, function.derivative(order), base)
    if reduced.free_symbols <= {base.symbol}:
        return _simpler(reduced.xreplace({base.symbol: root}))
    return _simpler(function.define(function.derivative(order)).xreplace({function.variable: at}))


def _signs(
    base: _Base, polynomial: sp.Poly, roots: list[sp.Expr], u: sp.Symbol, slope: sp.Expr
) -> list[str]:
    """Write a sentence for each piece between roots, on which the slope has one sign."""
    cuts = [base.low, *roots, base.high]
    shown = f"(positive) × ({sp.factor(polynomial.as_expr())})"
    steps = [f"slope {slope} = {shown}, {base.symbol} from {base.low} to {base.high}"]
    for left, right in itertools.pairwise(cuts):
        sample = polynomial.eval(Place(left, right).between())
        way = "rising" if compare(sample, sp.Integer(0)) > 0 else "falling"
        steps.append(f"{way} for {base.symbol} between {left} and {right}")
    return steps
