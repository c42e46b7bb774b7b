"""Verdicts on scalar inequalities that users state (the fourth part of ``ladder``).

Numbers refute, at the simplest point where one side is above the other. The inequality holds if the
exact infimum of the difference, which ``ranges`` finds and proves, is not negative. Where that is
not decided the claim is SAMPLED.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.functions.ranges import Extremum, Range, UndecidedError, range_of
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.functions.zero import exact

from .prove import _decide
from .range_verdicts import ends
from .scalar_ladder import Sampling, value_at
from .stated import DERIVATIVES, StatedAtMost
from .verdicts import Decision, Step, Verdict

DIGITS, CLOSE = 50, 1e-30
FAR = [sign * sp.Integer(10) ** n for n in range(1, 7) for sign in (1, -1)]


@_decide.register
def _(claim: StatedAtMost) -> Decision:
    small, large = (_define(side, claim.activation) for side in (claim.small, claim.large))
    sampling = Sampling(small, large, u, lambda a, b: not _above(a, b), ">")
    witness = next(sampling.differences(), None)
    if witness:
        return Decision(Verdict.REFUTED, "violated at a point", witness)
    if not sampling.count:
        return Decision(Verdict.UNCHECKED, "no point was found where both sides are real numbers")
    try:
        found = list(_ranges(claim))
    except Exception as error:  # SymPy gives up in many ways; none of them is a proof
        why = str(error) if isinstance(error, UndecidedError) else "no proof found"
        return Decision(Verdict.SAMPLED, f"true at {sampling.count} points; {why}")
    lowest = min((x.lowest for x in found), key=lambda x: sp.N(x.value, DIGITS))
    if _negative(lowest.value):
        why = f"for one sign of each modulus, the difference has the infimum {_shown(lowest)}"
        sampled = Decision(Verdict.SAMPLED, f"true at {sampling.count} points; {why}")
        return _refuted(sampling, lowest) or sampled
    steps = [Step("monotone pieces", text) for x in found for text in (*x.steps, ends(x))]
    method = f"exact range of the difference: infimum {_shown(lowest)}"
    return Decision(Verdict.PROVED, method, None, tuple(steps))


def _shown(lowest: Extremum) -> str:
    """Write a long value in six digits."""
    short = sp.count_ops(lowest.value) < 4
    return str(lowest if short else replace(lowest, value=sp.N(lowest.value, 6)))


def _above(a: Any, b: Any) -> bool:
    return bool(a - b > CLOSE * (abs(a) + abs(b) + 1))


def _negative(value: sp.Expr) -> bool:
    """Whether an exact number is below zero; UndecidedError where its digits do not show."""
    number = sp.N(value, DIGITS)
    if abs(number) > CLOSE:
        return bool(number < 0)
    if value.equals(0):
        return False
    msg = f"the sign of {value} is not decided"
    raise UndecidedError(msg)


def _refuted(sampling: Sampling, lowest: Extremum) -> Decision | None:
    """Show where the difference is negative: at its minimum, or on the way to its infimum.

    None where it is not: of an |x| on the larger side, the range of either sign was taken.
    """
    for place in [lowest.at] if lowest.attained else FAR:
        at = {u: place}
        small, large = (value_at(side, at) for side in (sampling.lhs, sampling.rhs))
        if small is not None and large is not None and small > large:
            witness = sampling.witness(at, small, large)
            return Decision(
                Verdict.REFUTED, f"the difference has the infimum {_shown(lowest)}", witness
            )
    return None


def _define(expr: sp.Expr, activation: str | None) -> sp.Expr:
    """Replace f and its derivatives by functions of u."""
    if activation is None:
        return expr
    definition = activations.load(activation).definition
    return expr.xreplace({s: sp.diff(definition, u, n) for n, s in enumerate(DERIVATIVES)})


def _ranges(claim: StatedAtMost) -> Iterator[Range]:
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
    definition = _define(expr, activation)
    for name in [activation] if activation else activations.names():
        function = activations.load(name)
        derivatives = {s: function.derivative(n) for n, s in enumerate(DERIVATIVES)}
        value = expr.xreplace(derivatives).subs({a.definition: a.symbol for a in function.atoms})
        if value.is_polynomial(u, *function.rules) and value.free_symbols <= {u, *function.rules}:
            yield ScalarFunction(value, definition, function.atoms)
    if (rational := _rational(definition)) is not None:
        yield rational


def _rational(expr: sp.Expr) -> ScalarFunction | None:
    """Write an expression in u and z = e^(u/n); None where that leaves no rational function."""
    z = sp.Symbol("z", real=True)
    plain = sp.expand_power_exp(exact(expr).rewrite(sp.exp))
    rates = [x.args[0] / u for x in plain.atoms(sp.exp)]
    if not all(rate.is_Rational for rate in rates):
        return None
    n = math.lcm(*(int(rate.q) for rate in rates))
    value = sp.cancel(plain.replace(sp.exp, lambda x: z ** (n * x / u)))
    if not value.is_rational_function(u, z) or value.free_symbols - {u, z}:
        return None
    growth = sp.exp(u / n)
    return ScalarFunction(value, expr, (Atom(z, growth, z / n, growth),))
