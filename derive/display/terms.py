"""Polynomials for readers: as text, as LaTeX, or as NumPy code that runs."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

import sympy as sp

from hessbound.derive.algebra.kinds import KINDS, spare
from hessbound.derive.algebra.labels import Factor, Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.monomials import DELTA, Monomial, unbind
from hessbound.derive.algebra.polynomials import Poly

from . import unicode

TEXT = {"X": "x̄", "f1": "f′", "f2": "f″", "f3": "f‴", "p1": "p′", DELTA: "δ"}
LATEX = {
    "pi": r"\pi",
    "sign_e": r"\tilde{e}",
    "sign_p": r"\tilde{p}",
    "sign_f1": r"\tilde{f'}",
    "sign_f2": r"\tilde{f''}",
}
LATEX |= {"alpha1": r"\alpha_1", "alpha2": r"\alpha_2", "beta": "|b|", "omega": r"\omega"}
LATEX |= {"s1": "s_1", "s2": "s_2"}
LATEX |= {
    "gaps": "x",
    "sign_b": r"\tilde{b}",
    "r1": r"\rho'",
    "r2": r"\rho''",
    "extreme": r"\lambda",
}
LATEX |= {"X": r"\bar x", "f1": "f'", "f2": "f''", "f3": "f'''", DELTA: r"\delta", "p1": "p'"}
OPERANDS = {"w": "w[1:]", "w0": "w[0]", "N": "len(X)", "m": "len(A)", "d": "(A.shape[1] - 1)"}
ORDER = {"N": -1, "d": -1, "m": -1, "e": 0, "p": 0, "p1": 0, "w": 1, "X": 3}
ORDER |= dict.fromkeys(("h", "f1", "f2", "f3"), 2)
WIDE = 90  # symbols on a line


def entry(M: Matrix, r: int, c: int = 0) -> tuple[Poly, tuple[Index, ...]]:
    """Return an entry of a matrix of blocks, and its free indices, with letters for readers."""
    poly = M.entries[r, c]
    own = indices(M.rows[r], ROW) + indices(M.cols[c], COL)
    spare = _spare(x.name for x in poly.free())
    names = {x: Index(x.kind, next(spare[x.kind])) for x in own}
    return poly.rename(names), tuple(names.values())


def _name(factor: Factor) -> str:
    """Return what a factor is called; free matrices have their block behind their name."""
    return factor[0].removeprefix("free ").partition(" ")[0]


def _spare(taken: Iterable[str]) -> dict[str, Iterator[str]]:
    """Return the letters for each kind of index that are not taken."""
    known = set(taken)
    return {kind: spare(kind, known) for kind in KINDS}


def text(poly: Poly) -> str:
    """Return a polynomial as text.

    >>> from hessbound.derive.model import traces
    >>> text(traces.trace(1))
    'Σ_i p_i + Σ_ik p_i h_ik^2 + Σ_ika e_i w_k f″_ik x̄_ia^2 + Σ_ika p_i w_k^2 f′_ik^2 x̄_ia^2'
    """

    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        codes = []
        for f in factors:
            at = _at(f, names)
            codes.append(TEXT.get(f[0], f[0]) + (f"_{at}" if at else ""))
        number = "" if c == 1 else f"{c} "
        sums = f"Σ_{''.join(names.values())} " if names else ""
        return number + sums + " ".join(_powers(codes, "^{}"))

    return _terms(poly, show)


def latex(poly: Poly, symbols: Mapping[str, str] = MappingProxyType({})) -> str:
    r"""Return a polynomial as LaTeX; ``symbols`` are for names that are not the network's.

    >>> from hessbound.derive.model import traces
    >>> print(latex(traces.block_traces()[1]))
    \sum_{i} p_{i} + \sum_{i,k} p_{i} h_{ik}^{2}
    """
    known = {**LATEX, **symbols}

    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        codes = []
        for f in factors:
            at = _at(f, names)
            base = known.get(f[0]) or sp.latex(sp.Symbol(_name(f)))
            if f[0] in ("f1", "f2", "f3"):
                codes.append(f"{base}({known.get('u', 'u')}_{{{at}}})")
            else:
                # LaTeX takes one subscript and one superscript, and a prime is one
                base = f"{{{base}}}" if re.search("[_']", base) and at else base
                codes.append(base + (f"_{{{at}}}" if at else ""))
        one = c == 1 and bool(codes)
        number = "" if one else sp.latex(sp.Rational(c.numerator, c.denominator)) + " "
        sums = rf"\sum_{{{','.join(names.values())}}} " if names else ""
        return number + sums + " ".join(_powers(codes, "^{{{}}}"))

    return _terms(poly, show)


def latex_terms(poly: Poly, symbols: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    r"""Return the terms of a polynomial as LaTeX, each but the first with its sign.

    >>> from hessbound.derive.model import traces
    >>> latex_terms(traces.block_traces()[1])
    ['\\sum_{i} p_{i}', '+ \\sum_{i,k} p_{i} h_{ik}^{2}']
    """
    return re.split(r" (?=[+-] )", latex(poly, symbols))


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


def python(poly: Poly, result: str) -> str:
    """Return NumPy code with the arrays X (with its ones), A, w, h, f1, f2, e, p.

    ``result`` are the free indices in the order of the result's axes.
    """

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

    return _terms(poly, show)


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
