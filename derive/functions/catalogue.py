"""One loader for what is found by file: a file of a package, whose name is the function's."""

from __future__ import annotations

import difflib
import importlib
import keyword
import pkgutil
from functools import cache
from types import ModuleType

from .bends import bend
from .scalar import ScalarFunction
from .smooth import NotSmoothError, require_smooth
from .symbols import require_declared

PACKAGE = "hessbound.derive.activations"


def names(package: str = PACKAGE) -> tuple[str, ...]:
    """List the names of all functions of a package; ValueError for a file that cannot be one.

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
    if type(name) is not str or name not in names(package):  # a subclass could be two names
        known, near = names(package), difflib.get_close_matches(str(name), names(package), 1, 0.7)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        if type(name) is str and (found := bend(name)):
            hint = f"; {found}"
        msg = f"{_kind(package)} must be one of {', '.join(known)}, got {name!r}{hint}"
        raise ValueError(msg)
    return _load(name, package)


@cache
def _load(name: str, package: str) -> ScalarFunction:
    module = _module(f"{package}.{name}")
    constant = _kind(package).upper()
    found = getattr(module, constant, None)
    if not isinstance(found, ScalarFunction):
        msg = f"{module.__file__} must define {constant}, a ScalarFunction, got {found!r}"
        raise TypeError(msg)
    try:
        require_declared(found, _kind(package))
    except (ValueError, TypeError) as error:
        msg = f"{module.__file__}: {error}"
        raise type(error)(msg) from None
    try:
        for definition in (found.definition, *(a.definition for a in found.atoms)):
            require_smooth(definition, found.variable)
    except NotSmoothError as error:
        msg = f"{module.__file__}: {error}"
        raise NotSmoothError(msg) from None
    return found


def _module(name: str) -> ModuleType:
    return importlib.import_module(name)


def _kind(package: str) -> str:
    """Return what a package holds one of: activation, loss."""
    return {"activations": "activation", "losses": "loss"}[package.rpartition(".")[2]]


def _article(package: str) -> str:
    kind = _kind(package)
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
