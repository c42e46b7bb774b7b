"""Networks of any depth, width and number of outputs, by induction (beyond the paper).

Layer l has inputs a^(l−1) and values z^l = b + W a^(l−1), l = 1..L + 1; the loss is a smooth
function of z^(L+1) with slope e and symmetric Hessian S.
"""

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Identity, Induction

from . import depth, depth_squares

CLAIMS = Register()
_PARTS = {claim.name: claim for claim in (*depth.CLAIMS, *depth_squares.CLAIMS)}


def of_a_layer(name: str) -> Identity:
    """Return a claim on one layer, or on two, by its name.

    >>> of_a_layer("hessian_of_a_layer").statement
    'H_ll = h̄h̄ᵀ⊗B'
    """
    claim = _PARTS[name]
    assert isinstance(claim, Identity)
    return claim


def _claims(*names: str) -> tuple[Identity, ...]:
    return tuple(map(of_a_layer, names))


DOWN = _claims("slope_of_a_layer", "curvature_of_a_layer")
ACROSS = _claims("next_jacobian")
UP = _claims("tangents_of_a_layer", "laplacian_of_a_layer")
BACK = _claims("trace_by_laplacian", "trace_by_tangents", "trace_by_inputs")

CLAIMS.extend(
    [
        Induction(
            "blocks_of_any_depth",
            steps=DOWN + ACROSS,
            conclusions=_claims("hessian_of_a_layer", "block_of_two_layers"),
        ),
        Induction("diagonal_of_any_depth", steps=DOWN, conclusions=_claims("diagonal_of_a_layer")),
        Induction(
            "trace_of_any_depth",
            steps=UP + DOWN,
            conclusions=_claims("trace_of_a_function", "trace_of_a_layer"),
        ),
        Induction(
            "trace_gradient_of_any_depth",
            steps=UP + BACK,
            conclusions=_claims("trace_of_a_function", "trace_by_biases", "trace_by_weights"),
        ),
        Induction(
            "trace_squared_of_any_depth",
            steps=DOWN + ACROSS,
            conclusions=_claims("squares_of_a_layer", "squares_of_two_layers"),
        ),
    ]
)
