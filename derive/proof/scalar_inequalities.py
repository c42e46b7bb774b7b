"""Verdicts on inequalities in one variable, the paper's and the users' alike.

Balls at exact points refute, out to where the inequality fails. It holds if the exact infimum of
the difference, which ``ranges`` finds, is not negative, or if ``order`` finds no place where it is.
What neither decides is SAMPLED.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy as sp

from hessbound.derive.functions import balls, catalogue
from hessbound.derive.functions.degrees import LARGEST, is_short
from hessbound.derive.functions.generators import plain, vanishes
from hessbound.derive.functions.order import NEGATIVE, negative_places
from hessbound.derive.functions.pieces import REALS, split
from hessbound.derive.functions.places import told
from hessbound.derive.functions.ranges import Extremum, Range, outermost, range_of
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.scalar import DERIVATIVES, Atom, ScalarFunction, u

from .faults import of_sympy
from .scalar_identities import beside, derivatives, unproved_rules
from .scalar_numbers import FAR, Numbers
from .scalar_ranges import ends
from .verdicts import Decision, Step, Verdict

OUT = [*FAR, *(way * sp.Integer(10) ** n for n in (9, 18, 40) for way in (1, -1))]


def decide(claim: Any) -> Decision:
    """Prove or refute that one side is never above the other on the claim's domain.

    The claim has ``small`` and ``large``, expressions in u and, with an ``activation``, in f, f1,
    f2 and f3; and a ``domain``, None for the whole line.
    """
    try:
        return _decide(claim)
    except Exception as error:  # whatever SymPy raises, the other claims still run
        return Decision(Verdict.UNCHECKED, of_sympy(error))


def _decide(claim: Any) -> Decision:
    domain = getattr(claim, "domain", None) or REALS
    small, large = (_defined(side, claim.activation) for side in (claim.small, claim.large))
    numbers = Numbers(small, large, u, domain, ">")
    pieces = split([small, large], u, domain)
    try:
        found = numbers.witness([*numbers.points(), *OUT]) or numbers.witness(beside(pieces.cuts))
        decision = None if found else _proved(claim, numbers)
        if decision and decision.verdict is Verdict.SAMPLED:
            found = numbers.smallest_difference()
    except balls.UnknownFunctionError as error:
        return Decision(Verdict.UNCHECKED, str(error))
    if found or decision is None:
        return Decision(Verdict.REFUTED, "violated at a point", found)
    if undefined := [fault for fault in pieces.faults if not fault.undecided]:
        return Decision(Verdict.UNCHECKED, told(undefined, u))
    if not numbers.count:
        return Decision(Verdict.UNCHECKED, "no point was found where balls are narrow")
    if pieces.faults and decision.verdict is Verdict.PROVED:
        why = f"true at {numbers.count} points; {told(pieces.faults, u)}"
        return Decision(Verdict.SAMPLED, why)
    return decision


def _proved(claim: Any, numbers: Numbers) -> Decision:
    """Try the exact range of the difference, then its sign piece by piece."""
    if claim.activation and (doubt := unproved_rules(catalogue.load(claim.activation))):
        return Decision(Verdict.UNCHECKED, f"the rules of {claim.activation} fail: {doubt}")
    why = "no proof found"
    for method in (_by_ranges, _by_pieces):
        try:
            return method(claim, numbers)
        except UndecidedError as error:
            why = str(error)
        except Exception as error:  # SymPy gives up in many ways; none of them is a proof
            why = f"no proof found ({type(error).__name__})"
    return Decision(Verdict.SAMPLED, f"true at {numbers.count} points; {why}")


def _by_ranges(claim: Any, numbers: Numbers) -> Decision:
    if numbers.domain != REALS:
        msg = "ranges are of the whole line"
        raise UndecidedError(msg)
    found = list(_ranges(claim))
    lowest = outermost([x.lowest for x in found], -1)
    if _negative(lowest.value):
        witness = numbers.witness([lowest.at]) if lowest.attained else None
        if witness:
            why = f"the difference has the infimum {_shown(lowest)}"
            return Decision(Verdict.REFUTED, why, witness)
        msg = f"for one sign of each modulus, the difference has the infimum {_shown(lowest)}"
        raise UndecidedError(msg)
    steps = [Step("monotone pieces", text) for x in found for text in (*x.steps, ends(x))]
    method = f"exact range of the difference: infimum {_shown(lowest)}"
    return Decision(Verdict.PROVED, method, None, tuple(steps))


def _by_pieces(claim: Any, numbers: Numbers) -> Decision:
    """Prove that the difference has no negative value; UndecidedError where that is open."""
    del claim
    found = negative_places(numbers.rhs - numbers.lhs, u, numbers.domain)
    places = [fault.place for fault in found if fault.why == NEGATIVE]
    witness = numbers.witness(p.between() for p in places if p.point is None)
    points = [p for p in places if p.point is not None]
    if not witness and points:
        sides = split([numbers.lhs, numbers.rhs], u, numbers.domain).pieces
        witness = next((numbers.at_place(x) for x in sides if x.place in points), None)
    if witness:
        return Decision(Verdict.REFUTED, "the difference is negative", witness)
    if found:
        raise UndecidedError(told(found, u))
    return Decision(Verdict.PROVED, "signs of the difference, piece by piece")


def _shown(lowest: Extremum) -> str:
    """Write a long value in six digits."""
    short = sp.count_ops(lowest.value) < 4
    return str(
        lowest if short else replace(lowest, value=balls.shown(balls.narrow(lowest.value), 6))
    )


def _negative(value: sp.Expr) -> bool:
    """Whether an exact number is below zero; UndecidedError where its digits do not show."""
    if value.is_infinite:
        return bool(value == -sp.oo)
    sign = balls.sign(value)
    if sign is None and not vanishes(value):
        msg = f"the sign of {value} is not decided"
        raise UndecidedError(msg)
    return sign == -1


def _defined(expr: sp.Expr, activation: str | None) -> sp.Expr:
    """Replace f and its derivatives by functions of u."""
    if activation is None:
        return expr
    return expr.xreplace(derivatives(activation, u))


def _ranges(claim: Any) -> Iterator[Range]:
    """Yield the range of the difference for either sign of what stands in |·|."""
    difference = claim.large - claim.small
    moduli = sorted(difference.atoms(sp.Abs), key=str)
    for signs in itertools.product((1, -1), repeat=len(moduli)):
        signed = {x: sign * x.args[0] for x, sign in zip(moduli, signs, strict=True)}
        yield _range(difference.xreplace(signed), claim.activation)


def _range(expr: sp.Expr, activation: str | None) -> Range:
    """Return the range of an expression in u, by the first way to write it that is decided."""
    for function in _functions(expr, activation):
        try:
            return range_of(function, 0)
        except UndecidedError:
            continue
    msg = "the exact range of the difference is not decided"
    raise UndecidedError(msg)


def _functions(expr: sp.Expr, activation: str | None) -> Iterator[ScalarFunction]:
    """Yield it as a polynomial in atoms, then as a rational function of u and e^(u/n)."""
    definition = _defined(expr, activation)
    for name in [activation] if activation else catalogue.names():
        function = catalogue.load(name)
        in_atoms = {s: function.derivative(n) for n, s in enumerate(DERIVATIVES)}
        value = expr.xreplace(in_atoms).subs({a.definition: a.symbol for a in function.atoms})
        own = value.free_symbols - {u}
        polynomial = is_short(value) and value.is_polynomial(u, *function.rules)
        polynomial = polynomial and own <= {*function.rules}
        if polynomial and not (own and unproved_rules(function)):
            yield ScalarFunction(value, definition, function.atoms if own else ())
    if (rational := _rational(definition)) is not None:
        yield rational


def _rational(expr: sp.Expr) -> ScalarFunction | None:
    """Write an expression in u and z = e^(u/n); None where that leaves no rational function."""
    z = sp.Symbol("z", real=True)
    unfolded = sp.expand_power_exp(plain(expr))
    rates = [x.args[0] / u for x in unfolded.atoms(sp.exp)]
    if not all(rate.is_Rational for rate in rates):
        return None
    n = math.lcm(*(int(rate.q) for rate in rates))
    if any(abs(n * rate) > LARGEST for rate in rates):  # before the powers are multiplied out
        return None
    in_z = unfolded.replace(sp.exp, lambda x: z ** (n * x / u))
    if not is_short(in_z):
        return None
    value = sp.cancel(in_z)
    if not value.is_rational_function(u, z) or value.free_symbols - {u, z}:
        return None
    growth = sp.exp(u / n)
    return ScalarFunction(value, expr, (Atom(z, growth, z / n, growth),))
