"""Verdicts on identities in one variable, the paper's and the users' alike.

Balls at exact points refute. ``zero`` proves, piece by piece, and finds where to look closer; then
balls confirm on both sides of every such place. What is not decided is SAMPLED; a claim whose sides
are not real somewhere in its domain is UNCHECKED.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from hessbound.derive.functions import balls, catalogue
from hessbound.derive.functions.catalogue import require_all_smooth
from hessbound.derive.functions.loss import in_residual, residual, v
from hessbound.derive.functions.pieces import REALS
from hessbound.derive.functions.places import told
from hessbound.derive.functions.scalar import DERIVATIVES, ScalarFunction
from hessbound.derive.functions.smooth import NotSmoothError
from hessbound.derive.functions.zero import Equality, equality

from .faults import of_sympy
from .scalar_numbers import NEAR, Numbers
from .verdicts import Decision, Verdict

CUTS = 24  # places beside which balls are computed


def decide(claim: Any) -> Decision:
    """Prove or refute that the sides of each pair are equal on the claim's domain.

    The claim has ``pairs`` of expressions in the atoms of a ``function`` or, with an
    ``activation``, in f, f1, f2 and f3; and a ``domain``, None for the whole line.
    """
    try:
        doubt = not_smooth(claim.function)
        return Decision(Verdict.UNCHECKED, doubt) if doubt else _decide(claim)
    except Exception as error:  # whatever SymPy raises, the other claims still run
        return Decision(Verdict.UNCHECKED, of_sympy(error))


def _decide(claim: Any) -> Decision:
    x, domain = claim.function.variable, getattr(claim, "domain", None) or REALS
    pieces = points = 0
    for pair in dict.fromkeys(claim.pairs):
        lhs, rhs = (defined(claim.function.define(sp.sympify(side)), claim) for side in pair)
        decision, found, numbers = _of_pair(lhs, rhs, x, domain)
        if decision:
            named = len(claim.pairs) > 1 and decision.verdict is not Verdict.REFUTED
            why = f"{pair[0]} = {pair[1]}: {decision.method}" if named else decision.method
            return decision._replace(method=why)
        pieces = max(pieces, len(found.pieces.pieces))
        points += numbers.count
    where = f"on each of {pieces} pieces" if pieces > 1 else "on the line"
    if domain != REALS:
        where = where.replace("the line", str(domain))
    return Decision(Verdict.PROVED, f"equal {where}; balls at {points} points")


def _of_pair(
    lhs: sp.Expr, rhs: sp.Expr, x: sp.Symbol, domain: sp.Interval
) -> tuple[Decision | None, Equality, Numbers]:
    """Return no decision where two sides are proved to be equal, and how.

    What depends on v − y alone, for all v and y, is compared for all v − y.
    """
    moved = in_residual(lhs, rhs) if x == v and domain == REALS else None
    if moved:
        (lhs, rhs), x = moved, residual
    numbers = Numbers(lhs, rhs, x, domain)
    try:
        found, doubt = equality(lhs, rhs, x, domain), ""
    except Exception as error:  # SymPy gives up in many ways; none of them is a proof
        found, doubt = Equality.unknown(), f"no proof found ({type(error).__name__})"
    try:
        witness = (
            numbers.witness(numbers.points())
            or numbers.witness(beside(found.pieces.cuts))
            or next((numbers.at_place(piece) for piece in found.differs), None)
        )
        if not witness and (doubt or not found.proved):
            witness = numbers.smallest_difference()
    except balls.UnknownFunctionError as error:
        return Decision(Verdict.UNCHECKED, str(error)), found, numbers
    if witness:
        return Decision(Verdict.REFUTED, "the sides are apart at a point", witness), found, numbers
    return _without_witness(found, doubt, numbers), found, numbers


def _without_witness(found: Equality, doubt: str, numbers: Numbers) -> Decision | None:
    if any(not fault.undecided for fault in found.open):
        faults = [fault for fault in found.open if not fault.undecided]
        return Decision(Verdict.UNCHECKED, told(faults, numbers.x))
    if not numbers.count:
        return Decision(Verdict.UNCHECKED, "no point was found where balls are narrow")
    if found.proved and not doubt:
        return None
    why = doubt or told(found.open, numbers.x)
    return Decision(Verdict.SAMPLED, f"{numbers.count} points agree; {why}")


def beside(cuts: list[sp.Expr]) -> list[sp.Expr]:
    """List the places where something changes, and points near them on both sides."""
    near = [c + step for step in NEAR for c in cuts[:CUTS]]
    return [*cuts[:CUTS], *near]


def defined(expr: sp.Expr, claim: Any) -> sp.Expr:
    """Replace f and its derivatives by those of the claim's activation, if it names one."""
    if not claim.activation or not expr.has(*DERIVATIVES):
        return expr
    return expr.xreplace(derivatives(claim.activation, claim.function.variable))


def derivatives(activation: str, at: sp.Symbol) -> dict[sp.Symbol, sp.Expr]:
    """Return f and its derivatives as functions of a variable."""
    function = catalogue.load(activation)
    x = function.variable
    slopes = (sp.diff(function.definition, x, n) for n in range(len(DERIVATIVES)))
    return {s: y.xreplace({x: at}) for s, y in zip(DERIVATIVES, slopes, strict=True)}


@cache
def not_smooth(function: ScalarFunction) -> str:
    """Return why a function or one of its atoms is not smooth on the line; "" where all are."""
    try:
        require_all_smooth(function)
    except NotSmoothError as error:
        return str(error)
    return ""


@cache
def unproved_rules(function: ScalarFunction) -> str:
    """Return why a function's atoms cannot be used; "" where all their rules are proved.

    >>> unproved_rules(catalogue.load("tanh"))
    ''
    """
    if doubt := not_smooth(function):
        return doubt
    for lhs, rhs in rules(function):
        left, right = function.define(lhs), function.define(rhs)
        decision, _, _ = _of_pair(left, right, function.variable, REALS)
        if decision:
            witness = f" ({decision.witness})" if decision.witness else ""
            return f"{lhs} = {rhs}: {decision.method}{witness}"
    return ""


def rules(function: ScalarFunction) -> list[tuple[sp.Expr, sp.Expr]]:
    """List what must hold of a function's atoms: derivatives, emitted forms and relations.

    >>> rules(catalogue.load("linear"))
    [(u, u)]
    """
    pairs = [(function.definition, function.value)]
    for a in function.atoms:
        pairs.append((sp.diff(a.definition, function.variable), a.derivative))
        pairs.append((a.stable, a.definition))
        if a.relation is not None:
            pairs.append((a.definition, a.relation))
    return pairs
