"""Two expressions in one variable, compared in balls at exact points (input of scalar verdicts)."""

from __future__ import annotations

import keyword
import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import sympy as sp
from flint import arb

from hessbound.derive.functions import balls
from hessbound.derive.functions.pieces import Piece
from hessbound.derive.functions.places import Place
from hessbound.derive.functions.special import exact

from .verdicts import Witness

Point: TypeAlias = dict[sp.Symbol, sp.Expr]  # exact numbers

SIMPLE = [sp.Rational(n, k) for n, k in ((0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2))]
# None of these points is special to any function here.
GENERIC = [sp.Rational(n, 7) for n in (-19, -8, -3, 2, 5, 11, 23)]
FAR = [way * sp.Integer(n) for n in (10, 30, 100, 1000, 10**4, 10**6) for way in (1, -1)]
NEAR = [way * sp.Rational(1, 10**n) for n in (3, 12, 40) for way in (1, -1)]
PARTS = 8  # of an interval that has two ends
CLOSE = arb(10) ** -30  # how narrow a ball is that confirms
CONFIRMING = 1536  # bits after which a point that confirms nothing is left out
DIGITS, COMMON = 17, 10  # of a witness, and how many of them may be equal before we show more
TRIES = 100  # values of a parameter until one has what is assumed of it


@dataclass
class Numbers:
    """Looks for points at which two sides are certainly not as claimed, and counts the others."""

    lhs: sp.Expr
    rhs: sp.Expr
    x: sp.Symbol
    domain: sp.Interval
    sign: str = "≠"  # how the sides of a witness compare: ≠ or >
    count: int = 0  # points at which narrow balls agree with the claim
    tried: list[sp.Expr] = field(default_factory=list)

    def witness(self, points: Iterable[sp.Expr]) -> Witness | None:
        """Return the first point at which balls are certain that the claim fails."""
        for x in points:
            if not self._inside(x):
                continue
            at = self._with_parameters(x)
            self.tried.append(x)
            if found := self._compare(at, CONFIRMING):
                return self._shown(at, *found)
        return None

    def smallest_difference(self) -> Witness | None:
        """Look once more at the points that have been tried, with all the bits that we have."""
        for x in self.tried:
            at = self._with_parameters(x)
            if found := self._compare(at, balls.LAST, thorough=True):
                return self._shown(at, *found)
        return None

    def at_place(self, piece: Piece) -> Witness:
        """Return a point at which the sides, without their cases, are known to differ."""
        at = {self.x: piece.place.point}
        lhs, rhs = (balls.shown(balls.ball(side, at)) for side in piece.sides)
        where = f"{self.x} = {piece.place.point}"
        return Witness(where, lhs, rhs, snippet(self.lhs, self.rhs, at), self.sign)

    def points(self) -> Iterator[sp.Expr]:
        """Yield points of the whole domain, the simplest first."""
        yield from (*SIMPLE, *GENERIC, *FAR)
        low, high = self.domain.inf, self.domain.sup
        if not low.is_infinite and not high.is_infinite:
            yield from (low + (high - low) * sp.Rational(n, PARTS) for n in range(1, PARTS))

    def _inside(self, x: sp.Expr) -> bool:
        low, high = self.domain.inf, self.domain.sup
        ends = [
            end
            for end, open_ in ((low, self.domain.left_open), (high, self.domain.right_open))
            if not open_
        ]
        return x in ends or Place(low, high).holds(x)

    def _compare(self, at: Point, last: int, *, thorough: bool = False) -> tuple[arb, arb] | None:
        """Return both values where they certainly violate the claim."""
        bits = balls.FIRST
        while bits <= last:
            left, right = (balls.ball(side, at, bits) for side in (self.lhs, self.rhs))
            if left.is_finite() and right.is_finite():
                if left > right or (self.sign == "≠" and left < right):
                    return left, right
                if not thorough and self._agree(left, right):
                    self.count += 1
                    return None
            bits *= 2
        return None

    def _agree(self, left: arb, right: arb) -> bool:
        narrow = (left - right).rad() <= CLOSE * (1 + abs(left.mid()) + abs(right.mid()))
        return bool(narrow or (self.sign == ">" and left < right))

    def _with_parameters(self, x: sp.Expr) -> Point:
        """Return a point with simple values of the parameters, then with others."""
        names = (self.lhs.free_symbols | self.rhs.free_symbols) - {self.x}
        seed = self.tried.index(x) if x in self.tried else len(self.tried)
        source = random.Random(seed)
        first = [None if seed else sp.Integer(n) for n in range(1, len(names) + 1)]
        pairs = zip(sorted(names, key=str), first, strict=True)
        return {self.x: x, **{s: _parameter(s, simple, source) for s, simple in pairs}}

    def _shown(self, at: Point, left: arb, right: arb) -> Witness:
        """Return a point with both values, and code that shows them."""
        digits = DIGITS + max(0, math.ceil(float(_lost(left, right))) - COMMON)
        where = ", ".join(f"{s} = {value}" for s, value in at.items())
        lhs, rhs = (
            _value(side, at, value, digits) for side, value in ((self.lhs, left), (self.rhs, right))
        )
        return Witness(where, lhs, rhs, snippet(self.lhs, self.rhs, at, digits), self.sign)


def _lost(left: arb, right: arb) -> arb:
    """Return how many leading digits two numbers have in common."""
    size = abs(left).max(abs(right))
    return (size.mid() / abs(left - right).mid()).log() / arb(10).log()


def _value(side: sp.Expr, at: Point, value: arb, digits: int) -> sp.Expr:
    """Return the exact value where it is algebraic and short, and digits where not."""
    found = side.xreplace(at)
    short = found.is_algebraic and sp.count_ops(found) < 8 and not found.has(sp.Piecewise)
    return found.doit() if short else balls.shown(value, digits)


def _parameter(symbol: sp.Symbol, simple: sp.Integer | None, source: random.Random) -> sp.Rational:
    """Return a value that has what is assumed of a symbol, independent of the other symbols'."""
    for _ in range(TRIES):
        value = simple or sp.Rational(source.randint(-9, 9), source.randint(1, 4))
        simple = None
        if all(getattr(value, f"is_{k}", v) in (v, None) for k, v in symbol.assumptions0.items()):
            return value
    msg = f"no value was found for {symbol}"
    raise ValueError(msg)


def snippet(lhs: sp.Expr, rhs: sp.Expr, at: Point, digits: int = DIGITS) -> str:
    """Return code that prints both sides at a point; it needs SymPy alone.

    >>> u = sp.Symbol("u", real=True)
    >>> exec(snippet(sp.exp(u), 1 + u, {u: sp.Integer(1)}))
    2.71828182845905 2.00000000000000
    """
    names = {s: _name(s, n) for n, s in enumerate(at)}
    left, right = (str(exact(side).xreplace(names)) for side in (lhs, rhs))
    numbers = ", ".join(f"{names[s].name!r}: {_code(value)}" for s, value in at.items())
    more = f", {digits}, maxn=10000" if digits > DIGITS else ""
    return (
        "import sympy as sp\n"
        f"at = {{{numbers}}}\n"
        f"lhs = sp.sympify({left!r}, at)\n"
        f"rhs = sp.sympify({right!r}, at)\n"
        f"print(sp.N(lhs{more}), sp.N(rhs{more}))"
    )


def _name(symbol: sp.Symbol, n: int) -> sp.Symbol:
    """Return a symbol whose name Python can read."""
    good = symbol.name.isidentifier() and not keyword.iskeyword(symbol.name)
    return symbol if good else sp.Symbol(f"x{n}_", real=True)


def _code(value: sp.Expr) -> str:
    """Write an exact number as code."""
    if value.is_Rational:
        return f"sp.Rational({value.p}, {value.q})"
    return f"sp.sympify({str(value)!r})"
