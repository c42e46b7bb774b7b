"""Which steps of one layer are printed, and of which trees each is made (stage 5).

The trees are those that claims for any depth state; see ``claims.depth``,
``depth_forms``, ``depth_squares``, ``softmax`` and ``trace_slopes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hessbound.derive.statements import steps
from hessbound.derive.statements.layers import Layers, LayerSample
from hessbound.derive.statements.trees import Node

Build = Callable[..., Mapping[str, Node]]  # of the layers and a sample, or two samples


@dataclass(frozen=True)
class Step:
    """A function to print: its name, what it says, and the trees that it returns, by name.

    One ``of_batches`` takes arrays with a further axis in front, too.
    """

    name: str
    says: str
    build: Build
    pairs: bool = False
    of_batches: bool = False


def _slopes(q: Layers, weights: Callable[[LayerSample], Node]) -> dict[str, Node]:
    """Return the slopes of tr H by β and W, of what QᵀQ and C give to the latter."""

    def own(i: Any) -> Node:
        s = q.at(i)
        return weights(s) + steps.weights_by_residual(s, s.grown)

    return {"beta": q.over(lambda i: q.at(i).t), "W": q.over(own)}


def _slopes_through(
    weights: Callable[[Layers, LayerSample], Node], curved: Callable[[Layers, LayerSample], Node]
) -> Build:
    """Add the slope by z of the layer below, where B above is QᵀQ + C and M below any matrix."""

    def build(q: Layers, s: LayerSample) -> dict[str, Node]:
        found = _slopes(q, lambda s: steps.weights_by_factor(s, s.YF) + weights(q, s))
        both = steps.curved_by_factor(q, s.QW, s.Y) + curved(q, s)
        return found | {"t": steps.inputs_slope(q, s, s.u, s.d, both, s.m)}

    return build


def _slopes_on_diagonal(
    weights: Callable[[Layers, LayerSample], Node],
) -> Build:
    """Do the same where M below is diag m."""

    def build(q: Layers, s: LayerSample) -> dict[str, Node]:
        found = _slopes(q, lambda s: steps.weights_by_factor(s, s.YF) + weights(q, s))
        curved = steps.curved_by_diagonal(s, s.squares + s.forms)
        return found | {"t": steps.inputs_slope(q, s, s.u, s.d, curved, s.m)}

    return build


def _slopes_last(curved: Callable[[Layers, LayerSample], Node]) -> Build:
    """Do the same where B above is QᵀQ."""

    def build(q: Layers, s: LayerSample) -> dict[str, Node]:
        own = _slopes(q, lambda s: steps.weights_by_factor(s, s.YF))
        return own | {"t": steps.inputs_slope(q, s, s.u, s.d, curved(q, s), s.m)}

    return build


def _residual(below: Node, s: LayerSample) -> dict[str, Node]:
    C = below + s.own.diag()
    return {"C": C, "d": C.diagonal()}


def _tangents(M: Node) -> dict[str, Node]:
    return {"M": M, "m": M.diagonal()}


def _pair_columns(q: Layers, _: LayerSample) -> dict[str, Node]:
    def rows(i: Any) -> Node:
        s = q.at(i)
        return steps.later_rows(s.omega * s.phi, s.U, s.D, s.omega * s.g)

    return {"beta": q.over(lambda i: q.at(i).omega * q.at(i).U), "V": q.over(rows)}


def _near_columns(q: Layers, _: LayerSample) -> dict[str, Node]:
    def rows(i: Any) -> Node:
        s = q.at(i)
        return steps.later_rows(s.omega * s.h, s.U, s.f1.diag(), s.omega * s.g)

    return {"beta": q.over(lambda i: q.at(i).omega * q.at(i).U), "V": q.over(rows)}


def _rows(s: LayerSample) -> steps.Rows:
    return s.phi, s.U, s.D, s.g


def _own_squares(s: LayerSample, t: LayerSample, betas: Node) -> dict[str, Node]:
    return dict(zip(("beta", "both", "W"), steps.squares_of_own(s, t, betas), strict=True))


def _pair_squares(s: LayerSample, t: LayerSample, later: Node) -> dict[str, Node]:
    betas, inner = steps.square_of_pair(s.U, t.U), s.a.T @ t.a
    return {"betas": betas, "beta_W": inner * betas, "V_beta": later, "V_W": inner * later}


def _mixed(s: LayerSample, t: LayerSample, later: Node) -> dict[str, Node]:
    return {"V_beta": later, "V_W": (s.a.T @ t.a) * later}


STEPS = (
    Step("output", "z = β + Wh", lambda q, s: {"z": steps.output(q, s)}, of_batches=True),
    Step(
        "slope",
        "g = ∂F/∂z, one layer down",
        lambda q, s: {"g": steps.slope_below(q, s)},
        of_batches=True,
    ),
    Step(
        "gradient",
        "the slopes by β and W",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).g),
            "W": q.over(lambda i: steps.weights_slope(q.at(i), q.at(i).g)),
        },
        of_batches=True,
    ),
    Step(
        "gradients",
        "the same of each sample",
        lambda q, s: {"beta": s.g, "W": steps.weights_slope(s, s.g)},
    ),
    Step(
        "down",
        "one layer down, g, Wᵀg, diag C of what is new in B, Q, QW and diag QᵀQ",
        lambda q, s: {
            "g": steps.slope_below(q, s),
            "u": q.W.T @ s.g,
            "c": steps.own_curvature(q, s),
            "Q": (Q := steps.factor_below(q, s)),
            "QW": s.Q @ q.W,
            "d": steps.diagonal_of_factor(q, Q),
        },
    ),
    Step(
        "down_last",
        "the same of the first layer, whose g and Q nobody needs, and diag WᵀQᵀQW",
        lambda q, s: {
            "u": q.W.T @ s.g,
            "own": steps.own_curvature(q, s),
            "QW": (QW := s.Q @ q.W),
            "squares": (squares := steps.diagonal_of_factor(q, QW)),
            "d": steps.diagonal_of_moved_factor(s, squares),
        },
    ),
    Step(
        "residual_second",
        "C and diag C, one layer down, where it is diag c above",
        lambda q, s: _residual(steps.residual_below(q, s, s.c.diag() @ q.W), s),
    ),
    Step(
        "diagonal_of_residual_second",
        "diag C alone, where C is diag c above, and diag WᵀCW",
        lambda q, s: {
            "d": s.own + steps.diagonal_of_neighbour(q, s),
            "forms": steps.forms_of_diagonal(q, s),
        },
    ),
    Step("residual_through", "A = CW", lambda q, s: {"A": steps.residual_moved(q, s)}),
    Step(
        "residual_further",
        "C and diag C, one layer down",
        lambda q, s: _residual(steps.residual_below(q, s, s.A), s),
    ),
    Step(
        "diagonal_of_residual_further",
        "diag C alone, one layer down, and diag WᵀCW",
        lambda q, s: {
            "d": s.own + steps.diagonal_of_residual(q, s, s.C @ q.W),
            "forms": steps.quadratic_forms(q, s.C @ q.W),
        },
    ),
    Step("diagonal_of_factor", "diag QᵀQ", lambda q, s: {"d": steps.diagonal_of_factor(q, s.Q)}),
    Step(
        "traces",
        "tr H_ll of each sample, of κ and diag B",
        lambda _, s: {"trace": steps.trained_trace(s.kappa, s.d)},
    ),
    Step(
        "diagonals",
        "summed over the samples, those of β and W",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).d),
            "W": q.over(lambda i: steps.weights_curvature(q.at(i), q.at(i).d)),
        },
    ),
    Step(
        "diagonals_of_each",
        "the same of each sample",
        lambda q, s: {"beta": s.d, "W": steps.weights_curvature(s, s.d)},
    ),
    Step("input_along", "by how much h moves", lambda q, s: {"h": steps.input_moved(s)}),
    Step(
        "output_along",
        "by how much z moves",
        lambda q, s: {"z": steps.output_moved(q, s, s.h_to)},
    ),
    Step(
        "output_along_fixed",
        "the same where β and W stay",
        lambda q, s: {"z": steps.output_moved_fixed(q, s.h_to)},
    ),
    Step("own_curvature", "f″∘Wᵀg", lambda q, s: {"own": steps.own_curvature(q, s)}),
    Step(
        "slope_along",
        "by how much g moves, one layer down",
        lambda q, s: {"g": steps.slope_moved(q, s, s.own)},
    ),
    Step(
        "slope_along_fixed",
        "the same where W stays",
        lambda q, s: {"g": steps.slope_moved_fixed(q, s, s.own)},
    ),
    Step("slope_along_factor", "the same without f″", lambda q, s: {"g": steps.factor_moved(q, s)}),
    Step(
        "gradient_along",
        "by how much the slopes by β and W move",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).g_to),
            "W": q.over(lambda i: steps.gradient_moved(q.at(i), q.at(i).h_to)),
        },
    ),
    Step(
        "gradient_along_factor",
        "the same of QᵀQ",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).g_to),
            "W": q.over(lambda i: steps.weights_slope(q.at(i), q.at(i).g_to)),
        },
    ),
    Step("tangents_own", "κ", lambda q, s: {"kappa": steps.own_tangents(q, s)}),
    Step(
        "up_first",
        "f″∘m + f′∘λ, f′∘f′∘m, and QWF′MF′, where M is diag m",
        lambda _, s: {
            "grown": steps.growth(s, s.m, s.lam),
            "carried": (carried := steps.carried(s)),
            "YF": steps.factor_on_diagonal(s.QW, carried),
        },
    ),
    Step(
        "up",
        "one layer up, λ and QM",
        lambda q, s: {
            "lam": steps.laplacian_above(q, s.grown),
            "Y": steps.factor_above(q, s, s.kappa, s.YF),
        },
    ),
    Step(
        "up_through",
        "f″∘diag M + f′∘λ, and QWF′MF′",
        lambda _, s: {
            "grown": steps.growth(s, s.m, s.lam),
            "YF": steps.factor_through(s, s.Y),
        },
    ),
    Step(
        "up_last",
        "at the outputs, λ and diag QMQᵀ alone",
        lambda q, s: {
            "lam": steps.laplacian_above(q, s.grown),
            "spread": steps.spread_of_rows(q, s, s.kappa, s.QW, s.YF),
        },
    ),
    Step(
        "tangents_second",
        "M and diag M, one layer up, where M is diag m below",
        lambda q, s: _tangents(steps.tangents_by_neighbour(q, s.kappa, s.carried)),
    ),
    Step(
        "diagonal_second",
        "diag M alone, where M is diag m below",
        lambda q, s: {"m": steps.diagonal_by_neighbour(q, s.kappa, s.carried)},
    ),
    Step("tangents_through", "G = WF′M", lambda q, s: {"G": steps.tangents_moved(q, s, s.M)}),
    Step(
        "tangents_further",
        "M and diag M, one layer up",
        lambda q, s: _tangents(steps.tangents_by_moved(q, s, s.kappa, s.G)),
    ),
    Step(
        "diagonal_further",
        "diag M alone, one layer up",
        lambda q, s: {"m": steps.diagonal_by_moved(q, s, s.kappa, s.G)},
    ),
    Step(
        "slopes_last",
        "of tr H by β, W and the z below; B above is QᵀQ",
        _slopes_last(lambda q, s: steps.curved_by_factor(q, s.QW, s.Y)),
    ),
    Step(
        "slopes_last_on_diagonal",
        "the same; M below is diag m",
        _slopes_last(lambda _, s: steps.curved_by_diagonal(s, s.squares)),
    ),
    Step(
        "slopes_between_diagonals",
        "the same; B above is QᵀQ + diag c, M below is diag m",
        _slopes_on_diagonal(lambda q, s: steps.weights_by_neighbours(q, s, s.carried)),
    ),
    Step(
        "slopes_on_diagonal",
        "the same; B above is QᵀQ + C, M below is diag m",
        _slopes_on_diagonal(lambda q, s: steps.weights_by_diagonal(s.C @ q.W, s.carried)),
    ),
    Step(
        "slopes_under_diagonal",
        "the same; B above is QᵀQ + diag c, M below is any matrix",
        _slopes_through(
            lambda q, s: steps.weights_by_moved(s, s.c.diag(), s.G),
            lambda q, s: steps.curved_by_moved(q, q.W, s.c.diag() @ s.G),
        ),
    ),
    Step(
        "slopes_between",
        "the same; C and M are any matrices",
        _slopes_through(
            lambda q, s: steps.weights_by_moved(s, s.C, s.G),
            lambda q, s: steps.curved_by_moved(q, s.A, s.G),
        ),
    ),
    Step(
        "softmax_slopes",
        "of tr H by the outputs",
        lambda _, s: {"t": steps.outputs_slope(s, steps.third_of_shares(s.pi, s.spread))},
    ),
    Step(
        "separate_slopes",
        "of tr H by the outputs, where each has a loss of its own",
        lambda _, s: {"t": steps.outputs_slope(s, s.ratio * s.spread)},
    ),
    Step(
        "softmax",
        "ℓ and ∂ℓ/∂v, each for the sample's weight",
        lambda q, s: {
            "loss": s.omega * steps.softmax_loss(s),
            "g": s.omega * steps.softmax_slope(s),
        },
    ),
    Step(
        "softmax_factor",
        "the factor Q of ∂²ℓ/∂v², for the sample's weight",
        lambda q, s: {"Q": (s.root_omega * steps.softmax_factor(s.pi, s.root, s.pi_bar)).T},
    ),
    Step(
        "through_factor", "QᵀQ times how z above moves", lambda q, s: {"g": s.Q.T @ (s.Q @ s.g_to)}
    ),
    Step("of_factor", "B = QᵀQ", lambda q, s: {"B": steps.of_factor(s.Q)}),
    Step("curvature", "B, one layer down", lambda q, s: {"B": steps.curvature_below(q, s)}),
    Step("curved", "U = BVD", lambda q, s: {"U": steps.curved(q, s)}),
    Step("curved_near", "U = BWF′", lambda q, s: {"U": steps.curved_near(q, s)}),
    Step("jacobian", "D, one layer up", lambda q, s: {"D": steps.jacobian(q, s, s.D)}),
    Step(
        "jacobian_near",
        "the same where D is F′",
        lambda q, s: {"D": s.t1.diag() @ (q.W @ s.f1.diag())},
    ),
    Step(
        "own_columns",
        "H_ll: the rows of β and of W, summed over the samples with weights",
        lambda q, s: {
            "beta": q.over(lambda i: q.at(i).omega * q.at(i).B),
            "W": q.over(lambda i: (q.at(i).omega * q.at(i).h).kron(q.at(i).B)),
        },
    ),
    Step("pair_columns", "H_l'l: the same of a later layer's β and V", _pair_columns),
    Step("near_columns", "the same where D is F′", _near_columns),
    Step(
        "own_squares",
        "‖H_ll‖²: that of β, of W and β, and of W",
        lambda q, s, t: _own_squares(s, t, steps.square_of_pair(s.B, t.B)),
        pairs=True,
    ),
    Step(
        "factor_squares",
        "the same where B is QᵀQ + diag c",
        lambda q, s, t: _own_squares(s, t, steps.square_of_factors(q, s, t)),
        pairs=True,
    ),
    Step(
        "pair_squares",
        "‖H_l'l‖²: what is symmetric, of β' and β, of β' and W, of V and β, and of V and W",
        lambda q, s, t: _pair_squares(s, t, steps.squares_of_later(_rows(s), _rows(t))),
        pairs=True,
    ),
    Step(
        "pair_mixed",
        "the rest, of V and β, and of V and W",
        lambda q, s, t: _mixed(s, t, steps.mixed_of_later(_rows(s), _rows(t))),
        pairs=True,
    ),
    Step(
        "near_squares",
        "the same as pair_squares where D is F′",
        lambda q, s, t: _pair_squares(s, t, steps.squares_of_near(s, t, s.U, t.U)),
        pairs=True,
    ),
    Step(
        "near_mixed",
        "the same as pair_mixed where D is F′",
        lambda q, s, t: _mixed(s, t, steps.mixed_of_near(s, t, s.U)),
        pairs=True,
    ),
)
