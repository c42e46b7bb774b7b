"""SymPy expressions as numba source (stage 5)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import sympy as sp
from sympy.printing.pycode import PythonCodePrinter

from hessbound.derive.functions.scalar import Atom, ScalarFunction

# How arrays of the IR are called in a kernel, and scalars that are entries of arrays there.
ARRAYS = {"w": "b"}
SCALARS = {"w0": "w[0]"}


class reciprocal(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """1/x, computed once for all the powers of x that are divided by."""


class NumbaPrinter(PythonCodePrinter):  # type: ignore[misc]  # SymPy has no types
    """A printer of IR expressions; ``tiles`` are arrays that hold a tile of pairs of samples."""

    def __init__(self, tiles: Iterable[str] = ()) -> None:
        super().__init__({"fully_qualified_modules": True})
        self.tiles = frozenset(tiles)

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name = str(expr.base)
        at = ("r", "s") if name in self.tiles else tuple(map(str, expr.indices))
        return f"{ARRAYS.get(name, name)}[{', '.join(at)}]"

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return SCALARS.get(str(expr), str(expr))

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        """Write small integer powers as products, which numba keeps exact and fast."""
        if expr.exp.is_Integer and 1 < expr.exp <= 4:
            return "(" + "*".join([self.parenthesize(expr.base, 60)] * int(expr.exp)) + ")"
        return str(super()._print_Pow(expr, rational))

    def _print_Float(self, expr: sp.Float) -> str:
        return repr(float(expr))

    def _print_Rational(self, expr: sp.Rational) -> str:
        exact = expr.q & (expr.q - 1) == 0  # in binary
        return repr(int(expr.p) / int(expr.q)) if exact else f"({expr.p}.0/{expr.q}.0)"

    def _print_reciprocal(self, expr: sp.Expr) -> str:
        return f"(1/{self.parenthesize(expr.args[0], 60)})"

    def _print_Max(self, expr: sp.Max) -> str:
        return self._bounded(expr, "<")

    def _print_Min(self, expr: sp.Min) -> str:
        return self._bounded(expr, ">")

    def _bounded(self, expr: sp.Expr, beyond: str) -> str:
        """Write comparisons that are false for NaN, and keep it, where max(0, v) may lose it."""
        *bounds, value = sorted(expr.args, key=lambda arg: not arg.is_number)
        code = str(self._print(value))
        for bound in map(self._print, bounds):
            code = f"({_float(bound)} if {code} {beyond} {bound} else {code})"
        return code

    def _elementary(self, expr: sp.Function) -> str:
        """Call the function of that name which the module has."""
        return f"_{type(expr).__name__}({', '.join(map(self._print, expr.args))})"

    _print_exp = _print_expm1 = _print_log1p = _print_tanh = _elementary
    _print_signed = _print_softplus_rest = _print_mills = _print_product_error = _elementary


def with_doubles(expr: sp.Expr) -> sp.Expr:
    """Replace irrational constants, or whole products of them, by the nearest double each."""
    if expr.is_number and not expr.is_Rational:
        return sp.Float(float(sp.N(expr, 40)))
    if isinstance(expr, sp.Mul):
        constant, rest = expr.as_independent(*expr.free_symbols, as_Add=False)
        if not constant.is_Rational:
            return with_doubles(constant) * sp.Mul(*map(with_doubles, sp.Mul.make_args(rest)))
    return expr.func(*map(with_doubles, expr.args)) if expr.args else expr


class ScalarCode(NamedTuple):
    """A scalar function as code: lines that define atoms, then the printed results."""

    lines: tuple[str, ...]
    results: tuple[str, ...]


def scalar_code(function: ScalarFunction, orders: Sequence[int]) -> ScalarCode:
    """Print the derivatives of these orders, with no atom computed that they do not need."""
    printer = NumbaPrinter()
    results = [function.derivative(order) for order in orders]
    needed = _needed(function, results)
    shared, stable = sp.cse(
        _divided_once([with_doubles(a.stable) for a in needed]),
        sp.numbered_symbols("t"),
        order="none",
    )
    steps = [*shared, *zip((a.symbol for a in needed), stable, strict=True)]
    steps += [(s, value) for s, value in function.constants.items() if _uses(s, results)]
    lines = [f"{name} = {printer.doprint(value)}" for name, value in _in_order(steps)]
    return ScalarCode(
        tuple(lines), tuple(_float(printer.doprint(with_doubles(x))) for x in results)
    )


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


def _float(code: str) -> str:
    """Write a bare integer as a float, so that all results of a kernel have one type."""
    return f"{code}.0" if code.lstrip("-").isdigit() else code
