"""The gradient of tr H of a block of samples: what moves goes up, then the slopes come down.

M = JJᵀ and λ are of z by all parameters below: their inner products of slopes, and their Laplacian.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hessbound._typing import Array
from hessbound.data._mlp import MLP
from hessbound.engine import _kernels

from ._passes import Forward, Head, Level, separate, steps, trained


@dataclass
class Moved:
    """At the input z of a layer: λ, Y = QM, and M, which is diag m where M is None.

    m is diag M, and G is the product WF′M with the weights of the layer above.
    """

    lam: Array
    Y: Array
    m: Array
    M: Array | None = None
    G: Array | None = None


def gradient(
    net: MLP, passed: Forward, top: Head, levels: Sequence[Level], kappa: Sequence[Array], *y: Array
) -> list[tuple[Array, Array]]:
    """Return ∂tr H/∂b and ∂tr H/∂W of each layer, of levels from the first layer up.

    y are the labels of the block and its weights.
    """
    moved, parts, last = _up(net, passed, levels, kappa), [], net.n_layers - 1
    W, f1, f2 = net.weights[last], passed.f1[last], passed.f2[last]
    Q, Q_here, below = levels[last].Q, levels[last - 1].Q, moved[-1]
    own = W, f1, f2, below.lam, below.m, Q, below.Y, Q_here, kappa[last]
    lam, spread = steps().up_last(*own)
    if top.pi is None:
        t = steps().separate_slopes(_ratio(net, passed.v, *y), lam, spread, Q)
    else:
        t = steps().softmax_slopes(top.pi, lam, spread, Q)
    for n in range(net.n_layers - 1, 0, -1):
        beta, W, t = _by_layer(net, passed, levels[n], moved[n - 1], t)
        parts.append((beta, W))
    return [steps().gradient(passed.h[0], t), *parts[::-1]]


def _up(net: MLP, passed: Forward, levels: Sequence[Level], kappa: Sequence[Array]) -> list[Moved]:
    """Return what moves at the z of each hidden layer."""
    shape, Y = levels[0].g.shape, steps().up_first(levels[0].Q, kappa[0])
    found = [Moved(np.zeros(shape), Y, np.broadcast_to(kappa[0], shape))]
    for n in range(1, net.n_layers - 1):
        W, f1, f2, below = net.weights[n], passed.f1[n], passed.f2[n], found[-1]
        lam, Y = steps().up(W, f1, f2, below.lam, below.m, levels[n].Q, below.Y, kappa[n])
        M, m = _tangents(W, f1, below, kappa[n], whole=n < net.n_layers - 2)
        found.append(Moved(lam, Y, m, M))
    return found


def _tangents(
    W: Array, f1: Array, below: Moved, kappa: Array, *, whole: bool
) -> tuple[Array | None, Array]:
    """Return M of the layer above, where it is wanted, and diag M."""
    if below.M is None and not whole:
        return None, steps().diagonal_second(W, f1, below.m, kappa)
    if below.M is None:
        M, m = steps().tangents_second(W, f1, below.m, kappa)
        return M, m
    below.G = steps().tangents_through(W, f1, below.M)
    if not whole:
        return None, steps().diagonal_further(W, f1, below.G, kappa)
    M, m = steps().tangents_further(W, f1, below.G, kappa)
    return M, m


def _ratio(net: MLP, v: Array, y: Array, omega: Array) -> Array:
    """Return p′/p of a loss of one output by every output, 0 where p is."""
    name, u, label, D = separate(net, v, y)
    _, p, p1 = found = [np.empty(u.shape) for _ in range(3)]
    given = [np.ascontiguousarray(x) for x in (u, label, np.broadcast_to(omega, u.shape))]
    _kernels.loss_module(name).sample_e_p_p1(u.size, *given, *found)
    ratio = np.divide(p1, p, out=np.zeros(u.shape), where=p > 0)
    return ratio if D is None else D.T @ ratio


def _by_layer(net: MLP, passed: Forward, above: Level, below: Moved, t: Array) -> tuple[Array, ...]:
    """Return the slopes by a layer's biases, weights and inputs, t being that by its outputs."""
    n = above.layer
    own: dict[str, Any] = {
        "W": net.weights[n],
        "on_W": float(trained(net, n)[1]),
        "h": passed.h[n],
    }
    own |= {"f1": passed.f1[n], "f2": passed.f2[n], "f3": passed.f3[n]}
    own |= {"lam": below.lam, "m": below.m, "g": above.g, "t": t, "d": above.factor + above.rest}
    own |= {"u": above.u, "Q": above.Q, "Y": below.Y, "QW": above.QW}
    found: tuple[Array, ...]
    if above.c is None:
        found = steps().slopes_last(**own)
    elif above.C is None and below.M is None:
        found = steps().slopes_between_diagonals(**own, c=above.c, forms=above.forms)
    elif above.C is None:
        found = steps().slopes_under_diagonal(**own, c=above.c, G=below.G)
    elif below.M is None:
        found = steps().slopes_on_diagonal(**own, C=above.C, forms=above.forms)
    else:
        found = steps().slopes_between(**own, C=above.C, A=above.A, G=below.G)
    return found
