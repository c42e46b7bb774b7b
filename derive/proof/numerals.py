"""Numbers of many digits, which Python by itself does not write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sympy as sp
from sympy.printing.str import StrPrinter

MOST = 200_000  # digits, which take a second
LONG = 1000  # digits, from which on a number is no help to a reader


@contextmanager
def long_numbers() -> Iterator[None]:
    """Let whole numbers of up to 200,000 digits be written, and read, in the block.

    >>> with long_numbers():
    ...     len(str(10**5000))
    5001
    """
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(max(before, MOST) if before else before)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(before)


def shortened(expr: sp.Expr) -> sp.Expr:
    """Replace numbers of more than 1000 digits by how many they have, for readers.

    >>> shortened(sp.Symbol("u") * 10**5000)
    <5001 digits>*u
    """
    long = [x for x in expr.atoms(sp.Rational) if _digits(x) > LONG]
    return expr.xreplace({x: sp.Symbol(f"<{_digits(x)} digits>") for x in long})


class _Shortened(StrPrinter):  # type: ignore[misc]  # SymPy has no types
    def _print_Rational(self, expr: sp.Rational) -> str:
        if (digits := _digits(expr)) > LONG:
            return f"<{digits} digits>"
        return str(super()._print_Rational(expr))

    def _print_Integer(self, expr: sp.Integer) -> str:
        return self._print_Rational(expr) if _digits(expr) > LONG else str(expr)


def written(domain: sp.Set) -> str:
    """Write a set for readers, of long numbers only how many digits they have.

    >>> written(sp.Interval(0, 10**5000))
    'Interval(0, <5001 digits>)'
    """
    return str(_Shortened().doprint(domain))


def _digits(number: sp.Rational) -> int:
    """Count the decimal digits, one more or less."""
    return max(int(x).bit_length() * 30103 // 100000 + 1 for x in (number.p, number.q))
