"""What cannot be negative, and why: the only module that a proof of an inequality rests on.

A *slack* is a tree of rule applications. It carries no value: ``conclude`` goes through the tree
and computes, rule by rule, the matrix that the tree shows to be nonnegative, entry by entry. Facts
are looked up, by name, among those that a claim assumes. Whatever else builds slacks (``bounded``,
certificates in ``claims``, files of users) can only fail to prove something. The rules:

=============  ============================================================================
``number``     c ≥ 0
``square``     x∘x ≥ 0 for a real matrix x
``fact``       what the claim assumes under this name
``sign``       1 − x ≥ 0 where x is a product of quantities that the claim knows to be ±1
``add``        X + Y of two slacks; so do ``times`` (entry by entry), ``matmul``, ``power``,
               ``transpose``, ``sum`` (of all entries), ``off`` (the diagonal left out)
``over``       Σ over the values of indices
=============  ============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Any, TypeAlias

from hessbound.derive.algebra.classes import is_rational
from hessbound.derive.algebra.sides import ONE
from hessbound.derive.statements import trees
from hessbound.derive.statements.places import NOWHERE, Place, here
from hessbound.derive.statements.trees import Node, Symbol

Number: TypeAlias = Rational | int
Fact: TypeAlias = Callable[..., Node]  # of indices of samples

HALF = Fraction(1, 2)


class NotARuleError(ValueError):
    """A step that no rule allows, or a fact that the claim does not assume."""


@dataclass(frozen=True)
class Known:
    """What a claim assumes: facts by name, and the names of quantities that are 1 or −1."""

    facts: Mapping[str, Fact]
    signs: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Slack:
    """A rule and what it is applied to; made by the operations below, and judged by ``conclude``.

    ``+`` and ``*`` take slacks and numbers that are not negative.
    """

    rule: str
    args: tuple[Any, ...]
    place: Place = NOWHERE

    def __add__(self, other: Slack | Number) -> Slack:
        return _slack("add", self, _lifted(other))

    def __mul__(self, other: Slack | Number) -> Slack:
        return _slack("times", self, _lifted(other))

    __radd__, __rmul__ = __add__, __mul__

    def __matmul__(self, other: Slack) -> Slack:
        return _slack("matmul", self, other)

    def __pow__(self, n: int) -> Slack:
        return _slack("power", self, n)

    @property
    def T(self) -> Slack:
        """The transpose."""
        return _slack("transpose", self)

    def without_diagonal(self) -> Slack:
        """Set the diagonal to zero."""
        return _slack("off", self)

    def sum(self) -> Slack:
        """Add all entries."""
        return _slack("sum", self)

    @property
    def value(self) -> Node:
        """The matrix that is not negative if all facts in it hold."""
        return _Unchecked().conclude(self)


def _slack(rule: str, *args: Any) -> Slack:
    return Slack(rule, args, here())


def _lifted(x: Slack | Number) -> Slack:
    if isinstance(x, Slack):
        return x
    if is_rational(x):
        return _slack("number", Fraction(int(x.numerator), int(x.denominator)))
    msg = (
        f"{here()}: a slack combines with slacks and exact numbers that are not negative, got {x!r}"
    )
    raise NotARuleError(msg)


def number(c: Number) -> Slack:
    """Return an exact number that is not negative."""
    return _lifted(c)


def fact(name: str, meaning: Node, *at: Symbol) -> Slack:
    """Use a fact by its name; ``meaning`` is for ``value``, and a proof looks it up again."""
    return _slack("fact", name, meaning, at)


def square(x: Node) -> Slack:
    """Return x∘x of a real matrix."""
    return _slack("square", trees.node(x))


def sign(x: Node) -> Slack:
    """Return 1 − x of a product of signs."""
    return _slack("sign", x)


def lagrange(x: Node, y: Node) -> Slack:
    """Return ‖x‖²‖y‖² − (x·y)² = ½ Σ_kl (x_k y_l − x_l y_k)² of column vectors."""
    return square(x @ y.T - y @ x.T).sum() * HALF


def over(q: object, term: Callable[..., Slack], n: int = 1, *, kind: str = "sample") -> Slack:
    """Sum over n indices of a kind, samples unless told otherwise."""
    del q  # certificates name it, as statements do
    symbols = trees.binders(n, kind)
    return _slack("over", symbols, term(*symbols))


def conclude(slack: Slack, known: Known) -> Node:
    """Return the matrix that a slack proves to be nonnegative, given what a claim assumes.

    NotARuleError, with the line, where some step is none of the rules.

    >>> from hessbound.derive.statements.network import Quantities
    >>> print(conclude(square(Quantities().h).sum(), Known({})).shape)
    1 × 1
    """
    return _Kernel(known).conclude(slack)


class _Kernel:
    """The rules."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._kept: dict[int, tuple[Slack, Node]] = {}  # by identity, which the slack in it keeps

    def conclude(self, slack: Slack) -> Node:
        if id(slack) not in self._kept:
            self._kept[id(slack)] = slack, self._conclude(slack)
        return self._kept[id(slack)][1]

    def _conclude(self, slack: Slack) -> Node:
        if type(slack) is not Slack:
            msg = f"a certificate is made of slacks, got {slack!r}"
            raise NotARuleError(msg)
        match slack.rule, slack.args:
            case "number", (c,) if type(c) is Fraction and c >= 0:
                return trees.node(c)
            case "square", (x,) if type(x) is Node:
                return x * x
            case "fact", (str() as name, _, tuple() as at):
                return self.fact(slack, name, at)
            case "sign", (x,) if type(x) is Node and self.is_sign(x):
                return trees.make("ones", (), x.shape) - x
            case "add", (x, y):
                return self.conclude(x) + self.conclude(y)
            case "times", (x, y):
                return self.conclude(x) * self.conclude(y)
            case "matmul", (x, y):
                return self.conclude(x) @ self.conclude(y)
            case "power", (x, int() as n):
                return self.conclude(x) ** n
            case "transpose", (x,):
                return self.conclude(x).T
            case "sum", (x,):
                return self.conclude(x).sum()
            case "off", (x,):
                return self.conclude(x).without_diagonal()
            case "over", (tuple() as symbols, x) if all(type(s) is Symbol for s in symbols):
                return trees.bind(symbols, self.conclude(x))
        msg = f"{slack.place}: no rule shows this to be nonnegative: {slack.rule} of {slack.args!r}"
        raise NotARuleError(msg)

    def fact(self, slack: Slack, name: str, at: tuple[Symbol, ...]) -> Node:
        if name not in self.known.facts:
            msg = f"{slack.place}: the claim does not assume {name}"
            raise NotARuleError(msg)
        return self.known.facts[name](*at)

    def is_sign(self, x: Node) -> bool:
        """Whether every entry is a product of ±1; an outer product of signs is one."""
        match x.op, x.args:
            case (("quantity" | "of"), (name, *_)):
                return name in self.known.signs
            case "ones", ():
                return True
            case "number", (c, 1):
                return c in (1, -1)
            case "transpose", (y,):
                return self.is_sign(y)
            case "times", (y, z):
                return self.is_sign(y) and self.is_sign(z)
            case "matmul", (y, z):
                return y.shape.cols == ONE and self.is_sign(y) and self.is_sign(z)
        return False


class _Unchecked(_Kernel):
    """Facts as they were stated: only for building further trees."""

    def __init__(self) -> None:
        super().__init__(Known({}))

    def fact(self, slack: Slack, name: str, at: tuple[Symbol, ...]) -> Node:
        meaning: Node = slack.args[1]
        return meaning

    def is_sign(self, x: Node) -> bool:
        return True
