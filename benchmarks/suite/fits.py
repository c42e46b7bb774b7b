"""Power laws through measured times."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

TAIL = 4
"""How many of the largest sizes an exponent is fitted to: at small ones other costs dominate."""


class Power(NamedTuple):
    """y = factor · x**exponent, and by which factor the worst point is off."""

    exponent: float
    factor: float
    worst: float


def power(x: Sequence[float], y: Sequence[float], tail: int = TAIL) -> Power:
    """Fit a power law to the last points, by least squares on logarithms."""
    if len(x) < 2 or len(x) != len(y):
        message = f"x and y must have the same length of at least 2, got {len(x)} and {len(y)}"
        raise ValueError(message)
    u, v = np.log(x[-tail:]), np.log(y[-tail:])
    exponent, level = np.polyfit(u, v, 1)
    worst = np.abs(v - level - exponent * u).max()
    return Power(float(exponent), float(np.exp(level)), float(np.exp(worst)))
