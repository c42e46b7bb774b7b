"""The penalty ½ Σ_r ρ_r θ_r², and what it adds to each quantity, as programs (stage 4).

Its Hessian D = diag ρ has a number for each input's weights, one for w₀ and one for b. Then
tr (H + D)² = tr H² + 2 Σ_r ρ_r H_rr + tr D², of which only the sum in the middle needs samples.
"""

from dataclasses import replace

import sympy as sp

from hessbound.derive.algebra.matrices import ROW, Matrix
from hessbound.derive.algebra.polynomials import Poly, atom
from hessbound.derive.model import derivatives, network, product_rule
from hessbound.derive.model.convert import convert
from hessbound.derive.model.parameters import NAMES, at, column, entry, part

from . import descent, sums
from .descent import PARAMETERS, own
from .ir import Assign, Input, Program, a, array, m, total
from .sums import LETTERS

RIDGES = (Input("ridge_A", ("input",)), Input("ridge_w0", ()), Input("ridge_b", ()))
_RIDGE = {"A": array("ridge_A", a), "w0": array("ridge_w0"), "b": array("ridge_b")}
SLOPE = "squared_slope"
OF_H, OF_D = (("trace_hidden", "trace_output", "trace_squared"), ("hidden", "output", "squared"))
WEIGHTED = "weighted_trace"


def _slope(block: str) -> sp.Expr:
    """Return ∂/∂θ of the penalty at an entry of a block."""
    return _RIDGE[block] * array(PARAMETERS[block], *own(block))


def _out(block: str) -> sp.Expr:
    return array(f"out_{block}", *(LETTERS[x.kind] for x in at(block, ROW)))


def value() -> Program:
    """Compute the penalty."""
    parts = (total(_slope(x) * array(PARAMETERS[x], *own(x)) / 2, *own(x)) for x in NAMES)
    statement = Assign(sp.Symbol("penalty"), sum(parts, sp.Integer(0)))
    return _constant("penalty", "½ Σ ρ θ²", statement)


def value_claim() -> dict[str, Poly]:
    """Return what it is by its definition."""
    return {"penalty": convert(network.penalty(), {})}


def gradient() -> Program:
    """Compute D θ."""
    statements = (Assign(_out(x), _slope(x)) for x in NAMES)
    return _constant("penalty_gradient", "∇ of the penalty", *statements)


def diagonal() -> Program:
    """Compute the diagonal of D."""
    return _constant("penalty_diagonal", "diag D", *(Assign(_out(x), _RIDGE[x]) for x in NAMES))


def moments() -> Program:
    """Compute tr D_AA, tr D_ww and tr D²."""
    once, twice = sp.symbols("inputs inputs_squared")  # of one unit
    w0, b = _RIDGE["w0"], _RIDGE["b"]
    values = {
        once: total(_RIDGE["A"], a),
        twice: total(_RIDGE["A"] ** 2, a),
        **dict(zip(map(sp.Symbol, OF_D), (m * once, w0 + m * b), strict=False)),
        sp.Symbol(OF_D[-1]): m * twice + w0**2 + m * b**2,
    }
    statements = (Assign(target, value) for target, value in values.items())
    title = "tr D_AA, tr D_ww and tr D²"
    return replace(_constant("penalty_moments", title, *statements), outputs=OF_D)


def moments_claim() -> dict[str, Poly]:
    """Return what they are by their definition."""
    return dict(zip(OF_D, _moments(derivatives.penalty_hessian()), strict=True))


def weighted(H: Matrix) -> Poly:
    """Return Σ_r ρ_r H_rr."""
    return (H @ derivatives.penalty_hessian()).trace().poly


def weighted_trace(H: Matrix) -> Program:
    """Compute Σ_r ρ_r H_rr."""
    return sums.sums(WEIGHTED, "Σ_r ρ_r H_rr", {WEIGHTED: weighted(H)}, *RIDGES)


def weighted_gradient(H: Matrix, relations: list[tuple[Poly, Poly]]) -> Program:
    """Compute what the penalty adds to ``squared_slope`` ∇tr H²."""
    by_rule = _along(weighted(H)).rewrite(*relations)
    title = "squared_slope (∇tr (H + D)² − ∇tr H²)"
    return sums.vector("weighted_gradient", title, by_rule, *RIDGES, Input(SLOPE, ()))


def weighted_gradient_claim(relations: list[tuple[Poly, Poly]]) -> Matrix:
    """Return the same from SymPy's third derivatives, 2 Σ_i ⟨D, ∂∇²ℓ_i/∂θ⟩ times the slope."""
    along = derivatives.summed(derivatives.along(derivatives.penalty_hessian()))
    slope = atom(SLOPE) * 2
    return column({name: entry(along, name) * slope for name in NAMES}).rewrite(*relations)


def _along(of_H: Poly) -> Matrix:
    """Differentiate by the product rule, ρ held constant."""
    slope = atom(SLOPE) * 2
    return column({name: product_rule.derive(of_H, name, ROW) * slope for name in NAMES})


def penalised() -> Program:
    """Compute tr (H + D)_AA, tr (H + D)_ww and tr (H + D)² from moments of H and D."""
    both = [sp.Symbol(x) + sp.Symbol(y) for x, y in zip(OF_H, OF_D, strict=True)]
    both[-1] += 2 * sp.Symbol(WEIGHTED)
    statements = (Assign(sp.Symbol(f"{x}_D"), v) for x, v in zip(OF_H, both, strict=True))
    given = (Input(x, ()) for x in (*OF_H, *OF_D, WEIGHTED))
    return _constant(
        "penalised", "tr (H + D)_AA, tr (H + D)_ww and tr (H + D)²", *statements
    ).taking(*given)


def penalised_claim(H: Matrix) -> dict[str, Poly]:
    """Return what they are by their definition."""
    found = _moments(H + derivatives.penalty_hessian())
    return dict(zip((f"{x}_D" for x in OF_H), found, strict=True))


def descent_step() -> Program:
    """Compute a step of gradient descent on the loss with the penalty."""
    more = {block: _slope(block) for block in NAMES}
    return descent.step("descent_penalised", "(L + penalty)", more, RIDGES)


def _moments(M: Matrix) -> tuple[Poly, Poly, Poly]:
    hidden, output = (part(M, x, x).trace().poly for x in ("A", "w"))
    return hidden, output, (M * M).sum().poly  # M is symmetric


def _constant(name: str, title: str, *statements: Assign) -> Program:
    outputs = tuple(s.target.name if s.target.is_Symbol else str(s.target.base) for s in statements)
    return Program(name, title, outputs, constants=statements).taking(*RIDGES)
