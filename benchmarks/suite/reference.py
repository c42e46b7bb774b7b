"""What is right, computed by formulas that are not the kernels': the yardstick of every error."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from . import formulas
from .formulas import Features
from .problems import Problem

EXTENDED_WORK = 2e8
"""Products in a dense Hessian up to which it is computed in extended precision, without BLAS."""

DENSE_WORK = 2e11
"""Operations of a dense Hessian in double precision up to which it is formed at all."""

EIGEN_LIMIT = 1000
"""Parameters up to which all eigenvalues are computed."""

TILE = 256


class Reference(NamedTuple):
    """A right value, and how it was computed."""

    values: Any
    source: str


def features(problem: Problem) -> tuple[Features, str]:
    """Return the features in extended precision where that takes a moment, else in double."""
    if problem.N * problem.m * problem.d <= EXTENDED_WORK / 10:
        return Features.of(problem, dtype=np.longdouble), "NumPy, extended precision"
    return Features.of(problem), "NumPy, double precision"


@lru_cache(maxsize=4)
def hessian(problem: Problem) -> Reference | None:
    """Return the dense Hessian, or nothing where it is too much work."""
    work = float(problem.N) * problem.P**2
    if work <= EXTENDED_WORK:
        x = Features.of(problem, dtype=np.longdouble)
        return Reference(formulas.hessian(x), "dense Hessian, extended precision")
    if 2 * work <= DENSE_WORK and problem.P <= 5000:
        H = formulas.hessian(Features.of(problem))
        return Reference(H, "dense Hessian, double precision")
    return None


def traces(problem: Problem) -> Reference:
    """Return tr H and tr H²."""
    dense = hessian(problem)
    if dense is None:
        values = formulas.traces_tiled(Features.of(problem), TILE)
        return Reference(values, "Gram form in NumPy, double precision")
    H = dense.values
    return Reference(np.array([np.trace(H), (H * H).sum()]), dense.source)


def batch_traces(problem: Problem) -> Reference:
    """Return tr H and tr H² of each network of the batch."""
    rows = []
    for theta in problem.nets.theta:
        sizes = {"n_inputs": problem.d, "n_hidden": problem.m}
        net = problem.net.from_theta(theta, **sizes, activation=problem.activation)
        H = formulas.hessian(Features.of(problem, net))
        rows.append([np.trace(H), (H * H).sum()])
    return Reference(np.array(rows), "dense Hessians, double precision")


def gradient(problem: Problem) -> Reference:
    """Return the loss and the gradient, in one vector."""
    x, source = features(problem)
    return Reference(np.concatenate([[x.loss], formulas.gradient(x)]), source)


def bound_and_slope(problem: Problem) -> Reference:
    """Return the Wolkowicz-Styan bound of the largest eigenvalue, and its slope along z."""
    sizes = {"n_inputs": problem.d, "n_hidden": problem.m, "activation": problem.activation}
    step = 0.03 / float(np.abs(problem.z).max()) / np.sqrt(problem.P)

    def bound(steps: int) -> float:
        theta = problem.net.theta + steps * step * problem.z
        net = problem.net.from_theta(theta, **sizes)
        trace, squared = formulas.traces_tiled(Features.of(problem, net), TILE)
        mean, P = trace / problem.P, problem.P
        return float(mean + np.sqrt((squared / P - mean**2) * (P - 1)))

    at = {steps: bound(steps) for steps in (-3, -2, -1, 0, 1, 2, 3)}
    first, second, third = (at[n] - at[-n] for n in (1, 2, 3))
    slope = (45 * first - 9 * second + third) / (60 * step)
    return Reference(np.array([at[0], slope]), "Gram form in NumPy, central differences")


def product(problem: Problem) -> Reference:
    """Return the Hessian times z."""
    x, source = features(problem)
    return Reference(formulas.product(x, problem.z.astype(x.e.dtype)), source)


@lru_cache(maxsize=4)
def largest(problem: Problem) -> Reference:
    """Return the largest eigenvalue."""
    if problem.P <= EIGEN_LIMIT and (dense := hessian(problem)) is not None:
        values = np.linalg.eigvalsh(dense.values.astype(np.float64))
        return Reference(values[-1], "all eigenvalues of the dense Hessian")
    x = Features.of(problem)
    operator = LinearOperator((problem.P, problem.P), lambda z: formulas.product(x, z.ravel()))
    found = eigsh(operator, 1, which="LA", tol=1e-12, v0=problem.z, return_eigenvectors=False)
    return Reference(found[0], "eigsh on a NumPy product, tolerance 1e-12")


def error(actual: Any, expected: Any, *, each: bool) -> float:
    """Return the largest relative error of any number, or the relative error of the whole."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    if actual.shape != expected.shape:
        message = f"a result must have shape {expected.shape}, got {actual.shape}"
        raise ValueError(message)
    off, size = np.abs(actual - expected), np.abs(expected)
    if each:
        return float((off / size).max())
    return float(np.sqrt((off**2).sum() / (size**2).sum()))
