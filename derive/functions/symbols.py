"""What the expressions of a file may be made of: symbols that it declares, and SymPy's classes."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.core.function import AppliedUndef

from hessbound.derive.algebra.classes import is_own

from .loss import Loss, omega, v, y
from .scalar import ScalarFunction, u
from .special import ERRORS

PARAMETERS = {"activation": (), "loss": (y, omega)}


def require_declared(function: ScalarFunction, kind: str) -> None:
    """Raise ValueError where a function's variable is not its kind's, or a symbol is not declared.

    >>> x = sp.Symbol("x", real=True)
    >>> require_declared(ScalarFunction(sp.exp(u), sp.exp(u)), "activation")
    >>> require_declared(ScalarFunction(u * x, u * x), "activation")
    Traceback (most recent call last):
    ValueError: the definition u*x has the symbol x, which is neither u nor an atom nor a constant
    """
    variable, parameters = {"activation": u, "loss": v}[kind], PARAMETERS[kind]
    if function.variable != variable:
        own = f"Symbol({variable.name!r}, real=True)"
        msg = f"the variable must be {own}, got {sp.srepr(function.variable)}"
        raise ValueError(msg)
    plain = {variable, *parameters, *function.constants}
    atoms = {a.symbol for a in function.atoms}
    if taken := atoms & plain:
        msg = f"the atom {min(taken, key=str)} has the name of something else"
        raise ValueError(msg)
    for what, expr, known in _expressions(function, plain, plain | atoms):
        require_plain(sp.sympify(expr))
        if sp.sympify(expr).has(*ERRORS) and not what.startswith("the stable form"):
            msg = f"{what} {expr} has a rounding error, which only a stable form may have"
            raise ValueError(msg)
        if unknown := sp.sympify(expr).free_symbols - known:
            symbol = min(unknown, key=str)
            namesake = any(symbol.name == s.name for s in known)
            why = (
                f"another symbol than the {symbol} that is declared, by what is assumed of it"
                if namesake
                else f"which is neither {variable} nor an atom nor a constant"
                if atoms <= known
                else f"which is neither {variable} nor a constant"
            )
            msg = f"{what} {expr} has the symbol {symbol}, {why}"
            raise ValueError(msg)


def _expressions(
    function: ScalarFunction, plain: set[sp.Symbol], every: set[sp.Symbol]
) -> Iterable[tuple[str, sp.Basic, set[sp.Symbol]]]:
    """Yield all that a function is made of, each with its name and the symbols that it may have."""
    yield "the definition", function.definition, plain
    yield "the value", function.value, every
    for a in function.atoms:
        yield f"the definition of {a.symbol},", a.definition, plain
        yield f"the derivative of {a.symbol},", a.derivative, every
        yield f"the stable form of {a.symbol},", a.stable, every
        if a.relation is not None:
            yield f"the relation of {a.symbol},", a.relation, every
    for _, expr in function.closed.values():
        yield "the closed form", expr, plain
    for _, values in function.ranges.values():
        yield "the range", values, set()
    if isinstance(function, Loss):
        yield "the set of labels", function.labels, set()
        for bound in (function.slope, function.curvature):
            if bound is not None:
                yield "the supremum", bound, set()
        for expr in function.probabilities or ():
            yield "the probability", expr, every
    for symbol, expr in function.constants.items():
        yield f"the constant {symbol},", expr, plain - {function.variable, symbol}


def require_plain(expr: sp.Basic) -> None:
    """Raise an error for a subclass of SymPy's classes: it could show this, and compute that."""
    for node in sp.preorder_traversal(expr):
        if not isinstance(node, AppliedUndef) and not is_own(type(node), ("sympy", "hessbound")):
            msg = f"sides and domains are made of SymPy's classes, got {type(node).__name__}"
            raise TypeError(msg)
