"""The quantities of inequalities: what is bounded, as bound · share · sign (input of certificates).

With sample weights ω ≥ 0, |e| ≤ ω, p ≤ ω/4, |f′| ≤ α₁ and |f″| ≤ α₂, every signed quantity is its
bound times a share in [0, 1] times a sign: e = ω t σ_e, p = ¼ω π, f′ = α₁ r₁ σ₁, f″ = α₂ r₂ σ₂ and
b = β σ_b with β = |b|. For hard labels p = |e|(1 − |e|/ω), so π = 4 t(1 − t).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import sympy as sp

from . import activations, matrices
from .exact import Explicit
from .explicit import ExplicitQuantities, Sizes
from .labels import Index
from .loss import CROSS_ENTROPY, omega, v, y
from .matrices import Matrix
from .nonnegative import Bounded, Nonnegative, fact
from .polynomial import Poly, atom
from .ranges import UndecidedError, largest_modulus
from .symbolic import Symbolic

QUARTER = Fraction(1, 4)
SIZES = (2, 1, 2)  # of the networks that inequalities are looked at in


class Example(NamedTuple):
    """Quantities in numbers, a name for readers, and the code that draws them again as q."""

    label: str
    q: Any
    code: str


class Setting(Protocol):
    """What an inequality is about and assumes, for all sizes and in numbers."""

    def symbolic(self) -> Any:
        """Return the quantities for all sizes; they have ``same`` to compare two sides."""
        ...

    def examples(self, *, thorough: bool) -> Iterator[Example]:
        """Draw quantities in numbers, more of them if thorough."""
        ...


@dataclass(frozen=True)
class Assumptions:
    """What an inequality is claimed under.

    weighted  : sample weights ω_i ≥ 0, instead of 1
    hard      : labels 0 and 1, so that p = |e|(1 − |e|/ω)
    inputs    : |x_ij| ≤ 1
    outputs   : |f| ≤ 1
    """

    weighted: bool = False
    hard: bool = False
    inputs: bool = False
    outputs: bool = False

    def symbolic(self) -> BoundedSymbolic:
        """Return the quantities for all sizes."""
        return _symbolic(self)

    def examples(self, *, thorough: bool) -> Iterator[Example]:
        """Draw networks with each activation that fits; seed 0 has p = ω/4 everywhere."""
        drawn = Assumptions(self.weighted, self.hard)
        for seed, name in itertools.product(range(5 if thorough else 2), _fitting(self.outputs)):
            q = network(*SIZES, seed, name, drawn)
            call = f"network({', '.join(map(repr, (*SIZES, seed, name, drawn)))})"
            code = f"from hessbound.derive.bounded import Assumptions, network\nq = {call}"
            yield Example(f"{name}, N=2, d=1, m=2, seed {seed}", q, code)

    def __str__(self) -> str:
        """List them for readers."""
        words = [f"ω{'_i ≥ 0' if self.weighted else ' = 1'}"]
        words += ["hard labels"] * self.hard + ["|x_ij| ≤ 1"] * self.inputs
        return ", ".join(words + ["|f| ≤ 1"] * self.outputs)


@dataclass(frozen=True)
class BoundedSample:
    """The quantities of one sample, x and h as plain columns, the others bounded."""

    x: Any
    h: Any
    weight: Nonnegative
    t: Nonnegative  # |e|/ω
    e: Bounded
    p: Bounded
    f1: Bounded
    f2: Bounded
    b: Bounded


class BoundedSymbolic(Symbolic):
    """For all sizes; two sides are compared with all signed quantities written out."""

    def __init__(self, assumptions: Assumptions) -> None:
        super().__init__()
        self.assumptions = assumptions
        self.alpha1, self.alpha2 = (fact(matrices.symbol(f"alpha{n}", None)) for n in (1, 2))
        self.beta = fact(matrices.symbol("beta", "hidden"))
        self.omega = fact(matrices.symbol("omega", "sample"))

    def bounded(self, i: Index) -> BoundedSample:
        """Return a sample's quantities."""
        s = self.at(i)

        def share(name: str, kind: str | None) -> tuple[Nonnegative, Nonnegative]:
            unit, one = matrices.symbol(name, kind, None, i), self.one(kind)
            return fact(unit), fact(one - unit)

        def sign(name: str, kind: str | None) -> Matrix:
            return matrices.symbol(f"sign_{name}", kind, None, i)

        weight, one = fact(matrices.symbol("omega", None, None, i)), fact(self.one("hidden"))
        t = share("t", None)
        return BoundedSample(
            x=s.x,
            h=s.h,
            weight=weight,
            t=t[0],
            e=Bounded(weight, *t, sign("e", None)),
            p=Bounded(weight * QUARTER, *share("pi", None), self.one()),
            f1=Bounded(self.alpha1, *share("r1", "hidden"), sign("f1", "hidden")),
            f2=Bounded(self.alpha2, *share("r2", "hidden"), sign("f2", "hidden")),
            b=Bounded(self.beta, one, one * 0, matrices.symbol("sign_b", "hidden")),
        )

    def small_inputs(self, i: Index) -> Nonnegative:
        """Return 1 − x∘x, where |x_ij| ≤ 1 is assumed."""
        return fact(self.one("input") - self.at(i).x ** 2)

    def small_outputs(self, i: Index) -> Nonnegative:
        """Return 1 − h∘h, where |f| ≤ 1 is assumed."""
        return fact(self.one("hidden") - self.at(i).h ** 2)

    @cached_property
    def _relations(self) -> list[tuple[Poly, Poly | int]]:  # type: ignore[override]  # wider
        i, k = Index("sample", "i"), Index("hidden", "k")

        def named(name: str, *at: Index) -> Poly:
            return atom(name, *at)

        signed = [
            ("e", named("omega", i), "t", (i,)),
            ("f1", named("alpha1"), "r1", (i, k)),
            ("f2", named("alpha2"), "r2", (i, k)),
        ]
        relations: list[tuple[Poly, Poly | int]] = []
        for name, bound, share, at in signed:
            sign = named(f"sign_{name}", *at)
            relations += [(named(name, *at), bound * named(share, *at) * sign), (sign**2, 1)]
        relations.append((atom("p", i), named("omega", i) * named("pi", i) * QUARTER))
        relations.append((atom("w", k), named("beta", k) * named("sign_b", k)))
        relations.append((named("sign_b", k) ** 2, 1))
        if not self.assumptions.weighted:
            relations.append((named("omega", i), 1))
        if self.assumptions.hard:
            t = named("t", i)
            relations.append((named("pi", i), 4 * t - 4 * t * t))
        return relations


class BoundedNetwork(ExplicitQuantities):
    """A network with cross-entropy loss in 50-digit numbers; seed 0 has w = 0, hence p = ω/4."""

    def __init__(self, sizes: Sizes, seed: int, activation: str, assumptions: Assumptions) -> None:
        self.assumptions, self.activation = assumptions, activation
        function = activations.load(activation)
        super().__init__(sizes, seed, function)
        self.alpha1, self.alpha2 = (
            fact(self._matrix([[largest_modulus(function, n)]])) for n in (1, 2)
        )
        self.beta = fact(_modulus(self.b))
        self.omega = fact(self._matrix([[x] for x in self._weights]))

    def _loss(self, i: int) -> sp.Expr:
        """Draw a label and a weight; cross-entropy follows."""
        if i == 0:
            self._weights: list[sp.Rational] = []
        hard = self.assumptions.hard or self.seed % 2 == 0
        label = sp.Integer(i % 2) if hard else sp.Rational(self._random.randint(0, 5), 5)
        weighted = self.assumptions.weighted
        self._weights.append(
            sp.Rational(self._random.randint(1, 9), 3) if weighted else sp.Integer(1)
        )
        symbol = sp.Symbol("z")
        return CROSS_ENTROPY.definition.subs({v: symbol, y: label, omega: self._weights[-1]})

    def _parameter(self, symbol: sp.Symbol) -> sp.Rational:
        if self.seed == 0 and symbol.name.startswith("w"):
            return sp.Integer(0)
        return self._rational()

    def _input(self) -> sp.Rational:
        return sp.Rational(self._random.randint(-4, 4), 4)  # at most 1

    def bounded(self, i: int) -> BoundedSample:
        """Return a sample's quantities as numbers."""
        s, weight = self.at(i), fact(_entry(self.omega.value, i))
        e = _split(s.e, weight)
        return BoundedSample(
            x=s.x,
            h=s.h,
            weight=weight,
            t=e.share,
            e=e,
            p=_split(s.p, weight * QUARTER),
            f1=_split(s.f1, self.alpha1),
            f2=_split(s.f2, self.alpha2),
            b=_split(self.b, self.beta),
        )

    def small_inputs(self, i: int) -> Nonnegative:
        """Return 1 − x∘x."""
        return fact(self.one("input") - self.at(i).x ** 2)

    def small_outputs(self, i: int) -> Nonnegative:
        """Return 1 − h∘h."""
        return fact(self.one("hidden") - self.at(i).h ** 2)


def _entry(column: Explicit, i: int) -> Explicit:
    return Explicit(column.array[i : i + 1])


def _modulus(x: Explicit) -> Explicit:
    return Explicit(np.vectorize(abs, otypes=[object])(x.array))


def _split(x: Explicit, bound: Nonnegative) -> Bounded:
    """Write numbers as bound · share · sign; where the bound is 0, the share is 1."""
    limits = np.broadcast_to(bound.value.array, x.array.shape)
    ratio = np.vectorize(lambda a, b: abs(a) / b if b else sp.Integer(1), otypes=[object])
    share = Explicit(ratio(x.array, limits))
    sign = Explicit(np.vectorize(lambda a: -1 if a < 0 else 1, otypes=[object])(x.array))
    rest = Explicit(1 - share.array)
    return Bounded(bound, fact(share), fact(rest), sign)


@cache
def _symbolic(assumptions: Assumptions) -> BoundedSymbolic:
    return BoundedSymbolic(assumptions)


@cache
def _fitting(outputs: bool) -> tuple[str, ...]:
    """List the activations with known α₁ and α₂, where ``outputs`` those with |f| ≤ 1."""
    found = []
    for name in activations.names():
        function = activations.load(name)
        try:
            fits = not outputs or bool(largest_modulus(function, 0) <= 1)
            largest_modulus(function, 1), largest_modulus(function, 2)
        except UndecidedError:
            continue
        found += [name] if fits else []
    return tuple(found)


@cache
def network(
    N: int, d: int, m: int, seed: int, activation: str, assumptions: Assumptions
) -> BoundedNetwork:
    """Return the quantities of one network; equal arguments give equal networks."""
    return BoundedNetwork(Sizes(N, d, m), seed, activation, assumptions)
