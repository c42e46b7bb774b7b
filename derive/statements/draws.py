"""Networks in numbers: random values at given sizes, and all derivatives there by jets.

Nothing here knows of normal forms. A network is its inputs and weights, the values of f to f‴ at
each hidden unit's input, and the derivatives of each sample's loss at its output.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

import numpy as np
import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra.kinds import KINDS
from hessbound.derive.algebra.sides import Side
from hessbound.derive.functions.balls import ball
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.model.parameters import BLOCKS, PARTS, THETA

from .arrays import Tensor
from .fields import BITS, RATIONALS, RESIDUES, Field
from .jets import Jet, variables

Polynomial = Sequence[Any]  # coefficients, the constant first


class Lengths:
    """Lengths of sides, by the sizes that a subclass names."""

    def named(self, name: str) -> int:
        """Return a size by its name; ValueError for one of other quantities than these."""
        if not hasattr(self, name):
            names = ", ".join(vars(self))
            msg = f"the sizes here are {names}, and an index needs {name}"
            raise ValueError(msg)
        return int(getattr(self, name))

    def of(self, kind: str) -> int:
        """Return how many values an index of this kind takes."""
        return sum(c * (self.named(name) if name else 1) for name, c in KINDS[kind].size)

    def length(self, side: Side) -> int:
        """Return the length of a side."""
        return sum(self.block(block) for block in side)

    def block(self, block: tuple[str, ...]) -> int:
        """Return the length of a block of a side."""
        return math.prod(self.of(kind) for kind in block)


@dataclass(frozen=True, order=True)
class Sizes(Lengths):
    """Samples, inputs without the constant one, hidden units.

    >>> Sizes(N=3, d=1, m=2).P, str(Sizes(3, 1, 2))
    (7, '3·1·2')
    """

    N: int
    d: int
    m: int

    def __iter__(self) -> Iterator[int]:
        return iter((self.N, self.d, self.m))

    def __str__(self) -> str:
        return "·".join(map(str, self))

    @property
    def P(self) -> int:
        """The number of parameters."""
        return self.length(THETA)


@dataclass(frozen=True, eq=False)
class Values:
    """Numbers for what trees name; ``known`` holds matrices, or rows for the samples, by name.

    A free matrix that ``known`` does not hold, as "free " and its name, is random.
    """

    sizes: Lengths
    field: Field
    seed: object
    known: Mapping[str, Tensor]

    def free(self, name: str, shape: tuple[int, int]) -> Tensor:
        """Return a free matrix; equal names and shapes give equal ones."""
        if (own := self.known.get(f"free {name}")) is not None:
            return own
        source = random.Random(f"{name} {shape} {self.seed}")
        return filled(shape, lambda: self.field.of(number(source)))


@dataclass(frozen=True, eq=False)
class Network(Values):
    """One network in numbers, with all derivatives there.

    It has its inputs and weights, the values of f to f‴ at each hidden unit's input, and the
    derivatives of each sample's loss at its output.
    """

    sizes: Sizes
    X: Tensor  # N × (d + 1)
    A: Tensor  # m × (d + 1)
    w: Tensor  # m + 1
    hidden: tuple[Tensor, ...]  # f to f‴, N × m each
    output: tuple[Tensor, ...]  # ∂ℓ/∂v to ∂³ℓ/∂v³, N each
    _kept: dict[Any, tuple[Jet, Jet]] = field(default_factory=dict, repr=False)

    @cached_property
    def theta(self) -> Tensor:
        """θ, A column by column."""
        return np.concatenate([self.A.T.ravel(), self.w])

    def slices(self) -> dict[str, slice]:
        """Return the place of each part of θ."""
        ends = [0, *itertools.accumulate(map(self.sizes.block, THETA))]
        starts = dict(zip(BLOCKS, ends, strict=False))
        stops = dict(zip(BLOCKS, ends[1:], strict=True))
        return {name: slice(starts[x[0]], stops[x[-1]]) for name, x in PARTS.items()}

    def units(self, i: int, theta: Sequence[Jet]) -> list[Jet]:
        """Return u_k of sample i."""
        m, total = self.sizes.m, []
        for k in range(m):
            terms = [theta[j * m + k].scaled(x) for j, x in enumerate(self.X[i])]
            total.append(_sum(terms))
        return total

    def jets(self, i: int, order: int) -> tuple[Jet, Jet]:
        """Return v_i and ℓ_i with their derivatives by θ."""
        if (i, order) not in self._kept:
            theta = variables(list(self.theta), order)
            w0, *b = theta[self.sizes.m * (self.sizes.d + 1) :]
            parts = [w0]
            for k, u in enumerate(self.units(i, theta)):
                parts.append(b[k] * u.through([f[i, k] for f in self.hidden]))
            v = _sum(parts)
            slopes = [x[i] for x in self.output]
            self._kept[i, order] = v, v.through([slopes[0] * 0, *slopes])
        return self._kept[i, order]


def _sum(jets: Sequence[Jet]) -> Jet:
    total, *rest = jets
    for jet in rest:
        total = total + jet
    return total


def number(source: random.Random) -> Fraction:
    """Draw a small rational number that is not 0."""
    return Fraction(source.choice([-3, -2, -1, 1, 2, 3]), source.randint(1, 3))


def filled(shape: tuple[int, ...], value: Callable[[], Any]) -> Tensor:
    """Return an array, filled one entry after the other."""
    array = np.empty(shape, dtype=object)
    for at in np.ndindex(*shape):
        array[at] = value()
    return array


def draw(
    sizes: Sizes | tuple[int, int, int],
    seed: int = 0,
    field: Field = RATIONALS,
    activation: str | None = None,
) -> Network:
    """Draw a network whose losses are random polynomials, and whose activation is one, or is named.

    Equal arguments give equal networks. Over the rationals f and each ℓ are quartics; over the
    prime field their degrees are so high that all their derivatives are independent. A named
    activation has its values in balls; over the prime field its atoms are any residues that obey
    their relations.

    >>> draw((3, 1, 2)).jets(0, 2)[1].slopes[1].shape
    (7, 7)
    """
    sizes = sizes if isinstance(sizes, Sizes) else Sizes(*sizes)
    with field.working():
        return _draw(sizes, seed, field, activation)


def _draw(sizes: Sizes, seed: int, field: Field, activation: str | None) -> Network:
    source = random.Random(f"{sizes} {seed}")
    N, d, m = sizes

    def one() -> Any:
        x = Fraction(source.getrandbits(60)) if field is RESIDUES else number(source)
        return field.of(x)

    f_degree, degree = (4 * N * m + 3, 4 * N + 3) if field is RESIDUES else (4, 4)
    X, A, w = filled((N, d + 1), one), filled((m, d + 1), one), filled((m + 1,), one)
    X[:, 0] = field.of(Fraction(1))
    U = X @ A.T
    if activation is None:
        f = [one() for _ in range(f_degree + 1)]
        hidden = tuple(each(partial(_value, _slope(f, n)), U) for n in range(4))
    else:
        hidden = _named(activation, U, field, one)
    v = w[0] + hidden[0] @ w[1:]
    losses = [[one() for _ in range(degree + 1)] for _ in range(N)]
    output = tuple(
        filled(
            (N,), iter([_value(_slope(f, n), x) for f, x in zip(losses, v, strict=True)]).__next__
        )
        for n in (1, 2, 3)
    )
    return Network(sizes, field, f"{sizes} {seed}", {}, X, A, w, hidden, output)


def in_balls(function: ScalarFunction, at: Tensor) -> tuple[Tensor, ...]:
    """Return f to f‴ at balls, by their definition."""
    x = function.variable
    slopes = [sp.diff(function.definition, x, n) for n in range(4)]
    return tuple(each(partial(_ball, f, x), at) for f in slopes)


def _ball(f: sp.Expr, x: sp.Symbol, at: Any) -> Any:
    return ball(f, {x: at}, BITS)


def _named(name: str, U: Tensor, field: Field, one: Callable[[], Any]) -> tuple[Tensor, ...]:
    """Return f to f‴ of a named activation: in balls, or by its atoms as residues."""
    function = activations.load(name)
    x = function.variable
    if field is not RESIDUES:
        return in_balls(function, U)
    known = {x: U}
    for a in function.atoms:
        own = filled(U.shape, one)
        known[a.symbol] = own if a.relation is None else _in_residues(a.relation, known, U)
    return tuple(_in_residues(function.derivative(n), known, U) for n in range(4))


def _in_residues(expr: sp.Expr, known: Mapping[sp.Symbol, Tensor], like: Tensor) -> Tensor:
    """Return a polynomial, entry by entry; an irrational constant is any residue, a name's own."""
    parts = (_in_residues(x, known, like) for x in expr.args)
    match expr:
        case sp.Symbol():
            return known[expr]
        case sp.Add() | sp.Mul():
            total, *others = parts
            for x in others:
                total = total + x if expr.is_Add else total * x
            return total
        case sp.Pow() if expr.exp.is_Integer and expr.exp > 0:
            return next(parts) ** int(expr.exp)
        case sp.Rational():
            c = Fraction(int(expr.p), int(expr.q))
        case _:
            c = Fraction(random.Random(sp.srepr(expr)).getrandbits(60))
    constant: Tensor = like * 0 + RESIDUES.of(c)
    return constant


def array(values: Sequence[Any]) -> Tensor:
    """Return numbers as an array."""
    return filled((len(values),), iter(values).__next__)


def each(change: Callable[[Any], Any], x: Tensor) -> Tensor:
    """Return an array of what a function makes of every entry."""
    return filled(x.shape, iter([change(value) for value in x.flat]).__next__)


def _slope(polynomial: Polynomial, n: int) -> Polynomial:
    """Differentiate n times."""
    for _ in range(n):
        polynomial = [k * c for k, c in enumerate(polynomial)][1:]
    return polynomial


def _value(polynomial: Polynomial, at: Any) -> Any:
    total = at * 0
    for c in reversed(polynomial):
        total = total * at + c
    return total
