"""Verdicts on ranges of derivatives (input: a claimed set, output: PROVED or a counterexample)."""

from __future__ import annotations

import sympy as sp

from hessbound.derive.functions.ranges import Range, UndecidedError, range_of

from .statements import RangeClaim
from .verdicts import Decision, Step, Verdict, Witness

POINTS = [sp.Rational(n, 7) for n in range(-70, 71, 5)]
FAR = 60  # where every derivative here has come close to its limit
DIGITS = 40
MARGIN = sp.Rational(1, 10**30)


def decide(claim: RangeClaim) -> Decision:
    """Compare the set with the exact infimum and supremum, and with numbers."""
    try:
        found = range_of(claim.function, claim.derivative)
    except UndecidedError as error:
        witness = _outside(claim, [])
        if witness:
            return Decision(Verdict.REFUTED, "a value lies outside", witness)
        return Decision(Verdict.UNCHECKED, str(error))
    witness = _outside(claim, [x.at for x in (found.lowest, found.highest) if x.attained])
    if witness:
        return Decision(Verdict.REFUTED, "a value lies outside", witness)
    steps = tuple(Step("monotone pieces", text) for text in (*found.steps, ends(found)))
    if _same(found.interval, claim.values):
        return Decision(Verdict.PROVED, "signs of the next derivative; limits", None, steps)
    where = "the claimed set has values that are not taken"
    witness = Witness(where, claim.values, found.interval, f"# {ends(found)}")
    return Decision(Verdict.REFUTED, "the extrema differ", witness, steps)


def _same(a: sp.Set, b: sp.Set) -> bool:
    """Whether two intervals have equal ends, open at the same ones."""
    if isinstance(a, sp.FiniteSet) or isinstance(b, sp.FiniteSet):
        return bool(a == b)
    ends = [a.inf - b.inf, a.sup - b.sup]
    return (a.left_open, a.right_open) == (b.left_open, b.right_open) and all(
        bool(x.equals(0)) for x in ends
    )


def ends(found: Range) -> str:
    """Say what infimum and supremum are, and where."""
    return f"infimum {found.lowest}; supremum {found.highest}"


def _outside(claim: RangeClaim, extrema: list[sp.Expr]) -> Witness | None:
    """Look for a value outside the claimed set: at the extrema, far out, and in between."""
    u = claim.function.variable
    value = sp.diff(claim.function.definition, u, claim.derivative)
    low, high = (sp.N(x, DIGITS) for x in (claim.values.inf, claim.values.sup))
    for at in [*extrema, sp.Integer(-FAR), sp.Integer(FAR), *POINTS]:
        number = sp.N(value.subs(u, at), DIGITS)
        if number < low - MARGIN or number > high + MARGIN:
            code = "import sympy as sp\nu = sp.Symbol('u', real=True)\n"
            code += f"print(sp.N(({value}).subs(u, sp.sympify({str(at)!r}))))"
            return Witness(f"u = {at}", sp.N(number, 17), claim.values, code)
    return None
