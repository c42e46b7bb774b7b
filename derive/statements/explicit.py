"""The same quantities at explicit sizes, as exact numbers (the prover's independent witness).

Nothing here knows of normal forms. The activation and every sample's loss are random polynomials
with rational coefficients, gradient and Hessian are ``sympy.hessian`` of that explicit function at
a rational point, and a claim is evaluated with plain matrices of numbers. With a concrete
activation the numbers are 50-digit decimals instead.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from hessbound.derive.functions.scalar import ScalarFunction

from .exact import Explicit
from .quantities import Quantities, Sample

DIGITS = 50
_z = sp.Symbol("z")


class Sizes(NamedTuple):
    """Samples, inputs without the constant one, hidden units."""

    N: int
    d: int
    m: int

    def of(self, kind: str | None) -> int:
        """Return the length of a side of this kind."""
        lengths = {"sample": self.N, "input": self.d + 1, "feature": self.d, "hidden": self.m}
        lengths["θ"] = self.m * (self.d + 2) + 1
        return lengths[kind] if kind else 1


class ExplicitQuantities(Quantities):
    """A random network of the given sizes; equal arguments give equal networks."""

    def __init__(self, sizes: Sizes, seed: int, activation: ScalarFunction | None = None) -> None:
        self.sizes, self.seed = sizes, seed
        self._random = random.Random(f"{sizes} {seed}")
        N, d, m = sizes
        self._activation = activation
        self._f = (
            activation.definition.subs(activation.variable, _z)
            if activation
            else self._polynomial(4)
        )
        self._losses = [self._loss(i) for i in range(N)]
        self._symbols = [*sp.symbols(f"a0:{m * (d + 1)}"), *sp.symbols(f"w0:{m + 1}")]
        self._derivatives: dict[tuple[int | None, bool], tuple[Explicit, Explicit]] = {}
        self._thirds: dict[int, list[Explicit]] = {}
        self._point = {s: self._parameter(s) for s in self._symbols}
        self._x = [[sp.Integer(1), *(self._input() for _ in range(d))] for _ in range(N)]
        self._fill()

    def _rational(self) -> sp.Rational:
        return sp.Rational(self._random.choice([-3, -2, -1, 1, 2, 3]), self._random.randint(1, 3))

    def _loss(self, i: int) -> sp.Expr:
        """Draw the loss of sample i as a function of its output."""
        return self._polynomial(3)

    def _parameter(self, symbol: sp.Symbol) -> sp.Rational:
        """Draw a weight or bias."""
        return self._rational()

    def _input(self) -> sp.Rational:
        """Draw an input."""
        return self._rational()

    def _polynomial(self, degree: int) -> sp.Expr:
        return sum((self._rational() * _z**n for n in range(degree + 1)), sp.Integer(0))

    def _number(self, x: sp.Expr) -> Any:
        if self._activation:
            return sp.N(x, DIGITS)
        return Fraction(int(x.p), int(x.q))

    def _matrix(self, rows: list[list[sp.Expr]]) -> Explicit:
        return Explicit(np.array([[self._number(x) for x in row] for row in rows], dtype=object))

    def _fill(self) -> None:
        _, d, m = self.sizes
        values = [self._point[s] for s in self._symbols]
        A = [[values[a * m + k] for a in range(d + 1)] for k in range(m)]  # θ stacks A by columns
        b = values[m * (d + 1) + 1 :]
        U = [[_dot(row, unit) for unit in A] for row in self._x]
        self.X, self.A = self._matrix(self._x), self._matrix(A)
        self.w0, self.b = self._matrix([[values[m * (d + 1)]]]), self._matrix([[x] for x in b])

        def derivatives(order: int) -> list[list[sp.Expr]]:
            f = sp.diff(self._f, _z, order)
            return [[f.subs(_z, x) for x in row] for row in U]

        h = derivatives(0)
        self.h, self.f1, self.f2, self.f3 = map(self._matrix, (h, *map(derivatives, (1, 2, 3))))
        v = [values[m * (d + 1)] + _dot(b, row) for row in h]
        slopes = [[sp.diff(loss, _z, n) for n in (1, 2, 3)] for loss in self._losses]
        self.e, self.p, self.p1 = (
            self._matrix([[slope[n].subs(_z, x)] for slope, x in zip(slopes, v, strict=True)])
            for n in range(3)
        )

    def one(self, row: str | None = None, col: str | None = None) -> Explicit:
        """Return ones."""
        return self._full(Fraction(1), row, col)

    def _full(self, value: Fraction, row: str | None, col: str | None) -> Explicit:
        return Explicit(np.full((self.sizes.of(row), self.sizes.of(col)), value, dtype=object))

    def eye(self, kind: str) -> Explicit:
        """Return the identity matrix."""
        return self.one(kind).diag()

    def blocks(self, table: list[list[Explicit]]) -> Explicit:
        """Put a matrix together from blocks; NumPy raises a ValueError where they do not fit."""
        return Explicit(np.block([[part.array for part in line] for line in table]))

    def at(self, i: int) -> Sample:
        """Return row i of each array, as a column."""
        if not 0 <= i < self.sizes.N:
            msg = f"samples run from 0 to {self.sizes.N - 1}, got {i}"
            raise IndexError(msg)
        hidden, scalars = (self.h, self.f1, self.f2, self.f3), (self.e, self.p, self.p1)
        x, h, f1, f2, f3, e, p, p1 = (
            Explicit(M.array[i : i + 1].T) for M in (self.X, *hidden, *scalars)
        )
        return Sample(x, h, f1, f2, f3, e, p, p1, self.b)

    def over(self, term: Callable[..., Any], n: int = 1) -> Any:
        """Add a term up over all samples, or pairs and so on."""
        first, *rest = itertools.product(range(self.sizes.N), repeat=n)
        return sum((term(*at) for at in rest), term(*first))

    def gradient(self, i: int) -> Explicit:
        """Return ∇ℓ_i by SymPy's diff."""
        return self._brute_force(i)[0]

    def hessian(self, i: int) -> Explicit:
        """Return the Hessian of ℓ_i by SymPy's hessian."""
        return self._brute_force(i)[1]

    second_hessian = hessian

    def output_gradient(self, i: int) -> Explicit:
        """Return ∇v_i by SymPy's diff."""
        return self._brute_force(i, output=True)[0]

    def output_hessian(self, i: int) -> Explicit:
        """Return the Hessian of v_i by SymPy's hessian."""
        return self._brute_force(i, output=True)[1]

    def total_gradient(self) -> Explicit:
        """Return ∇L by SymPy's diff."""
        return self._brute_force(None)[0]

    def total_hessian(self) -> Explicit:
        """Return the Hessian of L by SymPy's hessian."""
        return self._brute_force(None)[1]

    def _brute_force(self, i: int | None, *, output: bool = False) -> tuple[Explicit, Explicit]:
        """Return gradient and Hessian of ℓ_i, of L where i is None, or of v_i."""
        if (i, output) not in self._derivatives:
            samples = range(self.sizes.N) if i is None else [i]
            terms = (
                self._v(n) if output else self._losses[n].subs(_z, self._v(n)) for n in samples
            )
            self._derivatives[i, output] = self._differentiate(sum(terms, sp.Integer(0)))
        return self._derivatives[i, output]

    def _v(self, i: int) -> sp.Expr:
        """Return v_i as an explicit function of the parameters."""
        _, d, m = self.sizes
        a, w = self._symbols[: m * (d + 1)], self._symbols[m * (d + 1) :]
        u = [sum(a[j * m + k] * self._x[i][j] for j in range(d + 1)) for k in range(m)]
        return w[0] + sum(w[k + 1] * self._f.subs(_z, u[k]) for k in range(m))

    def _differentiate(self, loss: sp.Expr) -> tuple[Explicit, Explicit]:
        slope = [[self._at_point(sp.diff(loss, s))] for s in self._symbols]
        curvature = self._at_point(sp.hessian(loss, self._symbols)).tolist()
        return self._matrix(slope), self._matrix(curvature)

    def _at_point(self, value: sp.Expr) -> sp.Expr:
        """Put the parameters in, as numbers at once where exponentials are to be evaluated once."""
        point = self._point
        if self._activation:
            point = {s: sp.Float(x, DIGITS + 10) for s, x in point.items()}
        return value.xreplace(point)

    def third(self, i: int, M: Explicit) -> Explicit:
        """Return ⟨M, ∂∇²ℓ_i/∂θ⟩, the third derivatives by SymPy's diff."""
        inner = [(M * slope).sum().array for slope in self._slopes_of_hessian(i)]
        return Explicit(np.vstack(inner))

    def trace_gradient(self, n: int) -> Explicit:
        """Return ∇tr Hⁿ = n Σ_i ⟨Hⁿ⁻¹, ∂∇²ℓ_i/∂θ⟩, the third derivatives by SymPy's diff."""
        power = self.eye("θ")
        for _ in range(n - 1):
            power = power @ self.H
        total: Explicit = self.over(lambda i: self.third(i, power))
        return n * total

    def _slopes_of_hessian(self, i: int) -> list[Explicit]:
        """Return ∂∇²ℓ_i/∂θ, a matrix for each parameter."""
        if i not in self._thirds:
            loss, at = self._losses[i].subs(_z, self._v(i)), range(len(self._symbols))
            entries: dict[tuple[int, ...], sp.Expr] = {}
            first = [sp.diff(loss, s) for s in self._symbols]
            for r, c in itertools.combinations_with_replacement(at, 2):
                second = sp.diff(first[r], self._symbols[c])
                for n in at[c:]:
                    entries[r, c, n] = self._at_point(sp.diff(second, self._symbols[n]))
            self._thirds[i] = [
                self._matrix([[entries[*sorted((r, c, n)),] for c in at] for r in at]) for n in at
            ]
        return self._thirds[i]

    def jacobian(self, of: str, by: str, i: int) -> Explicit:
        """Return a Jacobian between neighbouring variables by SymPy's jacobian."""
        _, d, m = self.sizes
        a, U, h = self._symbols[: m * (d + 1)], sp.symbols(f"u0:{m}"), sp.symbols(f"h0:{m}")
        u = [sum(a[j * m + k] * self._x[i][j] for j in range(d + 1)) for k in range(m)]
        w = self._symbols[m * (d + 1) :]
        slope = sp.diff(self._f, _z)
        functions = {
            ("u", "A"): (u, a),
            ("h", "u"): ([self._f.subs(_z, x) for x in U], U),
            ("h'", "u"): ([slope.subs(_z, x) for x in U], U),
            ("v", "h"): ([w[0] + _dot(w[1:], h)], h),
        }
        value, variables = functions[of, by]
        at_u = dict(zip(U, u, strict=True))
        jacobian = sp.Matrix(value).jacobian(variables).T.xreplace(at_u).xreplace(self._point)
        return self._matrix(jacobian.tolist())

    def part(self, M: Explicit, row: str, col: str) -> Explicit:
        """Cut a matrix behind the m (d + 1) parameters of A."""
        cut = self.sizes.m * (self.sizes.d + 1)
        sides = {"A": slice(0, cut), "w": slice(cut, None), "1": slice(None)}
        sides |= {"w0": slice(cut, cut + 1), "b": slice(cut + 1, None)}
        return Explicit(M.array[sides[row], sides[col]])

    def free(self, name: str, row: str | None = None, col: str | None = None) -> Explicit:
        """Return random numbers; equal arguments give equal ones."""
        source = random.Random(f"{name} {self.sizes} {self.seed}")
        shape = self.sizes.of(row), self.sizes.of(col)
        values = [
            Fraction(source.choice([-3, -2, -1, 1, 2, 3]), source.randint(1, 3))
            for _ in range(shape[0] * shape[1])
        ]
        return Explicit(np.array(values, dtype=object).reshape(shape))


def _dot(a: Sequence[sp.Expr], b: Sequence[sp.Expr]) -> sp.Expr:
    return sum(x * y for x, y in zip(a, b, strict=True))


@cache
def draw(
    N: int, d: int, m: int, seed: int = 0, activation: str | None = None
) -> ExplicitQuantities:
    """Return the quantities of one random network with N samples, d inputs and m hidden units.

    ``activation`` names one; without it, f is a random quartic with rational coefficients. Equal
    arguments give equal networks.

    >>> q = draw(N=3, d=1, m=2)
    >>> q.H.array.shape, bool((q.H.array == q.H.T.array).all())
    ((7, 7), True)
    >>> q.K.array[0]
    array([Fraction(10, 9), Fraction(2, 3), Fraction(8, 9)], dtype=object)
    """
    from hessbound.derive import activations

    concrete = activations.load(activation) if activation else None
    return ExplicitQuantities(Sizes(N, d, m), seed, concrete)
