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

import mpmath
import numpy as np
import sympy as sp

from . import activations, matrices
from .exact import Explicit
from .explicit import DIGITS, ExplicitQuantities, Sizes
from .labels import Index
from .loss import CROSS_ENTROPY, omega, v, y
from .matrices import Matrix
from .nonnegative import Bounded, Nonnegative, fact
from .polynomial import Poly, atom
from .ranges import UndecidedError, largest_modulus
from .symbolic import Symbolic

QUARTER = Fraction(1, 4)
SMALLEST, SIZES = (1, 1, 1), (2, 1, 2)  # of the networks that inequalities are looked at in


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
    steep     : α₂ ‖b‖₁ ≥ α₁² ‖b‖₂²
    delta     : |e_i| ≤ δ and p_i ≤ δ/4 for all samples, with δ = 4 max e^−|v_i|
    """

    weighted: bool = False
    hard: bool = False
    inputs: bool = False
    outputs: bool = False
    steep: bool = False
    delta: bool = False

    def symbolic(self) -> BoundedSymbolic:
        """Return the quantities for all sizes."""
        return _symbolic(self)

    def examples(self, *, thorough: bool) -> Iterator[Example]:
        """Draw networks with each activation that fits, small ones first if thorough.

        Seed 0 has p = ω/4 everywhere.
        """
        drawn = Assumptions(self.weighted, self.hard or self.delta, delta=self.delta)
        draws = [(SMALLEST, seed) for seed in range(3)] if thorough else []
        draws += [(SIZES, seed) for seed in range(5 if thorough else 2)]
        for (sizes, seed), name in itertools.product(draws, _fitting(self.outputs)):
            q = network(*sizes, seed, name, drawn)
            if self.steep and not q.steep:
                continue
            call = f"network({', '.join(map(repr, (*sizes, seed, name, drawn)))})"
            code = f"from hessbound.derive.bounded import Assumptions, network\nq = {call}"
            N, d, m = sizes
            yield Example(f"{name}, N={N}, d={d}, m={m}, seed {seed}", q, code)

    def __str__(self) -> str:
        """List them for readers."""
        words = ["ω_i ≥ 0" if self.weighted else "ω = 1"]
        given = {
            "hard labels": self.hard,
            "|x_ij| ≤ 1": self.inputs,
            "|f| ≤ 1": self.outputs,
            "α₂ ‖b‖₁ ≥ α₁² ‖b‖₂²": self.steep,
            "|e_i| ≤ δ, p_i ≤ δ/4 with δ = 4 max e^−|v_i|": self.delta,
        }
        return ", ".join(words + [word for word, holds in given.items() if holds])


@dataclass(frozen=True)
class BoundedSample:
    """The quantities of one sample, x and h as plain columns, the others bounded."""

    x: Any
    h: Any
    weight: Nonnegative
    tau: Nonnegative  # √(|e|/ω)
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
        tau, one_tau = share("tau", None)
        t = (tau * tau, one_tau * (1 + tau))
        return BoundedSample(
            x=s.x,
            h=s.h,
            weight=weight,
            tau=tau,
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
        relations.append((named("t", i), named("tau", i) ** 2))
        if self.assumptions.delta:
            relations.append((named("omega", i), named("delta")))
        elif not self.assumptions.weighted:
            relations.append((named("omega", i), 1))
        if self.assumptions.hard:
            relations.append((named("pi", i), 4 * named("t", i) * (1 - named("t", i))))
        return relations

    @property
    def delta(self) -> Matrix:
        """δ, which bounds |e| and 4p of all samples."""
        return matrices.symbol("delta", None)

    def peak(self) -> Matrix:
        """Return M, any number not below F on [0, 1]."""
        return matrices.symbol("M", None)

    def below_peak(self, value: Matrix) -> Nonnegative:
        """Return M − F(t) for a t in [0, 1], given F(t)."""
        return fact(self.peak() - value)


EXTREMES = {3: sp.Rational(1, 16), 4: sp.Integer(4)}  # seeds with small and with large weights


class BoundedNetwork(ExplicitQuantities):
    """A network with cross-entropy loss in 50-digit numbers; seed 0 has w = 0, hence p = ω/4."""

    def __init__(self, sizes: Sizes, seed: int, activation: str, assumptions: Assumptions) -> None:
        self.assumptions, self.activation = assumptions, activation
        function = activations.load(activation)
        super().__init__(sizes, seed, function)
        self.alpha1, self.alpha2 = (
            fact(self._matrix([[largest_modulus(function, n)]])) for n in (1, 2)
        )
        if assumptions.delta:  # labels that the outputs fit, so that |e| ≤ e^−|v|
            fitting = (sp.Integer(int(bool(x > 0))) for x in self._outputs())
            self._losses = [self._entropy(label, sp.Integer(1)) for label in fitting]
            self._fill()
        self.beta = fact(_modulus(self.b))
        self.delta = self._matrix([[4 * sp.exp(-min(map(sp.Abs, self._outputs())))]])
        self.omega = fact(self._matrix([[x] for x in self._weights]))
        if assumptions.delta:
            self.omega = fact(self.one("sample") * self.delta)

    def _loss(self, i: int) -> sp.Expr:
        """Draw a label and a weight; cross-entropy follows."""
        if i == 0:
            self._weights: list[sp.Rational] = []
        hard = self.assumptions.hard or self.seed % 2 == 0
        label = sp.Integer(i % 2) if hard else sp.Rational(self._random.randint(0, 5), 5)
        weight = sp.Rational(self._random.randint(1, 9), 3)
        self._weights.append(weight if self.assumptions.weighted else sp.Integer(1))
        return self._entropy(label, self._weights[-1])

    @staticmethod
    def _entropy(label: sp.Expr, weight: sp.Expr) -> sp.Expr:
        return CROSS_ENTROPY.definition.subs({v: sp.Symbol("z"), y: label, omega: weight})

    def _outputs(self) -> list[Any]:
        """Return v of every sample."""
        return [x[0] for x in (self.w0 * self.one("sample") + self.h @ self.b).array]

    @property
    def steep(self) -> bool:
        """Whether α₂ ‖b‖₁ ≥ α₁² ‖b‖₂²."""
        a1, a2, beta = self.alpha1.value, self.alpha2.value, self.beta.value
        return bool((a2 * beta.sum() - a1**2 * (beta**2).sum()).array[0, 0] >= 0)

    def peak(self) -> Explicit:
        """Return M = max F on [0, 1], a little above."""
        a, b, c = (x.array[0, 0] for x in pair_constants(self))
        t = sp.Symbol("t")
        F = sp.expand(t**2 * (2 * a * (1 - t) ** 2 + 2 * b * (1 - t) + c))
        slope = [mpmath.mpf(str(x)) for x in sp.Poly(sp.diff(F, t), t).all_coeffs()]
        with mpmath.workdps(DIGITS):
            while slope and slope[0] == 0:
                slope.pop(0)
            roots = mpmath.polyroots(slope, maxsteps=500, extraprec=500) if len(slope) > 1 else []
            places = [mpmath.mpf(1), *(mpmath.re(x) for x in roots if 0 < mpmath.re(x) < 1)]
            highest = max(F.subs(t, sp.Float(str(x), DIGITS)) for x in places)
        return self._matrix([[highest * (1 + sp.Rational(1, 10**25))]])

    def below_peak(self, value: Explicit) -> Nonnegative:
        """Return M − F(t)."""
        return fact(self.peak() - value)

    def _parameter(self, symbol: sp.Symbol) -> sp.Rational:
        if self.seed == 0 and symbol.name.startswith("w"):
            return sp.Integer(0)
        return self._rational() * EXTREMES.get(self.seed, 1)

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
            tau=fact(_root(e.share.value)),
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


def pair_constants(q: Any) -> tuple[Any, Any, Any]:
    """Return A, B and C of F(t) = t² (2A(1−t)² + 2B(1−t) + C), the sharper C_X of pairs."""
    a1, a2, beta = q.alpha1.value, q.alpha2.value, q.beta.value
    b2 = (beta**2).sum()
    first = a1**4 * b2**2
    second = a2 * a1**2 * (beta**3).sum() + a1**4 * b2
    return first, second, a2**2 * b2 + a1**2 * q.one("hidden").sum()


def _root(x: Explicit) -> Explicit:
    return Explicit(np.vectorize(lambda a: sp.sqrt(a), otypes=[object])(x.array))


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
            limits = [largest_modulus(function, order) for order in range(0 if outputs else 1, 3)]
        except UndecidedError:
            continue
        found += [name] if not outputs or bool(limits[0] <= 1) else []
    return tuple(found)


@cache
def network(
    N: int, d: int, m: int, seed: int, activation: str, assumptions: Assumptions
) -> BoundedNetwork:
    """Return the quantities of one network; equal arguments give equal networks."""
    return BoundedNetwork(Sizes(N, d, m), seed, activation, assumptions)
