"""Files of claims: what a user writes in them, and how they are read.

A file calls ``identity``, ``bound`` and ``certificate`` (as decorators), ``scalar`` and
``at_most``; what they state is collected while ``load`` runs the file. The functions that state it
run in ``ladder``.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from sympy import Interval

from hessbound.derive import activations
from hessbound.derive.proof.blame import FileError, Place, code_of, file_error
from hessbound.derive.proof.bounded import Assumptions
from hessbound.derive.proof.stated import (
    NOWHERE,
    StatedAtMost,
    StatedBound,
    StatedIdentity,
    StatedScalar,
    stated_at_most,
    stated_bound,
    stated_identity,
    stated_scalar,
)
from hessbound.derive.proof.statements import Claim

Sides = TypeVar("Sides", bound=Callable[..., Any])
Scalar = TypeVar("Scalar", StatedScalar, StatedAtMost)


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
        code = f"claim_files.load({str(claims.path)!r}).find({claim.name!r})"
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


def scalar(
    name: str,
    lhs: Any,
    rhs: Any,
    *,
    activation: str | None = None,
    domain: Interval | None = None,
    statement: str | None = None,
) -> StatedScalar:
    """State that two SymPy expressions in u are real and equal for every real u, or in an interval.

    With an activation they may hold f, f1, f2 and f3, its value and derivatives. Other symbols are
    parameters, and real.

    >>> import sympy as sp
    >>> from hessbound.derive import u
    >>> claim = scalar("slope of tanh", sp.diff(sp.tanh(u), u), 1 - sp.tanh(u) ** 2)
    >>> claim.statement
    '1 - tanh(u)**2 = 1 - tanh(u)**2'
    """
    return _stated(stated_scalar, name, (lhs, rhs), activation, domain, statement)


def at_most(
    name: str,
    small: Any,
    large: Any,
    *,
    activation: str | None = None,
    domain: Interval | None = None,
    statement: str | None = None,
) -> StatedAtMost:
    """State that a SymPy expression is at most another for every real u, or in an interval.

    They are in u and, with an activation, in f, f1, f2 and f3, its value and derivatives there.
    Other symbols are parameters, and real.

    >>> from sympy import Rational
    >>> from hessbound.derive import f1
    >>> at_most("slope", f1, Rational(1, 4), activation="sigmoid").statement
    'sigmoid: f′ ≤ 1/4'
    """
    return _stated(stated_at_most, name, (small, large), activation, domain, statement)


def _stated(make: Callable[..., Scalar], name: str, sides: Any, *options: Any) -> Scalar:
    """Make a claim on scalars and collect it; it stands where the caller's caller is."""
    if options[0] is not None:
        activations.load(options[0])
    frame = inspect.stack()[2]
    claim = make(name, sides, *options, Place(frame.filename, frame.lineno))
    _add(claim, claim.place)
    return claim


def _require_parentheses(name: object, decorator: str) -> None:
    if callable(name):
        msg = f'write @{decorator}() or @{decorator}("its name"), with parentheses'
        raise TypeError(msg)


def load(path: Path | str) -> Stated:
    """Run a file of claims and return what it states.

    FileError, with file and line, where the file cannot be run or states nothing.
    """
    from hessbound.derive.proof import bound_ladder, ladder  # noqa: F401  # they teach ``prove``

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
