"""Functions of one variable as code: lines that define atoms, then results (stage 5)."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import sympy as sp
from flint import arb

from hessbound.derive.functions import balls
from hessbound.derive.functions.loss import Loss, y, y_bar
from hessbound.derive.functions.scalar import Atom, ScalarFunction
from hessbound.derive.functions.special import constant_error, damped

from .printer import NumbaPrinter, as_float, once, reciprocal

FAR = sp.Integer(10) ** 200
LARGEST = sys.float_info.max
LONG = 80  # characters of a definition, from which on it is no help beside the code


@dataclass(frozen=True)
class FunctionCode:
    """A function that kernels call by its address, printed.

    ``fills`` are the arrays that it fills; of one number there are ``lines``, then its ``results``.
    """

    name: str
    fills: tuple[str, ...]
    lines: tuple[str, ...]
    results: tuple[str, ...]


def function_code(
    function: ScalarFunction, prefix: str, orders: Mapping[str, int | sp.Expr]
) -> FunctionCode:
    """Print the derivatives of these orders, with no atom computed that they do not need.

    What is no order is an expression in atoms.

    >>> from hessbound.derive import activations
    >>> function_code(activations.load("linear"), "unit", {"h": 0})
    FunctionCode(name='unit_h', fills=('h',), lines=(), results=('u',))
    """
    printer = NumbaPrinter()
    results = [function.derivative(x) if isinstance(x, int) else x for x in orders.values()]
    needed = _needed(function, results)
    shared, stable = sp.cse(
        _divided_once(_exponentials_once([with_doubles(a.stable) for a in needed])),
        sp.numbered_symbols("t"),
        order="none",
    )
    steps = [*shared, *zip((a.symbol for a in needed), stable, strict=True)]
    used = [*results, *(a.stable for a in needed)]
    steps += [(s, value) for s, value in function.resolved.items() if _uses(s, used)]
    shown = {a.symbol: sp.sstr(a.definition) for a in needed}
    meant = {symbol: f"  # {text}" for symbol, text in shown.items() if len(text) < LONG}
    return FunctionCode(
        "_".join([prefix, *orders]),
        tuple(orders),
        tuple(
            f"{name} = {printer.doprint(value)}{meant.get(name, '')}"
            for name, value in _in_order(steps)
        ),
        tuple(as_float(printer.doprint(_result(x, function))) for x in results),
    )


def with_doubles(expr: sp.Expr) -> sp.Expr:
    """Replace irrational constants, or whole products of them, by the nearest double each."""
    if isinstance(expr, constant_error):
        (exact,) = expr.args
        return sp.Float(float(sp.N(exact - sp.Rational(float(sp.N(exact, 40))), 40)))
    if expr.is_number and expr.has(constant_error):
        return expr.func(*map(with_doubles, expr.args))
    if expr.is_number and not expr.is_Rational:
        return sp.Float(float(sp.N(expr, 40)))
    if isinstance(expr, sp.Mul):
        constant, rest = expr.as_independent(*expr.free_symbols, as_Add=False)
        if not constant.is_Rational:
            return with_doubles(constant) * sp.Mul(*map(with_doubles, sp.Mul.make_args(rest)))
    return expr.func(*map(with_doubles, expr.args)) if expr.args else expr


def _result(expr: sp.Expr, function: ScalarFunction) -> sp.Expr:
    own = _labelled(expr, function) if isinstance(function, Loss) else expr
    return _damped(with_doubles(own), function)


def _labelled(expr: sp.Expr, loss: Loss) -> sp.Expr:
    """Where a label is 0, what it multiplies is left out, which may be infinite."""
    large = {a.symbol for a in loss.atoms if _overflows(a, loss.variable)}

    def term(product: sp.Mul) -> sp.Expr:
        labels = [x for x in product.args if x in (y, y_bar)]
        if not labels or not product.free_symbols & large:
            return product
        return damped(sp.Mul(*(x for x in product.args if x not in labels)), sp.Mul(*labels))

    return expr.replace(lambda x: isinstance(x, sp.Mul), term)


@cache
def _overflows(a: Atom, x: sp.Symbol) -> bool:
    """Return whether an atom is, or may be, beyond all doubles where its variable is not."""
    forms = (a.definition, a.stable)
    others = {s: sp.Rational(1, 2) for form in forms for s in form.free_symbols - {x}}
    return not any(
        all(abs(balls.ball(form, {x: way * FAR, **others})) < arb(LARGEST) for way in (1, -1))
        for form in forms
    )


def _damped(expr: sp.Expr, function: ScalarFunction) -> sp.Expr:
    """Where a sum with powers of u, which may be infinite, meets atoms that are then 0, take 0."""
    u, atoms = function.variable, set(function.rules)
    sums = [x for x in sp.Mul.make_args(expr) if isinstance(x, sp.Add) and _degree(x, u) > 1]
    others = [x for x in sp.Mul.make_args(expr) if x not in sums]
    if not sums or not any(x.free_symbols & atoms for x in others):
        return expr
    return damped(sp.Mul(*sums), sp.Mul(*others))


def _degree(expr: sp.Expr, u: sp.Symbol) -> int:
    return int(sp.degree(expr, u)) if expr.is_polynomial(u) else 0


def _exponentials_once(forms: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Where e^x and e^(nx) are asked for, take powers of e^x: SymPy writes those as e^(nx)."""
    found = {e for x in forms for e in x.atoms(sp.exp)}
    put: dict[sp.Expr, sp.Expr] = {}
    for e in found:
        bases = [
            b for b in found if (e.args[0] / b.args[0]).is_Integer and e.args[0] / b.args[0] > 1
        ]
        for b in bases:
            if not any((b.args[0] / c.args[0]).is_Integer for c in found - {b}):
                put |= {e: once(b) ** (e.args[0] / b.args[0]), b: once(b)}
    return [x.xreplace(put) for x in forms]


def _divided_once(forms: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Where several powers of something are divided by, use those of its reciprocal."""
    divisors = {p for x in forms for p in x.atoms(sp.Pow) if p.exp.is_Integer and p.exp < 0}
    several = {p for p in divisors if any(p.base == o.base for o in divisors - {p})}
    return [x.xreplace({p: reciprocal(p.base) ** -p.exp for p in several}) for x in forms]


def _needed(function: ScalarFunction, results: Sequence[sp.Expr]) -> list[Atom]:
    used = {s for x in results for s in x.free_symbols}
    for a in reversed(function.atoms):
        if a.symbol in used:
            used |= a.stable.free_symbols
    return [a for a in function.atoms if a.symbol in used]


def _in_order(steps: list[tuple[sp.Symbol, sp.Expr]]) -> Iterator[tuple[sp.Symbol, sp.Expr]]:
    """Sort assignments so that each comes after what it uses, otherwise as they were."""
    waiting = list(steps)
    while waiting:
        open_ = {name for name, _ in waiting}
        ready = next(step for step in waiting if not step[1].free_symbols & open_)
        waiting.remove(ready)
        yield ready


def _uses(symbol: sp.Symbol, results: Sequence[sp.Expr]) -> bool:
    return any(symbol in x.free_symbols for x in results)
