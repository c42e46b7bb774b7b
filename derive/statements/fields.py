"""The numbers that statements are evaluated in, by FLINT: rationals, a prime field, and balls.

Rationals make witnesses, residues modulo a prime confirm at sizes where rationals are slow, and
balls (midpoint and radius, which enclose the true value) stand for the decimals of an activation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

PRIME = 2**61 - 1
BITS = 320  # of a ball's midpoint, about 96 digits
DIGITS = 50  # that must be left of them for a verdict
_ROOM = flint.arb(flint.fmpq(1, 10**DIGITS))


@dataclass(frozen=True, eq=False)
class Field:
    """A kind of numbers.

    Attributes
    ----------
    name : str
        What readers call it.
    bits : int, optional
        Of a ball's midpoint.
    of : callable
        Turns a rational number into one of the field.
    same, apart : callable
        Whether two numbers are equal, and whether they certainly differ; of balls that have lost
        their digits neither holds.
    """

    name: str
    bits: int | None
    of: Callable[[Fraction | int], Any]
    same: Callable[[Any, Any], bool]
    apart: Callable[[Any, Any], bool]

    @contextmanager
    def working(self) -> Iterator[None]:
        """Compute with this field's bits: FLINT's precision is one for all."""
        with flint.ctx.workprec(self.bits or flint.ctx.prec):
            yield


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b)


def _different(a: Any, b: Any) -> bool:
    return bool(a != b)


def _close(a: flint.arb, b: flint.arb) -> bool:
    difference = a - b
    width = difference.rad()
    return bool(difference.contains(0)) and bool(width <= _ROOM * (1 + abs(a).abs_upper()))


def _disjoint(a: flint.arb, b: flint.arb) -> bool:
    return not (a - b).contains(0)


def _rational(x: Fraction | int) -> flint.fmpq:
    return flint.fmpq(x.numerator, x.denominator)


def _residue(x: Fraction | int) -> flint.nmod:
    return flint.nmod(x.numerator % PRIME, PRIME) / flint.nmod(x.denominator % PRIME, PRIME)


def _ball(x: Fraction | int) -> flint.arb:
    return flint.arb(flint.fmpq(x.numerator, x.denominator))


RATIONALS = Field("exact", None, _rational, _equal, _different)
RESIDUES = Field("residues modulo 2⁶¹ − 1", None, _residue, _equal, _different)
BALLS = Field(f"{DIGITS} digits", BITS, _ball, _close, _disjoint)
