r"""Statements as LaTeX, in the paper's symbols: an interpreter of trees."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from hessbound.derive.algebra import sides
from hessbound.derive.algebra.kinds import spare
from hessbound.derive.algebra.sides import ONE, Shape, Side
from hessbound.derive.model.parameters import THETA

from .formulas import SIZES, Formula, Level, big_sum, lift
from .interpreter import Interpreter, Places
from .trees import Node, NotAStatementError, Symbol

LONGEST = 20_000  # letters of a formula that is written down

QUANTITIES = {
    "X": r"\bar X",
    "A": "A",
    "w0": "w_{0}",
    "b": "b",
    "theta": r"\theta",
    "h": "h",
    "f1": "{F'}",
    "f2": "{F''}",
    "f3": "{F'''}",
    "e": "e",
    "p": "p",
    "p1": "{p'}",
    "alpha1": r"\alpha_{1}",
    "alpha2": r"\alpha_{2}",
    "beta": "|b|",
    "omega": r"\omega",
    "delta": r"\delta",
    "s1": "s_{1}",
    "s2": "s_{2}",
    "P": "P",
    "gaps": "x",
    "sign_b": r"\tilde b",
}
OF_SAMPLE = {
    "X": r"\bar x",
    "h": "h",
    "f1": "{f'}",
    "f2": "{f''}",
    "f3": "{f'''}",
    "p1": "{p'}",
    "tau": r"\tau",
    "t": r"\tau^{2}",
    "pi": r"\pi",
    "r1": r"{\rho'}",
    "r2": r"{\rho''}",
    "sign_e": r"\tilde e",
    "sign_p": r"\tilde p",
    "sign_f1": r"{\tilde f'}",
    "sign_f2": r"{\tilde f''}",
}
GRAMS = {"X": "K", "h": r"h^{\top} h", "g": "G", "h_bar": "Q"}  # what inner products are entries of
NAMES = {  # of what has a definition
    "G": r"\Gamma",
    "gauss_newton": r"\sum_{i} p_{i} \nabla v_{i} \nabla v_{i}^{\top}",
    "residual": r"\sum_{i} e_{i} \nabla^{2} v_{i}",
    "largest": r"\lambda_{\max}",
    "smallest": r"\lambda_{\min}",
    "others": r"\lambda_{*}",
    "trace": r"\operatorname{tr} H",
    "trace_squared": r"\operatorname{tr} H^{2}",
    "h_bar": r"\bar h",
}
SUMS = ("gauss_newton", "residual")
DERIVED = {
    "gradient": r"\nabla \ell",
    "hessian": r"\nabla^{2} \ell",
    "output_gradient": r"\nabla v",
    "output_hessian": r"\nabla^{2} v",
    "total_gradient": r"\nabla L",
    "total_hessian": r"\nabla^{2} L",
}


class Latex(Interpreter):
    r"""The LaTeX of trees; symbols stand for letters.

    >>> from .network import Quantities
    >>> q = Quantities()
    >>> print(Latex().read((q.X * q.X) @ q.one("input")).latex)
    (\bar X \circ \bar X) \mathbf{1}
    >>> i = Symbol("sample")
    >>> print(Latex().read(q.part(q.hessian(i), "A", "w"), {i: "i"}).latex)
    \nabla^{2}_{Aw} \ell_{i}
    """

    def read(self, node: Node, at: Places | None = None) -> Formula:
        """Return the formula of a node; NotAStatementError for one of more than 20,000 letters.

        What a tree shares with itself is written as often as it occurs, and brackets multiply it.
        """
        found: Formula = super().read(node, at)
        if len(found.latex) > LONGEST:
            msg = f"a formula of more than {LONGEST} letters is not written down"
            raise NotAStatementError(msg)
        return found

    def on_number(self, node: Node, at: Places) -> Formula:
        """Write a rational number."""
        return lift(Fraction(*node.args))

    def on_size(self, node: Node, at: Places) -> Formula:
        """Write N, d, m or P."""
        return Formula(node.args[0])

    def on_reciprocal(self, node: Node, at: Places) -> Formula:
        """Write a size below 1."""
        return Formula(rf"\tfrac{{1}}{{{node.args[0]}}}")

    def on_quantity(self, node: Node, at: Places) -> Formula:
        """Write a quantity by its name."""
        name: str = node.args[0]
        return as_formula(QUANTITIES.get(name, name), node.shape)

    def on_of(self, node: Node, at: Places) -> Formula:
        """Write a sample's vector or scalar, with the index below."""
        name, i = node.args
        latex = OF_SAMPLE.get(name) or QUANTITIES.get(name, name)
        gram = (GRAMS[name], at[i]) if name in GRAMS else None
        return as_formula(f"{latex}_{{{at[i]}}}", node.shape, gram=gram)

    def on_named(self, node: Node, at: Places) -> Formula:
        """Write what has a definition by its name."""
        name, _ = node.args
        if isinstance(name, tuple):
            letter, i = name[0], at[name[1]]
            gram = (GRAMS[letter], i) if letter in GRAMS else None
            return as_formula(f"{NAMES.get(letter, letter)}_{{{i}}}", node.shape, gram=gram)
        level = Level.BIG if name in SUMS else Level.ATOM
        level = Level.PREFIX if name.startswith("trace") else level
        return as_formula(NAMES.get(name, name), node.shape, level)

    def on_free(self, node: Node, at: Places) -> Formula:
        """Write an arbitrary matrix by its name, digits at the end as an index."""
        (name,) = node.args
        return as_formula(sp.latex(sp.Symbol(name)), node.shape)

    def on_ones(self, node: Node, at: Places) -> Formula:
        """Write ones."""
        if node.shape == sides.SCALAR:
            return Formula("1")
        if ONE in node.shape:
            return as_formula(r"\mathbf{1}", node.shape)
        return as_formula(r"\mathbf{1} \mathbf{1}^{\top}", node.shape, Level.PRODUCT)

    def on_zeros(self, node: Node, at: Places) -> Formula:
        """Write zeros."""
        return as_formula("0", node.shape)

    def on_eye(self, node: Node, at: Places) -> Formula:
        """Write an identity matrix with its size."""
        side = node.shape.rows
        size = "P" if side == THETA else SIZES.get(sides.show(side), sides.show(side))
        return as_formula(f"I_{{{size}}}", node.shape)

    def on_blocks(self, node: Node, at: Places) -> Formula:
        """Write a matrix of blocks."""
        rows = (" & ".join(self.read(part, at).latex for part in row) for row in node.args)
        body = r" \\ ".join(rows)
        return as_formula(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", node.shape)

    def on_row(self, node: Node, at: Places) -> Formula:
        """Write a row, or an entry of a column, with its index."""
        matrix, k = node.args
        inner = self.read(matrix, at)
        latex = inner.at(Level.ATOM)
        if inner.level == Level.ATOM and latex.endswith("}") and "_{" in latex:
            return as_formula(f"{latex[:-1]}{at[k]}}}", node.shape)
        return as_formula(f"{latex}_{{{at[k]}}}", node.shape)

    def on_part(self, node: Node, at: Places) -> Formula:
        """Write a block, with its sides below."""
        matrix, row, col = node.args
        inner = self.read(matrix, at)
        below = (row + col).replace("1", "").replace("w0", "w_{0}")
        if r"\nabla" in inner.latex and inner.level == Level.NABLA:
            nabla, _, rest = inner.latex.partition(" ")
            return as_formula(f"{nabla}_{{{below}}} {rest}", node.shape, inner.level)
        return as_formula(f"{inner.at(Level.ATOM)}_{{{below}}}", node.shape)

    def on_over(self, node: Node, at: Places) -> Formula:
        """Write a sum, over letters that are still free."""
        symbols, body = node.args
        letters: dict[Symbol, str] = {}
        for s in symbols:
            letters[s] = next(spare(s.kind, {*at.values(), *letters.values()}))
        inner = self.read(body, {**at, **letters})
        return big_sum(",".join(letters.values()), inner)

    def on_derived(self, node: Node, at: Places) -> Formula:
        """Write a derivative."""
        name, *args = node.args
        match name, args:
            case "third", (i, M):
                slope = rf"\frac{{\partial}}{{\partial \theta}} \nabla^{{2}} \ell_{{{at[i]}}}"
                return as_formula(rf"\langle {self.read(M, at).latex}, {slope} \rangle", node.shape)
            case "trace_gradient", (n,):
                power = f"H^{{{n}}}" if n > 1 else "H"
                return as_formula(rf"\nabla \operatorname{{tr}} {power}", node.shape, Level.NABLA)
            case "jacobian", (of, by, i):
                return as_formula(_quotient(of, by, at[i]), node.shape)
            case "second_hessian", (i,):
                own = rf"\left. \nabla^{{2}} \ell_{{{at[i]}}} \right|_{{\text{{product rule}}}}"
                return as_formula(own, node.shape)
        index = f"_{{{at[args[0]]}}}" if args else ""
        return as_formula(f"{DERIVED[name]}{index}", node.shape, Level.NABLA)


def _quotient(of: str, by: str, i: str) -> str:
    above = {"h": f"f(u_{{{i}}})", "h'": f"f'(u_{{{i}}})"}.get(of, f"{of}_{{{i}}}")
    below = r"\operatorname{vec} A" if by == "A" else f"{by}_{{{i}}}"
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


def as_formula(
    latex: str,
    shape: Shape,
    level: Level = Level.ATOM,
    gram: tuple[str, str] | None = None,
) -> Formula:
    """Return LaTeX as a formula of that shape."""
    return Formula(latex, _name(shape.rows), _name(shape.cols), level, gram=gram)


def _name(side: Side) -> str:
    return "" if side == ONE else sides.show(side)
