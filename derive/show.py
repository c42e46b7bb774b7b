"""Normal forms for readers: as text, as LaTeX, or as NumPy code that runs (what ``hessbound derive`` prints)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from hessbound.derive import activations, differentiate, traces
from hessbound.derive.kernels import constants
from hessbound.derive.labels import Factor, Index
from hessbound.derive.matrices import COL, ROW, Matrix, indices
from hessbound.derive.monomials import DELTA, Monomial, unbind
from hessbound.derive.polynomial import Poly

LETTERS = {"sample": "ijlnopq", "hidden": "krstxyz", "input": "abcdefgh", "feature": "abcdefgh"}
FREE = {"hidden": ("k", "r"), "input": ("a", "b")}
TEXT = {"X": "x̄", "f1": "f′", "f2": "f″", "f3": "f‴", "w": "w", DELTA: "δ"}
LATEX = {"X": r"\bar x", "f1": "f'", "f2": "f''", "f3": "f'''", DELTA: r"\delta"}
OPERANDS = {"w": "w[1:]", "N": "len(X)", "m": "len(A)", "d": "(A.shape[1] - 1)"}
FORMATS = ("text", "latex", "python")


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
    """Gradient, Hessian blocks and traces, of the summed loss; with an activation, its zero terms vanish."""
    relations = constants(activations.load(activation)) if activation else []
    gradient = differentiate.summed(differentiate.gradient()).rewrite(*relations)
    H = traces.power(1).rewrite(*relations)
    sides, equations = (
        ("A", "0", "w"),
        {"AA": "15", "A0": "17", "Aw": "17", "00": "16", "0w": "16", "ww": "16"},
    )
    for n, name in enumerate(sides):
        free, poly = _free(gradient, n, None)
        text = _shown(name).replace("{", "").replace("}", "")
        yield Formula(
            f"∂L/∂{text}",
            rf"\partial L/\partial {_shown(name)}",
            f"gradient_{name}",
            "11-13",
            poly,
            free,
        )
    for r, row in enumerate(sides):
        for c, col in list(enumerate(sides))[r:]:
            free, poly = _free(H, r, c)
            yield Formula(
                f"H_{row}{col}",
                f"H_{{{row}{col}}}",
                f"hessian_{row}{col}",
                equations[row + col],
                poly,
                free,
            )
    names = ("tr H_AA", "tr H_ww")
    for name, equation, poly in zip(names, ("21", "20"), traces.block_traces(), strict=True):
        yield _scalar(name, equation, poly.rewrite(*relations))
    yield _scalar("tr H²", "25-28", traces.trace(2).rewrite(*relations))


def _scalar(name: str, equation: str, poly: Poly) -> Formula:
    latex = r"\operatorname{tr} " + name.removeprefix("tr ").replace("²", "^2").replace(
        "_AA", "_{AA}"
    ).replace("_ww", "_{ww}")
    return Formula(name, latex, name.replace("tr ", "trace_").replace("²", "2"), equation, poly)


def _shown(side: str) -> str:
    return {"A": "A_{ka}", "0": "w_0", "w": "w_k"}[side]


def _free(M: Matrix, r: int, c: int | None) -> tuple[tuple[Index, ...], Poly]:
    """An entry with readable free indices."""
    own = indices(M.rows[r], ROW) + (indices(M.cols[c], COL) if c is not None else ())
    spare = {kind: iter(names) for kind, names in FREE.items()}
    names = {x: Index(x.kind, next(spare[x.kind])) for x in own}
    return tuple(names.values()), M.entries[r, c or 0].rename(names)


def write(formula: Formula, style: str) -> str:
    """A formula in one of the FORMATS."""
    return {"text": _text, "latex": _latex, "python": _python}[style](formula)


def _terms(poly: Poly, show: Callable[[Fraction, list[Factor], Mapping[Index, str]], str]) -> str:
    """All terms joined with their signs."""
    parts = []
    for key, c in sorted(poly.terms.items(), key=lambda item: (len(unbind(item[0])[0]), item[0])):
        factors, names = _named(key)
        sign = "-" if c < 0 else "+"
        parts.append(
            f" {sign} {show(abs(c), factors, names)}" if parts or c < 0 else show(c, factors, names)
        )
    return "".join(parts).strip() or "0"


def _named(key: Monomial) -> tuple[list[Factor], dict[Index, str]]:
    """The factors of a monomial, and letters for its summed indices that no free index has."""
    factors, bound = unbind(key)
    taken = {x.name for f in factors for x in f[1:] if x not in bound}
    spare = {
        kind: iter([x for x in letters if x not in taken]) for kind, letters in LETTERS.items()
    }
    order = sorted(bound, key=lambda x: (x.kind != "sample", x.kind != "hidden", x))
    return sorted(factors.elements(), key=_reading_order), {x: next(spare[x.kind]) for x in order}


def _reading_order(factor: Factor) -> tuple:
    """Scalars of a sample first, then weights, features and inputs."""
    order = {"N": -1, "d": -1, "m": -1, "e": 0, "p": 0, "w": 1, "f1": 2, "f2": 2, "h": 2, "X": 3}
    return order.get(factor[0], 4), factor


def _at(factor: Factor, names: Mapping[Index, str]) -> str:
    return "".join(names.get(x, x.name) for x in factor[1:])


def _powers(codes: list[str], power: str) -> list[str]:
    return [
        c if codes.count(c) == 1 else c + power.format(codes.count(c)) for c in dict.fromkeys(codes)
    ]


def _text(formula: Formula) -> str:
    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        codes = [
            TEXT.get(f[0], f[0]) + (f"_{_at(f, names)}" if len(f) > 1 else "") for f in factors
        ]
        body = " ".join(_powers(codes, "^{}"))
        number = "" if c == 1 else f"{c} "
        return number + (f"Σ_{''.join(names.values())} " if names else "") + body

    at = "".join(x.name for x in formula.free)
    head = formula.name + (f"[{at}]" if formula.name.startswith("H") and at else "")
    return f"{head} = {_terms(formula.poly, show)}"


def _latex(formula: Formula) -> str:
    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        codes = []
        for f in factors:
            at = _at(f, names)
            base = LATEX.get(f[0], f[0])
            derivative = f[0] in ("f1", "f2", "f3")
            codes.append(
                f"{base}(u_{{{at}}})" if derivative else base + (f"_{{{at}}}" if at else "")
            )
        number = "" if c == 1 else sp.latex(sp.Rational(c.numerator, c.denominator)) + " "
        return (
            number
            + (rf"\sum_{{{','.join(names.values())}}} " if names else "")
            + " ".join(_powers(codes, "^{{{}}}"))
        )

    at = (
        f"[{','.join(x.name for x in formula.free)}]"
        if formula.python.startswith("hessian") and formula.free
        else ""
    )
    return rf"{formula.latex}{at} &= {_terms(formula.poly, show)} && (\mathrm{{{formula.equation}}}) \\"


def _python(formula: Formula) -> str:
    """NumPy code with the arrays X (with its ones), A, w, h, f1, f2, e, p."""
    result = "".join(x.name for x in formula.free)

    def show(c: Fraction, factors: list[Factor], names: Mapping[Index, str]) -> str:
        sizes = [OPERANDS[f[0]] for f in factors if len(f) == 1]
        arrays = [f for f in factors if len(f) > 1]
        subscripts = ",".join(_at(f, names) for f in arrays)
        operands = [
            f"np.eye({OPERANDS['m']})" if f[0] == DELTA else OPERANDS.get(f[0], f[0])
            for f in arrays
        ]
        einsum = (
            [f"np.einsum({f'{subscripts}->{result}'!r}, {', '.join(operands)}, optimize=True)"]
            if arrays
            else []
        )
        number = [] if c == 1 and (sizes or einsum) else [str(c)]
        return " * ".join([*number, *sizes, *einsum])

    return f"{formula.python} = {_terms(formula.poly, show)}"


def functions(activation: str, style: str) -> Iterator[str]:
    """f, f′, f″ and f‴ in atoms, with the atoms' definitions."""
    function = activations.load(activation)
    write_expr = {"text": sp.sstr, "latex": sp.latex, "python": sp.pycode}[style]
    primes = ("", "'", "''", "'''")
    for a in function.atoms:
        value = write_expr(a.definition)
        yield (
            rf"{sp.latex(a.symbol)} &= {value} \\" if style == "latex" else f"{a.symbol} = {value}"
        )
    for order in range(4):
        value = write_expr(function.derivative(order))
        name = f"f{order or ''}" if style == "python" else f"f{primes[order]}(u)"
        yield rf"{name} &= {value} \\" if style == "latex" else f"{name} = {value}"
