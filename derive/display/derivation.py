"""The derivation of the paper's results as a text in Markdown, from the formulas themselves.

Nothing here is typed in twice: gradient, blocks and traces come from ``show``, the closed forms
from the claims by way of ``typeset``, the cheapest form of tr H² from ``lower_pairs``, the programs
for the gradient of the bound from ``lower_curvature``, and the extrema from ``ranges``. GitHub
renders the mathematics.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress

import sympy as sp

from hessbound.derive import activations, claims
from hessbound.derive.functions.roots import UndecidedError
from hessbound.derive.lowering import contractions
from hessbound.derive.lowering.ir import Assign, Program, total
from hessbound.derive.lowering.pairs import FOLDED, Arranged, Combination, arrange
from hessbound.derive.model import product_rule, traces

from . import terms, typeset
from .typeset import extrema, scalar

PRIMES = ("", "'", "''", "'''")
MODEL = """\
# The derivation

Written by `hessbound derive --format markdown`; a test compares this text with the code, so it
cannot drift. The formulas are SymPy's and the checker's; those with an equation number are
reconstructed from the paper's definitions and text, since our copy has lost its displayed formulas.

## 1. Model

For samples $i = 1..N$ with inputs $\\bar x_i = [1; x_i]$, weights $A$ ($m \\times (d+1)$, biases in
column 0) and $w = [w_0; b]$:
"""
NOTES = {
    "gradient": """\
## 2. Gradient and Hessian

SymPy differentiates $\\ell(v)$ by $A_{ka}$, $w_0$ and $w_k$ with symbolic indices, for all $N$, $d$
and $m$ at once. The activation and the loss are opaque: only $h = f(u)$, $f'$, $f''$,
$e = \\partial\\ell/\\partial v$ and $p = \\partial^2\\ell/\\partial v^2$ appear. Summed over the
samples:
""",
    "blocks": """\
The same in matrix notation, for one sample, as the checker states and proves it:
""",
    "traces": """\
## 3. Traces

The normal form of the trace has {trace} terms, that of the squared Hessian's {squared}:
""",
    "closed": """\
The closed forms that these terms add up to:
""",
    "cheapest": """\
## 4. The cheapest form of tr H²

The kernels do not sum {squared} terms. They are arranged over pairs of samples: what has the same
scalars in front and uses only Gram entries that are needed anyway is factored into one square,
what has $K_{{ij}}^2$ becomes signed squares of combined features (LDLᵀ), and the rest is a product
of small matrices.
""",
    "powers": """\
## 5. Higher powers

tr H³ has {cubed} terms in normal form and tr H⁴ {fourth}. With $J = \\nabla v$ and the residual
$R = e \\nabla^2 v$ they are:
""",
    "gradients": """\
## 6. The gradient of the bound

$\\nabla \\operatorname{{tr}} H$ has {first} terms in normal form and
$\\nabla \\operatorname{{tr}} H^2$ {second}: the same from SymPy's third derivatives as by the
product rule on the normal forms of the traces. With $p' = \\partial p/\\partial v$, block by block:
""",
    "spread": """\
With $P$ parameters, $\\mu = \\operatorname{tr} H/P$ and
$s^2 = \\operatorname{tr} H^2/P - \\mu^2$, the gradient of $\\bar\\lambda = \\mu + s\\sqrt{P-1}$
follows:
""",
    "contracted": """\
The kernels do not sum these pairs one by one either. Of $H$ sample $i$ needs only what it is
contracted to with the sample's own $\\bar x$, $g$ and $\\bar h$: *alpha*, *beta*, *gamma* and
*tau*, and *beta0* for $w_0$. They come from the blocks of $H$, or from pairs of samples:
""",
    "followed": """\
The gradient is then a sum over samples, here of *trace_slope* $\\nabla \\operatorname{tr} H$ +
*squared_slope* $\\nabla \\operatorname{tr} H^2$, in the contractions of
$M$ = *trace_slope* $I$ + 2 *squared_slope* $H$ (a target with `+=` is summed):
""",
    "activations": """\
## 7. Activations

Each activation is a polynomial in atoms that are closed under differentiation. Infimum and supremum
over the line follow from the sign of the next derivative.
""",
}


GRADIENTS = [
    f"{trace}_gradient_{block}"
    for trace in ("trace", "trace_squared")
    for block in ("bias", "output", "hidden")
]


def derivation(activation: str | None = None) -> str:
    """Return the whole derivation, or with an activation its part in it.

    >>> print(derivation("tanh").splitlines()[0])
    # tanh
    """
    if activation:
        parts = [f"# {activation}\n", *_activation(activation), "## Gradient, blocks and traces\n"]
        parts += [terms.write(formula, "markdown") for formula in terms.formulas(activation)]
        return _finish(parts)
    parts = [MODEL, *_claims("theta", "cross_entropy", "cross_entropy_stable")]
    *derivatives, hidden, output, squared = (terms.write(f, "markdown") for f in terms.formulas())
    parts += [NOTES["gradient"], *derivatives, NOTES["blocks"]]
    parts += _claims("gradient", "hessian_hidden", "hessian_output", "hessian_cross")
    counts = {"trace": len(traces.trace(1)), "squared": len(traces.trace(2))}
    parts += [NOTES["traces"].format(**counts), hidden, output, squared, NOTES["closed"]]
    parts += _claims("trace_hidden", "trace_output", "trace_squared")
    parts += [NOTES["cheapest"].format(**counts), *_cheapest(arrange(traces.trace(2)))]
    higher = {"cubed": len(traces.trace(3)), "fourth": len(traces.trace(4))}
    parts += [NOTES["powers"].format(**higher), *_claims("trace_cubed", "trace_fourth")]
    slopes = {name: _count(n) for n, name in ((1, "first"), (2, "second"))}
    parts += [NOTES["gradients"].format(**slopes), *_claims(*GRADIENTS)]
    parts += [NOTES["spread"], *_claims("spread_gradient", "bound_gradient")]
    parts += [NOTES["contracted"], _listing(contractions.by_pairs({}))]
    parts += [NOTES["followed"], _listing(contractions.gradient({}, []))]
    parts.append(NOTES["activations"])
    for name in activations.names():
        parts += [f"### {name}\n", *_activation(name)]
    return _finish(parts)


def _count(power: int) -> int:
    """Return how many terms the gradient of tr Hⁿ has, over its three blocks."""
    return sum(map(len, product_rule.trace_gradient(power).entries.values()))


def _finish(parts: Iterable[str]) -> str:
    r"""Join paragraphs; GitHub does not allow ``\operatorname``."""
    text = "\n".join(part.rstrip("\n") + "\n" for part in parts)
    return re.sub(r"\\operatorname\{([a-z]+)\}", r"\\mathop{\\mathrm{\1}}", text)


def _listing(program: Program) -> str:
    """Write a program line by line."""
    lines = []
    for s in program.statements():
        value = s.value if isinstance(s, Assign) else total(s.left * s.right, s.over)
        lines.append(f"{s.target} {'+=' if s.add else '='} {value}")
    return "\n".join(["```", *lines, "```"])


def _display(latex: str) -> str:
    return f"$$\n{latex}\n$$\n"


def _claims(*names: str) -> Iterator[str]:
    for name in names:
        claim = claims.find(name)
        numbered = claim.equation[0].isdigit()
        number = rf" \qquad \text{{({claim.equation})}}" if numbered else ""
        yield _display(typeset.statement(claim).latex + number)


def _cheapest(arranged: Arranged) -> Iterator[str]:
    """Write the arrangement term by term."""
    symbols = {entry: sp.Symbol(str(entry.base)) for entry in arranged.grams}
    names = {symbol: _gram_name(entry) for entry, symbol in symbols.items()}
    for scalars, polynomial in arranged.core.items():
        body = sp.latex(polynomial.xreplace(symbols), symbol_names=names)
        left, right = (_scalars(scalars, at) for at in "ij")
        yield "Core:\n\n" + _display(rf"\sum_{{i,j}} {left} {right} {body}")
    for sign, vectors in arranged.squares:
        vector = _combination(vectors)
        total = rf"{_coefficient(sign)} \sum_{{i,j}} K_{{ij}}^{{2}} (V_i \cdot V_j)".strip()
        yield "Signed square:\n\n" + _display(rf"{total}, \qquad V = {vector}")
    for first, second in arranged.thin:
        inner = r"\langle L^{\top} \bar X, R^{\top} \bar X \rangle"
        sides = rf"L = {_combination(first)}, \quad R = {_combination(second)}"
        yield "Thin product:\n\n" + _display(rf"{inner}, \qquad {sides}")


def _gram_name(entry: sp.Expr) -> str:
    """Return K, G or h·h with both samples."""
    left = str(entry.base).partition("_")[0]
    return {"K": "K_{ij}", "g": "G_{ij}", "h": r"(h_i \cdot h_j)"}.get(left, f"{left}_{{ij}}")


def _scalars(scalars: Iterable[sp.Expr], at: str) -> str:
    return " ".join(f"{x.base}_{at}" for x in scalars)


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


def _activation(name: str) -> Iterator[str]:
    """Yield atoms, f to f‴ and the extrema of f, f′ and f″."""
    function = activations.load(name)
    if function.atoms:
        atoms = (f"{scalar(a.symbol)} = {scalar(a.definition)}" for a in function.atoms)
        yield "Atoms:\n\n" + _display(r", \qquad ".join(atoms))
    lines = [f"f{PRIMES[n]} &= {scalar(function.derivative(n))}" for n in range(4)]
    yield _display(terms.aligned(lines))
    for order in range(3):
        if function.derivative(order + 1) == 0:
            continue  # a constant
        with suppress(UndecidedError):
            yield _display(extrema(function, order))
