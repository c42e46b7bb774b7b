"""One loader for what is found by file: a file of a package, whose name is the function's.

Functions of a user's files are found beside them while ``including`` lasts.
"""

from __future__ import annotations

import difflib
import importlib
import keyword
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import ModuleType

from .bends import bend
from .loss import Loss, in_residual, residual, v
from .scalar import ScalarFunction
from .smooth import NotSmoothError, require_smooth
from .symbols import require_declared

PACKAGE = "hessbound.derive.activations"
Own = Mapping[str, Mapping[str, ScalarFunction]]  # by package, then by name

_own: ContextVar[Own] = ContextVar("_own")


def names(package: str = PACKAGE) -> tuple[str, ...]:
    """List the names of all functions of a package; ValueError for a file that cannot be one.

    Those that are included for a while are not among them.

    >>> "tanh" in names()
    True
    """
    found = sorted(info.name for info in pkgutil.iter_modules(_module(package).__path__))
    for name in found:
        if not name.isidentifier() or keyword.iskeyword(name):
            msg = f"{_article(package)}'s file name must be a Python identifier, got {name!r}.py"
            raise ValueError(msg)
    return tuple(name for name in found if not name.startswith("_"))


def load(name: str, package: str = PACKAGE) -> ScalarFunction:
    """Return the function of that name.

    ValueError, with the known names, where there is none, and where it is not real and smooth on
    the whole line; TypeError where its file defines none.

    >>> load("tanh").derivative(1), load("tanh").define(load("tanh").value)
    (q, tanh(u))
    >>> load("step")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: activation must be one of ..., got 'step'
    """
    own = _own.get({}).get(package, {})
    known = (*names(package), *own)
    if type(name) is not str or name not in known:  # a subclass could be two names
        why = bend(name) if type(name) is str else ""
        near = difflib.get_close_matches(str(name), known, 1, 0.7)
        hint = f"; {why}" if why else f"; did you mean {near[0]!r}?" if near else ""
        msg = f"{_kind(package)} must be one of {', '.join(known)}, got {name!r}{hint}"
        raise ValueError(msg)
    return own[name] if name in own else _load(name, package)


@contextmanager
def including(own: Own) -> Iterator[None]:
    """Let ``load`` find more functions, by package and name.

    >>> with including({PACKAGE: {"my_tanh": load("tanh")}}):
    ...     load("my_tanh").value
    t
    """
    token = _own.set(own)
    try:
        yield
    finally:
        _own.reset(token)


@cache
def _load(name: str, package: str) -> ScalarFunction:
    return defined_by(_module(f"{package}.{name}"), _kind(package).upper())


def defined_by(module: ModuleType, constant: str) -> ScalarFunction:
    """Return the function that a module defines by that name, if it is one, real and smooth."""
    found = getattr(module, constant, None)
    wanted = Loss if constant == "LOSS" else ScalarFunction
    if type(found) is not wanted:  # a subclass could show this, and compute that
        msg = f"{module.__file__} must define {constant}, a {wanted.__name__}, got {found!r}"
        raise TypeError(msg)
    try:
        require_declared(found, constant.lower())
    except (ValueError, TypeError) as error:
        msg = f"{module.__file__}: {error}"
        raise type(error)(msg) from None
    try:
        require_all_smooth(found)
    except NotSmoothError as error:
        msg = f"{module.__file__}: {error}"
        raise NotSmoothError(msg) from None
    return found


def require_all_smooth(function: ScalarFunction) -> None:
    """Raise NotSmoothError unless a function and its atoms are real and smooth on the line.

    >>> require_all_smooth(load("tanh"))
    """
    for definition in (function.definition, *(a.definition for a in function.atoms)):
        moved = in_residual(definition) if function.variable == v else None
        if moved:
            require_smooth(moved[0], residual)
        else:
            require_smooth(definition, function.variable)


def _module(name: str) -> ModuleType:
    return importlib.import_module(name)


def _kind(package: str) -> str:
    """Return what a package holds one of: activation, loss."""
    return {"activations": "activation", "losses": "loss"}[package.rpartition(".")[2]]


def _article(package: str) -> str:
    kind = _kind(package)
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
