"""One file per activation; they are discovered, never listed.

A file ``<name>.py`` here defines ``ACTIVATION``, a ``ScalarFunction``; its name is the
activation's.
"""

import importlib
import keyword
import pkgutil
from functools import cache

from hessbound.derive.functions.scalar import ScalarFunction


def names() -> tuple[str, ...]:
    """List the names of all activations, sorted; ValueError for a file that cannot be one.

    >>> "tanh" in names()
    True
    """
    found = sorted(info.name for info in pkgutil.iter_modules(__path__))
    for name in found:
        if not name.isidentifier() or keyword.iskeyword(name):
            msg = f"an activation's file name must be a Python identifier, got {name!r}.py"
            raise ValueError(msg)
    return tuple(name for name in found if not name.startswith("_"))


@cache
def load(name: str) -> ScalarFunction:
    """Return the activation of that name.

    ValueError, with the known names, where there is none; TypeError where its file defines none.

    >>> load("tanh").derivative(1), load("tanh").define(load("tanh").value)
    (q, tanh(u))
    >>> load("step")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: activation must be one of ..., got 'step'
    """
    if name not in names():
        msg = f"activation must be one of {', '.join(names())}, got {name!r}"
        raise ValueError(msg)
    module = importlib.import_module(f"{__name__}.{name}")
    activation = getattr(module, "ACTIVATION", None)
    if not isinstance(activation, ScalarFunction):
        msg = f"{module.__file__} must define ACTIVATION, a ScalarFunction, got {activation!r}"
        raise TypeError(msg)
    return activation
