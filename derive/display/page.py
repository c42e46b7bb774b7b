"""Results as one page for readers and as JSON for machines (input: results of the prover).

The page stands alone: no network and no scripts. Its mathematics is MathML, its plots are SVG, and
its filters are radio buttons that style sheets look at.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2
import sympy as sp

from hessbound.derive import activations, claims
from hessbound.derive.proof.statements import Claim
from hessbound.derive.proof.verdicts import Result, Verdict

from . import mathml, plots, steps, typeset, unicode
from .plots import Mark
from .typeset import scalar

TEMPLATE = "report.html.jinja"
SIGNS = {
    Verdict.PROVED: ("✓", "for all sizes and all values"),
    Verdict.PROVED_AT_SIZES: ("≈", "as polynomials, at the sizes that are named"),
    Verdict.SAMPLED: ("…", "in every exact draw, but that is no proof"),
    Verdict.REFUTED: ("✗", "a counterexample is given"),
    Verdict.UNCHECKED: ("?", "not decided, for the reason given"),
    Verdict.DEFINITION: ("≔", "nothing to prove"),
}
OWN = ("own", "Your claims")  # the section of claims that are in none of our modules


@dataclass(frozen=True)
class Step:
    """One step of an explanation, already written."""

    text: str
    math: str
    code: str


@dataclass(frozen=True)
class Row:
    """A claim with its verdict, already written."""

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
    math: str
    display: str
    method: str
    seconds: str
    steps: tuple[Step, ...]


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
    """A plot with what its extrema are."""

    name: str
    svg: str
    facts: tuple[str, ...]


def write(results: Sequence[Result], path: Path) -> None:
    """Write the page; the file is replaced as a whole or not at all.

    >>> from tempfile import TemporaryDirectory
    >>> from hessbound.derive import claims, prove
    >>> with TemporaryDirectory() as folder:
    ...     page = Path(folder) / "report.html"
    ...     write([prove.prove(claims.find("trace"))], page)
    ...     page.read_text(encoding="utf-8").count('<details class="claim')
    1
    """
    text = render(results)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)


def render(results: Sequence[Result]) -> str:
    """Return the text of the page."""
    rows = [_row(n, result) for n, result in enumerate(results)]
    sections = [
        Option(key, title, sum(row.section == key for row in rows))
        for key, title in [*_sections().items(), OWN]
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
        "legend": list(_legend()),
        "figures": {name: list(_figures(name)) for name in _plotted(results)},
    }
    return _environment().get_template(TEMPLATE).render(fields)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("hessbound.templates", ""),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )


def to_json(results: Sequence[Result]) -> str:
    r"""Return the results as JSON, one object for each claim, in order.

    >>> from hessbound.derive import claims, prove
    >>> (found,) = json.loads(to_json([prove.prove(claims.find("trace"))]))
    >>> found["name"], found["verdict"], found["latex"]  # doctest: +NORMALIZE_WHITESPACE
    ('trace', 'PROVED',
     '\\operatorname{tr} H = \\operatorname{tr} H_{ww} + \\operatorname{tr} H_{AA}')
    """
    return json.dumps([to_dict(result) for result in results], ensure_ascii=False, indent=2)


def to_dict(result: Result) -> dict[str, Any]:
    """Return one result in JSON's types; the keys are always there."""
    claim, witness = result.claim, result.witness
    return {
        "name": claim.name,
        "equation": None if claim.equation == "-" else claim.equation,
        "section": section_of(claim),
        "activation": getattr(claim, "activation", None),
        "statement": claim.statement,
        "latex": latex_of(claim),
        "verdict": result.verdict.value,
        "expected": claim.expected.value,
        "method": result.method,
        "seconds": round(result.seconds, 4),
        "witness": witness
        and {
            "where": witness.where,
            "lhs": str(witness.lhs),
            "rhs": str(witness.rhs),
            "snippet": witness.snippet,
        },
        "steps": [{"reason": s.reason, "formula": s.formula} for s in result.steps],
        "slack": result.slack,
    }


def latex_of(claim: Claim) -> str:
    """Return the statement as LaTeX; a user's function that cannot be written down, as text."""
    try:
        return typeset.statement(claim).latex
    except Exception:  # whatever a user's function raises, the others are still shown
        return unicode.latex(claim.statement)


@cache
def _modules() -> dict[str, ModuleType]:
    names = [info.name for info in pkgutil.iter_modules(claims.__path__)]
    return {name: importlib.import_module(f"{claims.__name__}.{name}") for name in names}


@cache
def _sections() -> dict[str, str]:
    """Return the modules of claims in the paper's order, with their docstrings' first lines."""
    found = sorted(_modules().items(), key=lambda item: min(c.order for c in item[1].CLAIMS))
    firsts = {key: (module.__doc__ or key).splitlines()[0] for key, module in found}
    return {key: re.sub(r"\s*\(Eqs?\..*|[.:].*", "", first) for key, first in firsts.items()}


@cache
def _homes() -> dict[str, str]:
    return {claim.name: key for key, module in _modules().items() for claim in module.CLAIMS}


def section_of(claim: Claim) -> str:
    """Return the part of the paper that a claim belongs to, or "own" for a user's.

    >>> from hessbound.derive import claims
    >>> section_of(claims.find("trace_squared"))
    'traces'
    """
    return OWN[0] if hasattr(claim, "place") else _homes().get(claim.name, OWN[0])


def _css(verdict: Verdict) -> str:
    return verdict.name.lower().replace("_", "-")


def _row(n: int, result: Result) -> Row:
    claim = result.claim
    latex = latex_of(claim)
    sign, _ = SIGNS[result.verdict]
    return Row(
        id=f"claim-{n + 1}-{re.sub(r'[^a-z0-9]+', '-', claim.name.lower()).strip('-')}",
        name=claim.name,
        equation="" if claim.equation == "-" else claim.equation.replace("-", "–"),
        activation=getattr(claim, "activation", None) or "",
        section=section_of(claim),
        verdict=_css(result.verdict),
        word=result.verdict.value,
        sign=sign,
        expected="" if result.as_expected else f"expected {claim.expected.value}",
        text=claim.statement,
        math=mathml.convert(latex, label=claim.statement),
        display=mathml.convert(latex, display=True, label=claim.statement),
        method=result.method,
        seconds=f"{result.seconds:.2f}",
        steps=tuple(_steps(result)),
    )


def _steps(result: Result) -> Iterator[Step]:
    for line in steps.explain(result):
        math = mathml.convert(line.latex, display=True, label=line.latex) if line.latex else ""
        yield Step(line.text, math, line.code)


def _legend() -> Iterator[tuple[str, str]]:
    for symbols, meaning in typeset.LEGEND:
        yield mathml.convert(symbols), meaning


def _plotted(results: Sequence[Result]) -> list[str]:
    named = {getattr(r.claim, "activation", None) for r in results if not hasattr(r.claim, "place")}
    return [name for name in activations.names() if name in named]


def _figures(name: str) -> Iterator[Figure]:
    for plot in plots.plots(name):
        values = {mark.extremum.value for mark in plot.marks}
        facts = [_fact(mark) for mark in plot.marks]
        if len(values) == 1:
            facts = [f"constant {mathml.convert(scalar(value))}" for value in values]
        yield Figure(plot.name, plot.svg, tuple(facts or ["extrema: no exact expression found"]))


def _fact(mark: Mark) -> str:
    """Say what an extremum is, exactly and in digits, and where."""
    value, where = map(_in_digits, (mark.extremum.value, mark.extremum.at))
    sign, word = ("=", "at") if mark.extremum.attained else (r"\to", "as")
    return f"{mark.word} {mathml.convert(value)} {word} {mathml.convert(f'u {sign} {where}')}"


def _in_digits(x: sp.Expr) -> str:
    """Write a number exactly, and in six digits if it is no integer."""
    if not x.is_finite or x.is_Integer:
        return scalar(x)
    digits = f"{float(x):.6g}"
    return rf"{scalar(x)} {'=' if sp.Rational(digits) == x else chr(92) + 'approx'} {digits}"
