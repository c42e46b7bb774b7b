"""What a claim is (input of the prover).

An ``Identity`` is a function of the network's quantities that returns its two sides; further
parameters are sample indices, and the identity is claimed for each of them. A ``ScalarIdentity``
holds pairs of expressions in one variable. A ``Definition`` is listed, so that no equation is
missing, but there is nothing to prove.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import sympy as sp

from .scalars import ScalarFunction

Pair: TypeAlias = tuple[Any, Any]  # the two sides, of the quantities' own type
Sides = TypeVar("Sides", bound=Callable[..., Pair])


@dataclass(frozen=True)
class Claim:
    """A statement with the equation number of the paper, or "-" where it has none."""

    equation: str
    name: str
    statement: str

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
    """Pairs of expressions in one variable and in the atoms of a function are equal."""

    pairs: tuple[tuple[sp.Expr, sp.Expr], ...]
    function: ScalarFunction
    activation: str | None = None


@dataclass(frozen=True)
class ReadBack(Claim):
    """Every kernel of an activation, read back from its program, is what it claims to compute."""

    activation: str


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
