"""Closed-form bounds around eigenvalues that were computed in another way."""

import math
from dataclasses import dataclass
from typing import Self

from hessbound._typing import Quantity
from hessbound.traces._moments import Moments

ROUNDING = 1e-11
"""What rounding may leave in the variance of the spectrum, relative to tr H² / P, and in
a residual, relative to the largest |λ|."""

NEEDED = (
    "std",
    "frobenius_norm",
    "largest_lower",
    "largest_upper",
    "smallest_lower",
    "smallest_upper",
)
"""Not tr H², which may overflow where no eigenvalue does."""


SIDES = ("lower", "upper")


@dataclass(frozen=True)
class Certificate:
    """Bounds of the "largest" and of the "smallest" eigenvalue, and how far rounding moves them."""

    bounds: dict[str, Quantity]  # by name, as "largest_upper"
    slack: float

    @classmethod
    def of(cls, moments: Moments, P: int) -> Self:
        """Take the Wolkowicz-Styan bounds."""
        found = moments.spectrum(P, NEEDED)
        return cls(found, _slack(float(found["std"]), float(found["frobenius_norm"]), P))

    def check(self, end: str, value: float, residual: float) -> None:
        """Refuse an eigenvalue that contradicts its bounds."""
        lower, upper = (float(self.bounds[f"{end}_{side}"]) for side in SIDES)
        slack = self.slack + residual
        if not lower - slack <= value <= upper + slack:
            message = (
                f"the {end} eigenvalue came out as {value:.6g} with a residual of {residual:.2g}, "
                f"outside of its bounds [{lower:.6g}, {upper:.6g}]: the computation has gone "
                "wrong; try method='dense', or another tolerance"
            )
            raise RuntimeError(message)


def _slack(s: float, norm: float, P: int) -> float:
    """Bound the rounding of μ ± s √(P − 1); s is the root of a difference, so it suffers most."""
    spoilt = math.sqrt(ROUNDING / P) * norm  # the root of what rounding leaves in s²
    moved = spoilt * (spoilt / (s + spoilt)) if spoilt else 0.0
    return math.sqrt(P) * moved + ROUNDING * norm
