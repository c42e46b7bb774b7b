"""What inequalities know of one sample, for all sizes as in numbers.

With sample weights ω ≥ 0, |e| ≤ ω, p ≤ ω/4, |f′| ≤ α₁ and |f″| ≤ α₂, every signed quantity is its
bound times a share in [0, 1] times a sign: e = ω t σ_e, p = ¼ω π, f′ = α₁ r₁ σ₁, f″ = α₂ r₂ σ₂ and
b = β σ_b with β = |b|. For hard labels p = |e|(1 − |e|/ω), so π = 4 t(1 − t).
"""

from abc import abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hessbound.derive.statements.quantities import Quantities

from .nonnegative import Bounded, Nonnegative, fact

QUARTER = Fraction(1, 4)


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


class Assumed(Quantities):
    """What is assumed where an inequality asks for it; numbers are checked against it."""

    def small_inputs(self, i: Any) -> Nonnegative:
        """Return 1 − x∘x, where |x_ij| ≤ 1 is assumed."""
        return fact(self.one("input") - self.at(i).x ** 2)

    def small_outputs(self, i: Any) -> Nonnegative:
        """Return 1 − h∘h, where |f| ≤ 1 is assumed."""
        return fact(self.one("hidden") - self.at(i).h ** 2)

    @abstractmethod
    def peak(self) -> Any:
        """Return M, any number not below F on [0, 1]; see ``peaks``."""

    def below_peak(self, value: Any) -> Nonnegative:
        """Return M − F(t) for a t in [0, 1], given F(t)."""
        return fact(self.peak() - value)
