"""What a loss is: a scalar function of a network's output v, with a label and a sample weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp

from hessbound.derive.algebra.classes import is_rational

from .degrees import require_few_parts
from .scalar import Atom, Enclosure, ScalarFunction, expression, is_interval

v = sp.Symbol("v", real=True)
"""The output of a network."""
residual = sp.Symbol("v - y", real=True)
y, y_bar, omega = sp.symbols("y ybar omega", real=True)
UNIT = sp.Interval(0, 1)


@dataclass(frozen=True, eq=False)
class Loss(ScalarFunction):
    """A function of v, a label y (with ȳ = 1 − y) and a factor ω, the sample's weight.

    Attributes
    ----------
    labels : Interval
        The labels that are valid; its finite ends are.
    integers : bool
        Whether a label must be a whole number too; then the finite ends are whole numbers.
    slope, curvature : Expr or Enclosure, optional
        sup |ℓ′| and sup |ℓ″| over all outputs and valid labels, for ω = 1, to be proved; None says
        that there is none, and is proved too. Where it is no exact number, ``Enclosure("0", …)``,
        whose end is at most 1e-12 above it.
    probabilities : pair of Expr, optional
        In atoms, those of class 0 and class 1 that the loss is the negative logarithm of.

    Examples
    --------
    >>> squared = Loss(omega * (v - y) ** 2 / 2, omega * (v - y) ** 2 / 2, labels=sp.S.Reals)
    >>> squared.derivative(1), squared.merges
    (omega*(v - y), False)
    """

    constants: dict[sp.Symbol, sp.Expr] = field(default_factory=lambda: {y_bar: 1 - y})
    variable: sp.Symbol = v
    labels: sp.Interval = field(kw_only=True)
    integers: bool = field(default=False, kw_only=True)
    slope: sp.Expr | Enclosure | None = field(default=None, kw_only=True)
    curvature: sp.Expr | Enclosure | None = field(default=None, kw_only=True)
    probabilities: tuple[sp.Expr, sp.Expr] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if dict(self.constants) != {y_bar: 1 - y}:
            msg = f"the constants of a loss must be {{ybar: 1 - y}}, got {dict(self.constants)}"
            raise ValueError(msg)
        if self.ranges:
            msg = "a loss has no ranges: its suprema are slope and curvature"
            raise ValueError(msg)
        self._require_labels()
        for n, form in enumerate(self.probabilities or ()):
            expression(form, f"the probability of class {n}")
        for name in ("slope", "curvature"):
            stated = getattr(self, name)
            require_few_parts(stated, name)
            if stated is not None and not _is_bound(stated):
                msg = (
                    f"{name} must be an exact number that is not negative, or left out where there "
                )
                msg += f"is no supremum, got {stated!r}"
                raise ValueError(msg)

    def _require_labels(self) -> None:
        own = self.labels
        require_few_parts(own, "labels")
        open_ = is_interval(own) and any(
            x.is_finite and is_open
            for x, is_open in ((own.inf, own.left_open), (own.sup, own.right_open))
        )
        if not is_interval(own) or isinstance(own, Enclosure) or open_:
            msg = f"labels must be a sp.Interval that holds its finite ends, got {own}"
            raise ValueError(msg)
        if own.has(sp.Float):
            msg = f"the ends of labels must be exact numbers, got {own}"
            raise ValueError(msg)
        fractions = [x for x in (own.inf, own.sup) if x.is_finite and not x.is_Integer]
        if self.integers and fractions:
            msg = f"the ends of labels that are integers must be whole numbers, got {fractions[0]}"
            raise ValueError(msg)

    @cached_property
    def merges(self) -> bool:
        """Whether samples with equal inputs are one, with Σω and the mean label: ℓ is linear in y.

        >>> from hessbound.derive import losses
        >>> [losses.load(name).merges for name in ("cross_entropy", "squared_error")]
        [True, False]
        """
        return bool(sp.expand(sp.diff(self.define(self.value), y, 2)) == 0)

    def _tidy(self, expr: sp.Expr) -> sp.Expr:
        """Factor in v − y, which has all its digits, where an expression depends on that alone."""
        moved = in_residual(expr)
        return super()._tidy(moved[0]).xreplace({residual: v - y}) if moved else super()._tidy(expr)

    def at(self, label: sp.Expr, order: int = 0) -> ScalarFunction:
        """Return a derivative for one label and ω = 1, as a function of v alone.

        >>> from hessbound.derive import losses
        >>> losses.load("poisson").at(sp.Integer(2), 1).value
        E - 2
        """
        given = {y: label, y_bar: 1 - label, omega: sp.Integer(1)}
        value = sp.sympify(self.derivative(order)).xreplace(given)
        atoms = tuple(_with(a, given) for a in self.atoms)
        plain = ScalarFunction(value, value, atoms, variable=v)
        return replace(plain, definition=plain.define(value))


def bound(stated: sp.Expr | Enclosure | None) -> sp.Expr:
    """Return the number that a supremum, as a file states it, is at most; ∞ where there is none."""
    if stated is None:
        return sp.oo
    return stated.sup if isinstance(stated, Enclosure) else sp.sympify(stated)


def _is_bound(stated: object) -> bool:
    if isinstance(stated, Enclosure):
        return bool(stated.inf == 0)
    if not isinstance(stated, sp.Expr) and not is_rational(stated):
        return False
    number = sp.sympify(stated)
    exact = number.is_number and not number.has(sp.Float)
    return bool(exact and number.is_finite and number.is_nonnegative)


def _with(a: Atom, given: Mapping[sp.Symbol, sp.Expr]) -> Atom:
    """Return an atom with numbers in the place of symbols."""
    relation = a.relation.xreplace(given) if a.relation is not None else None
    definition, derivative, stable = (
        x.xreplace(given) for x in (a.definition, a.derivative, a.stable)
    )
    return Atom(a.symbol, definition, derivative, stable, relation)


def in_residual(*exprs: sp.Expr) -> tuple[sp.Expr, ...] | None:
    """Return expressions in v − y as functions of that alone; None for others.

    >>> in_residual(sp.tanh(v - y) ** 2)
    (tanh(v - y)**2,)
    >>> in_residual(v * y) is None
    True
    """
    if not any(x.has(y) for x in exprs):
        return None
    moved = tuple(x.xreplace({v: residual + y}) for x in exprs)
    return None if any(x.has(y) for x in moved) else moved
