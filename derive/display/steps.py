"""How a verdict was reached, in steps for readers (input: a result).

Nothing is decided here: the steps are computed again from the claim, with the prover's own means.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, singledispatch
from typing import Any

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.special import exact
from hessbound.derive.lowering import programs
from hessbound.derive.proof.prove import CONFIRM
from hessbound.derive.proof.statements import (
    Bound,
    Claim,
    Identity,
    RangeClaim,
    ReadBack,
    ScalarBound,
    ScalarIdentity,
)
from hessbound.derive.proof.verdicts import Result, Step, Verdict
from hessbound.derive.statements.explicit import draw
from hessbound.derive.statements.symbolic import Symbolic

from . import terms as show
from . import unicode
from .typeset import extrema, scalar, statement

PROVED = (Verdict.PROVED, Verdict.PROVED_AT_SIZES)
PRIME = "'"
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST = 64  # terms on display
SPARE = {"sample": "ijlnopq", "hidden": "kr", "input": "ab", "feature": "ab", "other": "kr"}
BY = "by A_ka, w₀ and w_k, with symbolic indices"
DERIVED = {
    "gradient": f"SymPy differentiates ℓ(v), v = w₀ + Σ w_k f(u_k), u = Ax̄, {BY}.",
    "hessian": f"SymPy differentiates ℓ(v), v = w₀ + Σ w_k f(u_k), u = Ax̄, twice {BY}.",
    "total": "SymPy differentiates L, as one sum over all samples.",
    "output": f"SymPy differentiates the output v = w₀ + Σ w_k f(u_k) {BY}.",
    "second": "The product rule over the factors of the index algebra differentiates a second time,"
    " without SymPy.",
    "third": f"SymPy differentiates ℓ(v) three times {BY}.",
    "trace": "The product rule over the factors of the index algebra differentiates the normal form"
    " of the trace.",
    "jacobian": "SymPy differentiates one variable of the network by its neighbour.",
}
GENERIC = "f and ℓ are any smooth functions: only h = f(u), e = ∂ℓ/∂v and their derivatives appear."
CONCRETE = "f is {name}, and its derivatives are polynomials in its atoms."


@dataclass(frozen=True)
class Line:
    """One step: what was done, and perhaps a formula or code."""

    text: str
    latex: str = ""
    code: str = ""


def explain(result: Result) -> list[Line]:
    r"""Return the steps that lead to a verdict.

    >>> from hessbound.derive import claims, prove
    >>> steps = explain(prove.prove(claims.find("trace_output")))
    >>> print(steps[2].text, steps[2].latex)
    Left side, in normal form (2 terms): \sum_{i} p_{i} + \sum_{i,k} p_{i} h_{ik}^{2}
    """
    lines: list[Line] = []
    try:
        lines += _steps(result.claim, result) if result.verdict is not Verdict.DEFINITION else []
    except Exception as error:  # whatever a user's function raises, the rest is still told
        lines.append(Line(f"There is no derivation to show: {error}"))
    if result.witness:
        where = f"Counterexample: {result.witness.where}. One side is {result.witness.lhs},"
        text = f"{where} the other {result.witness.rhs}. This shows it:"
        lines.append(Line(text, code=result.witness.snippet))
    if result.verdict is Verdict.UNCHECKED:
        lines.append(Line(f"Not decided: {result.method}."))
    if result.verdict in (Verdict.SAMPLED, Verdict.PROVED_AT_SIZES):
        lines.append(Line(f"How far it was checked: {result.method}."))
    return lines


@singledispatch
def _steps(claim: Claim, result: Result) -> Iterator[Line]:
    for step in result.steps:
        yield Line(f"{step.reason}.", _or_text(step.formula))


def _or_text(text: str) -> str:
    return unicode.latex(text) if text else ""


@_steps.register
def _(claim: Identity, result: Result) -> Iterator[Line]:
    used = statement(claim).used
    for key, text in DERIVED.items():
        if key in used:
            yield Line(text)
    if used:
        yield Line(CONCRETE.format(name=claim.activation) if claim.activation else GENERIC)
    if result.verdict is not Verdict.PROVED:
        return
    lhs, rhs = _normal_forms(claim)
    terms = sum(len(x) for x in lhs.entries.values())
    blocks = [entry for entry in _entries(lhs) if entry[1]]
    yield Line(f"Left side, in normal form ({_count(terms)}):", _aligned(blocks))
    same = rhs.entries == lhs.entries
    how = "the same terms" if same else "the same terms modulo the relations of the atoms"
    yield Line(f"Right side: the matrix products, written out as sums over indices, give {how}.")
    yield from _confirmations(claim)


@cache
def _symbolic(activation: str | None) -> Symbolic:
    return Symbolic(activation)


@cache
def _normal_forms(claim: Identity) -> tuple[Matrix, Matrix]:
    at = [Index("sample", name) for name in SPARE["sample"][: claim.samples]]
    sides = getattr(claim, "sides", claim.function)
    lhs, rhs = sides(_symbolic(claim.activation), *at)
    return lhs, rhs


def _count(n: int) -> str:
    return "1 term" if n == 1 else f"{n} terms"


def _entries(M: Matrix) -> Iterator[tuple[str, list[str]]]:
    """Yield each block with the name of its entry, its free indices renamed for readers."""
    many = len(M.rows) * len(M.cols) > 1
    for (r, c), poly in M.entries.items():
        if M.rows == M.cols and r > c and poly == M.T.entries[r, c]:
            continue  # a symmetric matrix shows what lies above its diagonal
        own = indices(M.rows[r], ROW) + indices(M.cols[c], COL)
        taken = {x.name for x in poly.free()}
        spare = {kind: (x for x in letters if x not in taken) for kind, letters in SPARE.items()}
        names = {x: Index(x.kind, next(spare[x.kind])) for x in own}
        at = "".join(x.name for x in names.values())
        block = rf"\text{{block }} ({r + 1}, {c + 1})_{{{at}}} &= "
        yield block if many else "", _terms(poly.rename(names))


def _terms(poly: Poly) -> list[str]:
    if not poly.terms:
        return []
    first, *rest = show.latex_terms(poly)
    return [first.removeprefix("+ "), *rest]


def _aligned(entries: list[tuple[str, list[str]]]) -> str:
    """Write all terms, a few to a line, and how many are left out of a long list."""
    lines = []
    for head, terms in entries:
        shown = terms[:MOST]
        rest = (
            [rf"+ \dots \text{{ ({_count(len(terms) - MOST)} more)}}"] if len(terms) > MOST else []
        )
        rows = list(_rows([*shown, *rest]))
        lines += [f"{head or '&' * (len(rows) > 1)}{rows[0]}", *(rf"&\quad {x}" for x in rows[1:])]
    if not lines:
        return "0"
    return lines[0] if len(lines) == 1 and "&" not in lines[0] else show.aligned(lines)


def _rows(terms: list[str]) -> Iterator[str]:
    """Fill lines with terms."""
    row = ""
    for term in terms:
        if row and unicode.width(row + term) > show.WIDE:
            yield row
            row = ""
        row = f"{row} {term}".strip()
    yield row


def _confirmations(claim: Identity) -> Iterator[Line]:
    """Yield exact values of both sides at the sizes that the prover looks at."""
    sides = getattr(claim, "sides", claim.function)
    for size in CONFIRM[:1] if claim.activation else CONFIRM:
        q = draw(*size, 0, claim.activation)
        lhs, rhs = (x.array for x in sides(q, *range(claim.samples)))
        entry = next(
            (at for at in itertools.product(*map(range, lhs.shape)) if lhs[at] or rhs[at]), (0, 0)
        )
        entries = f"all {lhs.size} entries" if lhs.size > 1 else "the only entry"
        at = f" in entry {entry}" if lhs.size > 1 else ""
        values = f"{_number(lhs[entry])} = {_number(rhs[entry])}{at}"
        kind = (
            "sympy.hessian of an explicit function" if statement(claim).used else "plain matrices"
        )
        yield Line(
            f"Confirmed by {kind} at N = {size.N}, d = {size.d}, m = {size.m}, in"
            f" {entries}: {values}."
        )


def _number(x: Any) -> str:
    return str(x.evalf(12)) if isinstance(x, sp.Expr) and not x.is_Rational else str(x)


@_steps.register
def _(claim: Bound, result: Result) -> Iterator[Line]:
    if result.verdict in PROVED and claim.equal:
        yield Line("Both sides have the same normal form.")
    if result.steps:
        yield Line(
            "The larger side minus the smaller one is a sum of slacks, none of them negative:"
        )
    for step, poly in itertools.zip_longest(result.steps, _slacks(claim) if result.steps else []):
        terms = _terms(poly) if poly is not None else []
        formula = _aligned([("", [*terms, r"\ge 0"])]) if terms else "0" if poly is not None else ""
        yield Line(f"{step.reason} ({_count(len(terms))}):", formula)
    if result.steps:
        yield Line("By normal form the smaller side and the slacks add up to the larger side.")
    if result.slack:
        yield Line(f"In numbers: {result.slack}.")


def _slacks(claim: Bound) -> list[Poly]:
    q: Any = claim.setting.symbolic()
    slacks: list[Any] = [slack.value for _, slack in claim.proof(q)] if claim.proof else []
    return [value.poly for value in slacks]


@_steps.register
def _(claim: ScalarIdentity, result: Result) -> Iterator[Line]:
    for lhs, rhs in dict.fromkeys(claim.pairs):
        left, right = (exact(claim.function.define(side)) for side in (lhs, rhs))
        yield Line(
            "With every atom replaced by its definition:", f"{scalar(left)} = {scalar(right)}"
        )
    if result.verdict in PROVED:
        yield Line(
            "Split wherever a side changes, the difference of the two sides is on each piece a"
            " rational function of exponentials, roots and functions that count as independent, and"
            " cancels to 0; or its derivative does, and it is 0 at one point."
        )
        yield Line("Balls that contain the exact values agree at 0, far out and beside each place.")


@_steps.register
def _(claim: RangeClaim, result: Result) -> Iterator[Line]:
    function, order = claim.function, claim.derivative
    slope = scalar(function.derivative(order + 1))
    yield Line("The next derivative, in atoms:", f"f{(order + 1) * PRIME} = {slope}")
    yield from _pieces(result.steps[:-1])
    try:
        yield Line("So:", extrema(function, order))
    except UndecidedError as error:
        yield Line(f"Not found: {error}.")


@_steps.register
def _(claim: ScalarBound, result: Result) -> Iterator[Line]:
    if result.steps:
        yield Line("The larger side minus the smaller one, piece by piece:")
    yield from _pieces(result.steps)


def _pieces(steps: Iterable[Step]) -> Iterator[Line]:
    """Write the monotone pieces of a function, and what its range is."""
    for step in steps:
        text = re.sub(r"\boo\b", "∞", step.formula)
        text = re.sub(r"\*\*(\d+)", lambda m: m[1].translate(RAISED), text).replace("*", "·")
        yield Line(f"{text[0].upper()}{text[1:]}.")


@_steps.register
def _(claim: ReadBack, result: Result) -> Iterator[Line]:
    built = programs.build(claim.activation)
    yield Line("Each program is read back into the index algebra and has its claim's normal form:")
    for program in (*built.programs, *built.contractions):
        yield Line(f"{program.name}: {program.title}.")
