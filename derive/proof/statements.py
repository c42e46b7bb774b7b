"""What a claim is (input of the prover).

An ``Identity`` is a function of the network's quantities that returns its two sides; further
parameters are sample indices, and the identity is claimed for each of them. A ``ScalarIdentity``
holds pairs of expressions in one variable. A ``Definition`` is listed, so that no equation is
missing, but there is nothing to prove.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

import sympy as sp

from hessbound.derive.functions.scalar import ScalarFunction

from .nonnegative import Nonnegative
from .settings import Setting
from .verdicts import Verdict, Witness

Pair: TypeAlias = tuple[Any, Any]  # the two sides, of the quantities' own type
Proof = TypeVar("Proof", bound=Callable[..., Iterator[tuple[str, Nonnegative]]])
Sides = TypeVar("Sides", bound=Callable[..., Pair])


@dataclass(frozen=True)
class Claim:
    """A statement with the equation number of the paper, or "-" where it has none."""

    equation: str
    name: str
    statement: str
    expected: Verdict = field(default=Verdict.PROVED, kw_only=True)  # REFUTED where known false

    @property
    def order(self) -> float:
        """Where to sort the claim: by its first equation number; what has none comes last."""
        number = re.match(r"\d+", self.equation)
        return int(number[0]) if number else float("inf")


@dataclass(frozen=True)
class Definition(Claim):
    """A definition: nothing to prove."""


@dataclass(frozen=True)
class Identity(Claim):
    """Two matrices, polynomials or scalars in the network's quantities are equal, for all sizes."""

    function: Callable[..., Pair]
    activation: str | None = None

    @property
    def samples(self) -> int:
        """How many sample indices the identity is claimed for."""
        return len(inspect.signature(self.function).parameters) - 1


@dataclass(frozen=True)
class ScalarIdentity(Claim):
    """Pairs of expressions in one variable and in the atoms of a function are equal.

    They are at every point of an interval, or of the whole line.
    """

    pairs: tuple[tuple[sp.Expr, sp.Expr], ...]
    function: ScalarFunction
    activation: str | None = None
    domain: sp.Interval | None = None


@dataclass(frozen=True)
class ReadBack(Claim):
    """Every kernel of an activation, read back from its program, is what it claims to compute."""

    activation: str


@dataclass(frozen=True)
class RangeClaim(Claim):
    """The values that a derivative takes on the whole line are exactly those of a set."""

    function: ScalarFunction
    derivative: int
    values: sp.Set
    activation: str


@dataclass(frozen=True)
class ScalarBound(Claim):
    """An expression in u, f and its derivatives is never above another, with f of an activation."""

    small: sp.Expr
    large: sp.Expr
    activation: str | None = None
    domain: sp.Interval | None = None


@dataclass(frozen=True)
class KnownFalse(Claim):
    """A statement that a counterexample refutes; ``search`` finds it."""

    search: Callable[[], Witness | None]


@dataclass(frozen=True)
class Bound(Claim):
    """One side is never above the other, under assumptions; ``proof`` yields named slacks.

    The function returns the smaller side and the larger one. The slacks, nonnegative by the rules
    of ``nonnegative``, add up to their difference. With ``equal``, the two are equal.
    """

    function: Callable[..., Pair]
    setting: Setting
    equal: bool = False
    proof: Callable[..., Iterator[tuple[str, Nonnegative]]] | None = None


class Register(list[Claim]):
    """The claims of a module, in the order in which they are written down."""

    def identity(self, equation: str) -> Callable[[Sides], Sides]:
        """Register a function as an identity and its docstring as the statement.

        The function stays as it is.

        >>> claims = Register()
        >>> @claims.identity("6")
        ... def symmetric(q):
        ...     '''H = Hᵀ.'''
        ...     return q.H, q.H.T
        >>> claims[0].statement, claims[0].samples
        ('H = Hᵀ', 0)
        """

        def add(function: Sides) -> Sides:
            statement = " ".join((function.__doc__ or "").split()).rstrip(".")
            self.append(Identity(equation, function.__name__, statement, function))
            return function

        return add

    def bound(
        self, equation: str, *settings: Setting, equal: bool = False
    ) -> Callable[[Sides], Sides]:
        """Register a function as an inequality, once for each of the settings."""

        def add(function: Sides) -> Sides:
            statement = " ".join((function.__doc__ or "").split()).rstrip(".")
            for n, setting in enumerate(settings):
                name = f"bound_{function.__name__}" + f"_{n + 1}" * (n > 0)
                shown = f"{statement}; {setting}"
                self.append(Bound(equation, name, shown, function, setting, equal))
            return function

        return add

    def proof(self, function: Callable[..., Pair]) -> Callable[[Proof], Proof]:
        """Register the certificate of an inequality."""

        def add(proof: Proof) -> Proof:
            for n, claim in enumerate(self):
                if isinstance(claim, Bound) and claim.function is function:
                    self[n] = replace(claim, proof=proof)
            return proof

        return add

    def steps(self, function: Callable[..., Pair], q: Any) -> Iterator[tuple[str, Nonnegative]]:
        """Yield the certificate of another inequality, as part of one."""
        for claim in self:
            if isinstance(claim, Bound) and claim.function is function and claim.proof:
                yield from claim.proof(q)
                return
