"""Verdicts on inequalities: numbers of real examples, then a certificate that the kernel checks.

A certificate proves the inequality, for all sizes, if the kernel allows each of its steps and, by
normal form, the smaller side plus the slacks is the larger one. It is closed in numbers, too: at
random sizes, with values large and small, every slack is not negative and they add up, exactly.
Without a certificate that closes, numbers can only refute, or sample; where there are none, nothing
is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, reduce
from operator import add
from typing import Any, NamedTuple

from flint import arb

from hessbound.derive.statements.normal import Normal
from hessbound.derive.statements.numbers import Numbers
from hessbound.derive.statements.trees import Node, zeros

from .faults import blame, place_of
from .identities import readable
from .kernel import NotARuleError, conclude
from .settings import Example, Setting
from .statements import Inequality
from .verdicts import Decision, Step, Verdict, Witness

SEEDS = range(12)  # of the exact values that certificates are closed in


class Looked(NamedTuple):
    """How many examples obey, and both sides in those of them that say something; a violation."""

    obeying: int
    seen: list[tuple[Any, Any]]
    witness: Witness | None = None

    @property
    def nothing(self) -> str:
        """Why no example says anything; "" where one does."""
        if self.seen:
            return ""
        if not self.obeying:
            return "no example obeys the assumptions, so nothing is said"
        return f"the numbers of all {self.obeying} examples have lost their digits"


class Closed(NamedTuple):
    """Slacks that add up to the difference of the sides, or why they do not."""

    slacks: tuple[tuple[str, Node], ...] = ()
    fault: str = ""


def decide(claim: Inequality) -> Decision:
    """Refute an inequality by an example, or prove it by its certificate."""
    looked = _look(claim, thorough=False)
    if looked.witness:
        return Decision(Verdict.REFUTED, "violated by an example", looked.witness)
    closed = certify(claim)
    if closed.fault:
        looked = _look(claim, thorough=True)
        if looked.witness:
            return Decision(Verdict.REFUTED, "violated by an example", looked.witness)
        if claim.certificate is not None or claim.equal:
            return Decision(Verdict.UNCHECKED, f"{closed.fault}, and no violation was found")
    if looked.nothing:
        return Decision(Verdict.UNCHECKED, looked.nothing)
    if closed.fault:
        shown = _shown(claim, looked.seen)
        return Decision(Verdict.SAMPLED, shown, None, (), shown)
    if fault := next((x for e in _examples(claim) if (x := _negative(e, closed))), ""):
        return Decision(Verdict.UNCHECKED, fault)
    steps = tuple(_step(claim, *slack) for slack in closed.slacks)
    shown = _shown(claim, looked.seen)
    how = "normal form" if claim.equal else _count(len(steps))
    return Decision(Verdict.PROVED, f"{how}; {shown}", None, steps, shown)


def read(claim: Inequality, closed: Closed) -> Decision:
    """Decide an inequality whose certificate is closed already, by its own examples."""
    looked = _look(claim, thorough=False)
    if looked.witness:
        return Decision(Verdict.REFUTED, "violated by an example", looked.witness)
    if fault := closed.fault or looked.nothing:
        return Decision(Verdict.UNCHECKED, fault)
    if fault := next((x for e in _examples(claim) if (x := _negative(e, closed))), ""):
        return Decision(Verdict.UNCHECKED, fault)
    return Decision(Verdict.PROVED, _shown(claim, looked.seen))


def _step(claim: Inequality, reason: str, slack: Node) -> Step:
    poly = _normal(claim.setting).read(slack).poly
    return Step(reason, str(poly), poly)


@cache
def _normal(setting: Setting) -> Normal:
    return Normal(relations=setting.relations())


def certify(claim: Inequality) -> Closed:
    """Check a certificate: by the kernel, by normal form, and in exact numbers."""
    small, large, _ = claim.sides
    if claim.certificate is None and not claim.equal:
        return Closed(fault="there is no certificate")
    where = place_of(claim.certificate or claim.function)
    try:
        known = claim.setting.known()
        slacks = tuple((reason, conclude(slack, known)) for reason, slack in claim.steps)
    except NotARuleError as error:
        return Closed(fault=str(error))
    except (Exception, SystemExit) as error:  # a certificate that fails is none
        return Closed(fault=blame(error, where))
    for reason, slack in slacks:
        if slack.shape != small.shape or slack.free:
            return Closed(fault=f"the slack {reason!r} is no number, but {slack.shape}")
    total = reduce(add, (slack for _, slack in slacks), zeros(small.shape))
    if not _normal(claim.setting).same(small + total, large):
        return Closed(fault="the certificate does not close")
    fault = next((x for seed in SEEDS if (x := _open(claim, seed, slacks))), "")
    return Closed(fault=fault) if fault else Closed(slacks)


def _open(claim: Inequality, seed: int, slacks: Sequence[tuple[str, Node]]) -> str:
    """Return what is wrong with a certificate in exact numbers; "" where nothing is."""
    values = claim.setting.abstract(seed)
    if values is None:
        return ""
    numbers = Numbers(values)
    small, large = (numbers.read(side).array[0, 0] for side in (claim.sides.lhs, claim.sides.rhs))
    total = small
    for reason, slack in slacks:
        value = numbers.read(slack).array[0, 0]
        if value < 0:
            return f"the slack {reason!r} is negative in exact numbers (draw {seed})"
        total = total + value
    return "" if total == large else f"the slacks do not add up in exact numbers (draw {seed})"


def _count(steps: int) -> str:
    return f"certificate of {steps} step{'s' * (steps > 1)}"


def _examples(claim: Inequality, *, thorough: bool = False) -> Iterator[Example]:
    found = map(claim.setting.example, claim.setting.plan(thorough=thorough))
    return (x for x in found if x is not None)


def _look(claim: Inequality, *, thorough: bool) -> Looked:
    """Look at both sides in all examples, or up to the first in which the smaller one is above."""
    obeying, seen = 0, list[tuple[Any, Any]]()
    for obeying, example in enumerate(_examples(claim, thorough=thorough), 1):
        small, large = (side[0, 0] for side in claim.at(example.values))
        if _above(small, large) or (claim.equal and _above(large, small)):
            return Looked(obeying, seen, _witness(claim, example, small, large))
        if example.values.field.same(small, large) or (small <= large and not claim.equal):
            seen.append((small, large))
    return Looked(obeying, seen)


def _negative(example: Example, closed: Closed) -> str:
    """Say which slack is certainly negative in a real example; "" where none is."""
    numbers = Numbers(example.values)
    with example.values.field.working():
        for reason, slack in closed.slacks:
            value = numbers.read(slack).array[0, 0]
            if value < 0:
                return f"the slack {reason!r} is {readable(value)} at {example.label}"
    return ""


def _above(a: Any, b: Any) -> bool:
    """Whether a number is above another, of balls for certain."""
    return bool(a > b)


def _witness(claim: Inequality, example: Example, small: Any, large: Any) -> Witness:
    snippet = (
        f"{claim.code}\n{example.code}\n"
        "small, large = claim.at(values)\n"
        "print(small[0, 0], large[0, 0])"
    )
    sign = ">" if _above(small, large) else "≠"
    return Witness(example.label, readable(small), readable(large), snippet, sign)


def _shown(claim: Inequality, seen: Sequence[tuple[Any, Any]]) -> str:
    """Say how much of the larger side the smaller one takes, over the examples."""
    if claim.equal:
        return f"equal in {len(seen)} examples"
    ratios = [float(arb(small) / arb(large)) for small, large in seen if large > 0]
    if not ratios:
        return f"no example of {len(seen)} with a positive bound"
    return f"at most {max(ratios):.2g} of the bound in {len(ratios)} examples"
