"""What the steps of a layer call: matrices of each sample, and those that weights make of them.

These functions are printed as they stand into the generated module, and run as they stand where it
is read back: on residues, whose arrays are of objects, so that they use what those have.
"""

import ast
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from hessbound.derive.statements.arrays import Tensor


def added(x: Tensor, y: Tensor) -> Tensor:
    """Add y to x, in place."""
    x += y
    return x


def scaled(x: Tensor, y: Tensor) -> Tensor:
    """Multiply x by y, in place."""
    x *= y
    return x


def with_diagonal(C: Tensor, c: Tensor) -> Tensor:
    """Add c (k, n) to the diagonals of C (k, k, n), in place."""
    np.einsum("kkn->kn", C)[...] += c
    return C


def set_diagonal(C: Tensor, c: Tensor) -> Tensor:
    """Set the diagonals of C (k, k, n) to c (k, n), in place."""
    np.einsum("kkn->kn", C)[...] = c
    return C


def with_planted(X: Tensor, x: Tensor) -> Tensor:
    """Add x (c, r) to X (t, c, r) where t = c, in place."""
    np.einsum("ccr->cr", X)[...] += x
    return X


def pairs(W: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield where any two rows of W (k, m) are, also a row twice, and their products, in parts."""
    p, q = np.triu_indices(len(W))
    size = max(2**20 // W.shape[1], 1)
    for start in range(0, len(p), size):
        own = slice(start, start + size)
        yield p[own], q[own], W[p[own]] * W[q[own]]


def outer(W: Tensor, s: Tensor) -> Tensor:
    """Return W diag(s) Wᵀ of each sample, (k, k, n), W (k, m) and s (m, n)."""
    k, places = len(W), np.triu_indices(len(W))
    at = np.empty((k, k), dtype=int)
    at[places] = at.T[places] = np.arange(len(places[0]))
    return np.concatenate([products @ s for _, _, products in pairs(W)])[at]


def quadratic(W: Tensor, C: Tensor) -> Tensor:
    """Return diag WᵀCW of each sample, (m, n), W (k, m) and symmetric C (k, k, n)."""
    terms = ((np.where(p < q, 2, 1)[:, None] * products).T @ C[p, q] for p, q, products in pairs(W))
    return np.asarray(sum(terms))


def half(B: Tensor) -> Tensor:
    """Return symmetric B (k, k, n) as (k(k + 1)/2, 1, n): inner products of any two stay.

    These are the entries on and above the diagonal; those above are there twice, hence times √2.
    """
    p, q = np.triu_indices(len(B))
    return (B[p, q] * np.where(p < q, np.sqrt(2.0), 1.0)[:, None])[:, None]


def summed(C: Tensor, W: Tensor, s: Tensor) -> Tensor:
    """Return the sum over the samples of CW diag(s), (k, m), C (k, k, n), W (k, m) and s (m, n)."""
    return np.stack([((row @ s.T) * W).sum(axis=0) for row in C])


HELPERS = (
    added,
    scaled,
    with_diagonal,
    set_diagonal,
    with_planted,
    pairs,
    outer,
    quadratic,
    half,
    summed,
)


def helper_source(function: Callable[..., Any]) -> str:
    """Return a function's text without annotations, which NumPy's arrays need not have.

    >>> print(helper_source(with_diagonal).partition(chr(10))[0])
    def with_diagonal(C, c):
    """
    (found,) = ast.parse(inspect.getsource(function)).body
    assert isinstance(found, ast.FunctionDef)
    found.returns = None
    for argument in found.args.args:
        argument.annotation = None
    return ast.unparse(found)
