"""The textbook formulas in NumPy, for any floating-point type.

What a careful user writes without this library, and, in extended precision, what is right. Nothing
here is shared with ``derive`` or with the kernels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import erf

from .problems import Problem

Array = Any


@dataclass(frozen=True)
class Features:
    """Per-sample quantities of a network: inputs, hidden outputs and slopes, e and p."""

    Xb: Array  # (N, d + 1)
    Hb: Array  # (N, m + 1), hidden outputs with a leading 1
    f1: Array  # (N, m), slopes
    g: Array  # slopes times output weights
    c: Array  # second derivatives times output weights
    e: Array  # (N,)
    p: Array
    b: Array  # (m,)
    loss: Any

    @classmethod
    def of(cls, problem: Problem, net: Any = None, dtype: type = np.float64) -> "Features":
        """Run the network forward."""
        net = problem.net if net is None else net
        Xb, A, w, y = (x.astype(dtype) for x in (problem.Xb, net.A, net.w, problem.y))
        h, f1, f2 = hidden(Xb @ A.T, net.activation)
        v = w[0] + h @ w[1:]
        t = np.exp(-np.abs(v))
        positive, negative = np.where(v > 0, 1, t) / (1 + t), np.where(v > 0, t, 1) / (1 + t)
        loss = (np.maximum(v, 0) + np.log1p(t) - y * v).sum()
        e = (1 - y) * positive - y * negative
        Hb = np.concatenate([np.ones((len(v), 1), dtype), h], axis=1)
        return cls(Xb, Hb, f1, f1 * w[1:], f2 * w[1:], e, positive * negative, w[1:], loss)


def hidden(u: Array, activation: str) -> tuple[Array, Array, Array]:
    """Return f, f' and f''."""
    if activation == "tanh":
        h = np.tanh(u)
        slope = (1 - h) * (1 + h)
        return h, slope, -2 * h * slope
    if activation == "sigmoid":
        t = np.exp(-np.abs(u))
        h = np.where(u > 0, 1, t) / (1 + t)
        slope = t / (1 + t) ** 2
        return h, slope, -slope * np.tanh(u / 2)
    if activation == "gelu":
        density = np.exp(-u * u / 2) / np.sqrt(2 * np.pi)
        share = (1 + erf(u.astype(np.float64) / np.sqrt(2))) / 2
        return u * share, share + u * density, (2 - u * u) * density
    message = f"activation must be tanh, sigmoid or gelu, got {activation!r}"
    raise ValueError(message)


def gradient(x: Features) -> Array:
    """Return the gradient (P,): A by columns, then w."""
    return np.concatenate([((x.e[:, None] * x.g).T @ x.Xb).T.ravel(), x.e @ x.Hb])


def product(x: Features, z: Array) -> Array:
    """Return the Hessian times z by forward-over-reverse differentiation."""
    m = len(x.b)
    Z, z_w = z[: -m - 1].reshape(-1, m).T, z[-m - 1 :]
    du = x.Xb @ Z.T
    change = x.p * (x.Hb @ z_w + (x.g * du).sum(axis=1))
    rows = change[:, None] * x.g + x.e[:, None] * (x.c * du + x.f1 * z_w[1:])
    to_w = change @ x.Hb
    to_w[1:] += x.e @ (x.f1 * du)
    return np.concatenate([(rows.T @ x.Xb).T.ravel(), to_w])


def hessian(x: Features, chunk: int = 4096) -> Array:
    """Return the dense Hessian: Jᵀ diag(p) J, and what e adds to it."""
    d1, m = x.Xb.shape[1], len(x.b)
    P = m * d1 + m + 1
    H = np.zeros((P, P), x.Xb.dtype)
    for start in range(0, len(x.e), chunk):
        part = slice(start, start + chunk)
        Xb, e = x.Xb[part], x.e[part]
        J = np.concatenate([(Xb[:, :, None] * x.g[part, None]).reshape(len(e), -1), x.Hb[part]], 1)
        H += (x.p[part, None] * J).T @ J
        for k in range(m):
            own = slice(k, d1 * m, m)
            H[own, own] += Xb.T @ ((e * x.c[part, k])[:, None] * Xb)
            column = Xb.T @ (e * x.f1[part, k])
            H[own, d1 * m + 1 + k] += column
            H[d1 * m + 1 + k, own] += column
    return H


def trace(x: Features) -> Any:
    """Return tr H."""
    hidden = (x.Xb**2).sum(1) * (x.p * (x.g**2).sum(1) + x.e * x.c.sum(1))
    return hidden.sum() + (x.p * (x.Hb**2).sum(1)).sum()


def traces_plain(x: Features) -> Array:
    """Return tr H and tr H² by the three bilinear forms of the paper, with N × N matrices."""
    K, h = x.Xb @ x.Xb.T, x.Hb[:, 1:]
    pp = (K * (x.g @ x.g.T) + x.Hb @ x.Hb.T) ** 2
    ep = K * (K * (x.c @ (x.g**2).T) + 2 * x.f1 @ (x.g * h).T)
    ee = K * (K * (x.c @ x.c.T) + 2 * x.f1 @ x.f1.T)
    squared = x.p @ pp @ x.p + 2 * x.e @ ep @ x.p + x.e @ ee @ x.e
    return np.array([trace(x), squared])


def traces_tiled(x: Features, tile: int) -> Array:
    """Return tr H and tr H² in the merged Gram form, over tiles of pairs of samples."""
    r = x.e[:, None] * x.f1
    t = x.p[:, None] * x.g * x.Hb[:, 1:]
    squared = 2 * np.vdot(r.T @ x.Xb, (r + 2 * t).T @ x.Xb)
    q = x.p[:, None] * x.g**2
    both = x.e[:, None] * x.c + q
    root = np.sqrt(x.p)
    for i in range(0, len(root), tile):
        for j in range(0, i + 1, tile):
            I, J = slice(i, i + tile), slice(j, j + tile)  # noqa: E741  # a range of samples
            K = x.Xb[I] @ x.Xb[J].T
            M = x.g[I] @ x.g[J].T
            M *= K
            M += x.Hb[I] @ x.Hb[J].T
            M *= root[I, None]
            M *= root[J]
            S = both[I] @ both[J].T
            S -= q[I] @ q[J].T
            S *= K
            squared += (1 + (i != j)) * (np.vdot(M, M) + np.vdot(S, K))
    return np.array([trace(x), squared])


def traces_batched(problem: Problem, chunk: int) -> Array:
    """Return tr H and tr H² of each network of a batch, (n, 2), from batched dense Hessians."""
    out = np.empty((problem.batch, 2))
    A, w = problem.nets.A, problem.nets.w
    for start in range(0, problem.batch, chunk):
        part = slice(start, start + chunk)
        H = _batched_hessian(problem, A[part], w[part])
        out[part, 0] = np.trace(H, axis1=1, axis2=2)
        out[part, 1] = np.einsum("bij,bij->b", H, H)
    return out


def _batched_hessian(problem: Problem, A: Array, w: Array) -> Array:
    Xb, y, (n, m, d1) = problem.Xb, problem.y, A.shape
    h, f1, f2 = hidden(Xb @ A.transpose(0, 2, 1), problem.activation)
    b = w[:, None, 1:]
    s = 1 / (1 + np.exp(-(w[:, :1] + (h @ w[:, 1:, None])[..., 0])))
    e, p = s - y, s * (1 - s)
    g, r = f1 * b, e[..., None] * f1
    hb1 = np.concatenate([np.ones((n, len(y), 1)), h], axis=2)
    J = np.concatenate([(Xb[:, :, None] * g[:, :, None]).reshape(n, len(y), -1), hb1], axis=2)
    H = (p[..., None] * J).transpose(0, 2, 1) @ J
    own = (e[..., None] * f2 * b).transpose(0, 2, 1)
    curvature = (own[:, :, None] * Xb.T) @ Xb
    cross = Xb.T @ r
    for k in range(m):
        at = slice(k, d1 * m, m)
        H[:, at, at] += curvature[:, k]
        H[:, at, d1 * m + 1 + k] += cross[:, :, k]
        H[:, d1 * m + 1 + k, at] += cross[:, :, k]
    return H
