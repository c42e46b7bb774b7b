"""An expression as a rational function of generators, which decides whether it vanishes.

Generators are exponentials of monomials (e^u, e^(u²/2)), roots, logarithms of what does not factor,
and other functions. Beside the relations that we know (a root's power, sin² + cos² = 1), they count
as independent, which can only make a test say no. What is zero as a rational function of them is
zero at every point where the expression is defined.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import sympy as sp

from .signs import POSITIVE, signs
from .special import exact

LARGEST = 100  # power of a generator; a larger one is a generator of its own
REWRITTEN = {
    sp.tanh: lambda x: 1 - 2 / (1 + sp.exp(2 * x)),
    sp.sinh: lambda x: (sp.exp(x) - sp.exp(-x)) / 2,
    sp.cosh: lambda x: (sp.exp(x) + sp.exp(-x)) / 2,
    sp.coth: lambda x: 1 + 2 / (sp.exp(2 * x) - 1),
    sp.sech: lambda x: 2 / (sp.exp(x) + sp.exp(-x)),
    sp.csch: lambda x: 2 / (sp.exp(x) - sp.exp(-x)),
    sp.asinh: lambda x: sp.log(x + sp.sqrt(x**2 + 1)),
    sp.acosh: lambda x: sp.log(x + sp.sqrt(x**2 - 1)),
    sp.atanh: lambda x: (sp.log(1 + x) - sp.log(1 - x)) / 2,
    sp.erfc: lambda x: 1 - sp.erf(x),
    sp.tan: lambda x: sp.sin(x) / sp.cos(x),
}


def plain(expr: sp.Expr) -> sp.Expr:
    """Write an expression in exp, log, erf, sin and cos, with nothing lost to rounding.

    >>> u = sp.Symbol("u", real=True)
    >>> plain(sp.tanh(u / 2) + sp.erfc(u))
    -erf(u) + 2 - 2/(exp(u) + 1)
    """
    expr = exact(expr)
    for function, other in REWRITTEN.items():
        if expr.has(function):
            expr = expr.replace(function, other)
    return sp.expand_trig(expr) if expr.has(sp.sin, sp.cos) else expr


def vanishes(expr: sp.Expr) -> bool:
    """Return whether an expression is zero wherever it is defined, as a rational function.

    True is a proof. Symbols may have any real values, and logarithms positive arguments.

    >>> u = sp.Symbol("u", real=True)
    >>> vanishes(sp.log(1 + sp.exp(u)) - sp.log(1 + sp.exp(-u)) - u)
    True
    >>> vanishes(sp.log(4) - 2 * sp.log(2)), vanishes(sp.sqrt(2 + u**2) ** 2 - u**2)
    (True, False)
    """
    if expr.is_Rational:
        return bool(expr == 0)
    algebra = Generators(expr)
    return bool(algebra.numerator(algebra.converted) == 0)


class Generators:
    """The generators of one expression, their meaning, and the relations between them.

    Attributes
    ----------
    converted : Expr
        The expression in generators.
    meaning : dict
        What each generator stands for.
    exponents, roots, inner : dict
        (m, q) of one that is e^(qm), (a, n) of one that is a^(1/n), a of one that is log|a|.
    relations : dict
        A polynomial in a generator and earlier ones that is zero.
    """

    def __init__(self, expr: sp.Expr) -> None:
        self.meaning: dict[sp.Symbol, sp.Expr] = {}
        self.exponents: dict[sp.Symbol, tuple[sp.Expr, sp.Rational]] = {}
        self.roots: dict[sp.Symbol, tuple[sp.Expr, int]] = {}
        self.relations: dict[sp.Symbol, sp.Expr] = {}
        self.inner: dict[sp.Symbol, sp.Expr] = {}
        self._known: dict[object, sp.Symbol] = {}
        self._seen: dict[sp.Expr, sp.Expr] = {}
        self._numbers = count()
        expr = plain(expr)
        self._units = self._common_factors(expr)
        self.converted = self.convert(expr)

    def numerator(self, converted: sp.Expr) -> sp.Expr:
        """Return the numerator of a rational function of generators, modulo the relations."""
        symbols = sorted(converted.free_symbols, key=str)
        if not symbols:
            return sp.fraction(converted)[0]
        field = sp.QQ.frac_field(*symbols)
        over = field.from_sympy(converted).numer.as_expr()
        for symbol, relation in reversed(self.relations.items()):
            if over.has(symbol):
                over = sp.expand(sp.prem(over, relation, symbol))
        return over

    def original(self, converted: sp.Expr) -> sp.Expr:
        """Return what an expression in generators stands for."""
        return converted.xreplace(self.meaning)

    def convert(self, expr: sp.Expr) -> sp.Expr:
        """Write an expression, which is part of the first one, in generators."""
        if expr not in self._seen:
            self._seen[expr] = self._convert(expr)
        return self._seen[expr]

    def _convert(self, expr: sp.Expr) -> sp.Expr:
        if expr.is_Rational or expr.is_Symbol:
            return expr
        if isinstance(expr, sp.Add | sp.Mul):
            return expr.func(*map(self.convert, expr.args))
        if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
            if abs(expr.exp) > LARGEST:
                return self._new(expr, expr)
            return self.convert(expr.base) ** expr.exp
        if isinstance(expr, sp.Pow) and expr.exp.is_Rational:
            return self._root(expr.base, int(expr.exp.q)) ** expr.exp.p
        if isinstance(expr, sp.exp | sp.Pow) or expr == sp.E:
            return sp.Mul(*(self._exponential(m, c) for m, c in _exponent(expr).items()))
        if isinstance(expr, sp.log):
            return self._log(self.convert(expr.args[0]))
        if isinstance(expr, sp.CRootOf):
            symbol = self._new(expr, expr)
            self.relations[symbol] = expr.poly.as_expr().xreplace({expr.poly.gen: symbol})
            return symbol
        if isinstance(expr, sp.sin | sp.cos):
            return self._circular(expr)
        if not expr.args or not all(isinstance(x, sp.Expr) for x in expr.args):
            return self._new(expr, expr)
        inside = tuple(sp.cancel(self.convert(x)) for x in expr.args)
        return self._new((expr.func, inside), expr)

    def _new(self, key: object, meaning: sp.Expr) -> sp.Symbol:
        if key not in self._known:
            symbol = sp.Dummy(f"g{next(self._numbers)}", real=True)
            self._known[key] = symbol
            self.meaning[symbol] = meaning
        return self._known[key]

    def _common_factors(self, expr: sp.Expr) -> dict[sp.Expr, sp.Rational]:
        """Return for each exponent the largest number of which all its factors are multiples."""
        units: dict[sp.Expr, sp.Rational] = {}
        for node in sp.preorder_traversal(expr):
            if isinstance(node, sp.exp | sp.Pow) or node == sp.E:
                for monomial, factor in _exponent(node).items():
                    units[monomial] = sp.gcd(units.get(monomial, sp.Integer(0)), factor)
        return units

    def _exponential(self, monomial: sp.Expr, factor: sp.Rational) -> sp.Expr:
        if isinstance(monomial, sp.log):
            return self.convert(monomial.args[0] ** factor)
        unit = self._units[monomial]
        if abs(factor / unit) > LARGEST:
            monomial, factor, unit = monomial * abs(factor), sp.sign(factor), sp.Integer(1)
        symbol = self._new(("exp", monomial), sp.exp(unit * monomial))
        self.exponents[symbol] = (monomial, unit)
        return symbol ** (factor / unit)

    def _root(self, base: sp.Expr, n: int) -> sp.Expr:
        """Return the n-th root of what is not negative, of numbers by their primes."""
        if base.is_Rational:
            if base < 0 or base.is_prime:
                return self._new_root(base, n)
            primes = sp.factorrat(base)
            return sp.Mul(*(self._root(sp.Integer(p), n) ** k for p, k in primes.items()))
        over, under = sp.fraction(sp.cancel(self.convert(base)))
        found, rest = sp.Integer(1), sp.Integer(1)
        for polynomial, way in ((over, 1), (under, -1)):
            number, factors = sp.factor_list(polynomial)
            rest *= number**way
            for factor, k in factors:
                if signs(self.original(factor)) == POSITIVE:
                    found *= self._new_root(factor, n) ** (way * k)
                else:
                    rest *= factor ** (way * k)
        if rest.is_Rational:
            return found * (self._root(rest, n) if rest not in (0, 1) else rest)
        return found * self._new_root(rest, n)

    def _new_root(self, inside: sp.Expr, n: int) -> sp.Symbol:
        meaning = sp.Pow(self.original(inside), sp.Rational(1, n))
        symbol = self._new(("root", inside, n), meaning)
        self.roots[symbol] = (inside, n)
        over, under = sp.fraction(sp.cancel(inside))
        self.relations.setdefault(symbol, under * symbol**n - over)
        return symbol

    def _log(self, inside: sp.Expr) -> sp.Expr:
        """Return log|·| as a sum over the factors: log|ab| = log|a| + log|b|."""
        over, under = sp.fraction(sp.cancel(inside))
        return self._log_polynomial(over) - self._log_polynomial(under)

    def _log_polynomial(self, polynomial: sp.Expr) -> sp.Expr:
        number, factors = sp.factor_list(polynomial)
        primes = sp.factorrat(sp.Abs(number)) if number.is_Rational and number != 0 else {number: 1}
        found = sum((k * self._log_factor(sp.Integer(p)) for p, k in primes.items() if p != 1), 0)
        return found + sum(k * self._log_factor(factor) for factor, k in factors)

    def _log_factor(self, factor: sp.Expr) -> sp.Expr:
        if factor in self.exponents:
            monomial, unit = self.exponents[factor]
            return self.convert(monomial) * unit
        if factor in self.roots:
            inside, n = self.roots[factor]
            return self._log(inside) / n
        symbol = self._new(("log", factor), sp.log(sp.Abs(self.original(factor))))
        self.inner[symbol] = factor
        return symbol

    def _circular(self, expr: sp.Expr) -> sp.Symbol:
        inside = sp.cancel(self.convert(expr.args[0]))
        sine, cosine = (self._new((f, inside), f(*expr.args)) for f in (sp.sin, sp.cos))
        self.relations.setdefault(sine, sine**2 + cosine**2 - 1)
        return sine if isinstance(expr, sp.sin) else cosine


def _exponent(expr: sp.Expr) -> dict[sp.Expr, sp.Rational]:
    """Return {m: c} where an expression is e^(Σ cm); nothing of a power that is rational."""
    if expr == sp.E:
        return {sp.Integer(1): sp.Integer(1)}
    if isinstance(expr, sp.exp):
        return dict(_terms(expr.args[0]))
    if expr.exp.is_Rational:
        return {}
    found: dict[sp.Expr, sp.Rational] = {}
    primes = sp.factorrat(expr.base) if expr.base.is_Rational and expr.base > 0 else {expr.base: 1}
    for monomial, factor in _terms(expr.exp):
        for base, power in primes.items():
            key = monomial * sp.log(base)
            found[key] = found.get(key, sp.Integer(0)) + factor * power
    return found


def _terms(exponent: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Rational]]:
    """Yield the terms of a sum, each with its rational factor."""
    for term in sp.Add.make_args(sp.expand(exponent)):
        factor, monomial = term.as_coeff_Mul(rational=True)
        yield monomial, factor
