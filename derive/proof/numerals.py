"""Numbers of many digits, which Python by itself does not write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sympy as sp

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


def written(domain: sp.Interval) -> str:
    """Write an interval for readers, of long numbers only how many digits they have.

    >>> written(sp.Interval.Lopen(0, 10**5000)), written(sp.Interval.open(0, 1))
    ('Interval.Lopen(0, <5001 digits>)', 'Interval.open(0, 1)')
    """
    if max(map(_digits, domain.atoms(sp.Rational)), default=0) <= LONG:
        return str(domain)
    kinds = {(True, True): ".open", (True, False): ".Lopen", (False, True): ".Ropen"}
    kind = kinds.get((bool(domain.left_open), bool(domain.right_open)), "")
    return f"Interval{kind}({shortened(domain.start)}, {shortened(domain.end)})"


def _digits(number: sp.Rational) -> int:
    """Count the decimal digits, one more or less."""
    return max(int(x).bit_length() * 30103 // 100000 + 1 for x in (number.p, number.q))
