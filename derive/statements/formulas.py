"""Matrices that write themselves down, with the operations of ``matrices.Matrix``, for ``typeset``.

An expression is LaTeX with its level of binding, so that brackets appear only where a reader needs
them. Beyond what was asked for it only leaves out zeros, moves scalars to the front, spreads
products of vectors entry by entry over sums, writes equal neighbours as powers, and calls an inner
product of two samples by the entry of their Gram matrix.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from typing import TypeAlias

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS

Number: TypeAlias = Fraction | int
Term: TypeAlias = "tuple[int, Formula]"  # with its sign
ONE = ""  # a side of length one
SIZES = {name: sp.latex(kind.count) for name, kind in KINDS.items()}
SYMBOL = re.compile(r"[A-Za-z](_\{\w+\})?")
OPEN, CLOSE = "\ue000", "\ue001"  # brackets around a scalar sum, which may yet get a name


class Level(IntEnum):
    """How tightly an expression binds."""

    SUM = 0
    BIG = 1  # Σ, which reaches up to the next + or −
    HADAMARD = 2
    KRON = 3
    INNER = 4  # a product of matrices that is a scalar, or ends with one
    PRODUCT = 5
    PREFIX = 6  # tr
    NABLA = 7
    POWER = 8
    ATOM = 9


@dataclass(frozen=True)
class Formula:
    r"""A matrix as LaTeX; ``*`` and ``**`` go entry by entry.

    Examples
    --------
    >>> K, p = Formula("K", "N", "N"), Formula("p", "N")
    >>> print((p.T @ (K * K + K) @ p).latex)
    p^{\top} (K \circ K + K) p
    >>> print((K @ K).trace().latex)
    \operatorname{tr} K^{2}
    """

    latex: str
    rows: str = ONE
    cols: str = ONE
    level: Level = Level.ATOM
    terms: tuple[Term, ...] = ()  # of a sum
    head: str = ""  # the Σ before these terms
    base: tuple[str, int] | None = None  # of a power of a matrix
    scalars: tuple[str, ...] = ()  # what a product entry by entry starts with, and the rest of it
    core: str = ""
    loose: bool = False  # whether the rest needs brackets behind scalars
    gram: tuple[str, str] | None = None  # its inner products, and its sample
    of: str = ""  # what this is the transpose of

    @property
    def scalar(self) -> bool:
        """Whether both sides have length one."""
        return (self.rows, self.cols) == (ONE, ONE)

    @property
    def column(self) -> bool:
        """Whether this is a column vector."""
        return self.cols == ONE != self.rows

    @property
    def number(self) -> bool:
        """Whether this is a number."""
        return self.latex.replace(r"\tfrac", "").strip("-{}0123456789") == ""

    @property
    def zero(self) -> bool:
        """Whether this is a block of zeros."""
        return self.latex == "0"

    def at(self, level: Level) -> str:
        """Return the LaTeX, in brackets unless it binds at least as tightly as the level."""
        if self.level >= level:
            return self.latex
        if self.level == Level.SUM and self.scalar:
            return f"{OPEN}{self.latex}{CLOSE}"
        return brackets(self.latex)

    @property
    def T(self) -> Formula:
        """The transpose."""
        if self.scalar or self.zero:
            return replace(self, rows=self.cols, cols=self.rows)
        if self.of:
            return Formula(self.of, self.cols, self.rows, gram=self.gram)
        plain = self.latex if self.level == Level.ATOM else ""
        latex = f"{self.at(Level.ATOM)}^{{\\top}}"
        return Formula(latex, self.cols, self.rows, Level.POWER, gram=self.gram, of=plain)

    def __matmul__(self, other: Formula) -> Formula:
        sides = self.rows, other.cols
        if self.zero or other.zero:
            return Formula("0", *sides)
        if self.gram and other.gram and sides == (ONE, ONE) and self.gram[0] == other.gram[0]:
            return _inner(self, other)
        if power := _power(self, other):
            return power
        level = Level.INNER if sides == (ONE, ONE) else Level.PRODUCT
        return Formula(f"{self.at(Level.INNER)} {other.at(Level.INNER)}", *sides, level)

    def __mul__(self, other: Formula | Number) -> Formula:
        other = lift(other)
        sides = self.rows or other.rows, self.cols or other.cols
        if self.zero or other.zero:
            return Formula("0", *sides)
        if self.scalar and not other.number:
            return _scaled(self, other)
        if other.scalar:
            return _scaled(other, self)
        if self.column and other.column and Level.SUM in (self.level, other.level):
            terms = [(m * n, x * y) for m, x in self.signed for n, y in other.signed]
            return _sum(terms, *sides)
        for a, b in ((self, other), (other, self)):
            if a.column and b.cols != ONE and a.rows == b.rows:
                return Formula(f"{_diag(a)} {b.at(Level.PRODUCT)}", *sides, Level.PRODUCT)
            if a.rows == ONE != b.rows and a.cols == b.cols:
                return Formula(f"{b.at(Level.PRODUCT)} {_diag(a.T)}", *sides, Level.PRODUCT)
        return _hadamard(self, other)

    def __add__(self, other: Formula | Number) -> Formula:
        other = lift(other)
        if self.zero or other.zero:
            return self if other.zero else other
        return _sum((*self.signed, *other.signed), self.rows, self.cols)

    def __pow__(self, n: int) -> Formula:
        mark = "" if self.scalar else r"\circ "
        latex = f"{self.at(Level.ATOM)}^{{{mark}{n}}}"
        return Formula(latex, self.rows, self.cols, Level.POWER)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Formula:
        if self.zero:
            return self
        return _sum([(-sign, x) for sign, x in self.signed], self.rows, self.cols)

    def __sub__(self, other: Formula | Number) -> Formula:
        return self + -lift(other)

    def __rsub__(self, other: Number) -> Formula:
        return lift(other) - self

    @property
    def signed(self) -> tuple[Term, ...]:
        """The terms that this is a sum of."""
        return self.terms if self.level == Level.SUM else ((1, self),)

    def kron(self, other: Formula) -> Formula:
        """Write the Kronecker product."""
        latex = rf"{self.at(Level.INNER)} \otimes {other.at(Level.INNER)}"
        rows, cols = (
            "·".join(filter(None, x)) for x in ((self.rows, other.rows), (self.cols, other.cols))
        )
        return Formula(latex, rows, cols, Level.KRON)

    def trace(self) -> Formula:
        """Write the trace."""
        inside = self.latex if self.level >= Level.NABLA else brackets(self.latex)
        return Formula(rf"\operatorname{{tr}} {inside}", level=Level.PREFIX)

    def sum(self) -> Formula:
        """Write the sum of all entries, with vectors of ones."""
        if self.scalar or self.zero:
            return replace(self, rows=ONE, cols=ONE)
        if self.latex == r"\mathbf{1}" and self.column:
            size = [Formula(x) for x in SIZES[self.rows].replace("-", "+").split(" + ")]
            sign = -1 if "-" in SIZES[self.rows] else 1
            return size[0] if len(size) == 1 else _sum([(1, size[0]), (sign, size[1])])
        if self.level == Level.SUM and self.column:
            return _sum([(sign, x.sum()) for sign, x in self.terms])
        core = (f"({self.core})" if self.loose else self.core) or self.at(Level.INNER)
        left = r"\mathbf{1}^{\top} " if self.rows != ONE else ""
        right = r" \mathbf{1}" if self.cols != ONE else ""
        return Formula(" ".join([*self.scalars, f"{left}{core}{right}"]), level=Level.PRODUCT)

    def without_diagonal(self) -> Formula:
        """Write a matrix without its diagonal."""
        inside = self.latex
        return Formula(rf"\operatorname{{off}}({inside})", self.rows, self.cols, Level.POWER)

    def diagonal(self) -> Formula:
        """Write the diagonal of a matrix."""
        return Formula(_diag(self), self.rows, level=Level.POWER)

    def diag(self) -> Formula:
        """Write the diagonal matrix of a vector."""
        return Formula(_diag(self), self.rows, self.rows, Level.POWER)


def number(value: Number) -> str:
    r"""Return a rational number that is not negative as LaTeX.

    >>> print(number(Fraction(1, 2)))
    \tfrac{1}{2}
    """
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    return rf"\tfrac{{{value.numerator}}}{{{value.denominator}}}"


def lift(x: Formula | Number) -> Formula:
    """Return a number as a formula; its sign is a term's."""
    if isinstance(x, Formula):
        return x
    return Formula(number(x)) if x >= 0 else _sum([(-1, Formula(number(-x)))])


def brackets(inside: str) -> str:
    """Put brackets around LaTeX, as high as it needs them."""
    if any(sign in inside for sign in (r"\begin", r"\sum", r"\frac")):
        return rf"\left({inside}\right)"
    return f"({inside})"


def join(terms: Iterable[Term]) -> str:
    """Write a sum on one line."""
    text = "".join(f"{' + ' if sign > 0 else ' - '}{x.at(Level.BIG)}" for sign, x in terms)
    return text[3:] if text.startswith(" + ") else f"-{text[3:]}"


def big_sum(indices: str, body: Formula) -> Formula:
    """Sum over sample indices; the terms are kept, so that a long sum can be broken."""
    head = rf"\sum_{{{indices}}}"
    if body.level == Level.SUM:
        latex = rf"{head} \big[ {join(body.terms)} \big]"
        return Formula(latex, body.rows, body.cols, Level.BIG, body.terms, head)
    return Formula(f"{head} {body.at(Level.HADAMARD)}", body.rows, body.cols, Level.BIG)


def _sum(terms: Iterable[Term], rows: str = ONE, cols: str = ONE) -> Formula:
    terms = tuple(terms)
    return Formula(join(terms), rows, cols, Level.SUM, terms)


def _diag(a: Formula) -> str:
    return rf"\operatorname{{diag}}({a.latex})"


def _inner(a: Formula, b: Formula) -> Formula:
    """Write the product of a row and a column, as the entry of a Gram matrix."""
    (name, i), (_, j) = a.gram or ("", ""), b.gram or ("", "")
    if i == j:
        return Formula(rf"\lVert {b.latex} \rVert^{{2}}", level=Level.POWER)
    return Formula(f"{name}_{{{i}{j}}}")


def _power(a: Formula, b: Formula) -> Formula | None:
    """Write a product of powers of one square matrix."""
    (left, m), (right, n) = (x.base or (x.at(Level.ATOM), 1) for x in (a, b))
    if left != right or a.rows != a.cols or a.rows == ONE:
        return None
    return Formula(f"{left}^{{{m + n}}}", a.rows, b.cols, Level.POWER, base=(left, m + n))


def _scaled(scalar: Formula, other: Formula) -> Formula:
    """Write a product with a scalar, which comes first."""
    if scalar.latex == "1":
        return other
    if scalar.level == Level.SUM and len(scalar.terms) == 1:  # a negative number
        return -_scaled(scalar.terms[0][1], other)
    if other.level == Level.SUM and (other.column or len(other.terms) == 1):
        return _sum([(sign, _scaled(scalar, x)) for sign, x in other.terms], other.rows, other.cols)
    first, second = scalar.at(Level.PRODUCT), other.at(Level.INNER)
    dot = r" \cdot " if scalar.level == Level.PREFIX else " "
    factors = scalar.scalars or (first,)
    if other.scalar:
        inner = other.level == Level.INNER
        scalars = () if inner or dot != " " else (*factors, *(other.scalars or (second,)))
        level = Level.INNER if inner else Level.PRODUCT
        return Formula(f"{first}{dot}{second}", level=level, scalars=scalars)
    loose = other.loose or (not other.core and other.level == Level.HADAMARD)
    core = other.core or (other.latex if loose else other.at(Level.PRODUCT))
    return _product(_ordered(*factors, *other.scalars), core, other, loose=loose)


def _hadamard(a: Formula, b: Formula) -> Formula:
    """Write a product entry by entry, scalars first."""
    core = rf"{a.core or a.at(Level.HADAMARD)} \circ {b.core or b.at(Level.HADAMARD)}"
    if scalars := _ordered(*a.scalars, *b.scalars):
        return _product(scalars, core, a, loose=True)
    return Formula(core, a.rows, a.cols, Level.HADAMARD)


def _product(scalars: tuple[str, ...], core: str, like: Formula, *, loose: bool) -> Formula:
    latex = " ".join([*scalars, f"({core})" if loose else core])
    sides = like.rows, like.cols
    return Formula(latex, *sides, Level.PRODUCT, scalars=scalars, core=core, loose=loose)


def _ordered(*scalars: str) -> tuple[str, ...]:
    """Put numbers first, and entries of matrices last; equal ones become a power."""
    equal = {x: n for x, n in Counter(scalars).items() if n > 1 and SYMBOL.fullmatch(x)}
    once = [x for x in scalars if x not in equal]
    once += [f"{x}^{{{n}}}" for x, n in equal.items()]
    return tuple(sorted(once, key=lambda x: (not x.isdigit(), x[0].isupper(), x)))
