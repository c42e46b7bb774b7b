"""Scalar functions as differential algebras (stage 1: what an activation or a loss is).

A function is a polynomial in *atoms*: functions of one variable that are closed under d/du, each
with its plain definition, its derivative as a polynomial in atoms, and a form that is accurate over
the whole range of doubles. Every derivative is then a polynomial in atoms that needs no further
care. Where atoms are related (r = 1 − s), equality is decided modulo the relation, but the emitted
form keeps both: 1 − s has lost its digits where s is near 1.
"""

import builtins
import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any

import sympy as sp

from hessbound.derive.algebra.classes import is_rational

from .degrees import is_short, require_few_parts

u = sp.Symbol("u", real=True)
f, f1, f2, f3 = DERIVATIVES = sp.symbols("f f1 f2 f3", real=True)  # of an activation that is named
ORDERS = range(len(DERIVATIVES))  # of derivatives, that of f itself among them
# Names that kernels, or the index algebra, use for something else.
IN_KERNELS = frozenset(
    {"u", "v", "y", "omega", "ybar", "i", "k", "n", "U", "V", "Y", "Omega", "width", "length"}
) | {"math", "np", "abs", "max", "range"}
IN_ALGEBRA = frozenset(
    {"A", "X", "w", "w0", "h", "f", "f1", "f2", "f3", "e", "p", "p1", "loss", "N", "d", "m", "δ"}
)
RESERVED = IN_KERNELS | IN_ALGEBRA | frozenset(dir(builtins))


class Enclosure(sp.Interval):  # type: ignore[misc]  # SymPy has no types
    """An interval that holds a range, whose ends are within 1e-12 of infimum and supremum.

    >>> Enclosure("-0.1", "1.1")
    Enclosure(-1/10, 11/10)
    """

    def __new__(cls, low: str, high: str, *ends: sp.Basic) -> "Enclosure":
        """Take decimals as exact numbers; ValueError for open ends, which hold no extremum."""
        if any(map(bool, ends)):
            msg = "an Enclosure holds its ends: write Enclosure(low, high)"
            raise ValueError(msg)
        made: Enclosure = super().__new__(cls, sp.Rational(low), sp.Rational(high), *ends)
        return made

    def _sympystr(self, printer: object) -> str:
        return f"Enclosure({self.inf}, {self.sup})"

    @property
    def shown(self) -> tuple[str, str]:
        """The ends in decimals, of which those that are too long are rounded outward.

        >>> Enclosure("-0.1", "0.76980035891950101935").shown
        ('-0.1', '0.76980035891950102')
        """
        return _decimal(self.inf, ROUND_FLOOR), _decimal(self.sup, ROUND_CEILING)


def _decimal(number: sp.Rational, rounding: str) -> str:
    context = Context(prec=17, rounding=rounding)
    return str(context.divide(Decimal(int(number.p)), Decimal(int(number.q))))


def _require_real(symbol: Any) -> None:
    """Raise ValueError for a symbol of which more is assumed than is proved, that it is real."""
    if type(symbol) is not sp.Symbol or symbol != sp.Symbol(symbol.name, real=True):
        msg = "a symbol of a formula is real, and nothing else is assumed of it: write "
        msg += f"Symbol({str(symbol)!r}, real=True), not {sp.srepr(symbol)}"
        raise ValueError(msg)


def _require_stated(
    name: str, stated: Mapping[int, tuple[str, Any]], what: str, good: Callable[[Any], bool]
) -> None:
    """Raise ValueError where something is stated of a derivative in a form that nobody reads."""
    for order, pair in stated.items():
        if type(order) is not int or order not in ORDERS:
            kind = "Integer" if isinstance(order, sp.Integer) else type(order).__name__
            came = order if type(order) is int else f"{kind} {order!r}"
            msg = f"the orders in {name} must be whole numbers from 0 to {max(ORDERS)}, "
            msg += f"of type int, got {came}"
            raise ValueError(msg)
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not str:
            msg = (
                f"{name} must have (equation, {what.split(',')[0]}) for order {order}, got {pair!r}"
            )
            raise ValueError(msg)
        require_few_parts(pair[1], name)
        if not good(pair[1]):
            msg = f"{name} must have an {what} for order {order}, got {pair[1]!r}"
            raise ValueError(msg)


def _is_expression(form: Any) -> bool:
    return (type(form) is int or isinstance(form, sp.Expr)) and not sp.sympify(form).has(sp.Float)


def expression(form: Any, what: str) -> sp.Expr:
    """Return an expression, or a number as one; an error for another form, or a long one.

    >>> expression(3, "the value")
    3
    >>> expression("3", "the value")
    Traceback (most recent call last):
    TypeError: the value must be a SymPy expression, got str '3'
    """
    found = form
    if is_rational(form) and not isinstance(
        form, sp.Basic
    ):  # SymPy takes those of gmpy2 for floats
        found = sp.Rational(int(form.numerator), int(form.denominator))
    elif type(form) is float:
        found = sp.Float(form)
    if not isinstance(found, sp.Expr):
        msg = f"{what} must be a SymPy expression, got {type(form).__name__} {form!r}"
        raise TypeError(msg)
    require_few_parts(found, what)
    return found


def require_exact(form: sp.Basic) -> None:
    """Raise ValueError for a float: what it was before SymPy made it one is not known any more.

    >>> require_exact(0.1 * u)
    Traceback (most recent call last):
    ValueError: numbers must be exact: write Rational('0.1'), or what was rounded, for 0.1 in 0.1*u
    """
    if floats := form.atoms(sp.Float):
        number = min(map(_shortest, floats))
        near = Fraction(number).limit_denominator(999)  # 1/3 of gmpy2's, for instance
        rounded = 0 < abs(near - Fraction(number)) < abs(near) / 10**13
        hint = f" such as Rational({near.numerator}, {near.denominator})" if rounded else ""
        write = f"write Rational('{number}'), or what was rounded{hint}, for {number}"
        msg = f"numbers must be exact: {write} in {form}"
        raise ValueError(msg)


def _shortest(number: sp.Float) -> str:
    return str(sp.sstr(number, full_prec=False))


def _is_range(values: Any) -> bool:
    one = type(values) is sp.FiniteSet and len(values) == 1
    ends: tuple[sp.Expr, ...]
    ends = tuple(values) if one else (values.inf, values.sup) if is_interval(values) else ()
    return bool(ends) and not any(x.free_symbols or x.has(sp.Float) for x in ends)


def is_interval(values: Any) -> bool:
    """Whether a set is an interval, the real line among them, of SymPy's own class or ours.

    >>> is_interval(sp.S.Reals), is_interval(sp.Union(sp.Interval(0, 1), sp.Interval(2, 3)))
    (True, False)
    """
    return values is sp.S.Reals or type(values) in (sp.Interval, Enclosure)


@dataclass(frozen=True)
class Atom:
    """A function of one variable that derivatives are polynomials in.

    Attributes
    ----------
    symbol : Symbol
        What polynomials in atoms, and kernels, call it.
    definition : Expr
        Its textbook form, which the checker starts from.
    derivative : Expr
        A polynomial in atoms, proved from the definition.
    stable : Expr
        The form to emit, proved equal to the definition for either sign of the variable.
    relation : Expr, optional
        The same value as a polynomial in earlier atoms and the variable, if there is one.

    Examples
    --------
    >>> t = sp.Symbol("t", real=True)
    >>> Atom(t, definition=sp.tanh(u), derivative=1 - t**2, stable=sp.tanh(u)).derivative
    1 - t**2
    """

    symbol: sp.Symbol
    definition: sp.Expr
    derivative: sp.Expr
    stable: sp.Expr
    relation: sp.Expr | None = None

    def __post_init__(self) -> None:
        for name in ("definition", "derivative", "stable", "relation"):
            form = getattr(self, name)
            if form is not None or name != "relation":
                what = f"the {name.replace('stable', 'stable form')} of {self.symbol}"
                object.__setattr__(self, name, expression(form, what))


@dataclass(frozen=True, eq=False)
class ScalarFunction:
    """A function of one variable, as a polynomial in atoms.

    Attributes
    ----------
    value : Expr
        The function in atoms.
    definition : Expr
        Its textbook form.
    atoms : tuple of Atom
        Atoms closed under d/du; ValueError where a name is taken or is no Python identifier, or
        a relation is no polynomial in earlier atoms.
    closed : mapping
        {order: (equation, closed form)}, the textbook's own derivatives, to be proved; orders are
        0 to 3, and ValueError for another, which nothing would look at.
    ranges : mapping
        {order: (equation, set)}, the textbook's ranges of derivatives, to be proved, intervals or
        sets of one number; an ``Enclosure`` where extrema lie at no exact number.
    constants : mapping
        Symbols that do not depend on the variable, in terms of others: {ȳ: 1 − y}; ValueError
        where one is defined by itself.
    variable : Symbol
        The variable, u unless told otherwise.

    Examples
    --------
    >>> t = sp.Symbol("t", real=True)
    >>> atom = Atom(t, definition=sp.tanh(u), derivative=1 - t**2, stable=sp.tanh(u))
    >>> tanh = ScalarFunction(value=t, definition=sp.tanh(u), atoms=(atom,))
    >>> tanh.derivative(2)
    2*t*(t - 1)*(t + 1)
    >>> tanh.define(tanh.value)
    tanh(u)
    """

    value: sp.Expr
    definition: sp.Expr
    atoms: tuple[Atom, ...] = ()
    closed: Mapping[int, tuple[str, sp.Expr]] = field(default_factory=dict)
    ranges: Mapping[int, tuple[str, sp.Set]] = field(default_factory=dict)
    constants: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    variable: sp.Symbol = u

    def __post_init__(self) -> None:
        for name in ("closed", "ranges", "constants"):  # nobody changes what has been looked at
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        for name in ("value", "definition"):
            object.__setattr__(self, name, expression(getattr(self, name), f"the {name}"))
        self._require_exact_numbers()
        for symbol in (self.variable, *(a.symbol for a in self.atoms), *self.constants):
            _require_real(symbol)
        self._require_names()
        self._require_earlier()
        _require_stated("closed", self.closed, "exact expression", _is_expression)
        _require_stated("ranges", self.ranges, "interval, or a FiniteSet of one number,", _is_range)
        _ = self.resolved  # an error, if there is none

    def _require_names(self) -> None:
        names = [a.symbol.name for a in self.atoms]
        for name in names:
            if not name.isidentifier() or keyword.iskeyword(name):
                msg = f"an atom's name must be a Python identifier, got {name!r}"
                raise ValueError(msg)
            if name.startswith("_"):
                msg = f"an atom's name must not begin with an underscore, got {name!r}"
                raise ValueError(msg)
            if name in RESERVED or names.count(name) > 1 or re.fullmatch(r"t\d+", name):
                msg = f"an atom's name must be its own, not {name!r}, which is taken"
                raise ValueError(msg)

    def _require_earlier(self) -> None:
        """Raise ValueError for a relation that goes in a circle, or is no polynomial."""
        own, earlier = {a.symbol for a in self.atoms}, set[sp.Symbol]()
        for a in self.atoms:
            relation = sp.Integer(0) if a.relation is None else a.relation
            beyond = relation.free_symbols & (own - earlier)
            if beyond or not relation.is_polynomial(self.variable, *earlier):
                rule = f"must be a polynomial in {self.variable} and earlier atoms"
                what = f", in which {min(map(str, beyond))} is no earlier one" if beyond else ""
                msg = f"the relation of {a.symbol} {rule}, got {relation}{what}"
                raise ValueError(msg)
            earlier.add(a.symbol)

    def _require_exact_numbers(self) -> None:
        forms = [x for a in self.atoms for x in (a.definition, a.derivative, a.stable)]
        forms += [a.relation for a in self.atoms if a.relation is not None]
        forms += [expression(x, f"the constant {s}") for s, x in self.constants.items()]
        for form in (self.value, self.definition, *forms):
            require_exact(form)

    @cached_property
    def rules(self) -> dict[sp.Symbol, sp.Expr]:
        """The derivative of each atom."""
        return {a.symbol: a.derivative for a in self.atoms}

    @cached_property
    def relations(self) -> dict[sp.Symbol, sp.Expr]:
        """Atoms and constants that are polynomials in others."""
        return {a.symbol: a.relation for a in self.atoms if a.relation is not None} | dict(
            self.constants
        )

    @cached_property
    def resolved(self) -> dict[sp.Symbol, sp.Expr]:
        """The constants, each by what is no constant; ValueError where one is defined by itself.

        >>> b, c = sp.symbols("b c", real=True)
        >>> ScalarFunction(b * u, 6 * u, constants={b: 2 * c, c: sp.Integer(3)}).resolved
        {b: 6, c: 3}
        """
        found = {symbol: sp.sympify(expr) for symbol, expr in self.constants.items()}
        for _ in found:
            found = {symbol: expr.xreplace(dict(self.constants)) for symbol, expr in found.items()}
        if circular := [s for s, expr in found.items() if expr.has(*found)]:
            msg = f"the constant {min(circular, key=str)} is defined by itself"
            raise ValueError(msg)
        return found

    def derivative(self, order: int) -> sp.Expr:
        """Return the derivative of this order in atoms, in the form that is emitted."""
        value = self.value
        for _ in range(order):
            value = self._differentiate(value)
        return self._tidy(value)

    def _differentiate(self, expr: sp.Expr) -> sp.Expr:
        through = (sp.diff(expr, a) * rule for a, rule in self.rules.items())
        return sp.diff(expr, self.variable) + sum(through, sp.Integer(0))

    def _tidy(self, expr: sp.Expr) -> sp.Expr:
        """Factor, with relations read backwards: a factor r − s becomes −τ, which keeps its digits.

        Relations of atoms are never put in (that would undo their purpose); relations of constants
        only where that is cheaper. What is too long to be factored stays as it is.
        """
        if not is_short(expr):
            return expr
        candidates = [sp.factor(expr), sp.factor(expr.xreplace(dict(self.constants)))]
        folds: dict[sp.Expr, sp.Expr] = {}
        for symbol, other in self.relations.items():
            if isinstance(other, sp.Add):
                folds |= {sp.factor(other): symbol, sp.factor(-other): -symbol}
        folded = [self._fold(c, folds) for c in candidates]
        return min(folded, key=lambda c: (sp.count_ops(c), sp.default_sort_key(c)))

    @staticmethod
    def _fold(expr: sp.Expr, folds: Mapping[sp.Expr, sp.Expr]) -> sp.Expr:
        factors = sp.Mul.make_args(expr)
        bases = [(f.as_base_exp(), f) for f in factors]
        return sp.Mul(*(folds[b] ** n if b in folds else f for (b, n), f in bases))

    def reduce(self, expr: sp.Expr) -> sp.Expr:
        """Expand modulo the relations: equal expressions have equal reduced forms."""
        for symbol, other in reversed(self.relations.items()):
            expr = expr.xreplace({symbol: other})
        return sp.expand(expr)

    def define(self, expr: sp.Expr) -> sp.Expr:
        """Replace every atom by its definition."""
        return expr.xreplace({a.symbol: a.definition for a in self.atoms}).xreplace(self.resolved)
