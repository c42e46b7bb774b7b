"""The spectrum of a symmetric matrix as quantities of inequalities, one eigenvalue singled out.

With λ the largest (or smallest) eigenvalue, the others are λ − x_k (or λ + x_k) for gaps x_k ≥ 0.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from hessbound.derive.algebra import matrices
from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.proof.nonnegative import Nonnegative, fact
from hessbound.derive.proof.settings import Example

from .exact import Explicit


@dataclass(frozen=True)
class Spectrum:
    """A symmetric P × P matrix with its largest or smallest eigenvalue singled out.

    psd : it is positive semi-definite, which its smallest eigenvalue tells
    """

    extreme: str = "largest"
    psd: bool = False

    def symbolic(self) -> Eigenvalues:
        """Return eigenvalues for every P."""
        P, extreme = matrices.symbol("P", None), matrices.symbol("lam", None)
        gaps, one = matrices.symbol("x", "other"), matrices.ones("other")
        return Eigenvalues(self, P, extreme, gaps, one, lambda name: matrices.symbol(name, None))

    def examples(self, *, thorough: bool) -> Iterator[Example]:
        """Draw rational spectra; in the first all others are equal, in the second all are."""
        for seed in range(12 if thorough else 6):
            yield Example(
                f"{self.extreme} eigenvalue, seed {seed}",
                eigenvalues(self, seed),
                "from hessbound.derive.statements.spectrum import Spectrum, eigenvalues\n"
                f"q = eigenvalues({self!r}, {seed})",
            )

    def __str__(self) -> str:
        """List the assumptions for readers."""
        return "H symmetric" + ", H ⪰ 0" * self.psd


class Eigenvalues:
    """The quantities: P, the extreme eigenvalue, the gaps to the others, and moments."""

    def __init__(
        self,
        spectrum: Spectrum,
        P: Any,
        extreme: Any,
        gaps: Any,
        one: Any,
        free: Callable[[str], Any],
    ) -> None:
        self.extreme = extreme
        self.free = free  # any real number, by name
        self.one = one  # P − 1 ones
        self.P = fact(P)
        self.gaps = fact(gaps)
        sign = -1 if spectrum.extreme == "largest" else 1
        self.others = extreme * one + sign * gaps
        self.bottom: Nonnegative | None = fact(extreme) if spectrum.psd else None

    @property
    def trace(self) -> Any:
        """Tr H = Σ λ."""
        return self.extreme + self.others.sum()

    @property
    def trace_squared(self) -> Any:
        """Tr H² = Σ λ²."""
        return self.extreme**2 + (self.others * self.others).sum()

    @staticmethod
    def same(a: Matrix, b: Matrix) -> bool:
        """Whether two normal forms are equal."""
        return a == b


@dataclass(frozen=True)
class Scalars:
    """Free real numbers, by name; ``unit`` are between 0 and 1, ``positive`` not below 0."""

    free: tuple[str, ...]
    unit: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()

    def symbolic(self) -> Values:
        """Return symbols."""
        names = (*self.free, *self.unit, *self.positive)
        return Values(self, {name: matrices.symbol(name, None) for name in names})

    def examples(self, *, thorough: bool) -> Iterator[Example]:
        """Draw rational numbers."""
        for seed in range(40 if thorough else 10):
            code = "from hessbound.derive.statements.spectrum import Scalars\n"
            code += f"q = {self!r}.draw({seed})"
            yield Example(f"seed {seed}", self.draw(seed), code)

    def draw(self, seed: int) -> Values:
        """Draw rational numbers."""
        source = random.Random(seed)
        lowest = dict.fromkeys(self.free, -12) | dict.fromkeys((*self.unit, *self.positive), 0)
        values = {}
        for name, low in lowest.items():
            high = 4 if name in self.unit else 12
            number = Fraction(source.randint(low, high), 4)
            values[name] = Explicit(np.array([[number]], dtype=object))
        return Values(self, values)

    def __str__(self) -> str:
        """List the assumptions for readers."""
        words = [f"{name} in [0, 1]" for name in self.unit]
        words += [f"{name} ≥ 0" for name in self.positive]
        return ", ".join(words) or f"{', '.join(self.free)} real"


class Values:
    """The numbers of ``Scalars``, and what is known of them."""

    def __init__(self, scalars: Scalars, values: dict[str, Any]) -> None:
        self._values = values
        known = (*scalars.unit, *scalars.positive)
        self.known = {name: fact(values[name]) for name in known}
        self.rest = {name: fact(1 - values[name]) for name in scalars.unit}

    def __getitem__(self, name: str) -> Any:
        """Return a number by its name."""
        return self._values[name]

    @staticmethod
    def same(a: Matrix, b: Matrix) -> bool:
        """Whether two normal forms are equal."""
        return a == b


def eigenvalues(spectrum: Spectrum, seed: int) -> Eigenvalues:
    """Draw a rational spectrum."""
    source = random.Random(seed)
    P = 4 if seed == 0 else source.randint(2, 6)
    common = Fraction(source.randint(1, 9), 3)
    gaps = [common if seed == 0 else Fraction(source.randint(0, 9), 2) for _ in range(P - 1)]
    if seed == 1:
        gaps = [Fraction(0)] * (P - 1)
    low = 0 if spectrum.psd else -9
    extreme = Fraction(source.randint(low, 9), 2)

    def column(values: list[Fraction]) -> Explicit:
        return Explicit(np.array(values, dtype=object).reshape(-1, 1))

    one = column([Fraction(1)] * (P - 1))

    def free(name: str) -> Explicit:
        return column([Fraction(random.Random(f"{name} {seed}").randint(-9, 9), 2)])

    return Eigenvalues(spectrum, column([Fraction(P)]), column([extreme]), column(gaps), one, free)
