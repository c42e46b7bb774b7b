"""Claims that users state: in a Python file for ``hessbound check``, or in a notebook.

A file calls ``identity`` (as a decorator) and ``scalar``; what they state is collected while
``load`` runs the file. Nothing else here runs a user's code: that happens in ``ladder``.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from numbers import Rational
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import sympy as sp

from . import activations
from .blame import FileError, Place, body_of, code_of, file_error, place_of
from .bounded import Assumptions
from .exact import Explicit
from .matrices import Matrix
from .scalars import ScalarFunction, u
from .statements import Bound, Claim, Identity, Pair, ScalarIdentity

Sides = TypeVar("Sides", bound=Callable[..., Any])
Number: TypeAlias = Rational | int

NOWHERE = Place()
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


class Stated(list[Claim]):
    """The claims of one file, in the order in which they are stated."""

    path: Path = Path()

    def find(self, name: str) -> Any:
        """Return the claim of that name; ValueError where there is none."""
        for claim in self:
            if claim.name == name:
                return claim
        msg = f"no claim is named {name!r}; the names are {', '.join(c.name for c in self)}"
        raise ValueError(msg)


_open: ContextVar[Stated | None] = ContextVar("_open", default=None)


def _add(claim: Claim, place: Place) -> None:
    """Collect a claim; ValueError, with both lines, where its name is taken."""
    claims = _open.get()
    if claims is None:
        return
    for other in claims:
        if other.name == claim.name:
            first = getattr(other, "place", NOWHERE)
            msg = f"two claims are named {claim.name!r}, at {first} and at {place}"
            raise ValueError(msg)
    if isinstance(claim, StatedIdentity | StatedBound):
        code = f"stated.load({str(claims.path)!r}).find({claim.name!r})"
        claim = replace(claim, code=code)
    claims.append(claim)


def identity(name: str | None = None, *, activation: str | None = None) -> Callable[[Sides], Sides]:
    """State that the two sides which the decorated function returns are equal.

    The function takes the network's quantities q, and sample indices if the identity is claimed for
    each sample, pair and so on. It stays as it is; its docstring is the statement. Without a name
    the claim gets the function's; with an activation, f, f′ and f″ are that one's.

    >>> @identity("eq. 13")
    ... def output(q, i):
    ...     '''∂ℓ/∂w = e h̄'''
    ...     s = q.at(i)
    ...     return q.part(q.gradient(i), "w", "1"), s.e * q.h_bar(s)
    >>> output.__name__
    'output'
    """
    _require_parentheses(name, "identity")
    if activation is not None:
        activations.load(activation)

    def add(function: Sides) -> Sides:
        claim = stated_identity(function, name, activation)
        _add(claim, claim.place)
        return function

    return add


def _require_parentheses(name: object, decorator: str) -> None:
    if callable(name):
        msg = f'write @{decorator}() or @{decorator}("its name"), with parentheses'
        raise TypeError(msg)


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


def bound(
    name: str | None = None,
    *,
    weighted: bool = False,
    hard: bool = False,
    inputs: bool = False,
    outputs: bool = False,
) -> Callable[[Sides], Sides]:
    """State that the first side that the decorated function returns is at most the second.

    Both are 1 × 1. The loss is the cross-entropy; the flags add assumptions: sample weights ω ≥ 0
    instead of 1, labels 0 and 1 only, |x_ij| ≤ 1, |f| ≤ 1. The function stays as it is.

    >>> @bound("residual", hard=True)
    ... def no_bound(q):
    ...     return q.residual.trace(), q.gauss_newton.trace()
    >>> no_bound.__name__
    'no_bound'
    """
    _require_parentheses(name, "bound")
    setting = Assumptions(weighted=weighted, hard=hard, inputs=inputs, outputs=outputs)

    def add(function: Sides) -> Sides:
        claim = stated_bound(function, name, setting)
        _add(claim, claim.place)
        return function

    return add


def certificate(function: Callable[..., Any]) -> Callable[[Sides], Sides]:
    """Give the proof of a bound: a generator of (reason, slack), which add up to the difference.

    It stands below the bound in the file; ValueError where the function is no bound there.
    """

    def add(proof: Sides) -> Sides:
        claims = _open.get()
        if claims is None:
            return proof
        for n, claim in enumerate(claims):
            if isinstance(claim, StatedBound) and claim.stated is function:
                claims[n] = replace(claim, proof=proof)
                return proof
        msg = f"{code_of(function)} is not stated as a bound above its certificate"
        raise ValueError(msg)

    return add


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


def scalar(name: str, lhs: Any, rhs: Any, *, statement: str | None = None) -> StatedScalar:
    """State that two SymPy expressions in u are equal wherever both are real numbers.

    Other symbols are parameters, and real.

    >>> claim = scalar("slope of tanh", sp.diff(sp.tanh(u), u), 1 - sp.tanh(u) ** 2)
    >>> claim.statement
    '1 - tanh(u)**2 = 1 - tanh(u)**2'
    """
    frame = inspect.stack()[1]
    claim = stated_scalar(name, lhs, rhs, statement, Place(frame.filename, frame.lineno))
    _add(claim, claim.place)
    return claim


def stated_scalar(
    name: str, lhs: Any, rhs: Any, statement: str | None, place: Place
) -> StatedScalar:
    """Return the claim that two expressions in u are equal; ValueError where one is not exact."""
    left, right = (_expression(side) for side in (lhs, rhs))
    shown = statement or f"{left} = {right}"
    own = ScalarFunction(value=u, definition=u)
    return StatedScalar("-", name, shown, ((left, right),), own, place=place)


def _expression(side: Any) -> sp.Expr:
    expr = sp.sympify(side)
    if not isinstance(expr, sp.Expr):
        msg = f"a side must be a SymPy expression, got {_kind(side)}"
        raise TypeError(msg)
    if floats := expr.atoms(sp.Float):
        number = min(floats, key=str)
        msg = f"numbers must be exact: write Rational('{number}') for {number} in {expr}"
        raise ValueError(msg)
    for symbol in expr.free_symbols - {u}:
        if symbol.name == u.name:
            msg = "u is another symbol here: write `from hessbound.derive import u`"
            raise ValueError(msg)
        if symbol.is_real is False:
            msg = f"parameters must be real numbers, and {symbol} is not"
            raise ValueError(msg)
    return expr


def load(path: Path | str) -> Stated:
    """Run a file of claims and return what it states.

    FileError, with file and line, where the file cannot be run or states nothing.
    """
    from . import bound_ladder, ladder, scalar_ladder  # noqa: F401  # they teach ``prove`` these claims

    path = Path(path).resolve()
    claims = Stated()
    claims.path = path
    token = _open.set(claims)
    try:
        with _importable(path.parent):
            _run(path)
    except (Exception, SystemExit) as error:
        raise file_error(error, path) from error
    finally:
        _open.reset(token)
    if not claims:
        msg = f"{path}: states no claim; see identity and scalar of hessbound.derive"
        raise FileError(msg)
    return claims


def _run(path: Path) -> None:
    name = f"claims_in_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"a file of claims ends in .py, got {path.name}"
        raise ValueError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pickle look
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let a file import what lies beside it; last in the path, so that it can hide nothing."""
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
