"""Proofs of single statements as function calls, for notebooks and scripts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sympy import Interval

from hessbound.derive.functions import catalogue
from hessbound.derive.proof.assumptions import Assumptions, Given
from hessbound.derive.proof.faults import body_of, code_of
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.register import identity_of, inequality_of
from hessbound.derive.proof.scalars import scalar_identity, scalar_inequality
from hessbound.derive.proof.statements import Pair, arguments
from hessbound.derive.proof.verdicts import Result

IMPORT = "from hessbound.derive.proof.register import identity_of, inequality_of"
IMPORT += "\nfrom hessbound.derive.proof.assumptions import Assumptions"


def prove_equal(
    lhs: Any,
    rhs: Any = None,
    *,
    activation: str | None = None,
    indices: tuple[str, ...] | None = None,
    domain: Interval | None = None,
) -> Result:
    """Prove or refute that two sides are equal.

    Parameters
    ----------
    lhs, rhs : functions, or SymPy expressions in u
        Functions of the network's quantities q, and of sample indices if it is claimed for each
        sample; a number may stand for one of them. Or one function that returns both sides.
    activation : str, optional
        Take f, f′ and f″ from this activation.
    indices : tuple of str, optional
        The kinds of the indices that functions take beside q; "sample" unless told otherwise.
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
    normal form; modulo a prime at 4·3·2, 3·2·4, 2·4·3
    >>> prove_equal(sp.tanh(u) ** 2, 1 - sp.diff(sp.tanh(u), u)).verdict
    <Verdict.PROVED: 'PROVED'>
    """
    if _is_function(lhs) or _is_function(rhs):
        if activation is not None:
            catalogue.load(activation)
        function = lhs if rhs is None else _paired(lhs, rhs)
        claim = identity_of(function, activation=activation, indices=indices)
        options = f"activation={activation!r}, indices={indices!r}"
        code = f"claim = identity_of({_code(lhs, rhs)}, {options})"
        return prove(replace(claim, code=f"{IMPORT}\n{code}"))
    if rhs is None:
        msg = "prove_equal takes two sides, or one function that returns both"
        raise TypeError(msg)
    return prove(scalar_identity("prove_equal", (lhs, rhs), activation=activation, domain=domain))


def prove_bound(
    function: Callable[..., Any],
    certificate: Callable[..., Any] | None = None,
    *,
    weighted: bool = False,
    hard: bool = False,
    inputs: bool = False,
    outputs: bool = False,
    slope: bool = False,
    curvature: bool = False,
    given: Given | None = None,
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
    slope, curvature : bool
        Instead of cross-entropy, take any loss, with |e_i| ≤ ω_i s₁, |p_i| ≤ ω_i s₂ or both; s₁ and
        s₂ are ``q.s1.value`` and ``q.s2.value``.
    given : callable, optional
        Yields further assumptions, (name, smaller side, larger side), from q.

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
    setting = Assumptions(
        weighted, hard, inputs, outputs, given=given, slope=slope, curvature=curvature
    )
    claim = inequality_of(function, setting, certificate=certificate)
    shown = replace(setting, given=None)
    code = f"claim = inequality_of({code_of(function)}, {shown!r})"
    return prove(replace(claim, code=f"{IMPORT}\n{code}"))


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
    claim = scalar_inequality("prove_at_most", (small, large), activation=activation, domain=domain)
    return prove(claim)


def _is_function(side: Any) -> bool:
    """Whether a side is a function that is written somewhere: numbers can be callable, too."""
    return callable(side) and hasattr(inspect.unwrap(side), "__code__")


def _paired(lhs: Any, rhs: Any) -> Callable[..., Pair]:
    """Return one function of q, and of indices, for two; one of them may be a number.

    ValueError where they take different numbers of indices.
    """
    functions = [side for side in (lhs, rhs) if _is_function(side)]
    if len({len(arguments(function)) for function in functions}) > 1:
        msg = f"the sides must take the same arguments, got {code_of(lhs)} and {code_of(rhs)}"
        raise ValueError(msg)

    def both(*at: Any) -> Pair:
        left, right = (side(*at) if _is_function(side) else side for side in (lhs, rhs))
        return left, right

    first = functions[0]
    both.__signature__ = inspect.signature(first)  # type: ignore[attr-defined]  # any may have it
    both.__doc__ = " = ".join(
        body_of(side) if _is_function(side) else str(side) for side in (lhs, rhs)
    )
    both.__wrapped__ = first  # type: ignore[attr-defined]  # for ``inspect.unwrap``
    return both


def _code(lhs: Any, rhs: Any) -> str:
    """Return code for one function that returns both sides."""
    if rhs is None:
        return code_of(lhs)
    first = lhs if _is_function(lhs) else rhs
    names = ", ".join(inspect.signature(first).parameters)
    sides = (f"({code_of(x)})({names})" if _is_function(x) else repr(x) for x in (lhs, rhs))
    return f"lambda {names}: ({', '.join(sides)})"
