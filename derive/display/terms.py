"""Normal forms for readers: as text, LaTeX, Markdown, or NumPy code that runs.

This is what ``hessbound derive`` prints.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra.kinds import KINDS, spare
from hessbound.derive.algebra.labels import Factor, Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.monomials import DELTA, Monomial, unbind
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.lowering.programs import constants
from hessbound.derive.model import derivatives, traces

from . import unicode

TEXT = {"X": "x̄", "f1": "f′", "f2": "f″", "f3": "f‴", "p1": "p′", DELTA: "δ"}
LATEX = {
    "pi": r"\pi",
    "sign_e": r"\tilde{e}",
    "sign_f1": r"\tilde{f'}",
    "sign_f2": r"\tilde{f''}",
}
LATEX |= {"alpha1": r"\alpha_1", "alpha2": r"\alpha_2", "beta": "|b|", "omega": r"\omega"}
LATEX |= {"sign_b": r"\tilde{b}", "r1": r"\rho'", "r2": r"\rho''", "extreme": r"\lambda"}
LATEX |= {
    "gaps": "x",
    "X": r"\bar x",
    "f1": "f'",
    "f2": "f''",
    "f3": "f'''",
    DELTA: r"\delta",
    "p1": "p'",
}
OPERANDS = {"w": "w[1:]", "N": "len(X)", "m": "len(A)", "d": "(A.shape[1] - 1)"}
ORDER = {"N": -1, "d": -1, "m": -1, "e": 0, "p": 0, "p1": 0, "w": 1, "X": 3}
ORDER |= dict.fromkeys(("h", "f1", "f2", "f3"), 2)
SIDES = {"A": "A_{ka}", "0": "w_0", "w": "w_k"}
NUMBERS = {"AA": "15", "A0": "17", "Aw": "17", "00": "16", "0w": "16", "ww": "16"}
EN_DASH, WIDE = "\N{EN DASH}", 90  # symbols on a line
FORMATS = ("text", "latex", "python", "markdown")


@dataclass(frozen=True)
class Equation:
    """A named polynomial; ``free`` are its free indices in the order of the result's axes."""

    name: str
    latex: str
    python: str
    number: str
    poly: Poly
    free: tuple[Index, ...] = ()

    def entry(self, separator: str = "") -> str:
        """Return the free indices in brackets, where the name does not show them."""
        names = separator.join(x.name for x in self.free)
        return f"[{names}]" if self.name.startswith("H") and names else ""


def equations(activation: str | None = None) -> Iterator[Equation]:
    """Yield gradient, Hessian blocks and traces of the summed loss (Eqs. 11-21, 25-28).

    With the name of an activation, its derivatives that are numbers are put in; ValueError if there
    is no such activation.

    >>> *_, squared = equations("linear")
    >>> print(squared.name, squared.number, squared.free)
    tr H² 25-28 ()
    >>> print(write(next(equations()), "text"))
    ∂L/∂A_ka = Σ_i e_i w_k f′_ik x̄_ia
    """
    relations = constants(activations.load(activation)) if activation else []
    gradient = derivatives.summed(derivatives.gradient()).rewrite(*relations)
    H = traces.power(1).rewrite(*relations)
    for n, (side, latex) in enumerate(SIDES.items()):
        names = f"∂L/∂{re.sub('[{}]', '', latex)}", rf"\partial L/\partial {latex}"
        yield Equation(*names, f"gradient_{side}", "11-13", *entry(gradient, n))
    for (r, row), (c, col) in combinations_with_replacement(enumerate(SIDES), 2):
        block = row + col
        names = f"H_{block}", f"H_{{{block}}}"
        yield Equation(*names, f"hessian_{block}", NUMBERS[block], *entry(H, r, c))
    hidden, output = traces.block_traces()
    for name, latex, number, poly in (
        ("H_AA", "H_{AA}", "21", hidden),
        ("H_ww", "H_{ww}", "20", output),
        ("H²", "H^2", "25-28", traces.trace(2)),
    ):
        names = f"tr {name}", rf"\operatorname{{tr}} {latex}"
        python = f"trace_{name.replace('²', '2')}"
        yield Equation(*names, python, number, poly.rewrite(*relations))


def entry(M: Matrix, r: int, c: int = 0) -> tuple[Poly, tuple[Index, ...]]:
    """Return an entry of a matrix of blocks, and its free indices, with letters for readers."""
    poly = M.entries[r, c]
    own = indices(M.rows[r], ROW) + indices(M.cols[c], COL)
    spare = _spare(x.name for x in poly.free())
    names = {x: Index(x.kind, next(spare[x.kind])) for x in own}
    return poly.rename(names), tuple(names.values())


def _spare(taken: Iterable[str]) -> dict[str, Iterator[str]]:
    """Return the letters for each kind of index that are not taken."""
    known = set(taken)
    return {kind: spare(kind, known) for kind in KINDS}


def write(equation: Equation, style: str) -> str:
    r"""Write an equation in one of the FORMATS.

    >>> *_, hidden, output, squared = equations("linear")
    >>> print(write(hidden, "text"))
    tr H_AA = Σ_ika p_i w_k^2 x̄_ia^2
    >>> print(write(hidden, "latex").partition(" && ")[0])
    \operatorname{tr} H_{AA} &= \sum_{i,k,a} p_{i} w_{k}^{2} \bar x_{ia}^{2}
    >>> print(write(hidden, "python"))
    trace_H_AA = np.einsum('i,k,k,ia,ia->', p, w[1:], w[1:], X, X, optimize=True)
    """
    styles = {"text": _text, "latex": _latex, "python": _python, "markdown": _markdown}
    return styles[style](equation)


def _terms(poly: Poly, show: Callable[[Fraction, list[Factor], Mapping[Index, str]], str]) -> str:
    """Join all terms with their signs."""
    parts: list[str] = []
    for key, c in sorted(poly.terms.items(), key=lambda item: (len(unbind(item[0])[0]), item[0])):
        term = show(abs(c), *_named(key))
        sign = "-" if c < 0 else "+"
        parts.append(f" {sign} {term}" if parts or c < 0 else term)
    return "".join(parts).strip() or "0"


def _named(key: Monomial) -> tuple[list[Factor], dict[Index, str]]:
    """Return the factors of a monomial, and letters for its summed indices that no free one has.

    Scalars of a sample come first, then weights, features and inputs.
    """
    factors, bound = unbind(key)
    spare = _spare(x.name for f in factors for x in f[1:] if x not in bound)
    order = sorted(bound, key=lambda x: (x.kind != "sample", x.kind != "hidden", x))
    names = {x: next(spare[x.kind]) for x in order}
    return sorted(factors.elements(), key=lambda f: (ORDER.get(f[0], 4), f)), names


def _at(factor: Factor, names: Mapping[Index, str]) -> str:
    return "".join(names.get(x, x.name) for x in factor[1:])


def _powers(codes: list[str], power: str) -> list[str]:
    counts = Counter(codes)
    return [c if n == 1 else c + power.format(n) for c, n in counts.items()]


def _text(equation: Equation) -> str:
    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        codes = []
        for f in factors:
            at = _at(f, names)
            codes.append(TEXT.get(f[0], f[0]) + (f"_{at}" if at else ""))
        number = "" if c == 1 else f"{c} "
        sums = f"Σ_{''.join(names.values())} " if names else ""
        return number + sums + " ".join(_powers(codes, "^{}"))

    return f"{equation.name}{equation.entry()} = {_terms(equation.poly, show)}"


def latex_terms(poly: Poly) -> list[str]:
    r"""Return the terms of a polynomial as LaTeX, each with its sign.

    >>> k = Index("hidden", "k")
    >>> print(*latex_terms(in_atoms(sp.Symbol("w") - 1, k)))
    - 1 + w_{k}
    """
    text = _latex_sum(poly)
    return re.split(r" (?=[+-] )", text if text[0] in "+-" else f"+ {text}")


def filled(terms: Iterable[str]) -> list[str]:
    """Put a few terms on each line, and a space before all lines but the first."""
    lines: list[str] = []
    for term in terms:
        if lines and unicode.width(lines[-1] + term) <= WIDE:
            lines[-1] += f" {term}"
        else:
            lines.append(rf"&\quad {term}" if lines else term)
    return lines


def aligned(lines: list[str]) -> str:
    """Return lines of LaTeX, aligned."""
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _latex_sum(poly: Poly) -> str:
    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        codes = []
        for f in factors:
            at = _at(f, names)
            name = f[0].removeprefix("free ").partition(" ")[0]
            base = LATEX.get(f[0]) or sp.latex(sp.Symbol(name))
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


def _latex(equation: Equation) -> str:
    tag = rf"(\mathrm{{{equation.number}}})"
    return rf"{equation.latex}{equation.entry(',')} &= {_latex_sum(equation.poly)} && {tag} \\"


def _markdown(equation: Equation) -> str:
    """Write a displayed equation, with line breaks between terms."""
    first, *rest = latex_terms(equation.poly)
    head = f"{equation.latex}{equation.entry(',')} &= {first.removeprefix('+ ')}"
    lines = filled([head, *rest])
    tag = f"\\qquad \\text{{({equation.number.replace('-', EN_DASH)})}}"
    return f"$$\n{aligned(lines)} {tag}\n$$"


def _python(equation: Equation) -> str:
    """Write NumPy code with the arrays X (with its ones), A, w, h, f1, f2, e, p."""
    result = "".join(x.name for x in equation.free)

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

    return f"{equation.python} = {_terms(equation.poly, show)}"


def functions(activation: str, style: str) -> Iterator[str]:
    """Yield f, f′, f″ and f‴ in atoms, after the atoms' definitions.

    >>> list(functions("tanh", "text"))[1:4]
    ['q = 1 - tanh(u)**2', 'f(u) = t', "f'(u) = q"]
    """
    function = activations.load(activation)
    write_expr = {"text": sp.sstr, "latex": sp.latex, "python": sp.pycode}[style]
    primes = ("", "'", "''", "'''")
    for a in function.atoms:
        name = sp.latex(a.symbol) if style == "latex" else str(a.symbol)
        yield _equation(name, write_expr(a.definition), style)
    for order in range(4):
        name = f"f{order or ''}" if style == "python" else f"f{primes[order]}(u)"
        yield _equation(name, write_expr(function.derivative(order)), style)


def _equation(name: str, value: str, style: str) -> str:
    return rf"{name} &= {value} \\" if style == "latex" else f"{name} = {value}"
