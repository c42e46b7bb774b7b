"""How a verdict was reached, in steps for readers (input: a result).

Nothing is decided here: what a step shows is computed again from the claim by ``recomputed``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import singledispatch
from typing import Any

import sympy as sp

from hessbound.derive.algebra.matrices import Matrix
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.functions.special import exact
from hessbound.derive.lowering import programs
from hessbound.derive.proof.deadline import WRITING, TooLongError, deadline
from hessbound.derive.proof.identities import readable
from hessbound.derive.proof.recursions import total
from hessbound.derive.proof.statements import (
    Checked,
    Claim,
    Identity,
    Induction,
    Inequality,
    RangeClaim,
    ScalarIdentity,
    ScalarInequality,
)
from hessbound.derive.proof.verdicts import Result, Step, Verdict
from hessbound.derive.statements import layer_latex
from hessbound.derive.statements.notation import LAYERS

from . import recomputed, terms, unicode
from .statements import extrema, scalar, statement

PRIME = "'"
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST = 64  # terms on display
BY = "by A_ka, w₀ and w_k, with symbolic indices"
DERIVED = {
    "gradient": f"SymPy differentiates ℓ(v), v = w₀ + Σ w_k f(u_k), u = Ax̄, {BY}.",
    "hessian": f"SymPy differentiates ℓ(v), v = w₀ + Σ w_k f(u_k), u = Ax̄, twice {BY}.",
    "total_gradient": "SymPy differentiates L, as one sum over all samples.",
    "total_hessian": "SymPy differentiates L twice, as one sum over all samples.",
    "output_gradient": f"SymPy differentiates the output v = w₀ + Σ w_k f(u_k) {BY}.",
    "output_hessian": f"SymPy differentiates the output v = w₀ + Σ w_k f(u_k) twice {BY}.",
    "second_hessian": "The product rule over the factors of the index algebra differentiates a"
    " second time, without SymPy.",
    "third": f"SymPy differentiates ℓ(v) three times {BY}.",
    "trace_gradient": "The product rule over the factors of the index algebra differentiates the"
    " normal form of the trace.",
    "jacobian": "SymPy differentiates one variable of the network by its neighbour.",
}
OF_LAYERS = (
    "The product rule over the factors of the index algebra differentiates; f is any smooth"
    " function, and of F, which lies above the layer, only slope g and Hessian B appear."
)
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

    >>> from hessbound.derive import claims
    >>> from hessbound.derive.proof.prove import prove
    >>> steps = explain(prove(claims.find("trace_output")))
    >>> print(steps[2].text, steps[2].latex)
    Left side, in normal form (2 terms): \sum_{i} p_{i} + \sum_{i,k} p_{i} h_{ik}^{2}
    """
    lines: list[Line] = []
    try:
        if result.verdict is not Verdict.DEFINITION:
            with deadline(WRITING if result.verdict is Verdict.UNCHECKED else None):
                lines += _steps(result.claim, result)
    except (Exception, TooLongError) as error:  # whatever a function does, the rest is still told
        lines.append(Line(f"There is no derivation to show: {error}"))
    if result.witness:
        where = f"Counterexample: {result.witness.where}. One side is {result.witness.lhs},"
        text = f"{where} the other {result.witness.rhs}. This shows it:"
        lines.append(Line(text, code=result.witness.snippet))
    if result.verdict is Verdict.UNCHECKED:
        lines.append(Line(f"Not decided: {result.method}."))
    if result.verdict is Verdict.SAMPLED:
        lines.append(Line(f"How far it was checked: {result.method}."))
    return lines


@singledispatch
def _steps(claim: Claim, result: Result) -> Iterator[Line]:
    for step in result.steps:
        yield Line(f"{step.reason}.", unicode.latex(step.formula) if step.formula else "")


@_steps.register
def _(claim: Identity, result: Result) -> Iterator[Line]:
    used = statement(claim).used
    if used and claim.notation is LAYERS:
        yield Line(OF_LAYERS)
    elif used:
        yield from (Line(text) for key, text in DERIVED.items() if key in used)
        yield Line(CONCRETE.format(name=claim.activation) if claim.activation else GENERIC)
    if result.verdict is not Verdict.PROVED:
        return
    lhs, rhs = recomputed.normal_forms(claim)
    count = _count(sum(map(len, lhs.entries.values())))
    symbols = layer_latex.SYMBOLS | {"u": "z"} if claim.notation is LAYERS else {}
    yield Line(f"Left side, in normal form ({count}):", _aligned(*_blocks(lhs, symbols)))
    same = rhs.entries == lhs.entries
    how = "the same terms" if same else "the same terms modulo the relations of the atoms"
    yield Line(f"Right side: the matrix products, written out as sums over indices, give {how}.")
    kind = "Taylor series of an explicit function" if used else "plain matrices"
    at = ", ".join(f"{name} = {n}" for name, n in asdict(claim.notation.shown).items())
    yield Line(f"Confirmed by {kind} at {at}, in {_example(*recomputed.arrays(claim))}.")
    yield Line(f"Numbers agree at further sizes: {result.method.partition('; ')[2]}.")


@_steps.register
def _(claim: Inequality, result: Result) -> Iterator[Line]:
    if result.verdict is Verdict.PROVED and claim.equal:
        yield Line("Both sides have the same normal form.")
    if result.steps:
        yield Line(
            "The larger side minus the smaller one is a sum of slacks, none of them negative:"
        )
        for step in result.steps:
            written = _aligned(("", [*terms.latex_terms(step.poly), r"\ge 0"]))
            yield Line(f"{step.reason} ({_count(len(step.poly))}):", written)
        yield Line("By normal form the smaller side and the slacks add up to the larger side.")
    if result.slack:
        yield Line(f"In numbers: {result.slack}.")


@_steps.register
def _(claim: ScalarIdentity, result: Result) -> Iterator[Line]:
    for lhs, rhs in dict.fromkeys(claim.pairs):
        left, right = (exact(claim.function.define(side)) for side in (lhs, rhs))
        yield Line(
            "With every atom replaced by its definition:", f"{scalar(left)} = {scalar(right)}"
        )
    if result.verdict is Verdict.PROVED:
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
def _(claim: ScalarInequality, result: Result) -> Iterator[Line]:
    if result.steps:
        yield Line("The larger side minus the smaller one, piece by piece:")
    yield from _pieces(result.steps)


@_steps.register
def _(claim: Induction, result: Result) -> Iterator[Line]:
    yield Line("The steps, from the layer above or below to the next:")
    yield from (Line(f"{x.name}:", statement(x).latex) for x in claim.steps)
    yield Line("What holds at each layer:")
    yield from (Line(f"{x.name}:", statement(x).latex) for x in claim.conclusions)
    if follows := total(claim.conclusions):
        yield Line("So, H being the sum over the samples:", follows)
    if result.verdict is Verdict.PROVED:
        depths = ", ".join(map(str, claim.depths))
        yield Line(
            "Each step yields what it started from, of the next layer, from that and the layer's"
            f" own values alone. Unrolled at {depths} hidden layers, the steps make of each"
            " conclusion what the product rule makes of the whole network."
        )


@_steps.register
def _(claim: Checked, result: Result) -> Iterator[Line]:
    if claim.activation is None:
        return
    built = programs.build(claim.activation)
    yield Line("Each program is read back into the index algebra and has its claim's normal form:")
    for program in built.module.programs:
        yield Line(f"{program.name}: {program.title}.")


def _pieces(steps: Iterable[Step]) -> Iterator[Line]:
    """Write the monotone pieces of a function, and what its range is."""
    for step in steps:
        text = re.sub(r"\boo\b", "∞", step.formula)
        text = re.sub(r"\*\*(\d+)", lambda m: m[1].translate(RAISED), text).replace("*", "·")
        yield Line(f"{text[0].upper()}{text[1:]}.")


def _example(lhs: Any, rhs: Any) -> str:
    """Say of how many entries two arrays are, and show one that is not 0, if there is one."""
    places = itertools.product(*map(range, lhs.shape))
    at = next((at for at in places if lhs[at] or rhs[at]), (0, 0))
    values = f"{_number(lhs[at])} = {_number(rhs[at])}"
    many = lhs.size > 1
    return (
        f"all {lhs.size} entries: {values} in entry {at}" if many else f"the only entry: {values}"
    )


def _number(x: Any) -> str:
    shown = readable(x)
    return str(shown.evalf(12)) if isinstance(shown, sp.Expr) else str(shown)


def _count(n: int) -> str:
    return "1 term" if n == 1 else f"{n} terms"


def _blocks(M: Matrix, symbols: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the terms of each block that is not 0, with its name and the letters of its entry."""
    for (r, c), poly in M.entries.items():
        if not poly.terms or (M.rows == M.cols and r > c and poly == M.T.entries[r, c]):
            continue  # a symmetric matrix shows what lies above its diagonal
        shown, free = terms.entry(M, r, c)
        at = "".join(x.name for x in free)
        block = rf"\text{{block }} ({r + 1}, {c + 1})_{{{at}}} &= "
        yield block if len(M.entries) > 1 else "", terms.latex_terms(shown, symbols)


def _aligned(*blocks: tuple[str, list[str]]) -> str:
    """Write all terms, a few to a line, and how many are left out of a long list."""
    lines = []
    for head, parts in blocks:
        more = len(parts) - MOST
        rest = [rf"+ \dots \text{{ ({_count(more)} more)}}"] if more > 0 else []
        first, *others = terms.filled([*parts[:MOST], *rest])
        lines += [f"{head or '&' * bool(others)}{first}", *others]
    if len(lines) == 1 and "&" not in lines[0]:
        return lines[0]
    return terms.aligned(lines) if lines else "0"
