"""Statements as mathematics: the third way to read a claim, after ``symbolic`` and ``explicit``.

A claim is a function of quantities. Here these write down what is done with them, so that the
formula on display is the very function that is proved and cannot drift from it. What has no such
function, a definition or a certificate's step, is read from its text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS
from hessbound.derive.functions.ranges import Extremum, range_of
from hessbound.derive.functions.scalar import Enclosure, ScalarFunction
from hessbound.derive.proof.recursions import concluded, total
from hessbound.derive.proof.statements import (
    Claim,
    Identity,
    Induction,
    Inequality,
    RangeClaim,
    ScalarIdentity,
    ScalarInequality,
)
from hessbound.derive.statements.formulas import CLOSE, OPEN, Formula, Level, brackets, join
from hessbound.derive.statements.latex import Latex
from hessbound.derive.statements.trees import walk

from . import unicode

BREAK = r" \\ "
PRIME = "'"
NEWLINE, NAMES, WHERE = "\n", "TUVWYZ", r", \quad \text{where}"
WIDE = 64  # symbols on a line
INDEX = re.compile(rf"_\{{([{KINDS['sample'].letters}]+)\}}")
GROUP = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
SYMBOLS = {"Lm": "L_{-}", "ybar": r"\bar y", "yhat": r"\hat y"}
SYMBOLS |= {f"f{n}": f"{{f{n * PRIME}}}" for n in (1, 2, 3)}

LEGEND = (
    (r"\bar x_i, \bar h_i", "inputs and hidden outputs of sample i with a leading 1"),
    (r"A, w = [w_0; b]", "weights and biases of the two layers; θ = [vec A; w]"),
    (r"u_i, h_i, v_i", "A x̄, f(u), and the output wᵀh̄"),
    (r"{f'}_i, {f''}_i, {f'''}_i", "f′(u), f″(u) and f‴(u), entry by entry"),
    (r"g_i, c_i", "f′(u)∘b and f″(u)∘b"),
    (r"e_i, p_i, {p'}_i", "∂ℓ/∂v, ∂²ℓ/∂v² and ∂³ℓ/∂v³"),
    (r"\bar X, h, {F'}, {F''}, \Gamma, C", "the vectors x̄, h, f′, f″, g, c of all samples in rows"),
    (r"K_{ij}, G_{ij}, Q_{ij}", "inner products of x̄, of g and of h̄ for two samples"),
    (
        r"H, H_{AA}, \nabla^{2}_{AA} \ell_i",
        "Hessian of L = Σℓ, and its blocks, of L and of a sample",
    ),
    (r"\circ, \otimes, \mathbf{1}", "product entry by entry, Kronecker's product, vector of ones"),
    (r"\omega, \alpha_1, \alpha_2, |b|", "sample weights, sup |f′|, sup |f″|, b without its signs"),
    (
        r"s_1, s_2",
        "numbers with |e_i| ≤ ω_i s_1 and |p_i| ≤ ω_i s_2, such as sup |ℓ′| and sup |ℓ″|",
    ),
    (r"\tilde e, \tilde b", "signs of e, of b and so on, in certificates"),
    (
        r"\pi, \tau, \rho', \rho''",
        "|p|/(ωs₂), √(|e|/(ωs₁)), |f′|/α₁, |f″|/α₂, all in [0, 1], in certificates",
    ),
    (r"P, \lambda_{*}", "number of parameters; the eigenvalues but the extreme one"),
    (r"N, d, m", "numbers of samples, inputs and hidden units"),
)


@dataclass(frozen=True)
class Statement:
    """A claim on display: relations, each a left and a right side, and what was differentiated."""

    lines: tuple[str, ...]
    used: frozenset[str] = frozenset()

    @property
    def latex(self) -> str:
        """All lines; more than one are aligned."""
        if len(self.lines) == 1:
            return self.lines[0]
        return rf"\begin{{aligned}} {BREAK.join(self.lines)} \end{{aligned}}"


def statement(claim: Claim) -> Statement:
    r"""Return a claim as mathematics.

    >>> from hessbound.derive import claims
    >>> print(statement(claims.find("gradient_output")).latex)
    \nabla_{w} \ell_{i} = e_{i} \bar h_{i}
    """
    if isinstance(claim, Identity):
        lhs, rhs, _ = claim.sides
        own = claim.notation.latex
        left, right = (own().read(side, claim.sides.names) for side in (lhs, rhs))
        derived = {x.args[0] for x in (*walk(lhs), *walk(rhs)) if x.op == "derived"}
        return Statement(tuple(equation(left, right)), frozenset(derived))
    if isinstance(claim, Induction):
        found: list[str] = []
        for where, part in concluded(claim.conclusions):
            found += statement(part).lines
            found[-1] += rf" \qquad (\text{{{where}}})"
        found += filter(None, [total(claim.conclusions)])
        if found:
            return Statement(tuple(found))
    if isinstance(claim, Inequality):
        small, large, _ = claim.sides
        left, right = (Latex().read(side) for side in (small, large))
        lines = equation(left, right, "=" if claim.equal else r"\le")
        lines[-1] += r" \qquad (" + unicode.latex(f"{claim.setting}") + ")"
        return Statement(tuple(lines))
    if isinstance(claim, RangeClaim):
        primes = "'" * claim.derivative
        if isinstance(claim.values, Enclosure):
            low, high = claim.values.shown
            return Statement((rf"f{primes}(\mathbb{{R}}) \subseteq [{low}, {high}]",))
        return Statement((rf"f{primes}(\mathbb{{R}}) = {sp.latex(claim.values)}",))
    if isinstance(claim, ScalarIdentity):
        return Statement((_scalar(claim),))
    if isinstance(claim, ScalarInequality):
        given = rf" \qquad (f = \text{{{claim.activation}}})" if claim.activation else ""
        return Statement((rf"{scalar(claim.small)} \le {scalar(claim.large)}{given}",))
    return Statement((unicode.latex(claim.statement),))


def _scalar(claim: ScalarIdentity) -> str:
    """Read the statement, with SymPy's own LaTeX where it ends with one of the right sides."""
    text = re.sub(r"^[a-z_]+: ", "", claim.statement)
    if claim.statement.startswith("atoms of") and claim.function.atoms:
        rules = ((a.symbol, a.derivative) for a in claim.function.atoms)
        return r",\quad ".join(f"{scalar(s)}' = {scalar(rule)}" for s, rule in rules)
    head, equals, tail = text.rpartition(" = ")
    for _, rhs in claim.pairs:
        if equals and tail == str(rhs):
            return f"{unicode.latex(head + '=').removesuffix('=')}= {scalar(rhs)}"
    return unicode.latex(text)


def scalar(expr: sp.Expr) -> str:
    r"""Return a SymPy expression as LaTeX, in the paper's symbols.

    >>> print(scalar(sp.Symbol("ybar") / 2))
    \frac{\bar y}{2}
    """
    names = {s: SYMBOLS[s.name] for s in expr.free_symbols if s.name in SYMBOLS}
    return str(sp.latex(expr, symbol_names=names))


def extrema(function: ScalarFunction, order: int) -> str:
    r"""Write infimum and supremum of a derivative, and where; UndecidedError if they are unknown.

    >>> from hessbound.derive.activations import load
    >>> print(extrema(load("sigmoid"), 1))
    \inf f' = 0 \; (u \to -\infty), \qquad \sup f' = \frac{1}{4} \; (u = 0)
    """
    found, name = range_of(function, order), f"f{order * PRIME}"
    low, high = _extremum(found.lowest), _extremum(found.highest)
    return rf"\inf {name} = {low}, \qquad \sup {name} = {high}"


def _extremum(x: Extremum) -> str:
    where = rf"u = {scalar(x.at)}" if x.attained else rf"u \to {scalar(x.at)}"
    return rf"{scalar(x.shown)} \; ({where})"


def equation(lhs: Formula, rhs: Formula, sign: str = "=") -> list[str]:
    """Write an equation or inequality, on several lines where one would be too wide.

    >>> a = Formula("a")
    >>> equation(a, a + a)
    ['a = a + a']
    """
    text, names = named(f"{lhs.latex} {sign} {rhs.latex}")
    if len(rhs.terms) < 2 or unicode.width(lhs.latex + rhs.latex) <= WIDE:
        return (
            [text]
            if not names
            else [text.replace(f" {sign} ", f" &{sign} ", 1) + WHERE, *_where(names)]
        )
    opening, closing = (rf"{rhs.head} \big[ ", r" \big]") if rhs.head else ("", "")
    lines = [f"&\\quad {'+' if n > 0 else '-'} {x.at(Level.BIG)}" for n, x in rhs.terms]
    lines[0] = f"{lhs.latex} &{sign} {opening}{join(rhs.terms[:1])}"
    text, names = named(NEWLINE.join(lines))
    lines = text.split(NEWLINE)
    lines[-1] += closing + (WHERE if names else "")
    return [*lines, *_where(names)]


def _where(names: dict[str, str]) -> list[str]:
    """Write what names stand for, a term to a line where one line would be too wide."""
    lines = []
    for name, value in names.items():
        parts = _split(value) if unicode.width(value) > WIDE else [value]
        lines += [f"{name} &= {parts[0]}", *(rf"&\quad {part}" for part in parts[1:])]
    return lines


def _split(latex: str) -> list[str]:
    """Split a sum in front of the signs that are in no brackets."""
    parts, depth = [""], 0
    for token in re.split(r"( [+-] |[{(\[\])}])", latex):
        depth += (token in "{([") * bool(token) - (token in "})]") * bool(token)
        if depth == 0 and token in (" + ", " - "):
            parts.append(token.strip() + " ")
        else:
            parts[-1] += token
    return parts


def named(latex: str) -> tuple[str, dict[str, str]]:
    """Give names to scalar sums in brackets that are long, or occur twice but for their indices."""
    names: dict[str, str] = {}
    kinds: dict[str, str] = {}
    while match := GROUP.search(latex):
        inside = match[1]
        indices, kind = _pattern(inside)
        alike = [x for x in GROUP.findall(latex) if _pattern(x)[1] == kind]
        worth = len(alike) > 1 or unicode.width(inside) > WIDE // 2
        if kind not in kinds and worth and len(indices) > 1:
            kinds[kind] = NAMES[len(kinds)]
            names[f"{kinds[kind]}_{{{indices}}}"] = inside
        short = f"{kinds[kind]}_{{{indices}}}" if kind in kinds else brackets(inside)
        latex = latex[: match.start()] + short + latex[match.end() :]
    return latex, names


def _pattern(latex: str) -> tuple[str, str]:
    """Return the sample indices of a formula in order, and the formula with their places."""
    indices = "".join(dict.fromkeys("".join(INDEX.findall(latex))))
    places = {x: f"<{n}>" for n, x in enumerate(indices)}
    return indices, INDEX.sub(lambda m: "_{" + "".join(places[x] for x in m[1]) + "}", latex)
