"""The quantities at explicit sizes, with symbols for entries.

Some formulas cannot be said for all sizes, a loop over the hidden units for one. At given sizes
they are polynomials in the entries of X, A, w, h, f1 to f3, e, p and p1, and two polynomials are
equal for all values exactly when their coefficients are. Gradient and Hessian are SymPy's, of the
explicit function with an opaque activation and an opaque loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Any, NoReturn, TypeAlias

import numpy as np
import sympy as sp

from hessbound.derive.model import network

from .exact import Explicit
from .explicit import ExplicitQuantities, Sizes

Term: TypeAlias = tuple[str, ...]  # the names of the factors, sorted; a power repeats its name

WORK = 1_500_000  # products of terms in one evaluation, a few seconds
_z = sp.Symbol("z")
_MODEL = network.Model()


class Undecided(TypeError):
    """An evaluation does what polynomials cannot, such as comparing or dividing entries."""


@dataclass
class Effort:
    """The products of terms that an evaluation may still form."""

    left: int = WORK

    def spend(self, products: int) -> None:
        """Count products; Undecided where there are too many."""
        self.left -= products
        if self.left < 0:
            msg = f"the polynomials are too large, over {WORK} products of terms"
            raise Undecided(msg)


class Entry:
    """A polynomial with rational coefficients, without the operations that would not be one.

    >>> a, b = Entry.symbol("a"), Entry.symbol("b")
    >>> ((a + b) ** 2 - (a - b) ** 2 - 4 * a * b).is_zero
    True
    >>> a == b
    Traceback (most recent call last):
    hessbound.derive.polynomials.Undecided: entries are symbols here and cannot be compared
    """

    __slots__ = ("effort", "terms")

    def __init__(self, terms: Mapping[Term, Fraction], effort: Effort) -> None:
        self.terms = {key: c for key, c in terms.items() if c}
        self.effort = effort

    @staticmethod
    def symbol(name: str, effort: Effort | None = None) -> Entry:
        """Return a polynomial that is one symbol."""
        return Entry({(name,): Fraction(1)}, effort or Effort())

    @property
    def is_zero(self) -> bool:
        """Whether every coefficient is zero."""
        return not self.terms

    def _terms_of(self, other: object) -> Mapping[Term, Fraction] | None:
        if isinstance(other, Entry):
            return other.terms
        if isinstance(other, Rational | int):
            number = Fraction(int(other.numerator), int(other.denominator))
            return {(): number} if number else {}
        return None

    def __add__(self, other: object) -> Entry:
        right = self._terms_of(other)
        if right is None:
            return NotImplemented
        total = dict(self.terms)
        for key, c in right.items():
            total[key] = total.get(key, Fraction(0)) + c
        return Entry(total, self.effort)

    def __mul__(self, other: object) -> Entry:
        right = self._terms_of(other)
        if right is None:
            return NotImplemented
        self.effort.spend(len(self.terms) * len(right))
        total: dict[Term, Fraction] = {}
        for a, x in self.terms.items():
            for b, y in right.items():
                key = tuple(sorted(a + b))
                total[key] = total.get(key, Fraction(0)) + x * y
        return Entry(total, self.effort)

    def __pow__(self, n: object) -> Entry:
        if not isinstance(n, int) or n < 0:
            msg = f"a power of an entry must be a natural number, got {n}"
            raise Undecided(msg)
        product = Entry({(): Fraction(1)}, self.effort)
        for _ in range(n):
            product = product * self
        return product

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Entry:
        return self * -1

    def __sub__(self, other: object) -> Entry:
        right = self._terms_of(other)
        return NotImplemented if right is None else self + Entry(right, self.effort) * -1

    def __rsub__(self, other: object) -> Entry:
        return -self + other

    def __truediv__(self, other: object) -> Entry:
        if isinstance(other, Entry):
            msg = "entries are symbols here and cannot be divided by"
            raise Undecided(msg)
        right = self._terms_of(other)
        return NotImplemented if right is None else self * (1 / right[()])

    def __rtruediv__(self, other: object) -> NoReturn:
        msg = "entries are symbols here and cannot be divided by"
        raise Undecided(msg)

    def _compare(self, _: object = None) -> NoReturn:
        msg = "entries are symbols here and cannot be compared"
        raise Undecided(msg)

    def _round(self) -> NoReturn:
        msg = "entries are symbols here and have no numerical value"
        raise Undecided(msg)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _compare
    __abs__ = __int__ = __float__ = __complex__ = __index__ = _round
    __hash__ = None  # type: ignore[assignment]


class PolynomialQuantities(ExplicitQuantities):
    """The quantities of any network of the given sizes.

    >>> q = PolynomialQuantities(Sizes(2, 1, 2))
    >>> difference = q.H.trace() - q.part(q.H, "A", "A").trace() - q.part(q.H, "w", "w").trace()
    >>> difference.array[0, 0].is_zero
    True
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes, self.seed = sizes, 0
        self._effort, self._activation = Effort(), None
        N, d, m = sizes
        self._f = _MODEL.hidden_functions[network.h](_z)
        self._losses = [_MODEL.output_functions[network.loss](_z)] * N
        self._symbols = [*sp.symbols(f"a0:{m * (d + 1)}"), *sp.symbols(f"w0:{m + 1}")]
        self._derivatives, self._thirds = {}, {}
        self._x = [[sp.Integer(1), *sp.symbols(f"x{i}_1:{d + 1}")] for i in range(N)]
        self._point = {}
        self._fill()

    def _fill(self) -> None:
        N, d, m = self.sizes
        a, weights = self._symbols[: m * (d + 1)], self._symbols[m * (d + 1) :]
        A = [a[k::m] for k in range(m)]  # θ stacks A by columns
        self.X, self.A = self._matrix(self._x), self._matrix(A)
        self.w0, self.b = self._matrix([weights[:1]]), self._matrix([[x] for x in weights[1:]])
        at = [[_dot(row, unit) for unit in A] for row in self._x]
        self.h, self.f1, self.f2, self.f3 = (
            self._matrix(
                [
                    [self._opaque(n, u, i, k) for k, u in enumerate(units)]
                    for i, units in enumerate(at)
                ]
            )
            for n in ("h", "f1", "f2", "f3")
        )
        v = [self._v(i) for i in range(N)]
        self.e, self.p, self.p1 = (
            self._matrix([[self._opaque(n, v[i], i)] for i in range(N)]) for n in ("e", "p", "p1")
        )

    def _opaque(self, name: str, at: sp.Expr, *indices: int) -> sp.Symbol:
        """Return a symbol for a derivative there: an opaque function can take any value."""
        functions = _MODEL.hidden_functions | _MODEL.output_functions
        value = sp.Symbol("_".join([name, *map(str, indices)]))
        self._point[functions[sp.Symbol(name, real=True)](at)] = value
        return value

    def _matrix(self, rows: list[list[sp.Expr]]) -> Explicit:
        entries = [[self._entry(x) for x in row] for row in rows]
        array = np.empty((len(entries), len(entries[0])), dtype=object)
        for at in np.ndindex(array.shape):
            array[at] = entries[at[0]][at[1]]
        return Explicit(array)

    def _entry(self, x: sp.Expr) -> Entry:
        """Read a polynomial of SymPy's."""
        if x.is_Rational:
            return Entry({(): Fraction(int(x.p), int(x.q))}, self._effort)
        if x.is_Symbol:
            return Entry.symbol(x.name, self._effort)
        if x.is_Pow:
            return self._entry(x.base) ** int(x.exp)
        first, *rest = map(self._entry, x.args)
        for part in rest:
            first = first + part if x.is_Add else first * part
        return first

    def free(self, name: str, row: str | None = None, col: str | None = None) -> Explicit:
        """Return a matrix of symbols."""
        shape = self.sizes.of(row), self.sizes.of(col)
        return self._matrix(
            [[sp.Symbol(f"free {name}_{r}_{c}") for c in range(shape[1])] for r in range(shape[0])]
        )


def _dot(a: Sequence[sp.Expr], b: Sequence[sp.Expr]) -> sp.Expr:
    return sp.Add(*(x * y for x, y in zip(a, b, strict=True)))


class Shapes(ExplicitQuantities):
    """Arrays of ones at sizes where no two sides agree by chance, to see whether shapes fit."""

    def __init__(self) -> None:
        self.sizes, self.seed = Sizes(N=2, d=3, m=5), 0
        self.X, self.A = self.one("sample", "input"), self.one("hidden", "input")
        self.w0, self.b = self.one(), self.one("hidden")
        self.h = self.f1 = self.f2 = self.f3 = self.one("sample", "hidden")
        self.e = self.p = self.p1 = self.one("sample")

    def _brute_force(self, i: int | None, *, output: bool = False) -> tuple[Any, Any]:
        """Return a gradient and a Hessian of ones."""
        return self.one("θ"), self.one("θ", "θ")

    def _slopes_of_hessian(self, i: int) -> list[Explicit]:
        """Return matrices of ones."""
        return [self.one("θ", "θ")] * self.sizes.of("θ")

    def jacobian(self, of: str, by: str, i: int) -> Explicit:
        """Return a Jacobian of ones."""
        _, d, m = self.sizes
        shapes = {("u", "A"): (m * (d + 1), m), ("v", "h"): (m, 1)}
        return Explicit(np.full(shapes.get((of, by), (m, m)), Fraction(1), dtype=object))
