"""The derivation of the paper's results as a text in Markdown, from the formulas themselves.

No formula is typed in: gradient, blocks and traces come from ``equations``, the closed forms from
the claims by way of ``statements``, the cheapest form of tr H² from ``pairs``, the programs for the
gradient of the bound from ``contractions``, and the extrema from ``ranges``. The prose is in the
templates; GitHub renders the mathematics.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import sympy as sp

from hessbound.derive import activations, claims
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.lowering import contractions
from hessbound.derive.lowering.ir import Assign, Program, total
from hessbound.derive.lowering.pairs import FOLDED, Combination, arrange
from hessbound.derive.model import product_rule, traces
from hessbound.templates import environment

from . import equations, statements, terms
from .statements import extrema, scalar

PRIMES = ("", "'", "''", "'''")


def derivation(activation: str | None = None) -> str:
    """Return the whole derivation, or with an activation its part in it.

    >>> print(derivation("tanh").splitlines()[0])
    # tanh
    """
    *derivatives, hidden, output, squared = (
        equations.write(equation, "markdown") for equation in equations.equations(activation)
    )
    scalars = [hidden, output, squared]
    if activation:
        shown = _paragraphs([*derivatives, *scalars])
        function = _function(activation)
        return _render("activation", name=activation, function=function, equations=shown)
    return _render(
        "derivation",
        claims=lambda *names: _paragraphs(map(_claim, names)),
        derivatives=_paragraphs(derivatives),
        traces=_paragraphs(scalars),
        counts=_counts(),
        cheapest=_cheapest(),
        contracted=_listing(contractions.by_pairs({})),
        followed=_listing(contractions.gradient({}, [])),
        activations={name: _function(name) for name in activations.names()},
    )


def _render(template: str, **fields: Any) -> str:
    r"""Fill in a template; GitHub does not allow ``\operatorname``."""
    text = environment().get_template(f"markdown/{template}.md.jinja").render(fields)
    return re.sub(r"\\operatorname\{([a-z]+)\}", r"\\mathop{\\mathrm{\1}}", text)


def _paragraphs(displays: Iterable[str]) -> str:
    return "\n\n".join(displays)


def _display(latex: str) -> str:
    return f"$$\n{latex}\n$$"


def _claim(name: str) -> str:
    claim = claims.find(name)
    number = rf" \qquad \text{{({claim.equation})}}" if claim.equation[0].isdigit() else ""
    return _display(statements.statement(claim).latex + number)


def _counts() -> dict[str, int]:
    """Count the terms of tr H to tr H⁴ in normal form, and of the gradients of the first two."""
    names = ("trace", "squared", "cubed", "fourth")
    found = {name: len(traces.trace(n)) for n, name in enumerate(names, 1)}
    for n, name in enumerate(names[:2], 1):
        gradient = product_rule.trace_gradient(n)
        found[f"{name}_gradient"] = sum(map(len, gradient.entries.values()))
    return found


def _listing(program: Program) -> str:
    """Write a program line by line."""
    lines = []
    for s in program.statements():
        value = s.value if isinstance(s, Assign) else total(s.left * s.right, s.over)
        lines.append(f"{s.target} {'+=' if s.add else '='} {value}")
    return "\n".join(lines)


def _cheapest() -> dict[str, list[str]]:
    """Write the arrangement of tr H² term by term."""
    arranged = arrange(traces.trace(2))
    symbols = {entry: sp.Symbol(str(entry.base)) for entry in arranged.grams}
    names = {symbol: _gram_name(entry) for entry, symbol in symbols.items()}
    core, squares, thin = list[str](), list[str](), list[str]()
    for scalars, polynomial in arranged.core.items():
        body = sp.latex(polynomial.xreplace(symbols), symbol_names=names)
        left, right = (" ".join(f"{x.base}_{at}" for x in scalars) for at in "ij")
        core.append(_display(rf"\sum_{{i,j}} {left} {right} {body}"))
    for sign, vectors in arranged.squares:
        total = rf"{_coefficient(sign)} \sum_{{i,j}} K_{{ij}}^{{2}} (V_i \cdot V_j)".strip()
        squares.append(_display(rf"{total}, \qquad V = {_combination(vectors)}"))
    for first, second in arranged.thin:
        inner = r"\langle L^{\top} \bar X, R^{\top} \bar X \rangle"
        sides = rf"L = {_combination(first)}, \quad R = {_combination(second)}"
        thin.append(_display(rf"{inner}, \qquad {sides}"))
    return {"core": core, "squares": squares, "thin": thin}


def _gram_name(entry: sp.Expr) -> str:
    """Return K, G or h·h with both samples."""
    left = str(entry.base).partition("_")[0]
    return {"K": "K_{ij}", "g": "G_{ij}", "h": r"(h_i \cdot h_j)"}.get(left, f"{left}_{{ij}}")


def _coefficient(x: sp.Expr) -> str:
    return str({1: "", -1: "-"}.get(x, sp.latex(x)))


def _combination(vectors: Combination) -> str:
    """Write a combination of scaled features."""
    text = ""
    for v, c in vectors.items():
        factors = [*(str(x.base) for x in v.scalars), *_features(v.features)]
        sign = " - " if c < 0 else " + "
        text += sign + " ".join(filter(None, [_coefficient(abs(c)), r" \circ ".join(factors)]))
    return text.removeprefix(" + ")


def _features(names: Iterable[str]) -> Iterator[str]:
    """Write a product of features, f′∘b as g and f″∘b as c."""
    left = Counter(names)
    for (slope, weight), name in FOLDED.items():
        n = min(left[slope], left[weight])
        left -= Counter({slope: n, weight: n})
        yield from [name] * n
    yield from ({"f1": "f'", "f2": "f''", "w": "b"}.get(name, name) for name in left.elements())


def _function(name: str) -> dict[str, Any]:
    """Return atoms, f to f‴, and the extrema of f, f′ and f″ as far as they are known."""
    function = activations.load(name)
    atoms = r", \qquad ".join(
        f"{scalar(a.symbol)} = {scalar(a.definition)}" for a in function.atoms
    )
    lines = [f"f{PRIMES[n]} &= {scalar(function.derivative(n))}" for n in range(4)]
    known = []
    for order in range(3):
        if function.derivative(order + 1) != 0:  # no constant
            with suppress(UndecidedError):
                known.append(_display(extrema(function, order)))
    return {
        "atoms": _display(atoms) if atoms else "",
        "derivatives": _display(terms.aligned(lines)),
        "extrema": known,
    }
