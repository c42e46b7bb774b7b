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
    """At the input z of a layer: what grows there, λ, and of M its rows Y = QM; F′ is of that z.

    m is diag M. With the weights W of the layer above: YF is QWF′MF′, grown is f″∘m + f′∘λ, and G
    is WF′M. Of the first layer M is diag m, and instead of Y there is carried, f′∘f′∘m.
    """

    lam: Array
    m: Array
    YF: Array
    grown: Array
    carried: Array | None = None
    Y: Array | None = None
    M: Array | None = None
    G: Array | None = None


def gradient(
    net: MLP, passed: Forward, top: Head, levels: Sequence[Level], kappa: Sequence[Array], *y: Array
) -> list[tuple[Array, Array]]:
    """Return ∂tr H/∂b and ∂tr H/∂W of each layer, of levels from the first layer up.

    y are the labels of the block and its weights.
    """
    moved, parts, last = _up(net, passed, levels, kappa), [], net.n_layers - 1
    W, Q, QW, own = net.weights[last], levels[last].Q, levels[last].QW, moved[-1]
    lam, spread = steps().up_last(W, own.grown, Q, QW, own.YF, kappa[last])
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
    f1, f2, lam = passed.f1[1], passed.f2[1], np.zeros((1, 1))
    m = np.broadcast_to(kappa[0], f1.shape)
    grown, carried, YF = steps().up_first(f1, f2, lam, m, levels[1].QW)
    found = [Moved(lam, m, YF, grown, carried)]
    for n in range(1, net.n_layers - 1):
        W, below = net.weights[n], found[-1]
        lam, Y = steps().up(W, below.grown, levels[n].Q, below.YF, kappa[n])
        M, m = _tangents(W, passed.f1[n], below, kappa[n], whole=n < net.n_layers - 2)
        grown, YF = steps().up_through(passed.f1[n + 1], passed.f2[n + 1], lam, m, Y)
        found.append(Moved(lam, m, YF, grown, None, Y, M))
    return found


def _tangents(
    W: Array, f1: Array, below: Moved, kappa: Array, *, whole: bool
) -> tuple[Array | None, Array]:
    """Return M of the layer above, where it is wanted, and diag M."""
    if below.M is None and not whole:
        return None, steps().diagonal_second(W, below.carried, kappa)
    if below.M is None:
        M, m = steps().tangents_second(W, below.carried, kappa)
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
    own |= {"lam": below.lam, "m": below.m, "grown": below.grown, "YF": below.YF}
    own |= {"u": above.u, "g": above.g, "t": t, "d": above.factor + above.rest, "Q": above.Q}
    if n == 1:  # M is diag m
        own |= {"squares": above.squares}
    else:
        own |= {"QW": above.QW, "Y": below.Y}
    found: tuple[Array, ...]
    if above.c is None:
        found = steps().slopes_last_on_diagonal(**own) if n == 1 else steps().slopes_last(**own)
    elif n == 1:
        own |= {"carried": below.carried, "forms": above.forms}
        if above.C is None:
            found = steps().slopes_between_diagonals(**own, c=above.c)
        else:
            found = steps().slopes_on_diagonal(**own, C=above.C)
    elif above.C is None:
        found = steps().slopes_under_diagonal(**own, c=above.c, G=below.G)
    else:
        found = steps().slopes_between(**own, C=above.C, A=above.A, G=below.G)
    return found
