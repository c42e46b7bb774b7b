"""SymPy's expressions of the network read into normal form (stage 2).

Sums become bound indices, deltas contract, and the functions of u and v become atoms.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.polynomials import Poly, atom, delta
from hessbound.derive.algebra.sympy import arithmetic

from . import network
from .network import GENERIC, Model

Kinds: TypeAlias = Mapping[sp.Symbol, str]  # of the index symbols in scope
RANGES = {KINDS[kind].limits: kind for kind in ("hidden", "input", "sample")}


def convert(expr: sp.Expr, kinds: Kinds, model: Model = GENERIC) -> Poly:
    """Read a SymPy expression into normal form; TypeError for what has no index form."""

    def index(x: sp.Symbol) -> Index:
        return Index(kinds[x], x.name)

    def leaf(x: sp.Expr) -> Poly:
        match x:
            case sp.Sum() if (unit := _unit(x, model)) is not None:
                return atom("u", index(network.i), index(unit))
            case sp.Sum():
                return convert_sum(x, kinds, model)
            case sp.KroneckerDelta(args=(a, b)):
                return _convert_delta(a, b, kinds)
            case sp.Indexed():
                name = str(x.base)
                return atom(name + "0") if x.indices == (0,) else atom(name, *map(index, x.indices))
            case sp.Function():
                return _convert_function(x, index, model)
            case sp.Symbol():
                return atom(x.name)
        msg = f"no index form for {x!r}"
        raise TypeError(msg)

    return arithmetic(expr, leaf)


def convert_sum(expr: sp.Sum, kinds: Kinds, model: Model) -> Poly:
    """Read a sum, its indices made distinct from every index in scope."""
    body, scope = expr.function, dict[sp.Symbol, str]()
    for x, low, high in expr.limits:
        name = f"{x.name}'{len(kinds) + len(scope)}"  # distinct from every index in scope
        fresh = sp.Symbol(name, integer=True)
        if x != network.i:  # v and u are recognised by their sample, which therefore keeps its name
            body = body.xreplace({x: fresh})
        scope[fresh if x != network.i else x] = RANGES[low, high]
    inner = convert(body, {**kinds, **scope}, model)
    return inner.sum(*(Index(kind, x.name) for x, kind in scope.items()))


def _convert_delta(a: sp.Expr, b: sp.Expr, kinds: Kinds) -> Poly:
    if 0 in (a, b):
        other = b if a == 0 else a
        if kinds[other] != "hidden":
            msg = f"cannot tell whether the {kinds[other]} index {other} is 0"
            raise TypeError(msg)
        return Poly()  # hidden units run from 1, so the delta with the bias w_0 is 0
    return delta(Index(kinds[a], a.name), Index(kinds[b], b.name))


def _convert_function(expr: sp.Function, index: Callable[[sp.Symbol], Index], model: Model) -> Poly:
    name, (argument,) = expr.func.__name__, expr.args
    if expr.func in model.output_functions.values() and argument == model.v:
        return atom(name, index(network.i))
    unit = _unit(argument, model)
    if expr.func in model.hidden_functions.values() and unit is not None:
        return atom(name, index(network.i), index(unit))
    msg = f"no index form for {expr!r}"
    raise TypeError(msg)


def _unit(expr: sp.Expr, model: Model) -> sp.Symbol | None:
    """Return the k for which the expression is u_k, or None."""
    units = {x.indices[0] for x in expr.atoms(sp.Indexed) if x.base == network.A}
    return next((x for x in units if len(units) == 1 and expr == model.u(x)), None)
