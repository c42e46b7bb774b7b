"""Functions of one variable as code: lines that define atoms, then results (stage 5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from hessbound.derive.functions.scalar import Atom, ScalarFunction

from .printer import NumbaPrinter, as_float, reciprocal


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
        _divided_once([with_doubles(a.stable) for a in needed]),
        sp.numbered_symbols("t"),
        order="none",
    )
    steps = [*shared, *zip((a.symbol for a in needed), stable, strict=True)]
    steps += [(s, value) for s, value in function.constants.items() if _uses(s, results)]
    meant = {a.symbol: f"  # {sp.sstr(a.definition)}" for a in needed}
    return FunctionCode(
        "_".join([prefix, *orders]),
        tuple(orders),
        tuple(
            f"{name} = {printer.doprint(value)}{meant.get(name, '')}"
            for name, value in _in_order(steps)
        ),
        tuple(as_float(printer.doprint(with_doubles(x))) for x in results),
    )


def with_doubles(expr: sp.Expr) -> sp.Expr:
    """Replace irrational constants, or whole products of them, by the nearest double each."""
    if expr.is_number and not expr.is_Rational:
        return sp.Float(float(sp.N(expr, 40)))
    if isinstance(expr, sp.Mul):
        constant, rest = expr.as_independent(*expr.free_symbols, as_Add=False)
        if not constant.is_Rational:
            return with_doubles(constant) * sp.Mul(*map(with_doubles, sp.Mul.make_args(rest)))
    return expr.func(*map(with_doubles, expr.args)) if expr.args else expr


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
