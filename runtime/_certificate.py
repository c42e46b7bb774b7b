"""Closed-form bounds around eigenvalues that were computed in another way."""

import math
from dataclasses import dataclass
from typing import Self

from .bounds import Bounds, mean_and_std, wolkowicz_styan
from .traces import Moments

ROUNDING = 1e-11
"""What rounding may leave in the variance of the spectrum, relative to tr H² / P."""


@dataclass(frozen=True)
class Certificate:
    """Bounds of the "largest" and of the "smallest" eigenvalue, and how far rounding moves them."""

    bounds: dict[str, Bounds]
    slack: float

    @classmethod
    def of(cls, moments: Moments, P: int) -> Self:
        """Take the Wolkowicz-Styan bounds."""
        both = wolkowicz_styan(moments.trace, moments.squared, P)
        bounds = {
            end: Bounds(*(moments.unscaled(f"the bound of the {end} eigenvalue", x) for x in pair))
            for end, pair in zip(("largest", "smallest"), both, strict=True)
        }
        slack = moments.unscaled("the rounding of a bound", _slack(moments, P))
        return cls(bounds, float(slack))

    def check(self, end: str, value: float, residual: float) -> None:
        """Refuse an eigenvalue that contradicts its bounds."""
        lower, upper = self.bounds[end]
        slack = self.slack + residual
        if not lower - slack <= value <= upper + slack:
            message = (
                f"the {end} eigenvalue came out as {value:.6g} with a residual of {residual:.2g}, "
                f"outside of its bounds [{lower:.6g}, {upper:.6g}]: the computation has gone "
                "wrong; try method='dense', or another tolerance"
            )
            raise RuntimeError(message)


def _slack(moments: Moments, P: int) -> float:
    """Bound the rounding of μ ± s √(P − 1); s is the root of a difference, so it suffers most."""
    _, s = mean_and_std(moments.trace, moments.squared, P)
    mean_square = float(moments.squared) / P
    spoilt = ROUNDING * mean_square
    moved = spoilt / (float(s) + math.sqrt(spoilt)) if spoilt else 0.0
    return math.sqrt(P) * (moved + ROUNDING * math.sqrt(mean_square))
