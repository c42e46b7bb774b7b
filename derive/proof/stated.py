"""Claims that users state, as the prover takes them: identities and bounds, also of scalars.

``claim_files`` makes them from a file, ``notebook`` from the arguments of a call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Rational
from typing import Any, TypeAlias

import sympy as sp

from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.functions.scalar import DERIVATIVES, ScalarFunction, u
from hessbound.derive.statements.exact import Explicit

from .blame import Place, body_of, code_of, place_of
from .bounded import Assumptions
from .statements import Bound, Identity, Pair, ScalarBound, ScalarIdentity

Number: TypeAlias = Rational | int

NOWHERE = Place()
_PRIMES = dict(zip(DERIVATIVES, sp.symbols("f f′ f″ f‴", real=True), strict=True))  # for readers
INDICES = "ijlnopqr"  # names of the samples that an identity is claimed for


@dataclass(frozen=True)
class StatedIdentity(Identity):
    """An identity between matrices, with its place and the code that makes it again."""

    place: Place = NOWHERE
    code: str = ""

    def sides(self, q: Any, *samples: Any) -> Pair:
        """Return the two sides; a number stands for a 1 × 1 matrix, and 0 for any zero matrix.

        TypeError where the function returns anything else.
        """
        return _sides(self.function(q, *samples), q)

    @property
    def samples(self) -> int:
        """How many sample indices the identity is claimed for."""
        return len(_required(self.function)) - 1


@dataclass(frozen=True)
class StatedScalar(ScalarIdentity):
    """An identity between expressions in u, with the place where it is stated."""

    place: Place = NOWHERE


@dataclass(frozen=True)
class StatedBound(Bound):
    """An inequality, with its place and the code that makes it again."""

    stated: Callable[..., Any] | None = None  # the user's function; ``function`` checks its sides
    place: Place = NOWHERE
    code: str = ""


@dataclass(frozen=True)
class StatedAtMost(ScalarBound):
    """An inequality between expressions in u, with the place where it is stated."""

    place: Place = NOWHERE


def _kind(value: object) -> str:
    if isinstance(value, Matrix | Explicit):
        return "one matrix"
    return "None" if value is None else f"{type(value).__name__} {value!r}"


def _sides(pair: Any, q: Any) -> Pair:
    if not isinstance(pair, tuple) or len(pair) != 2:
        msg = f"the function must return a pair (left side, right side), got {_kind(pair)}"
        raise TypeError(msg)
    lhs, rhs = pair
    return _matrix(lhs, rhs, q), _matrix(rhs, lhs, q)


def _matrix(side: Any, other: Any, q: Any) -> Any:
    kind = type(q.one())
    if isinstance(side, kind):
        return side
    if isinstance(side, Number):
        return 0 * other if side == 0 and isinstance(other, kind) else side * q.one()
    msg = f"a side must be a matrix made from q, or a rational number, got {_kind(side)}"
    raise TypeError(msg)


def _required(function: Callable[..., Any]) -> list[str]:
    """List the parameters that a caller must give."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind in kinds]


def stated_identity(
    function: Callable[..., Any], name: str | None = None, activation: str | None = None
) -> StatedIdentity:
    """Return the claim that a function's two sides are equal; ValueError if it takes no q."""
    if not 1 <= len(_required(function)) <= 1 + len(INDICES):
        msg = f"{code_of(function)} must take q, and then up to {len(INDICES)} sample indices"
        raise ValueError(msg)
    statement = " ".join((function.__doc__ or "").split()).rstrip(".")
    code = f"stated.stated_identity({code_of(function)}, activation={activation!r})"
    name = name or function.__name__
    return StatedIdentity(
        "-", name, statement or name, function, activation, place_of(function), code
    )


def paired(lhs: Any, rhs: Any) -> Callable[..., Pair]:
    """Return one function of q, and of sample indices, for two; one of them may be a number.

    ValueError where they take different numbers of indices.
    """
    functions = [side for side in (lhs, rhs) if callable(side)]
    counts = {len(_required(function)) for function in functions}
    if len(counts) > 1:
        msg = f"the sides must take the same arguments, got {code_of(lhs)} and {code_of(rhs)}"
        raise ValueError(msg)

    def both(*at: Any) -> Pair:
        left, right = (side(*at) if callable(side) else side for side in (lhs, rhs))
        return left, right

    first = functions[0]
    both.__signature__ = inspect.signature(first)  # type: ignore[attr-defined]  # any may have it
    both.__doc__ = " = ".join(body_of(side) if callable(side) else str(side) for side in (lhs, rhs))
    texts = (code_of(side) if callable(side) else str(side) for side in (lhs, rhs))
    both.__name__ = f"stated.paired({', '.join(texts)})"
    both.__wrapped__ = first  # type: ignore[attr-defined]  # for ``inspect.unwrap``
    return both


def stated_bound(
    function: Callable[..., Any],
    name: str | None = None,
    setting: Assumptions | None = None,
    proof: Callable[..., Any] | None = None,
) -> StatedBound:
    """Return the claim that a function's first side is at most its second."""
    if len(_required(function)) != 1:
        msg = f"{code_of(function)} must take q alone"
        raise ValueError(msg)
    setting = setting or Assumptions()
    statement = " ".join((function.__doc__ or "").split()).rstrip(".")
    name = name or function.__name__

    def sides(q: Any) -> Pair:
        small, large = _sides(function(q), q)
        return small, large

    return StatedBound(
        "-",
        name,
        f"{statement or name}; {setting}",
        sides,
        setting,
        proof=proof,
        stated=function,
        place=place_of(function),
        code=f"stated.stated_bound({code_of(function)})",
    )


def stated_scalar(
    name: str,
    sides: Pair,
    activation: str | None = None,
    domain: sp.Interval | None = None,
    statement: str | None = None,
    place: Place = NOWHERE,
) -> StatedScalar:
    """Return the claim that two expressions in u are equal; ValueError where one is not exact."""
    left, right = _expressions(sides, activation)
    shown = statement or _shown(left, "=", right, activation, domain)
    own = ScalarFunction(value=u, definition=u)
    pairs, domain = ((left, right),), _interval(domain)
    return StatedScalar("-", name, shown, pairs, own, activation, domain, place=place)


def stated_at_most(
    name: str,
    sides: Pair,
    activation: str | None = None,
    domain: sp.Interval | None = None,
    statement: str | None = None,
    place: Place = NOWHERE,
) -> StatedAtMost:
    """Return the claim that an expression is at most another; ValueError where one is not exact."""
    small, large = _expressions(sides, activation)
    shown = statement or _shown(small, "≤", large, activation, domain)
    return StatedAtMost("-", name, shown, small, large, activation, _interval(domain), place)


def _expressions(sides: Pair, activation: str | None) -> tuple[sp.Expr, sp.Expr]:
    left, right = (_expression(side, (u, *DERIVATIVES)) for side in sides)
    used = sorted((left.free_symbols | right.free_symbols) & set(DERIVATIVES), key=str)
    if used and activation is None:
        msg = f"{used[0]} needs an activation: write activation='tanh', for instance"
        raise ValueError(msg)
    return left, right


def _shown(
    left: sp.Expr, sign: str, right: sp.Expr, activation: str | None, domain: sp.Interval | None
) -> str:
    """Write a statement with primes, its activation before it and its domain behind it."""
    left, right = (side.xreplace(_PRIMES) for side in (left, right))
    where = f" for u in {domain}" if domain else ""
    return (f"{activation}: " if activation else "") + f"{left} {sign} {right}{where}"


def _interval(domain: Any) -> sp.Interval | None:
    """Return the domain; ValueError where it is no interval that has an inside."""
    if domain is None or isinstance(domain, sp.Interval):
        return domain
    msg = f"a domain must be a SymPy Interval such as Interval.open(0, 1), got {domain!r}"
    raise ValueError(msg)


def _expression(side: Any, known: tuple[sp.Symbol, ...]) -> sp.Expr:
    expr = sp.sympify(side)
    if not isinstance(expr, sp.Expr):
        msg = f"a side must be a SymPy expression, got {_kind(side)}"
        raise TypeError(msg)
    if floats := expr.atoms(sp.Float):
        number = min(floats, key=str)
        msg = f"numbers must be exact: write Rational('{number}') for {number} in {expr}"
        raise ValueError(msg)
    names = {symbol.name for symbol in known}
    for symbol in expr.free_symbols - {*known}:
        if symbol.name in names:
            msg = f"{symbol} is another symbol here: write `from hessbound.derive import {symbol}`"
            raise ValueError(msg)
        if symbol.is_real is False:
            msg = f"parameters must be real numbers, and {symbol} is not"
            raise ValueError(msg)
    return expr
