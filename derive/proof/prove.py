"""Verdicts on claims (input: a claim, output: PROVED with its method, or REFUTED with a witness).

An identity is proved for all sizes by equal normal forms, a scalar one by ``zero``; then it is
confirmed by evaluating both sides as exact numbers, which shares no code with the proof. Where the
proof does not close, the same evaluation looks for a counterexample, smallest sizes first.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from functools import cache, singledispatch
from typing import Any

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra.labels import Index
from hessbound.derive.lowering import programs
from hessbound.derive.statements.explicit import Sizes, draw
from hessbound.derive.statements.symbolic import Symbolic

from . import inequalities, scalar_identities, scalar_inequalities, scalar_ranges
from .statements import (
    Bound,
    Claim,
    Definition,
    Identity,
    KnownFalse,
    RangeClaim,
    ReadBack,
    ScalarBound,
    ScalarIdentity,
)
from .verdicts import Decision, Result, Verdict, Witness

CONFIRM = (Sizes(2, 1, 2), Sizes(3, 2, 2))
SEARCH = (Sizes(1, 1, 1), Sizes(1, 1, 2), Sizes(2, 1, 1), Sizes(2, 1, 2), Sizes(2, 2, 3))
CLOSE = 1e-30


def prove(claim: Claim) -> Result:
    """Prove or refute one claim.

    The result has a verdict, the method that led to it and, if the claim is refuted, a witness: the
    place where the two sides differ, their values there, and code that shows it. A claim that makes
    no sense (its sides differ in shape, say) is unchecked, and its method says why.

    >>> from dataclasses import replace
    >>> from hessbound.derive import claims
    >>> claim = claims.find("trace_squared")
    >>> prove(claim).verdict, prove(claim).method
    (<Verdict.PROVED: 'PROVED'>, 'normal form; exact at 2·1·2, 3·2·2')
    >>> wrong = replace(claim, function=lambda q: (q.H.trace(), 2 * q.H.trace()))
    >>> prove(wrong).verdict, prove(wrong).witness.where
    (<Verdict.REFUTED: 'REFUTED'>, 'N=1, d=1, m=1, entry (0, 0)')
    """
    start = time.perf_counter()
    doubt = _unproved_rules(claim)
    decision = Decision(Verdict.UNCHECKED, doubt) if doubt else Decision(*_decide(claim))
    verdict, method, witness, steps, slack = decision
    seconds = time.perf_counter() - start
    return Result(claim, verdict, method, seconds, witness, steps, slack)


def _unproved_rules(claim: Claim) -> str:
    """Return what is not proved of an activation that a statement on networks rests on."""
    name = getattr(claim, "activation", None)
    if name is None or not isinstance(claim, Identity | ReadBack):
        return ""
    doubt = scalar_identities.unproved_rules(activations.load(name))
    return f"the rules of {name} fail: {doubt}" if doubt else ""


@singledispatch
def _decide(claim: Claim) -> Decision:
    raise TypeError(claim)


@_decide.register
def _(claim: Definition) -> Decision:
    return Decision(Verdict.DEFINITION, "")


@_decide.register
def _(claim: RangeClaim) -> Decision:
    return scalar_ranges.decide(claim)


@_decide.register
def _(claim: ScalarIdentity) -> Decision:
    return scalar_identities.decide(claim)


@_decide.register
def _(claim: ScalarBound) -> Decision:
    return scalar_inequalities.decide(claim)


@_decide.register
def _(claim: KnownFalse) -> Decision:
    witness = claim.search()
    if witness:
        return Decision(Verdict.REFUTED, "counterexample", witness)
    return Decision(Verdict.UNCHECKED, "the counterexample no longer holds")


@_decide.register
def _(claim: Bound) -> Decision:
    return inequalities.decide(claim)


@_decide.register
def _(claim: ReadBack) -> Decision:
    try:
        built = programs.build(claim.activation)
    except programs.ReadBackError as error:
        return Decision(Verdict.UNCHECKED, str(error))
    count = len((*built.programs, *built.contractions, *built.blocks))
    count += 2  # the forward pass, and the blocks' squares
    return Decision(Verdict.PROVED, f"normal form; {count} read-backs")


@_decide.register
def _(claim: Identity) -> Decision:
    indices = [Index("sample", name) for name in "ijln"[: claim.samples]]
    quantities = _symbolic(claim.activation)
    try:
        proved = quantities.same(*claim.function(quantities, *indices))
    except ValueError as error:
        return Decision(Verdict.UNCHECKED, f"not a statement: {error}")
    sizes = CONFIRM[:1] if claim.activation else CONFIRM if proved else SEARCH
    witness = next(_differences(claim, sizes), None)
    if witness:
        return Decision(Verdict.REFUTED, "exact numbers differ", witness)
    if proved:
        shown = ", ".join(f"{N}·{d}·{m}" for N, d, m in sizes)
        return Decision(Verdict.PROVED, f"normal form; exact at {shown}")
    return Decision(Verdict.UNCHECKED, "the normal forms differ, but no counterexample was found")


@cache
def _symbolic(activation: str | None) -> Symbolic:
    return Symbolic(activation)


def _differences(claim: Identity, sizes: tuple[Sizes, ...]) -> Iterator[Witness]:
    """Yield the entries in which the two sides differ at explicit sizes."""
    for size, seed in itertools.product(sizes, range(1 if sizes is CONFIRM else 2)):
        q = draw(*size, seed, claim.activation)
        for at in itertools.product(range(size.N), repeat=claim.samples):
            lhs, rhs = (side.array for side in claim.function(q, *at))
            for entry in itertools.product(*map(range, lhs.shape)):
                if not _equal(lhs[entry], rhs[entry]):
                    yield _witness(claim, size, seed, at, entry, lhs[entry], rhs[entry])


def _witness(
    claim: Identity,
    size: Sizes,
    seed: int,
    at: tuple[int, ...],
    entry: tuple[int, ...],
    lhs: Any,
    rhs: Any,
) -> Witness:
    where = f"N={size.N}, d={size.d}, m={size.m}" + (f", samples {at}" if at else "")
    drawn = (
        f"draw(N={size.N}, d={size.d}, m={size.m}, seed={seed}, activation={claim.activation!r})"
    )
    snippet = (
        "from hessbound.derive import claims\n"
        "from hessbound.derive.statements.explicit import draw\n"
        f"lhs, rhs = claims.find({claim.name!r}).function({', '.join([drawn, *map(str, at)])})\n"
        f"print(lhs.array[{entry}], rhs.array[{entry}])"
    )
    return Witness(f"{where}, entry {entry}", lhs, rhs, snippet)


def _equal(a: Any, b: Any) -> bool:
    """Compare exactly, or to 30 of 50 digits where the numbers are decimals."""
    if a == b:
        return True
    if isinstance(a, sp.Expr) or isinstance(b, sp.Expr):
        return bool(abs(a - b) <= CLOSE * (abs(a) + abs(b) + 1))
    return False
