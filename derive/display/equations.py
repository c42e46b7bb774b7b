"""Gradient, Hessian and traces as equations: what ``hessbound derive`` prints."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import sympy as sp

from hessbound.derive import activations
from hessbound.derive import losses as all_losses
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.lowering.programs import constants
from hessbound.derive.model import derivatives, traces

from . import terms

SIDES = {"A": "A_{ka}", "0": "w_0", "w": "w_k"}
NUMBERS = {"AA": "15", "A0": "17", "Aw": "17", "00": "16", "0w": "16", "ww": "16"}


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
        yield Equation(*names, f"gradient_{side}", "11-13", *terms.entry(gradient, n))
    for (r, row), (c, col) in combinations_with_replacement(enumerate(SIDES), 2):
        block = row + col
        names = f"H_{block}", f"H_{{{block}}}"
        yield Equation(*names, f"hessian_{block}", NUMBERS[block], *terms.entry(H, r, c))
    hidden, output = traces.block_traces()
    for name, latex, number, poly in (
        ("H_AA", "H_{AA}", "21", hidden),
        ("H_ww", "H_{ww}", "20", output),
        ("H²", "H^2", "25-28", traces.trace(2)),
    ):
        names = f"tr {name}", rf"\operatorname{{tr}} {latex}"
        python = f"trace_{name.replace('²', '2')}"
        yield Equation(*names, python, number, poly.rewrite(*relations))


def write(equation: Equation, style: str) -> str:
    r"""Write an equation as text, latex or markdown.

    >>> *_, hidden, output, squared = equations("linear")
    >>> print(write(hidden, "text"))
    tr H_AA = Σ_ika p_i w_k^2 x̄_ia^2
    >>> print(write(hidden, "latex").partition(" && ")[0])
    \operatorname{tr} H_{AA} &= \sum_{i,k,a} p_{i} w_{k}^{2} \bar x_{ia}^{2}
    """
    styles = {"text": _text, "latex": _latex, "markdown": _markdown}
    return styles[style](equation)


def _text(equation: Equation) -> str:
    return f"{equation.name}{equation.entry()} = {terms.text(equation.poly)}"


def _latex(equation: Equation) -> str:
    tag = rf"(\mathrm{{{equation.number}}})"
    return rf"{equation.latex}{equation.entry(',')} &= {terms.latex(equation.poly)} && {tag} \\"


def _markdown(equation: Equation) -> str:
    """Write a displayed equation, with line breaks between terms."""
    first, *rest = terms.latex_terms(equation.poly)
    head = f"{equation.latex}{equation.entry(',')} &= {first}"
    lines = terms.filled([head, *rest])
    number = equation.number.replace("-", "\N{EN DASH}")
    return f"$$\n{terms.aligned(lines)} \\qquad \\text{{({number})}}\n$$"


def functions(activation: str, style: str) -> Iterator[str]:
    """Yield f, f′, f″ and f‴ in atoms, after the atoms' definitions.

    >>> list(functions("tanh", "text"))[1:4]
    ['q = 1 - tanh(u)**2', 'f(u) = t', "f'(u) = q"]
    """
    yield from _lines(activations.load(activation), "f{}(u)", style)


def losses(loss: str, style: str) -> Iterator[str]:
    """Yield ℓ, ∂ℓ/∂v and so on, in atoms and for a weight ω, after the atoms' definitions.

    >>> list(losses("squared_error", "text"))[2:4]
    ["l'(v, y) = omega*(v - y)", "l''(v, y) = omega"]
    """
    letter = r"\ell" if style == "latex" else "l"
    yield from _lines(all_losses.load(loss), letter + "{}(v, y)", style)


def _lines(function: ScalarFunction, left: str, style: str) -> Iterator[str]:
    write_expr = {"text": sp.sstr, "latex": sp.latex}[style]
    primes = ("", "'", "''", "'''")
    known = [(a.symbol, a.definition) for a in function.atoms] + list(function.constants.items())
    for symbol, definition in known:
        name = sp.latex(symbol) if style == "latex" else str(symbol)
        yield _line(name, write_expr(definition), style)
    for order in range(4):
        yield _line(left.format(primes[order]), write_expr(function.derivative(order)), style)


def _line(name: str, value: str, style: str) -> str:
    return rf"{name} &= {value} \\" if style == "latex" else f"{name} = {value}"
