"""Verdicts on ranges of derivatives (input: a claimed set, output: PROVED or a counterexample)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp
from flint import arb

from hessbound.derive.functions import balls
from hessbound.derive.functions.generators import vanishes
from hessbound.derive.functions.pieces import REALS
from hessbound.derive.functions.ranges import Range, range_of
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.scalar import Enclosure

from .faults import of_sympy
from .scalar_identities import unproved_rules
from .scalar_numbers import Numbers
from .verdicts import Decision, Step, Verdict, Witness

TIGHT = arb(10) ** -12


def decide(claim: Any) -> Decision:
    """Prove or refute that a ``derivative`` of a ``function`` takes exactly the ``values`` given.

    Of an ``Enclosure``: that it holds all values, and has ends within 1e-12 of their ends.
    ``ranges`` finds infimum and supremum, and compares them with balls.
    """
    try:
        return _decide(claim)
    except Exception as error:  # whatever SymPy raises, the other claims still run
        return Decision(Verdict.UNCHECKED, of_sympy(error))


def _decide(claim: Any) -> Decision:
    value = sp.diff(claim.function.definition, claim.function.variable, claim.derivative)
    try:
        found = range_of(claim.function, claim.derivative)
    except UndecidedError as error:
        witness = _outside(claim, value, [])
        if witness:
            return Decision(Verdict.REFUTED, "a value lies outside", witness)
        return Decision(Verdict.UNCHECKED, str(error))
    witness = _outside(claim, value, [x.at for x in (found.lowest, found.highest) if x.attained])
    if witness:
        return Decision(Verdict.REFUTED, "a value lies outside", witness)
    steps = tuple(Step("monotone pieces", text) for text in (*found.steps, ends(found)))
    if doubt := unproved_rules(claim.function):
        return Decision(Verdict.UNCHECKED, f"the rules of {claim.activation} fail: {doubt}")
    if _same(found.interval, claim.values):
        method = "signs of the next derivative; limits; balls on the whole line"
        return Decision(Verdict.PROVED, method, None, steps)
    if isinstance(claim.values, Enclosure) and _tight(found, claim.values):
        method = "signs of the next derivative by balls; bounds for all u beyond"
        return Decision(Verdict.PROVED, method, None, steps)
    where = "the claimed set has values that are not taken"
    code = (
        "from hessbound.derive.activations import load\n"
        "from hessbound.derive.functions.ranges import range_of\n"
        f"print(range_of(load({claim.activation!r}), {claim.derivative}).interval)"
    )
    witness = Witness(where, claim.values, found.interval, code)
    return Decision(Verdict.REFUTED, "the extrema differ", witness, steps)


def _same(a: sp.Set, b: sp.Set) -> bool:
    """Whether two intervals have equal ends, open at the same ones."""
    if isinstance(a, sp.FiniteSet) or isinstance(b, sp.FiniteSet):
        return bool(a == b)
    ends = ((a.inf, b.inf), (a.sup, b.sup))
    return (a.left_open, a.right_open) == (b.left_open, b.right_open) and all(
        x == y or (not x.is_infinite and not y.is_infinite and vanishes(x - y)) for x, y in ends
    )


def _tight(found: Range, values: Enclosure) -> bool:
    """Whether balls show an enclosure to hold a range, and to be near it at both ends."""
    below, above = (
        balls.ball(way * (end.value - stated)) if end.value.is_finite else balls.NAN
        for end, stated, way in ((found.lowest, values.inf, 1), (found.highest, values.sup, -1))
    )
    return bool(below >= 0 and below < TIGHT and above >= 0 and above < TIGHT)


def ends(found: Range) -> str:
    """Say what infimum and supremum are, and where."""
    return f"infimum {found.lowest}; supremum {found.highest}"


def _outside(claim: Any, value: sp.Expr, extrema: list[sp.Expr]) -> Witness | None:
    """Look for a value outside the claimed set: at the extrema, far out, and in between."""
    x, (low, high) = claim.function.variable, (claim.values.inf, claim.values.sup)
    for lhs, rhs in ((low, value), (value, high)):
        if lhs.is_infinite or rhs.is_infinite:
            continue
        numbers = Numbers(lhs, rhs, x, REALS, ">")
        if found := numbers.witness([*extrema, *numbers.points()]):
            outside = found.rhs if rhs is value else found.lhs
            return replace(found, lhs=outside, rhs=claim.values, sign="≠")
    return None
