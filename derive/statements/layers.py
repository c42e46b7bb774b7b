"""One layer of a network of any depth: the notation that claims for every depth are stated in.

What lies above a layer is any smooth function F of its input (slope g, symmetric Hessian B); see
``model.layers`` and ``model.layer_traces`` for what is derived from that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hessbound.derive.algebra.sides import ONE, SCALAR, Shape, side
from hessbound.derive.model.layer_rules import ABOVE, HERE, LATER

from . import trees
from .network import of, quantity
from .trees import Node, NotAStatementError, Symbol, make, named


def _of(rows: str | None, cols: str | None = None) -> Shape:
    return Shape(side(rows), side(cols))


WEIGHTS = {
    "beta": _of("above"),
    "W": _of("above", "here"),
    "V": _of("above", "before"),
    "beta_to": _of("above"),
    "W_to": _of("above", "here"),
    "on_beta": SCALAR,
    "on_W": SCALAR,
}
AT_SAMPLE = {
    **dict.fromkeys(("h", "f1", "f2", "f3", "e", "lam", "m"), _of("here")),
    **dict.fromkeys(
        ("own", "u", "forms", "squares", "z_to", "h_to", "grown", "carried"), _of("here")
    ),
    **dict.fromkeys(("g", "t", "t1", "c", "d", "g_to"), _of("above")),
    "a": _of("below"),
    "phi": _of("before"),
    **dict.fromkeys(("B", "C"), _of("above", "above")),
    "Q": _of("rank", "above"),
    **dict.fromkeys(("Y", "QW", "YF"), _of("rank", "here")),
    **dict.fromkeys(("U", "A", "G"), _of("above", "here")),
    "D": _of("before", "here"),
    "J": _of("here", "theta"),
    **dict.fromkeys(("M", "S"), _of("here", "here")),
    **dict.fromkeys(("pi", "pi_bar", "root", "surprise", "label", "label_bar"), _of("class")),
    **dict.fromkeys(("ratio", "lam_v", "spread"), _of("class")),
    **dict.fromkeys(("R", "Q_v"), _of("class", "class")),
    **dict.fromkeys(("omega", "root_omega", "kappa"), SCALAR),
}
DERIVED = {
    "slope": _of("here"),
    "curvature": _of("here", "here"),
    "own_gradient": Shape(ABOVE, ONE),
    "own_slope": _of("above", "here"),
    "own_curvatures": _of("above", "here"),
    "own_hessian": Shape(ABOVE, ABOVE),
    "own_part_0_0": _of("above", "above"),
    "own_part_1_0": Shape(ABOVE[1:], _of("above").rows),
    "own_part_1_1": Shape(ABOVE[1:], ABOVE[1:]),
    "pair": Shape(LATER, HERE),
    "pair_part_0_0": _of("above", "here"),
    "pair_part_0_1": Shape(_of("above").rows, HERE[1:]),
    "pair_part_1_0": Shape(LATER[1:], _of("here").rows),
    "pair_part_1_1": Shape(LATER[1:], HERE[1:]),
    "next_jacobian": _of("above", "here"),
    "tangents": _of("above", "above"),
    "laplacian": _of("above"),
    "laplacian_here": _of("here"),
    "end": SCALAR,
    "by_tangents": _of("here", "here"),
    "by_laplacian": _of("here"),
    "by_biases": _of("above"),
    "by_weights": _of("above", "here"),
    "by_inputs": _of("here"),
    "output": _of("above"),
    "output_along": _of("above"),
    "slope_along": _of("here"),
    "own_gradient_along": _of("above", "here"),
    "softmax_slope": _of("class"),
    "softmax_curvature": _of("class", "class"),
    "softmax_third": _of("class"),
}


class LayerSample:
    """Quantities of one sample at a layer.

    These are free, which is to say that nothing relates them to the others. h, f1, f2, f3: f(z) and
    its derivatives here; g: the slope of F by z above; a, phi: what goes into the layer here, and
    into a later one; D: the slopes of phi by z here; t1: f′ of the later layer; J: the slopes of z
    here by all parameters below; M, lam, t: see ``model.layer_traces``, M symmetric; e, S: slope
    and Hessian of a function of z here; Q, C: of which B is made, C symmetric; c, m: any columns,
    for a C or M that is diagonal; U: any matrix, for BVD or BWF′; z_to, g_to: how z here and g move
    along a direction; Q_v, lam_v, spread: any of their shapes, for Q, λ and diag QMQᵀ at the
    outputs; ratio: any column, for p′/p of a loss of one output; R: any symmetric matrix.

    These follow. B: the Hessian of F by z above, QᵀQ + C; d: diag B; u: Wᵀg; own: f″∘Wᵀg; h_to:
    f′∘ż; forms: diag WᵀCW; kappa: what the parameters of the layer above add to M, [b] + [W]‖h‖²;
    QW, A, G, Y, YF: QW, CW, WF′M, QWF′M and QWF′MF′; squares: diag WᵀQᵀQW; grown: f″∘m + f′∘λ;
    carried: f′∘f′∘m; pi, pi_bar, root, surprise: softmax, what it lacks to 1, its square root and
    −log π; label, label_bar: labels, of sum 1, and what they lack to 1; omega, root_omega: the
    sample's weight and its square root. Normal forms do not know so: what is true only because of
    it is SAMPLED. Draws know all of it but the logarithm.
    """

    __slots__ = ("_i",)
    _i: Symbol

    def __init__(self, i: Symbol) -> None:
        object.__setattr__(self, "_i", trees.require_symbol(i))

    def __setattr__(self, name: str, value: object) -> None:
        msg = f"the quantities of a sample are given, and {name} cannot be set"
        raise AttributeError(msg)

    def __getattr__(self, name: str) -> Node:
        if name not in AT_SAMPLE:
            msg = f"a sample has {', '.join(AT_SAMPLE)}, got {name!r}"
            raise AttributeError(msg)
        return of(name, self._i, AT_SAMPLE[name])

    @property
    def tangents(self) -> Node:
        """JJᵀ, the inner products of the slopes of z here."""
        return named("M", self.J @ self.J.T)

    @property
    def laplacian(self) -> Node:
        """Σ_p ∂²z/∂θ_p² of z here."""
        derived = make("derived", ("laplacian_here", self._i), DERIVED["laplacian_here"])
        return named("lam", derived)


def _weights(name: str, doc: str) -> Any:
    return property(lambda _: quantity(name, WEIGHTS[name]), doc=doc)


class Layers:
    """The quantities of neighbouring layers; matrices are nodes (see ``trees``).

    ``derived(name, i)`` is what ``model`` derives of layers, for sample i.
    """

    __slots__ = ()

    beta = _weights("beta", "Biases of the layer above.")
    W = _weights("W", "Weights from here to above.")
    V = _weights("V", "Weights of a later layer.")
    beta_to = _weights("beta_to", "By how much β moves along a direction.")
    on_beta = _weights("on_beta", "1 where β is a parameter, 0 where it is frozen.")
    on_W = _weights("on_W", "1 where W is a parameter, 0 where it is frozen.")
    W_to = _weights("W_to", "By how much W moves along a direction.")

    def at(self, i: Symbol) -> LayerSample:
        """Return the quantities of one sample."""
        return LayerSample(i)

    def derived(self, name: str, i: Symbol) -> Node:
        """Return what is derived under a name, of sample i."""
        if name not in DERIVED:
            msg = f"what is derived of layers is one of {', '.join(DERIVED)}, got {name!r}"
            raise NotAStatementError(msg)
        return make("derived", (name, trees.require_symbol(i)), DERIVED[name])

    def squares(self, name: str) -> Node:
        """Return ‖Σ_i X_i‖² of what is derived under a name."""
        total = self.over(lambda i: self.derived(name, i))
        return (total * total).sum()

    def over(self, term: Callable[..., Any], n: int = 1, *, kind: str = "sample") -> Node:
        """Sum ``term(i, …)`` over n indices of a kind."""
        return trees.over(term, n, kind)

    def one(self, row: str | None = None, col: str | None = None) -> Node:
        """Return a vector or matrix of ones; without sides, the 1 × 1 matrix."""
        return make("ones", (), _of(row, col))

    def eye(self, kind: str) -> Node:
        """Return the identity matrix."""
        return make("eye", (), _of(kind, kind))

    def blocks(self, table: Sequence[Sequence[Node]]) -> Node:
        """Put a matrix together from blocks, row by row."""
        return trees.blocks(table)

    def bar(self, x: Node) -> Node:
        """Return [1; x]."""
        return self.blocks([[self.one()], [x]])
