"""Signed quantities with a bound, and the two lemmas that certificates use them by.

Everything here only puts slacks together; ``kernel`` decides what they prove.
"""

from __future__ import annotations

from dataclasses import dataclass

from hessbound.derive.statements.trees import Node

from .kernel import HALF, Number, Slack, sign, square


@dataclass(frozen=True, eq=False)
class Bounded:
    """bound · share · sign, share in [0, 1], sign ±1, entry by entry; ``rest`` is 1 − share."""

    bound: Slack
    share: Slack
    rest: Slack
    sign: Node

    @property
    def value(self) -> Node:
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

    def gap(self) -> Slack:
        """Return bound − value."""
        return self.bound * (self.rest + self.share * sign(self.sign))

    def young(self, x: Node, y: Node) -> Slack:
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

    def modulus(self) -> Slack:
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

    def times(self, factor: Slack | Number) -> Bounded:
        """Scale the bound."""
        return Bounded(self.bound * factor, self.share, self.rest, self.sign)
