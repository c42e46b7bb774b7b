"""Verdicts on inequalities: certificates in the normal form, and numbers of real examples.

A certificate is a list of named slacks that cannot be negative. It proves the inequality for all
sizes if, by normal form, the smaller side plus the slacks is the larger one. The same certificate
is then evaluated in numbers, in networks with each activation for instance, where every slack is
looked at. Without a certificate that closes, the numbers can only refute, or sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from .nonnegative import NegativeError
from .statements import Bound
from .verdicts import Decision, Step, Verdict, Witness

CLOSE = 1e-30  # of numbers with 50 digits


def decide(claim: Bound) -> Decision:
    """Prove an inequality by its certificate, or refute it by an example."""
    q = claim.setting.symbolic()
    try:
        small, large = claim.function(q)
        steps = tuple(_steps(claim, q))
        gap = sum((slack for _, slack in steps), 0 * small)
        closes = q.same(small + gap, large)
    except ValueError as error:
        return Decision(Verdict.UNCHECKED, f"not a statement: {error}")
    proved = closes and (claim.equal or claim.proof is not None)
    witness = next(_violations(claim, proved=proved), None)
    if witness:
        return Decision(Verdict.REFUTED, "violated by an example", witness)
    slack = _slack(claim)
    if proved:
        shown = tuple(Step(reason, str(slack.poly)) for reason, slack in steps)
        method = "normal form" if claim.equal else _count(len(shown))
        return Decision(Verdict.PROVED, f"{method}; {slack}", None, shown, slack)
    if claim.proof is None and not claim.equal:
        return Decision(Verdict.SAMPLED, slack, None, (), slack)
    return Decision(Verdict.UNCHECKED, "the certificate does not close, and no violation was found")


def _count(steps: int) -> str:
    return f"certificate of {steps} step{'s' * (steps > 1)}"


def _steps(claim: Bound, q: Any) -> Iterator[tuple[str, Any]]:
    if claim.proof is not None:
        for reason, slack in claim.proof(q):
            yield reason, slack.value


def _violations(claim: Bound, *, proved: bool) -> Iterator[Witness]:
    """Yield examples in which the smaller side is above the larger.

    Of a certificate that closes, every slack is looked at as well; otherwise there are more
    examples.
    """
    for label, q, code in claim.setting.examples(thorough=not proved):
        small, large = (side.array[0, 0] for side in claim.function(q))
        if _above(small, large) or (claim.equal and _above(large, small)):
            yield _witness(claim, label, code, small, large)
        try:
            list(_steps(claim, q)) if proved else None
        except NegativeError as error:
            yield Witness(label, f"a slack of the certificate: {error}", 0, code)


def _above(a: Any, b: Any) -> bool:
    """Whether a number is above another: exactly, or by more than rounding."""
    room = 0 if isinstance(a - b, int | Fraction) else CLOSE * (abs(a) + abs(b) + 1)
    return bool(a - b > room)


def _witness(claim: Bound, label: str, code: str, small: Any, large: Any) -> Witness:
    snippet = (
        f"from hessbound.derive import claims\n{code}\n"
        f"small, large = claims.find({claim.name!r}).function(q)\n"
        "print(small.array[0, 0], large.array[0, 0])"
    )
    return Witness(label, small, large, snippet, ">" if _above(small, large) else "≠")


def _slack(claim: Bound) -> str:
    """Say how much of the larger side the smaller one takes, over the examples."""
    if claim.equal:
        return f"equal in {len(list(claim.setting.examples(thorough=False)))} examples"
    ratios = []
    for _, q, _ in claim.setting.examples(thorough=False):
        small, large = (side.array[0, 0] for side in claim.function(q))
        ratios += [float(small / large)] if large > 0 else []
    if not ratios:
        return "no example with a positive bound"
    return f"at most {max(ratios):.2g} of the bound in {len(ratios)} examples"
