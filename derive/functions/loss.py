"""What a loss is: a scalar function of a network's output v, with a label and a sample weight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp

from .scalar import ScalarFunction

v = sp.Symbol("v", real=True)
y, y_bar, omega = sp.symbols("y ybar omega", real=True)
UNIT = sp.Interval(0, 1)


@dataclass(frozen=True, eq=False)
class Loss(ScalarFunction):
    """A function of v, a label y (with ȳ = 1 − y) and a factor ω, the sample's weight.

    Attributes
    ----------
    labels : Interval
        The labels that are valid.
    integers : bool
        Whether a label must be a whole number too.
    slope, curvature : Expr, optional
        sup |ℓ′| and sup ℓ″ over all outputs and valid labels, for ω = 1, to be proved; None says
        that there is none, and is proved too.
    sampled : bool
        Whether sup ℓ″ is stated without a proof that our procedures find.
    probabilities : pair of Expr, optional
        In atoms, those of class 0 and class 1 that the loss is the negative logarithm of.

    Examples
    --------
    >>> squared = Loss(omega * (v - y) ** 2 / 2, omega * (v - y) ** 2 / 2, labels=sp.S.Reals)
    >>> squared.derivative(1), squared.merges
    (-omega*(-v + y), False)
    """

    constants: dict[sp.Symbol, sp.Expr] = field(default_factory=lambda: {y_bar: 1 - y})
    variable: sp.Symbol = v
    labels: sp.Interval = field(kw_only=True)
    integers: bool = field(default=False, kw_only=True)
    slope: sp.Expr | None = field(default=None, kw_only=True)
    curvature: sp.Expr | None = field(default=None, kw_only=True)
    sampled: bool = field(default=False, kw_only=True)
    probabilities: tuple[sp.Expr, sp.Expr] | None = field(default=None, kw_only=True)

    @cached_property
    def merges(self) -> bool:
        """Whether samples with equal inputs are one, with Σω and the mean label: ℓ is linear in y.

        >>> from hessbound.derive import losses
        >>> [losses.load(name).merges for name in ("cross_entropy", "squared_error")]
        [True, False]
        """
        return bool(sp.diff(self.reduce(self.value), y, 2) == 0)

    def at(self, label: sp.Expr, order: int = 0) -> ScalarFunction:
        """Return a derivative for one label and ω = 1, as a function of v alone.

        >>> from hessbound.derive import losses
        >>> losses.load("poisson").at(sp.Integer(2), 1).value
        E - 2
        """
        given = {y: label, y_bar: 1 - label, omega: sp.Integer(1)}
        value = sp.sympify(self.derivative(order)).xreplace(given)
        plain = ScalarFunction(value, self.define(value), self.atoms, variable=v)
        return replace(plain, definition=plain.define(value))
