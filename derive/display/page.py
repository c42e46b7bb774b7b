"""Results as one page for readers (input: results of the prover).

The page stands alone: no network and no scripts. Its mathematics is MathML, its plots are SVG, and
its filters are radio buttons that style sheets look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from markupsafe import Markup

from hessbound.derive import activations
from hessbound.derive.functions.balls import Enclosed
from hessbound.derive.proof.verdicts import Result, Verdict
from hessbound.templates import environment

from . import mathml, plots, records, statements, steps
from .plots import Mark, Plot
from .statements import scalar

TEMPLATE = "html/report.html.jinja"
SIGNS = {
    Verdict.PROVED: ("✓", "for all sizes and all values"),
    Verdict.SAMPLED: ("…", "in every exact draw, but that is no proof"),
    Verdict.REFUTED: ("✗", "a counterexample is given"),
    Verdict.UNCHECKED: ("?", "not decided, for the reason given"),
    Verdict.DEFINITION: ("≔", "nothing to prove"),
}


@dataclass(frozen=True)
class Row:
    """A claim with its verdict, as words and LaTeX."""

    id: str
    name: str
    equation: str
    activation: str
    section: str
    verdict: str  # as a word of CSS
    word: str
    sign: str
    expected: str
    text: str
    latex: str
    method: str
    seconds: str
    steps: Sequence[steps.Line]


@dataclass(frozen=True)
class Option:
    """One choice of a filter."""

    id: str
    label: str
    count: int
    sign: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Figure:
    """A plot with what its extrema are: words, each with what it is about as LaTeX."""

    name: str
    svg: str
    facts: Sequence[Sequence[tuple[str, str]]]


def render(results: Sequence[Result]) -> str:
    """Return the text of the page.

    >>> from hessbound.derive import claims
    >>> from hessbound.derive.proof.prove import prove
    >>> render([prove(claims.find("trace"))]).count('<details class="claim')
    1
    """
    rows = [_row(n, result) for n, result in enumerate(results)]
    sections = [
        Option(key, title, sum(row.section == key for row in rows))
        for key, title in records.sections().items()
    ]
    verdicts = [
        Option(_css(v), v.value, sum(r.verdict is v for r in results), *SIGNS[v]) for v in Verdict
    ]
    fields = {
        "rows": rows,
        "sections": [x for x in sections if x.count],
        "verdicts": [x for x in verdicts if x.count],
        "as_expected": sum(r.as_expected for r in results),
        "seconds": f"{sum(r.seconds for r in results):.1f}",
        "legend": statements.LEGEND,
        "figures": {name: list(map(_figure, plots.plots(name))) for name in _plotted(results)},
        "math": _math,
    }
    return environment(escape=True).get_template(TEMPLATE).render(fields)


def _math(latex: str, label: str = "", *, display: bool = False) -> str:
    """Write mathematics, or the label as it is where a user's text reads like LaTeX and is none."""
    try:
        return Markup(mathml.convert(latex, display=display, label=label))
    except ValueError:
        return label or latex


def _css(verdict: Verdict) -> str:
    return verdict.name.lower().replace("_", "-")


def _row(n: int, result: Result) -> Row:
    claim = result.claim
    return Row(
        id=f"claim-{n + 1}-{re.sub(r'[^a-z0-9]+', '-', claim.name.lower()).strip('-')}",
        name=claim.name,
        equation="" if claim.equation == "-" else claim.equation.replace("-", "–"),
        activation=records.activation_of(claim) or "",
        section=records.section_of(claim),
        verdict=_css(result.verdict),
        word=result.verdict.value,
        sign=SIGNS[result.verdict][0],
        expected="" if result.as_expected else f"expected {claim.expected.value}",
        text=claim.statement,
        latex=records.latex_of(claim),
        method=result.method,
        seconds=f"{result.seconds:.2f}",
        steps=steps.explain(result),
    )


def _plotted(results: Sequence[Result]) -> list[str]:
    named = {records.activation_of(r.claim) for r in results if not records.is_own(r.claim)}
    return [name for name in activations.names() if name in named]


def _figure(plot: Plot) -> Figure:
    facts = [list(_fact(mark)) for mark in plot.marks]
    values = {mark.extremum.value for mark in plot.marks}
    if len(values) == 1:
        facts = [[("constant", scalar(value))] for value in values]
    return Figure(plot.name, plot.svg, facts)


def _fact(mark: Mark) -> Iterator[tuple[str, str]]:
    """Say what an extremum is, exactly and in digits, and where."""
    where = _in_digits(mark.extremum.at)
    yield mark.word, _in_digits(mark.extremum.value)
    yield ("at", f"u = {where}") if mark.extremum.attained else ("as", rf"u \to {where}")


def _in_digits(x: sp.Expr) -> str:
    """Write a number exactly, if it is known so, and in six digits if it is no integer."""
    if not x.is_finite or x.is_Integer:
        return scalar(x)
    digits = f"{float(x):.6g}"
    if x.has(Enclosed):
        return rf"\approx {digits}"
    return rf"{scalar(x)} {'=' if sp.Rational(digits) == x else chr(92) + 'approx'} {digits}"
