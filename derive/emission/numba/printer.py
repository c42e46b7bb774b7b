"""SymPy expressions as numba source (stage 5)."""

import sys

import sympy as sp
from sympy.printing.pycode import PythonCodePrinter

from .places import place

WHOLE = 2**53  # the largest number up to which doubles are all whole ones


class reciprocal(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """1/x, computed once for all the powers of x that are divided by."""


class once(sp.Function):  # type: ignore[misc]  # SymPy has no types
    """x itself, which SymPy does not merge with other powers of it."""


class NumbaPrinter(PythonCodePrinter):  # type: ignore[misc]  # SymPy has no types
    """A printer of functions of numbers."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": True})

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        """Write small integer powers as products, which numba keeps exact and fast."""
        if expr.exp.is_Integer and 1 < expr.exp <= 4:
            return "(" + "*".join([self.parenthesize(expr.base, 60)] * int(expr.exp)) + ")"
        return str(super()._print_Pow(expr, rational))

    def _print_Float(self, expr: sp.Float) -> str:
        return repr(float(expr))

    def _print_Integer(self, expr: sp.Integer) -> str:
        _require_double(expr)
        if abs(int(expr)) > WHOLE:
            return repr(float(int(expr)))
        return str(super()._print_Integer(expr))

    def _print_Rational(self, expr: sp.Rational) -> str:
        _require_double(expr)
        exact = expr.q & (expr.q - 1) == 0  # in binary
        return repr(int(expr.p) / int(expr.q)) if exact else f"({expr.p}.0/{expr.q}.0)"

    def _print_reciprocal(self, expr: sp.Expr) -> str:
        return f"(1/{self.parenthesize(expr.args[0], 60)})"

    def _print_once(self, expr: sp.Expr) -> str:
        return str(self._print(expr.args[0]))

    def _print_Max(self, expr: sp.Max) -> str:
        return self._bounded(expr, "<")

    def _print_Min(self, expr: sp.Min) -> str:
        return self._bounded(expr, ">")

    def _bounded(self, expr: sp.Expr, beyond: str) -> str:
        """Write comparisons that are false for NaN, and keep it, where max(0, v) may lose it."""
        *bounds, value = sorted(expr.args, key=lambda arg: not arg.is_number)
        code = str(self._print(value))
        for bound in map(self._print, bounds):
            code = f"({as_float(str(bound))} if {code} {beyond} {bound} else {code})"
        return code

    def _elementary(self, expr: sp.Function) -> str:
        """Call the function of that name which the module has."""
        return f"_{type(expr).__name__}({', '.join(map(self._print, expr.args))})"

    _print_exp = _print_expm1 = _print_log1p = _print_tanh = _elementary
    _print_signed = _print_softplus_rest = _print_mills = _print_mills_rest = _elementary
    _print_mills_skew = _print_product_error = _print_sum_error = _elementary
    _print_corrected_exp = _print_damped = _elementary


class EntryPrinter(NumbaPrinter):
    """A printer of IR expressions, by the places of what they name."""

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        return str(place(expr))

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return str(place(expr))

    def _print_KroneckerDelta(self, expr: sp.KroneckerDelta) -> str:
        return f"({expr.args[0]} == {expr.args[1]})"


def as_float(code: str) -> str:
    """Write a bare integer as a float, so that all results of a function have one type.

    >>> as_float("1"), as_float("2*q")
    ('1.0', '2*q')
    """
    return f"{code}.0" if code.lstrip("-").isdigit() else code


def _require_double(number: sp.Rational) -> None:
    """Raise ValueError for a number that would be ∞ in kernels, or is a quotient of such."""
    if (largest := max(abs(int(number.p)), int(number.q))) > sys.float_info.max:
        msg = "kernels compute in doubles, which end at 1.8e308; the formula has a number of "
        msg += f"{len(str(largest))} digits"
        raise ValueError(msg)
