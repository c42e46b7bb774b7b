"""The contender in plain numba: a loop over the samples that accumulates the Hessian."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from .problems import Contender, Problem


@njit
def traces(X: Any, y: Any, A: Any, w: Any) -> Any:
    """Return tr H and tr H² of each network, for tanh, from the Hessian's upper triangle."""
    n, m, d1 = A.shape
    P = m * d1 + m + 1
    out = np.empty((n, 2))
    for net in range(n):
        H, J, x = np.zeros((P, P)), np.empty(P), np.ones(d1)
        h, f1 = np.empty(m), np.empty(m)
        for i in range(len(y)):
            x[1:] = X[i]
            v = w[net, 0]
            for k in range(m):
                u = 0.0
                for j in range(d1):
                    u += A[net, k, j] * x[j]
                h[k] = math.tanh(u)
                f1[k] = 1 - h[k] * h[k]
                v += w[net, k + 1] * h[k]
            s = 1 / (1 + math.exp(-v))
            e, p = s - y[i], s * (1 - s)
            J[m * d1] = 1.0
            for k in range(m):
                J[m * d1 + 1 + k] = h[k]
                for j in range(d1):
                    J[j * m + k] = x[j] * f1[k] * w[net, k + 1]
            for a in range(P):
                scaled = p * J[a]
                for b in range(a, P):
                    H[a, b] += scaled * J[b]
            for k in range(m):
                c = -2 * h[k] * f1[k] * w[net, k + 1]
                for j in range(d1):
                    H[j * m + k, m * d1 + 1 + k] += e * f1[k] * x[j]
                    for j2 in range(j, d1):
                        H[j * m + k, j2 * m + k] += e * c * x[j] * x[j2]
        trace = squared = 0.0
        for a in range(P):
            trace += H[a, a]
            squared += H[a, a] ** 2
            for b in range(a + 1, P):
                squared += 2 * H[a, b] ** 2
        out[net, 0], out[net, 1] = trace, squared
    return out


def single(problem: Problem) -> Callable[[], Any]:
    """Take one network."""
    X, y, A, w = problem.X, problem.y, problem.net.A[None], problem.net.w[None]
    return lambda: traces(X, y, A, w)[0]


def batch(problem: Problem) -> Callable[[], Any]:
    """Take all networks in one call."""
    X, y, A, w = problem.X, problem.y, problem.nets.A, problem.nets.w
    return lambda: traces(X, y, A, w)


def flops(problem: Problem) -> float:
    """Count the upper triangle, at a fifth of the peak."""
    return 5.0 * problem.batch * problem.N * problem.P**2


TRACES = (Contender("numba, loop that accumulates H", single, np.asarray, flops),)
BATCH = (Contender("numba, loop that accumulates H", batch, np.asarray, flops),)
