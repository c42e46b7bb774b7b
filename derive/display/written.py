"""The quantities of claims as symbols that write themselves down (the triplet of ``symbolic``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from hessbound.derive.proof.bounded import Assumptions
from hessbound.derive.proof.nonnegative import Nonnegative, fact
from hessbound.derive.statements.quantities import Quantities, Sample
from hessbound.derive.statements.spectrum import Eigenvalues, Scalars, Spectrum, Values

from .notation import SIZES, Formula, Level, big_sum

LETTERS = "ijln"


@dataclass(frozen=True)
class _Sample(Sample):
    """A sample whose products have names of their own."""

    i: str = ""

    @property
    def g(self) -> Formula:
        """The column vector f′(u)∘b by its name."""
        return Formula(f"g_{{{self.i}}}", "hidden", gram=("G", self.i))

    @property
    def c(self) -> Formula:
        """The column vector f″(u)∘b by its name."""
        return Formula(f"c_{{{self.i}}}", "hidden")


@dataclass
class Written(Quantities):
    r"""The quantities as LaTeX; ``used`` collects what a claim asks for by name.

    Examples
    --------
    >>> q = Written()
    >>> ((q.X * q.X) @ q.one("input")).T.latex
    '((\\bar X \\circ \\bar X) \\mathbf{1})^{\\top}'
    >>> q.part(q.hessian("i"), "A", "w").latex
    '\\nabla^{2}_{Aw} \\ell_{i}'
    """

    used: set[str] = field(default_factory=set)
    taken: list[str] = field(default_factory=list)  # sample indices

    X = Formula(r"\bar X", "sample", "input")
    A = Formula("A", "hidden", "input")
    w0 = Formula("w_{0}")
    b = Formula("b", "hidden")
    h = Formula("h", "sample", "hidden")
    f1 = Formula("{F'}", "sample", "hidden")
    f2 = Formula("{F''}", "sample", "hidden")
    f3 = Formula("{F'''}", "sample", "hidden")
    e = Formula("e", "sample")
    p = Formula("p", "sample")
    p1 = Formula("{p'}", "sample")

    @property
    def G(self) -> Formula:
        """g_i in rows, by its name."""
        return Formula(r"\Gamma", "sample", "hidden")

    @property
    def C(self) -> Formula:
        """c_i in rows, by its name."""
        return Formula("C", "sample", "hidden")

    @property
    def K(self) -> Formula:
        """The Gram matrix of x̄, by its name."""
        return Formula("K", "sample", "sample")

    @property
    def Q(self) -> Formula:
        """The Gram matrix of h̄, by its name."""
        return Formula("Q", "sample", "sample")

    @property
    def H(self) -> Formula:
        """The Hessian of L."""
        return self._named("hessian", "H", "θ", "θ")

    def _named(self, use: str, latex: str, rows: str = "", cols: str = "") -> Formula:
        self.used.add(use)
        known = any(start in latex for start in (r"\nabla^{2}", r"\nabla \op"))
        level = Level.NABLA if known else Level.ATOM
        return Formula(latex, rows, cols, level)

    def h_bar(self, s: Sample) -> Formula:
        """Return h̄ of a sample by its name."""
        i = s.h.gram[1] if s.h.gram else ""
        return Formula(rf"\bar h_{{{i}}}", "1+hidden", gram=("Q", i))

    def one(self, row: str | None = None, col: str | None = None) -> Formula:
        """Write ones."""
        if row is None:
            return Formula("1")
        if col is None:
            return Formula(r"\mathbf{1}", row)
        return Formula(r"\mathbf{1} \mathbf{1}^{\top}", row, col, Level.PRODUCT)

    def eye(self, kind: str) -> Formula:
        """Write an identity matrix with its size."""
        return Formula(f"I_{{{SIZES[kind]}}}", kind, kind)

    def blocks(self, table: list[list[Formula]]) -> Formula:
        """Write a matrix of blocks."""
        lines = [" & ".join(part.latex for part in line) for line in table]
        rows = "+".join(line[0].rows or "1" for line in table)
        cols = "+".join(part.cols or "1" for part in table[0])
        body = r" \\ ".join(lines)
        rows, cols = ("" if side == "1" else side for side in (rows, cols))
        return Formula(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", rows, cols)

    def at(self, i: Any) -> _Sample:
        """Return a sample's vectors and scalars, with the index below."""

        def vector(name: str, gram: str = "", side: str = "hidden") -> Formula:
            return Formula(f"{name}_{{{i}}}", side, gram=(gram, i) if gram else None)

        return _Sample(
            x=vector(r"\bar x", "K", "input"),
            h=vector("h", "h^{\\top} h"),
            f1=vector("{f'}"),
            f2=vector("{f''}"),
            f3=vector("{f'''}"),
            e=Formula(f"e_{{{i}}}"),
            p=Formula(f"p_{{{i}}}"),
            p1=Formula(f"{{p'}}_{{{i}}}"),
            b=self.b,
            i=i,
        )

    def over(self, term: Callable[..., Formula], n: int = 1) -> Formula:
        """Write a sum, over indices that are still free."""
        indices = [x for x in LETTERS if x not in self.taken][:n]
        self.taken += indices
        try:
            return big_sum(",".join(indices), term(*indices))
        finally:
            del self.taken[-n:]

    def gradient(self, i: Any) -> Formula:
        """Write ∇ℓ_i."""
        return self._named("gradient", rf"\nabla \ell_{{{i}}}", "θ")

    def hessian(self, i: Any) -> Formula:
        """Write the Hessian of ℓ_i."""
        return self._named("hessian", rf"\nabla^{{2}} \ell_{{{i}}}", "θ", "θ")

    def output_gradient(self, i: Any) -> Formula:
        """Write ∇v_i."""
        return self._named("output", rf"\nabla v_{{{i}}}", "θ")

    def output_hessian(self, i: Any) -> Formula:
        """Write the Hessian of v_i."""
        return self._named("output", rf"\nabla^{{2}} v_{{{i}}}", "θ", "θ")

    def total_gradient(self) -> Formula:
        """Write ∇L."""
        return self._named("total", r"\nabla L", "θ")

    def total_hessian(self) -> Formula:
        """Write the Hessian of L."""
        return self._named("total", r"\nabla^{2} L", "θ", "θ")

    def second_hessian(self, i: Any) -> Formula:
        """Write the Hessian of ℓ_i, and how it was found."""
        latex = rf"\left. \nabla^{{2}} \ell_{{{i}}} \right|_{{\text{{product rule}}}}"
        return self._named("second", latex, "θ", "θ")

    def third(self, i: Any, M: Formula) -> Formula:
        """Write ⟨M, ∂∇²ℓ_i/∂θ⟩."""
        slope = rf"\frac{{\partial}}{{\partial \theta}} \nabla^{{2}} \ell_{{{i}}}"
        return self._named("third", rf"\langle {M.latex}, {slope} \rangle", "θ")

    def trace_gradient(self, n: int) -> Formula:
        """Write ∇tr Hⁿ."""
        power = f"H^{{{n}}}" if n > 1 else "H"
        return self._named("trace", rf"\nabla \operatorname{{tr}} {power}", "θ")

    def jacobian(self, of: str, by: str, i: Any) -> Formula:
        """Write a Jacobian as a quotient."""
        above = {"h": f"f(u_{{{i}}})", "h'": f"f'(u_{{{i}}})"}.get(of, f"{of}_{{{i}}}")
        below = r"\operatorname{vec} A" if by == "A" else f"{by}_{{{i}}}"
        cols = "" if of == "v" else "hidden"
        latex = rf"\frac{{\partial {above}}}{{\partial {below}}}"
        return self._named("jacobian", latex, "A" if by == "A" else "hidden", cols)

    def part(self, M: Formula, row: str, col: str) -> Formula:
        """Write a block, with the sides below."""
        sides = (row + col).replace("1", "").replace("w0", "w_{0}")
        rows, cols = ("" if side in ("1", "w0") else side for side in (row, col))
        if r"\nabla" in M.latex:
            nabla, _, rest = M.latex.partition(" ")
            return Formula(f"{nabla}_{{{sides}}} {rest}", rows, cols, M.level)
        return Formula(f"{M.at(Level.ATOM)}_{{{sides}}}", rows, cols)

    def free(self, name: str, row: str | None = None, col: str | None = None) -> Formula:
        """Write an arbitrary matrix by its name."""
        letter = "X" if name == "data" else name[:1]
        index = "" if name == "data" else name[1:]
        latex = f"{letter}_{{{index}}}" if index else letter
        return Formula(latex, row or "", col or "")


@dataclass(frozen=True)
class Weighted:
    """The weight of one sample."""

    weight: Nonnegative


class WrittenBounds(Written):
    """The quantities of inequalities: also α₁, α₂, |b| and ω."""

    alpha1, alpha2 = (fact(Formula(rf"\alpha_{{{n}}}")) for n in (1, 2))
    beta = fact(Formula("|b|", "hidden"))
    omega = fact(Formula(r"\omega", "sample"))
    delta = Formula(r"\delta")

    def peak(self) -> Formula:
        """Return a number that its statement explains."""
        return Formula("M")

    def bounded(self, i: Any) -> Weighted:
        """Return a sample's weight, which the sides of inequalities ask for."""
        return Weighted(fact(Formula(rf"\omega_{{{i}}}")))


class WrittenEigenvalues(Eigenvalues):
    """The quantities of a spectrum by their names; λ_* are the eigenvalues but the extreme one."""

    def __init__(self, spectrum: Spectrum) -> None:
        name = "max" if spectrum.extreme == "largest" else "min"
        one, gaps = Formula(r"\mathbf{1}", "other"), Formula("x", "other")
        extreme = Formula(rf"\lambda_{{\{name}}}")
        super().__init__(spectrum, Formula("P"), extreme, gaps, one, Formula)
        self.others = Formula(r"\lambda_{*}", "other")

    @property
    def trace(self) -> Formula:
        """Tr H by its name."""
        return Formula(r"\operatorname{tr} H", level=Level.PREFIX)

    @property
    def trace_squared(self) -> Formula:
        """Tr H² by its name."""
        return Formula(r"\operatorname{tr} H^{2}", level=Level.PREFIX)


def written(setting: Any) -> Any:
    """Return the quantities for an inequality's setting; TypeError where there are none."""
    if isinstance(setting, Spectrum):
        return WrittenEigenvalues(setting)
    if isinstance(setting, Scalars):
        names = (*setting.free, *setting.unit, *setting.positive)
        return Values(setting, {name: Formula(sp.latex(sp.Symbol(name))) for name in names})
    if isinstance(setting, Assumptions):
        return WrittenBounds()
    msg = f"no quantities to write down for {setting}"
    raise TypeError(msg)
