"""Normal forms for readers: as text, LaTeX, Markdown, or NumPy code that runs.

This is what ``hessbound derive`` prints.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra.labels import Factor, Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.monomials import DELTA, Monomial, unbind
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.lowering.programs import constants
from hessbound.derive.model import derivatives, traces

from . import unicode

LETTERS = {
    "other": "krstxyz",
    "sample": "ijlnopq",
    "hidden": "krstxyz",
    "input": "abcdefgh",
    "feature": "abcdefgh",
}
FREE = {"hidden": ("k", "r"), "input": ("a", "b")}
TEXT = {"X": "x̄", "f1": "f′", "f2": "f″", "f3": "f‴", "p1": "p′", "w": "w", DELTA: "δ"}
LATEX = {
    "pi": r"\pi",
    "sign_e": r"\tilde{e}",
    "sign_f1": r"\tilde{f'}",
    "sign_f2": r"\tilde{f''}",
}
LATEX |= {"alpha1": r"\alpha_1", "alpha2": r"\alpha_2", "beta": "|b|", "omega": r"\omega"}
LATEX |= {"data": "X", "sign_b": r"\tilde{b}", "r1": r"\rho'", "r2": r"\rho''", "lam": r"\lambda"}
LATEX |= {"X": r"\bar x", "f1": "f'", "f2": "f''", "f3": "f'''", DELTA: r"\delta", "p1": "p'"}
OPERANDS = {"w": "w[1:]", "N": "len(X)", "m": "len(A)", "d": "(A.shape[1] - 1)"}
EN_DASH, WIDE = "\N{EN DASH}", 90  # symbols on a line
FORMATS = ("text", "latex", "python", "markdown")


@dataclass(frozen=True)
class Formula:
    """A named polynomial; ``free`` are its free indices in the order of the result's axes."""

    name: str
    latex: str
    python: str
    equation: str
    poly: Poly
    free: tuple[Index, ...] = ()


def formulas(activation: str | None = None) -> Iterator[Formula]:
    """Yield gradient, Hessian blocks and traces of the summed loss (Eqs. 11-21, 25-28).

    With the name of an activation, its derivatives that are numbers are put in; ValueError if there
    is no such activation.

    >>> *_, squared = formulas("linear")
    >>> print(squared.name, squared.equation, squared.free)
    tr H² 25-28 ()
    >>> print(write(next(formulas()), "text"))
    ∂L/∂A_ka = Σ_i e_i w_k f′_ik x̄_ia
    """
    relations = constants(activations.load(activation)) if activation else []
    gradient = derivatives.summed(derivatives.gradient()).rewrite(*relations)
    H = traces.power(1).rewrite(*relations)
    sides = ("A", "0", "w")
    equations = {"AA": "15", "A0": "17", "Aw": "17", "00": "16", "0w": "16", "ww": "16"}
    for n, name in enumerate(sides):
        free, poly = _free(gradient, n, None)
        text = _shown(name).replace("{", "").replace("}", "")
        latex = rf"\partial L/\partial {_shown(name)}"
        yield Formula(f"∂L/∂{text}", latex, f"gradient_{name}", "11-13", poly, free)
    for r, row in enumerate(sides):
        for c, col in list(enumerate(sides))[r:]:
            (free, poly), block = _free(H, r, c), row + col
            latex = f"H_{{{block}}}"
            yield Formula(f"H_{block}", latex, f"hessian_{block}", equations[block], poly, free)
    names = ("tr H_AA", "tr H_ww")
    for name, equation, poly in zip(names, ("21", "20"), traces.block_traces(), strict=True):
        yield _scalar(name, equation, poly.rewrite(*relations))
    yield _scalar("tr H²", "25-28", traces.trace(2).rewrite(*relations))


def _scalar(name: str, equation: str, poly: Poly) -> Formula:
    latex = r"\operatorname{tr} " + name.removeprefix("tr ").replace("²", "^2")
    for block in ("AA", "ww"):
        latex = latex.replace(f"_{block}", f"_{{{block}}}")
    return Formula(name, latex, name.replace("tr ", "trace_").replace("²", "2"), equation, poly)


def _shown(side: str) -> str:
    return {"A": "A_{ka}", "0": "w_0", "w": "w_k"}[side]


def _free(M: Matrix, r: int, c: int | None) -> tuple[tuple[Index, ...], Poly]:
    """Return an entry with readable free indices."""
    own = indices(M.rows[r], ROW) + (indices(M.cols[c], COL) if c is not None else ())
    spare = {kind: iter(names) for kind, names in FREE.items()}
    names = {x: Index(x.kind, next(spare[x.kind])) for x in own}
    return tuple(names.values()), M.entries[r, c or 0].rename(names)


def write(formula: Formula, style: str) -> str:
    r"""Write a formula in one of the FORMATS.

    >>> *_, hidden, output, squared = formulas("linear")
    >>> print(write(hidden, "text"))
    tr H_AA = Σ_ika p_i w_k^2 x̄_ia^2
    >>> print(write(hidden, "latex").partition(" && ")[0])
    \operatorname{tr} H_{AA} &= \sum_{i,k,a} p_{i} w_{k}^{2} \bar x_{ia}^{2}
    >>> print(write(hidden, "python"))
    trace_H_AA = np.einsum('i,k,k,ia,ia->', p, w[1:], w[1:], X, X, optimize=True)
    """
    return {"text": _text, "latex": _latex, "python": _python, "markdown": _markdown}[style](
        formula
    )


def _terms(poly: Poly, show: Callable[[Fraction, list[Factor], Mapping[Index, str]], str]) -> str:
    """Join all terms with their signs."""
    parts: list[str] = []
    for key, c in sorted(poly.terms.items(), key=lambda item: (len(unbind(item[0])[0]), item[0])):
        term = show(abs(c), *_named(key))
        sign = "-" if c < 0 else "+"
        parts.append(f" {sign} {term}" if parts or c < 0 else term)
    return "".join(parts).strip() or "0"


def _named(key: Monomial) -> tuple[list[Factor], dict[Index, str]]:
    """Return the factors of a monomial, and letters for its summed indices that no free one has."""
    factors, bound = unbind(key)
    taken = {x.name for f in factors for x in f[1:] if x not in bound}
    spare = {kind: (x for x in every if x not in taken) for kind, every in LETTERS.items()}
    order = sorted(bound, key=lambda x: (x.kind != "sample", x.kind != "hidden", x))
    return sorted(factors.elements(), key=_reading_order), {x: next(spare[x.kind]) for x in order}


def _reading_order(factor: Factor) -> tuple[int, Factor]:
    """Put scalars of a sample first, then weights, features and inputs."""
    order = {"N": -1, "d": -1, "m": -1, "e": 0, "p": 0, "w": 1, "f1": 2, "f2": 2, "h": 2, "X": 3}
    order |= {"p1": 0, "f3": 2}
    return order.get(factor[0], 4), factor


def _at(factor: Factor, names: Mapping[Index, str]) -> str:
    return "".join(names.get(x, x.name) for x in factor[1:])


def _powers(codes: list[str], power: str) -> list[str]:
    counts = Counter(codes)
    return [c if n == 1 else c + power.format(n) for c, n in counts.items()]


def _text(formula: Formula) -> str:
    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        codes = []
        for f in factors:
            at = _at(f, names)
            codes.append(TEXT.get(f[0], f[0]) + (f"_{at}" if at else ""))
        number = "" if c == 1 else f"{c} "
        sums = f"Σ_{''.join(names.values())} " if names else ""
        return number + sums + " ".join(_powers(codes, "^{}"))

    at = "".join(x.name for x in formula.free)
    head = formula.name + (f"[{at}]" if formula.name.startswith("H") and at else "")
    return f"{head} = {_terms(formula.poly, show)}"


def latex_terms(poly: Poly) -> list[str]:
    r"""Return the terms of a polynomial as LaTeX, each with its sign.

    >>> k = Index("hidden", "k")
    >>> print(*latex_terms(in_atoms(sp.Symbol("w") - 1, k)))
    - 1 + w_{k}
    """
    text = _latex_sum(poly)
    return re.split(r" (?=[+-] )", text if text[0] in "+-" else f"+ {text}")


def aligned(lines: list[str]) -> str:
    """Return lines of LaTeX, aligned."""
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _latex_sum(poly: Poly) -> str:
    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        codes = []
        for f in factors:
            at = _at(f, names)
            base = LATEX.get(f[0]) or sp.latex(sp.Symbol(f[0]))
            if f[0] in ("f1", "f2", "f3"):
                codes.append(f"{base}(u_{{{at}}})")
            else:
                # LaTeX takes one subscript and one superscript, and a prime is one
                base = f"{{{base}}}" if re.search("[_']", base) and at else base
                codes.append(base + (f"_{{{at}}}" if at else ""))
        one = c == 1 and bool(codes)
        number = "" if one else sp.latex(sp.Rational(c.numerator, c.denominator)) + " "
        sums = rf"\sum_{{{','.join(names.values())}}} " if names else ""
        return number + sums + " ".join(_powers(codes, "^{{{}}}"))

    return _terms(poly, show)


def _head(formula: Formula) -> str:
    at = ",".join(x.name for x in formula.free)
    return formula.latex + (f"[{at}]" if formula.name.startswith("H") and at else "")


def _latex(formula: Formula) -> str:
    tag = rf"(\mathrm{{{formula.equation}}})"
    return rf"{_head(formula)} &= {_latex_sum(formula.poly)} && {tag} \\"


def _markdown(formula: Formula) -> str:
    """Write a displayed formula, with line breaks between terms."""
    first, *rest = latex_terms(formula.poly)
    lines = [f"{_head(formula)} &= {first.removeprefix('+ ')}"]
    for term in rest:
        if unicode.width(lines[-1] + term) > WIDE:
            lines.append(rf"&\quad {term}")
        else:
            lines[-1] += f" {term}"
    tag = f"\\qquad \\text{{({formula.equation.replace('-', EN_DASH)})}}"
    return f"$$\n{aligned(lines)} {tag}\n$$\n"


def _python(formula: Formula) -> str:
    """Write NumPy code with the arrays X (with its ones), A, w, h, f1, f2, e, p."""
    result = "".join(x.name for x in formula.free)

    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        sizes = [OPERANDS[f[0]] for f in factors if len(f) == 1]
        arrays = [f for f in factors if len(f) > 1]
        subscripts = ",".join(_at(f, names) for f in arrays)
        operands = [
            f"np.eye({OPERANDS['m']})" if f[0] == DELTA else OPERANDS.get(f[0], f[0])
            for f in arrays
        ]
        if arrays:
            spec = f"{subscripts}->{result}"
            sizes.append(f"np.einsum({spec!r}, {', '.join(operands)}, optimize=True)")
        number = [] if c == 1 and sizes else [str(c)]
        return " * ".join([*number, *sizes])

    return f"{formula.python} = {_terms(formula.poly, show)}"


def functions(activation: str, style: str) -> Iterator[str]:
    """Yield f, f′, f″ and f‴ in atoms, after the atoms' definitions.

    >>> list(functions("tanh", "text"))[1:4]
    ['q = 1 - tanh(u)**2', 'f(u) = t', "f'(u) = q"]
    """
    function = activations.load(activation)
    write_expr = {"text": sp.sstr, "latex": sp.latex, "python": sp.pycode, "markdown": sp.latex}[
        style
    ]
    primes = ("", "'", "''", "'''")
    for a in function.atoms:
        name = sp.latex(a.symbol) if style in ("latex", "markdown") else str(a.symbol)
        yield _equation(name, write_expr(a.definition), style)
    for order in range(4):
        name = f"f{order or ''}" if style == "python" else f"f{primes[order]}(u)"
        yield _equation(name, write_expr(function.derivative(order)), style)


def _equation(name: str, value: str, style: str) -> str:
    if style == "markdown":
        return f"$$\n{name} = {value}\n$$\n"
    return rf"{name} &= {value} \\" if style == "latex" else f"{name} = {value}"
