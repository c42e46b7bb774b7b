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

from hessbound.derive.algebra.labels import Index
from hessbound.derive.functions.zero import is_zero
from hessbound.derive.lowering import programs
from hessbound.derive.lowering.ir import ProgramError
from hessbound.derive.statements.explicit import Sizes, draw
from hessbound.derive.statements.symbolic import Symbolic

from . import inequalities, range_verdicts
from .statements import (
    Bound,
    Claim,
    Definition,
    Identity,
    KnownFalse,
    RangeClaim,
    ReadBack,
    ScalarIdentity,
)
from .verdicts import Decision, Result, Verdict, Witness

CONFIRM = (Sizes(2, 1, 2), Sizes(3, 2, 2))
SEARCH = (Sizes(1, 1, 1), Sizes(1, 1, 2), Sizes(2, 1, 1), Sizes(2, 1, 2), Sizes(2, 2, 3))
# None of these points is special to any function here.
POINTS = [sp.Rational(n, 7) for n in (-19, -8, -3, 2, 5, 11, 23)]
DIGITS, CLOSE = 50, 1e-30


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
    verdict, method, witness, steps, slack = Decision(*_decide(claim))
    seconds = time.perf_counter() - start
    return Result(claim, verdict, method, seconds, witness, steps, slack)


@singledispatch
def _decide(claim: Claim) -> Decision:
    raise TypeError(claim)


@_decide.register
def _(claim: Definition) -> Decision:
    return Decision(Verdict.DEFINITION, "")


@_decide.register
def _(claim: RangeClaim) -> Decision:
    return range_verdicts.decide(claim)


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
    except ProgramError as error:
        return Decision(Verdict.UNCHECKED, str(error))
    count = sum(map(len, built.claims.values()))
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


@_decide.register
def _(claim: ScalarIdentity) -> Decision:
    function, x = claim.function, claim.function.variable
    for lhs, rhs in claim.pairs:
        left, right = function.define(lhs), function.define(rhs)
        witness = _scalar_witness(left, right, x)
        if witness:
            return Decision(Verdict.REFUTED, f"differs at {len(POINTS)} points", witness)
        if not is_zero(left - right, x):
            return Decision(Verdict.UNCHECKED, f"could not decide {lhs} = {rhs}")
    return Decision(Verdict.PROVED, f"rational in e^{x}; {DIGITS} digits at {len(POINTS)} points")


def _scalar_witness(lhs: sp.Expr, rhs: sp.Expr, x: sp.Symbol) -> Witness | None:
    """Look for a rational point at which two expressions differ; other symbols are rational too."""
    others = sorted((lhs.free_symbols | rhs.free_symbols) - {x}, key=str)
    fixed = {s: sp.Rational(n + 2, n + 7) for n, s in enumerate(others)}
    for point in POINTS:
        at = {x: point, **fixed}
        left, right = (sp.N(side.subs(at), DIGITS) for side in (lhs, rhs))
        if not _equal(left, right):
            shown = ", ".join(f"{s} = {value}" for s, value in at.items())
            names = list(map(str, at))
            values = dict(zip(names, at.values(), strict=True))
            snippet = (
                "import sympy as sp\n"
                f"{', '.join(names)} = sp.symbols({' '.join(names)!r}, real=True)\n"
                f"print(sp.N(({lhs - rhs}).subs({values})))"
            )
            return Witness(shown, sp.N(left, 17), sp.N(right, 17), snippet)
    return None
