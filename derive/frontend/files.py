"""Files of claims: what a user writes in them, and how they are read.

A file calls ``identity``, ``bound`` and ``certificate`` (as decorators), ``scalar`` and
``at_most``; what they state is collected in a register while ``load`` runs the file, and proved by
the procedures that prove the paper's claims.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import threading
import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import sympy as sp

from hessbound.derive.functions import catalogue
from hessbound.derive.proof.assumptions import Assumptions, Given
from hessbound.derive.proof.faults import FileError, file_error
from hessbound.derive.proof.numerals import long_numbers
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.scalars import scalar_identity, scalar_inequality
from hessbound.derive.proof.statements import ScalarIdentity, ScalarInequality
from hessbound.derive.statements.places import Place

Sides = TypeVar("Sides", bound=Callable[..., Any])

_open: list[Register] = []  # of the files that are being read, whatever thread states a claim


def _register() -> Register:
    """Return the register of the file that is being read, or one that nobody keeps.

    RuntimeError in a thread that goes on after its file was read: nobody would know of the claim.
    """
    if _open:
        return _open[-1]
    if threading.current_thread() is not threading.main_thread():
        msg = "a thread states a claim while no file is read: let the file join its threads"
        raise RuntimeError(msg)
    return Register(bounds="")


def identity(
    name: str | None = None,
    *,
    activation: str | None = None,
    indices: tuple[str, ...] | None = None,
) -> Callable[[Sides], Sides]:
    """State that the two sides which the decorated function returns are equal.

    The function takes the network's quantities q, and indices if the identity is claimed for each
    sample, pair and so on; with ``indices=("sample", "hidden")``, for each sample and hidden unit.
    It stays as it is; its docstring is the statement. Without a name the claim gets the function's;
    with an activation, f, f′ and f″ are that one's.

    >>> @identity("eq. 13")
    ... def output(q, i):
    ...     '''∂ℓ/∂w = e h̄'''
    ...     s = q.at(i)
    ...     return q.part(q.gradient(i), "w", "1"), s.e * q.h_bar(s)
    >>> output.__name__
    'output'
    """
    _require_name(name, "identity")
    if activation is not None:
        catalogue.load(activation)
    return _register().identity(name, activation=activation, indices=indices)


def bound(
    name: str | None = None,
    *,
    weighted: bool = False,
    hard: bool = False,
    inputs: bool = False,
    outputs: bool = False,
    slope: bool = False,
    curvature: bool = False,
    given: Given | None = None,
) -> Callable[[Sides], Sides]:
    """State that the first side that the decorated function returns is at most the second.

    Both are 1 × 1. The loss is the cross-entropy; the flags add assumptions: sample weights ω ≥ 0
    instead of 1, labels 0 and 1 only, |x_ij| ≤ 1, |f| ≤ 1. With slope, curvature or both the loss
    is any, with |e_i| ≤ ω_i s₁, |p_i| ≤ ω_i s₂ or both, and s₁ and s₂ are ``q.s1.value`` and
    ``q.s2.value``. ``given(q)`` yields assumptions of one's own, (name, smaller side, larger side),
    which examples then obey. The function stays as it is.

    >>> @bound("residual", hard=True)
    ... def no_bound(q):
    ...     return q.residual.trace(), q.gauss_newton.trace()
    >>> no_bound.__name__
    'no_bound'
    """
    _require_name(name, "bound")
    setting = Assumptions(
        weighted, hard, inputs, outputs, given=given, slope=slope, curvature=curvature
    )
    return _register().bound(setting, name=name)


def certificate(function: Callable[..., Any]) -> Callable[[Sides], Sides]:
    """Give the proof of a bound: a generator of (reason, slack), which add up to the difference.

    It stands below the bound in the file; ValueError where the function is no bound there.
    """
    if not _open:
        return lambda proof: proof
    return _register().certificate(function)


def scalar(
    name: str,
    lhs: Any,
    rhs: Any,
    *,
    activation: str | None = None,
    domain: sp.Interval | None = None,
    statement: str | None = None,
) -> ScalarIdentity:
    """State that two SymPy expressions in u are real and equal for every real u, or in an interval.

    With an activation they may hold f, f1, f2 and f3, its value and derivatives. Other symbols are
    parameters, and real.

    >>> import sympy as sp
    >>> from hessbound.derive import u
    >>> claim = scalar("slope of tanh", sp.diff(sp.tanh(u), u), 1 - sp.tanh(u) ** 2)
    >>> claim.statement
    '1 - tanh(u)**2 = 1 - tanh(u)**2'
    """
    claim = scalar_identity(
        _text(name),
        (lhs, rhs),
        activation=activation,
        domain=domain,
        statement=statement,
        place=_caller(),
    )
    _register().append(claim)
    return claim


def at_most(
    name: str,
    small: Any,
    large: Any,
    *,
    activation: str | None = None,
    domain: sp.Interval | None = None,
    statement: str | None = None,
) -> ScalarInequality:
    """State that a SymPy expression is at most another for every real u, or in an interval.

    They are in u and, with an activation, in f, f1, f2 and f3, its value and derivatives there.
    Other symbols are parameters, and real.

    >>> from sympy import Rational
    >>> from hessbound.derive import f1
    >>> at_most("slope", f1, Rational(1, 4), activation="sigmoid").statement
    'sigmoid: f′ ≤ 1/4'
    """
    claim = scalar_inequality(
        _text(name),
        (small, large),
        activation=activation,
        domain=domain,
        statement=statement,
        place=_caller(),
    )
    _register().append(claim)
    return claim


def _caller() -> Place:
    """Return the line that states a claim: the caller of this function's caller."""
    frame = inspect.stack()[2]
    return Place(frame.filename, frame.lineno)


def _require_name(name: object, decorator: str) -> None:
    if callable(name):
        msg = f'write @{decorator}() or @{decorator}("its name"), with parentheses'
        raise TypeError(msg)
    if name is not None:
        _text(name)


def _text(name: object) -> str:
    if type(name) is not str or not name.strip() or not name.isprintable():
        msg = f"a claim's name must be a text of one line such as 'tr H', got {name!r}"
        raise TypeError(msg)
    return name


def load(path: Path | str) -> Register:
    """Run a file of claims and return what it states.

    FileError, with file and line, where the file cannot be run or states nothing.
    """
    path = Path(path).resolve()
    code = f"from hessbound.derive.frontend import files\nclaims = files.load({str(path)!r})"
    claims = Register(code, bounds="")
    _open.append(claims)
    try:
        run(path, f"claims_in_{path.stem}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise file_error(error, path) from error
    finally:
        _open.remove(claims)
    if not claims:
        msg = f"{path}: states no claim; see identity and scalar of hessbound.derive"
        raise FileError(msg)
    return claims


def run(path: Path, name: str) -> ModuleType:
    """Run a file as a module of that name; it may import what lies beside it.

    Python's limit on digits is afterwards what it was.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        given = path.name
        msg = f"a file of claims ends in .py, got {given}; a claim is named by --claim {given}"
        raise ValueError(msg)
    with tokenize.open(path) as file:
        file.read()  # an error for bytes that are no text, which the loader takes in comments
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pickle look
    try:
        with _importable(path.parent), long_numbers():
            spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let a file import what lies beside it; last in the path, so that it can hide nothing."""
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
