"""Proofs of single statements as function calls, for notebooks and scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Interval

from hessbound.derive import activations
from hessbound.derive.proof import bound_ladder, ladder  # noqa: F401  # they teach ``prove``
from hessbound.derive.proof.bounded import Assumptions
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.stated import (
    paired,
    stated_at_most,
    stated_bound,
    stated_identity,
    stated_scalar,
)
from hessbound.derive.proof.verdicts import Result


def prove_equal(
    lhs: Any, rhs: Any = None, *, activation: str | None = None, domain: Interval | None = None
) -> Result:
    """Prove or refute that two sides are equal.

    Parameters
    ----------
    lhs, rhs : functions, or SymPy expressions in u
        Functions of the network's quantities q, and of sample indices if it is claimed for each
        sample; a number may stand for one of them. Or one function that returns both sides.
    activation : str, optional
        Take f, f′ and f″ from this activation.
    domain : SymPy Interval, optional
        Where expressions in u are equal; on the whole line unless told otherwise.

    Returns
    -------
    Result
        Its text has the verdict, how it was reached, and a witness if the claim is refuted.

    Raises
    ------
    TypeError
        If the sides are neither functions nor expressions.

    Examples
    --------
    >>> from hessbound.derive import prove_equal, u
    >>> import sympy as sp
    >>> print(prove_equal(lambda q: (q.H @ q.H).trace(), lambda q: (q.H * q.H).sum()))
    PROVED: (q.H @ q.H).trace() = (q.H * q.H).sum()
    normal form; exact at 2·1·2, 3·2·2
    >>> prove_equal(sp.tanh(u) ** 2, 1 - sp.diff(sp.tanh(u), u)).verdict
    <Verdict.PROVED: 'PROVED'>
    """
    if callable(lhs) or callable(rhs):
        function = lhs if rhs is None else paired(lhs, rhs)
        return prove(stated_identity(function, activation=activation))
    if rhs is None:
        msg = "prove_equal takes two sides, or one function that returns both"
        raise TypeError(msg)
    if activation is not None:
        activations.load(activation)
    return prove(stated_scalar("prove_equal", (lhs, rhs), activation, domain))


def prove_bound(
    function: Callable[..., Any],
    certificate: Callable[..., Any] | None = None,
    *,
    weighted: bool = False,
    hard: bool = False,
    inputs: bool = False,
    outputs: bool = False,
) -> Result:
    """Prove or refute that the first side that a function returns is at most the second.

    Parameters
    ----------
    function : callable
        A function of the network's quantities q that returns both sides, 1 × 1.
    certificate : callable, optional
        A generator of (reason, slack) that proves it; without one the inequality is sampled.
    weighted, hard, inputs, outputs : bool
        Assume sample weights ω ≥ 0 instead of 1, labels 0 and 1 only, |x_ij| ≤ 1, |f| ≤ 1.

    Returns
    -------
    Result
        Its text has the verdict, how it was reached, and a witness if the claim is refuted.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from hessbound.derive import over, prove_bound, square
    >>> def trace(q):
    ...     h2 = (q.h * q.h).sum() + q.one("sample").sum()
    ...     return q.part(q.H, "w", "w").trace(), Fraction(1, 4) * h2
    >>> def proof(q):
    ...     yield "p ≤ 1/4", over(q, lambda i: q.bounded(i).p.gap() * (square(q.at(i).h).sum() + 1))
    >>> prove_bound(trace, proof).verdict
    <Verdict.PROVED: 'PROVED'>
    """
    setting = Assumptions(weighted=weighted, hard=hard, inputs=inputs, outputs=outputs)
    return prove(stated_bound(function, None, setting, certificate))


def prove_at_most(
    small: Any, large: Any, *, activation: str | None = None, domain: Interval | None = None
) -> Result:
    """Prove or refute that an expression is at most another for every real u.

    Parameters
    ----------
    small, large : SymPy expressions
        They are in u and, with an activation, in its f, f1, f2 and f3.
    activation : str, optional
        The activation whose value and derivatives these are.
    domain : SymPy Interval, optional
        Where it is claimed; on the whole line unless told otherwise.

    Returns
    -------
    Result
        Its text has the verdict, how it was reached, and a witness if the claim is refuted.

    Examples
    --------
    >>> from sympy import Abs, Rational
    >>> from hessbound.derive import f1, f2, prove_at_most
    >>> print(prove_at_most(f1, Rational(1, 4), activation="sigmoid"))
    PROVED: sigmoid: f′ ≤ 1/4
    exact range of the difference: infimum 0 at u = 0
    >>> prove_at_most(Abs(f2), f1, activation="tanh").witness.where
    'u = 1'
    """
    if activation is not None:
        activations.load(activation)
    return prove(stated_at_most("prove_at_most", (small, large), activation, domain))
