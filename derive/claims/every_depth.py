"""Networks of any depth, width and number of outputs, by induction (beyond the paper).

Layer l has inputs a^(l−1) and values z^l = b + W a^(l−1), l = 1..L + 1; the loss is a smooth
function of z^(L+1) with slope e and symmetric Hessian S.
"""

from collections.abc import Iterator

from hessbound.derive.algebra.matrices import ROW, Matrix, indices, scalar, symbol
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.algebra.sides import ONE
from hessbound.derive.model.deep import SAMPLE, Deep, kind
from hessbound.derive.proof.induction import Chain, State
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Identity, Induction
from hessbound.derive.statements import unrolled

from . import depth

CLAIMS = Register()
Compared = Iterator[tuple[str, Matrix, Matrix]]


def _claim(name: str) -> Identity:
    found = depth.CLAIMS.find(name)
    assert isinstance(found, Identity)
    return found


DOWN = {"g": _claim("slope_of_a_layer"), "B": _claim("curvature_of_a_layer")}
UP = {"M": _claim("tangents_of_a_layer"), "lam": _claim("laplacian_of_a_layer")}
SLOPES = {
    "B": _claim("trace_by_tangents"),
    "g": _claim("trace_by_laplacian"),
    "t": _claim("trace_by_inputs"),
}


def _loss(L: int) -> State:
    """Return what the loss is to the last layer."""
    top = kind(L + 1)
    return {"g": symbol("e", top, None, SAMPLE), "B": symbol("S", top, top, SAMPLE)}


def _inputs(n: int = 0) -> State:
    """Return M and λ of the inputs, which no parameter moves."""
    side = ((kind(n),),)
    return {
        "M": Matrix(side, side, {(0, 0): Poly()}),
        "lam": Matrix(side, ONE, {(0, 0): Poly()}),
    }


def _blocks(chain: Chain) -> Compared:
    """Compare every block of the Hessian."""
    whole, states = Deep(chain.L), chain.down(0, _loss(chain.L))
    for n in whole.layers:
        layers, state = {"here": n - 1, "above": n}, {**chain.own(n - 1), **states[n]}
        found = chain.read("hessian_of_a_layer", layers, state)
        yield f"the block of layer {n}", found, whole.hessian(n, n)
        jacobian = unrolled.values(n, "f1")["f1"].diag()  # ∂a^n/∂z^n
        for later in range(n + 1, chain.L + 2):
            layers = {"below": n - 1, "here": n, "before": later - 1, "above": later}
            state = {
                "a": unrolled.values(n - 1, "h")["h"],
                "phi": unrolled.values(later - 1, "h")["h"],
                "V": unrolled.weights(later),
                "D": jacobian,
                **states[later],
            }
            found = chain.read("block_of_two_layers", layers, state)
            yield f"the block of layers {later} and {n}", found, whole.hessian(later, n)
            if later <= chain.L:
                state["t1"] = unrolled.values(later, "f1")["f1"]
                jacobian = chain.read("next_jacobian", layers, state)


def _trace(chain: Chain) -> Compared:
    """Compare tr H, from the inputs up, and layer by layer from the loss down."""
    whole, top = Deep(chain.L), chain.L + 1
    state = {"S": _loss(chain.L)["B"], "e": _loss(chain.L)["g"], **chain.up(0, _inputs())[top]}
    derived = sum((whole.trace(n) for n in whole.layers), Poly())
    yield "tr H", chain.read("trace_of_a_function", {"here": top}, state), scalar(derived)
    states = chain.down(1, _loss(chain.L))
    for n in whole.layers:
        layers, state = {"here": n - 1, "above": n}, {**chain.own(n - 1), **states[n]}
        found = chain.read("trace_of_a_layer", layers, state)
        yield f"tr H of layer {n}", found, scalar(whole.trace(n))


def _gradient(chain: Chain) -> Compared:
    """Compare ∂tr H/∂θ layer by layer."""
    whole, below, top = Deep(chain.L), chain.up(0, _inputs()), chain.L + 1
    loss = {**_loss(chain.L), "t": whole.outputs(below[top]["M"], below[top]["lam"])}
    states = chain.down(1, loss, below)
    for n in whole.layers:
        state = {**chain.own(n - 1), **below[n - 1], **states[n]}
        layers = {"here": n - 1, "above": n}
        derived = whole.trace_gradient(n)
        for part, name in enumerate(("trace_by_biases", "trace_by_weights")):
            found, own = chain.read(name, layers, state), slice(part, part + 1)
            yield f"{name} of layer {n}", _vec(found), derived.select(own, slice(1))


def _vec(M: Matrix) -> Matrix:
    """Return vec M, column by column; a column as it is."""
    if M.cols == ONE:
        return M
    block = (M.cols[0][0], M.rows[0][0])
    col, row = indices(block, ROW)
    return Matrix((block,), ONE, {(0, 0): M.on(0, 0, (row,), (col,))})


CLAIMS.extend(
    [
        Induction(
            "blocks_of_any_depth",
            "H_ll = āāᵀ⊗B, H_kl = [1; a]āᵀ⊗C + [0; D⊗δ]āᵀ with C = B W D, k > l, for every L",
            steps=(DOWN,),
            others=(
                _claim("hessian_of_a_layer"),
                _claim("block_of_two_layers"),
                _claim("next_jacobian"),
            ),
            unroll=_blocks,
        ),
        Induction(
            "trace_of_any_depth",
            "tr H = ⟨S, M⟩ + e·λ = Σ_l ‖ā^(l−1)‖² tr B^l, for every L",
            steps=(UP, DOWN),
            others=(_claim("trace_of_a_function"), _claim("trace_of_a_layer")),
            unroll=_trace,
        ),
        Induction(
            "trace_gradient_of_any_depth",
            "∂tr H/∂W^l = 2BW F′MF′ + δ(f″∘diag M + f′∘λ)ᵀ + t aᵀ, ∂tr H/∂b^l = t, for every L",
            steps=(UP, SLOPES),
            others=(_claim("trace_by_biases"), _claim("trace_by_weights")),
            unroll=_gradient,
            depths=(1, 2),
        ),
    ]
)
