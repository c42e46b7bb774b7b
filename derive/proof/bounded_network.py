"""The quantities of inequalities in numbers: networks with cross-entropy loss."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from hessbound.derive import activations
from hessbound.derive.functions.ranges import largest_modulus
from hessbound.derive.losses.cross_entropy import CROSS_ENTROPY, omega, v, y
from hessbound.derive.statements.exact import Explicit
from hessbound.derive.statements.explicit import ExplicitQuantities, Sizes

from . import peaks
from .bounded_sample import QUARTER, Assumed, BoundedSample
from .nonnegative import Bounded, Nonnegative, fact
from .trace_constants import pair_constants

if TYPE_CHECKING:
    from .bounded import Assumptions

EXTREMES = {3: sp.Rational(1, 16), 4: sp.Integer(4)}  # seeds with small and with large weights


class BoundedNetwork(ExplicitQuantities, Assumed):
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
        highest = peaks.largest_pair(*(x.array[0, 0] for x in pair_constants(self)))
        return self._matrix([[highest * (1 + sp.Rational(1, 10**25))]])

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


def _entry(column: Explicit, i: int) -> Explicit:
    return Explicit(column.array[i : i + 1])


def _modulus(x: Explicit) -> Explicit:
    return Explicit(np.vectorize(abs, otypes=[object])(x.array))


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
def network(
    N: int, d: int, m: int, seed: int, activation: str, assumptions: Assumptions
) -> BoundedNetwork:
    """Return the quantities of one network; equal arguments give equal networks."""
    return BoundedNetwork(Sizes(N, d, m), seed, activation, assumptions)
