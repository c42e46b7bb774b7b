"""Inequalities about the spectrum of a symmetric matrix, and about real numbers.

One eigenvalue is singled out: with λ the largest (or smallest), the others are λ − x_k (or λ + x_k)
for gaps x_k ≥ 0.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np

from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.algebra.sides import ONE, SCALAR, Shape, side
from hessbound.derive.statements.arrays import Tensor
from hessbound.derive.statements.draws import Lengths, Values
from hessbound.derive.statements.fields import RATIONALS
from hessbound.derive.statements.network import quantity
from hessbound.derive.statements.trees import Node, make, named

from .kernel import Fact, Known, Slack, fact
from .settings import Example

OTHERS = Shape(side("other"), ONE)


@dataclass(frozen=True)
class Order(Lengths):
    """The order of a matrix."""

    P: int


def _column(*values: Fraction | int) -> Tensor:
    return np.array([RATIONALS.of(Fraction(x)) for x in values], dtype=object).reshape(-1, 1)


@dataclass(frozen=True)
class Spectrum:
    """A symmetric P × P matrix with its largest or smallest eigenvalue singled out.

    psd : it is positive semi-definite, which its smallest eigenvalue tells
    """

    extreme: str = "largest"
    psd: bool = False

    def quantities(self) -> Eigenvalues:
        """Return eigenvalues for every P."""
        return Eigenvalues(self)

    def known(self) -> Known:
        """Return P ≥ 0, that gaps are not negative, and λ ≥ 0 of a semi-definite matrix."""
        facts = {"P": _order, "gaps": _gaps}
        return Known(facts | ({"bottom": _extreme} if self.psd else {}))

    def relations(self) -> list[tuple[Poly, Poly | int]]:
        """Return nothing: eigenvalues are any numbers."""
        return []

    def abstract(self, seed: int) -> Values:
        """Draw a rational spectrum; in the first all others are equal, in the second all are."""
        source = random.Random(seed)
        P = 4 if seed == 0 else source.randint(2, 6)
        common = Fraction(source.randint(1, 9), 3)
        large = 1000 if seed % 4 == 3 else 1
        gaps = [common if seed == 0 else Fraction(source.randint(0, 9), 2) for _ in range(P - 1)]
        gaps = [0 * x if seed == 1 else large * x for x in gaps]
        extreme = Fraction(source.randint(0 if self.psd else -9, 9), 2)
        known = {"P": _column(P), "extreme": _column(extreme), "gaps": _column(*gaps)}
        return Values(Order(P), RATIONALS, seed, known)

    def example(self, n: int) -> Example:
        """Return a spectrum: every one belongs to a matrix."""
        code = (
            f"from hessbound.derive.proof.spectrum import Spectrum\nvalues = {self!r}.abstract({n})"
        )
        return Example(f"{self.extreme} eigenvalue, seed {n}", self.abstract(n), code)

    def plan(self, *, thorough: bool) -> range:
        """Return which to look at."""
        return range(24 if thorough else 6)

    def __str__(self) -> str:
        """List the assumptions for readers."""
        return "H symmetric" + ", H ⪰ 0" * self.psd


def _order() -> Node:
    return quantity("P", SCALAR)


def _gaps() -> Node:
    return quantity("gaps", OTHERS)


def _extreme() -> Node:
    return quantity("extreme", SCALAR)


class Eigenvalues:
    """P, the extreme eigenvalue, the gaps to the others, and the first two moments."""

    def __init__(self, spectrum: Spectrum) -> None:
        self.P, self.gaps = fact("P", _order()), fact("gaps", _gaps())
        self.bottom = fact("bottom", _extreme())
        self.one = make("ones", (), OTHERS)
        self.extreme = named(spectrum.extreme, _extreme())
        sign = -1 if spectrum.extreme == "largest" else 1
        self.others = named("others", self.extreme * self.one + sign * _gaps())
        self.trace = named("trace", self.extreme + self.others.sum())
        squares = self.extreme**2 + (self.others * self.others).sum()
        self.trace_squared = named("trace_squared", squares)

    @staticmethod
    def free(name: str) -> Node:
        """Return any real number, by a name of its own."""
        return make("free", (name,), SCALAR)


@dataclass(frozen=True)
class Scalars:
    """Free real numbers, by name; ``unit`` are between 0 and 1, ``positive`` not below 0."""

    free: tuple[str, ...]
    unit: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()

    @property
    def known_names(self) -> tuple[str, ...]:
        """The names of what is known not to be negative."""
        return (*self.unit, *self.positive)

    def quantities(self) -> Reals:
        """Return symbols."""
        return Reals(self)

    def known(self) -> Known:
        """Return what is assumed of each."""
        facts: dict[str, Fact] = {name: partial(_real, name) for name in self.known_names}
        return Known(facts | {f"1 - {name}": partial(_rest, name) for name in self.unit})

    def relations(self) -> list[tuple[Poly, Poly | int]]:
        """Return nothing: they are any numbers."""
        return []

    def abstract(self, seed: int) -> Values:
        """Draw rational numbers."""
        source, large = random.Random(seed), 100 if seed % 5 == 4 else 1
        lowest = dict.fromkeys(self.free, -12) | dict.fromkeys((*self.unit, *self.positive), 0)
        known = {}
        for name, low in lowest.items():
            unit = name in self.unit
            number = Fraction(source.randint(low, 4 if unit else 12), 4)
            known[f"free {name}"] = _column(number if unit else number * large)
        return Values(Order(2), RATIONALS, seed, known)

    def example(self, n: int) -> Example:
        """Return numbers."""
        code = (
            f"from hessbound.derive.proof.spectrum import Scalars\nvalues = {self!r}.abstract({n})"
        )
        return Example(f"seed {n}", self.abstract(n), code)

    def plan(self, *, thorough: bool) -> range:
        """Return which draws to look at."""
        return range(60 if thorough else 10)

    def __str__(self) -> str:
        """List the assumptions for readers."""
        words = [f"{name} in [0, 1]" for name in self.unit]
        words += [f"{name} ≥ 0" for name in self.positive]
        return ", ".join(words) or f"{', '.join(self.free)} real"


def _real(name: str) -> Node:
    return make("free", (name,), SCALAR)


def _rest(name: str) -> Node:
    return 1 - _real(name)


class Reals:
    """The numbers of ``Scalars``, and what is known of them."""

    def __init__(self, scalars: Scalars) -> None:
        names = (*scalars.free, *scalars.unit, *scalars.positive)
        self._values = {name: _real(name) for name in names}
        self.known: dict[str, Slack] = {
            name: fact(name, _real(name)) for name in scalars.known_names
        }
        self.rest = {name: fact(f"1 - {name}", _rest(name)) for name in scalars.unit}

    def __getitem__(self, name: str) -> Node:
        """Return a number by its name."""
        return self._values[name]
