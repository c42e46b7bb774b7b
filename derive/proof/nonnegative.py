"""What is known not to be negative, and the few rules that say so (certificates of inequalities).

A ``Nonnegative`` is made by the rules of this module only: squares, declared facts, and sums and
products of what is nonnegative already. Its value is a matrix of the index algebra or one of exact
numbers, so a certificate is checked twice: as an identity for all sizes, and in numbers, where a
rule that produced a negative entry is an error.

Signed quantities are ``Bounded``: a bound, times a share in [0, 1], times a sign. Products of them
are bounded again, and two lemmas do all the work: a bound is not below the value (``gap``), and
AM-GM (``young``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hessbound.derive.statements.exact import Explicit

HALF = Fraction(1, 2)
TOLERANCE = 1e-30  # of numbers with 50 digits


class NegativeError(ValueError):
    """A number that was claimed not to be negative is."""


_RULE = object()  # what only the rules of this module hand over


class Nonnegative:
    """A matrix without negative entries; see ``square``, ``fact``, ``over`` and ``Bounded``."""

    def __init__(self, value: Any, rule: object = None) -> None:
        """Take the value if a rule asks; in numbers, look."""
        if rule is not _RULE:
            msg = "only the rules of hessbound.derive.proof.nonnegative make something nonnegative"
            raise TypeError(msg)
        if (
            isinstance(value, Explicit)
            and (lowest := min(value.array.ravel().tolist())) < -TOLERANCE
        ):
            msg = f"an entry is {lowest}"
            raise NegativeError(msg)
        self.value = value

    def __add__(self, other: Nonnegative | Fraction | int) -> Nonnegative:
        """Add; a number must not be negative."""
        return Nonnegative(self.value + _value(other), _RULE)

    def __mul__(self, other: Nonnegative | Fraction | int) -> Nonnegative:
        """Multiply entry by entry; a number must not be negative."""
        return Nonnegative(self.value * _value(other), _RULE)

    __radd__, __rmul__ = __add__, __mul__

    def __matmul__(self, other: Nonnegative) -> Nonnegative:
        """Multiply as matrices."""
        return Nonnegative(self.value @ other.value, _RULE)

    def __pow__(self, n: int) -> Nonnegative:
        """Take a power entry by entry."""
        return Nonnegative(self.value**n, _RULE)

    @property
    def T(self) -> Nonnegative:
        """The transpose."""
        return Nonnegative(self.value.T, _RULE)

    def without_diagonal(self) -> Nonnegative:
        """Set the diagonal to zero."""
        return Nonnegative(self.value.without_diagonal(), _RULE)

    def sum(self) -> Nonnegative:
        """Add all entries."""
        return Nonnegative(self.value.sum(), _RULE)


def _value(x: Nonnegative | Fraction | int) -> Any:
    if isinstance(x, Nonnegative):
        return x.value
    if x < 0:
        msg = f"a factor of something nonnegative is {x}"
        raise NegativeError(msg)
    return x


def fact(value: Any) -> Nonnegative:
    """Declare something nonnegative: an assumption, which numbers are checked against."""
    return Nonnegative(value, _RULE)


def square(x: Any) -> Nonnegative:
    """Return x∘x of a real matrix."""
    return Nonnegative(x * x, _RULE)


def lagrange(x: Any, y: Any) -> Nonnegative:
    """Return ‖x‖²‖y‖² − (x·y)² = ½ Σ_kl (x_k y_l − x_l y_k)² of column vectors."""
    return square(x @ y.T - y @ x.T).sum() * HALF


def over(q: Any, term: Callable[..., Nonnegative], n: int = 1) -> Nonnegative:
    """Sum over n sample indices."""
    return Nonnegative(q.over(lambda *at: term(*at).value, n), _RULE)


@dataclass(frozen=True)
class Bounded:
    """bound · share · sign, share in [0, 1], sign ±1, entry by entry; ``rest`` is 1 − share."""

    bound: Nonnegative
    share: Nonnegative
    rest: Nonnegative
    sign: Any

    @property
    def value(self) -> Any:
        """The quantity itself."""
        return self.bound.value * self.share.value * self.sign

    def __mul__(self, other: Bounded) -> Bounded:
        """Multiply: 1 − xy = (1 − x) + x(1 − y)."""
        return Bounded(
            self.bound * other.bound,
            self.share * other.share,
            self.rest * (other.share + other.rest) + self.share * other.rest,
            self.sign * other.sign,
        )

    def __pow__(self, n: int) -> Bounded:
        """Multiply with itself."""
        return self if n == 1 else self * self ** (n - 1)

    def gap(self) -> Nonnegative:
        """Return bound − value."""
        one = self.share.value + self.rest.value
        return self.bound * (self.rest + self.share * Nonnegative(one - self.sign, _RULE))

    def young(self, x: Any, y: Any) -> Nonnegative:
        """Return bound (x² + y²)/2 − value·x·y (AM-GM)."""
        tight = self.share * square(x - self.sign * y)
        return self.bound * (tight + self.rest * (square(x) + square(y))) * HALF

    def outer(self, other: Bounded) -> Bounded:
        """Multiply a column by a row: every entry of one with every entry of the other."""
        every = (other.share + other.rest).T
        return Bounded(
            self.bound @ other.bound.T,
            self.share @ other.share.T,
            self.rest @ every + self.share @ other.rest.T,
            self.sign @ other.sign.T,
        )

    def modulus(self) -> Nonnegative:
        """Return the absolute value."""
        return self.bound * self.share

    def unsigned(self) -> Bounded:
        """Return the absolute value, with the same bound."""
        return Bounded(self.bound, self.share, self.rest, self.sign * self.sign)

    def signum(self) -> Bounded:
        """Return the sign alone."""
        one = self.share + self.rest
        return Bounded(one, one, one * 0, self.sign)

    def direction(self) -> Bounded:
        """Return share · sign, with bound 1."""
        return Bounded(self.share + self.rest, self.share, self.rest, self.sign)

    def times(self, factor: Nonnegative | Fraction | int) -> Bounded:
        """Scale the bound."""
        return Bounded(self.bound * factor, self.share, self.rest, self.sign)
