"""Which classes are a package's own: a subclass could show one value, and compute with another."""

from __future__ import annotations

import sys
from collections.abc import Collection
from numbers import Rational

DURATION = "timedelta64"  # which NumPy counts among integers, whatever its unit is
NUMBERS = ("builtins", "fractions", "sympy", "numpy", "gmpy2")


def is_own(kind: type, packages: Collection[str]) -> bool:
    """Whether one of some packages has a class under the name that the class gives itself.

    >>> is_own(int, ["builtins"]), is_own(type("int", (int,), {}), ["builtins"])
    (True, False)
    """
    ours = kind.__module__.partition(".")[0] in packages
    return ours and getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind


def is_rational(x: object) -> bool:
    """Whether something is an exact number, of a class that is known here.

    >>> from fractions import Fraction
    >>> own = type("F", (Fraction,), {})
    >>> is_rational(Fraction(1, 2)), is_rational(own(1, 2)), is_rational(True)
    (True, False, False)
    """
    exact = isinstance(x, Rational) and not isinstance(x, bool)
    return exact and is_own(type(x), NUMBERS) and type(x).__name__ != DURATION
