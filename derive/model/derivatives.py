"""Gradient, Hessian and third derivatives by SymPy, for all sizes at once (stage 2).

Input: a model; output: matrices of the index algebra. The loss is differentiated by ``A[hr, ir]``,
``w[0]`` and ``w[hr]`` with *fresh* indices (SymPy is silently wrong where a free index is also
bound), which leaves Kronecker deltas where they belong. ``convert`` then reads the result into
normal form.
"""

from functools import cache
from typing import TypeAlias

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, scalar
from hessbound.derive.algebra.polynomials import Poly, atom

from . import network
from .convert import Kinds, convert, convert_sum
from .network import GENERIC, Model
from .parameters import BLOCKS, NAMES, at, column, entry, square

SAMPLE = Index("sample", "i")
DEPTH = "depth"  # the third parameter's indices, beside ROW and COL

Names: TypeAlias = tuple[str, ...]  # of the blocks that were differentiated by
Derivative: TypeAlias = tuple[sp.Expr, Kinds, tuple[Index, ...]]  # value, and what it was taken by


def _parameter(block: str, tag: str) -> Derivative:
    """Return a parameter at fresh indices, the kinds of their symbols, and the indices."""
    names = {kind: sp.Symbol(f"{kind}_{tag}", integer=True) for kind in BLOCKS[block]}
    kinds = {x: kind for kind, x in names.items()}
    where = tuple(Index(kind, x.name) for kind, x in names.items())
    return network.parameter(block, names), kinds, where


def _derivatives(expr: sp.Expr, order: int) -> dict[Names, Derivative]:
    """Take all derivatives of that order by the blocks of parameters."""
    found: dict[Names, Derivative] = {(): (expr, {}, ())}
    for tag in (ROW, COL, DEPTH)[:order]:
        step: dict[Names, Derivative] = {}
        for blocks, (value, kinds, taken) in found.items():
            for name in NAMES:
                parameter, more, where = _parameter(name, tag)
                slope = sp.diff(value, parameter)
                step[*blocks, name] = slope, {**kinds, **more}, (*taken, *where)
        found = step
    return found


def _entries(expr: sp.Expr, order: int, scope: Kinds, model: Model) -> dict[Names, Poly]:
    """Return the derivatives in normal form, free indices named as ``Matrix`` names them."""
    entries = {}
    for blocks, (value, kinds, taken) in _derivatives(expr, order).items():
        sides = zip(blocks, (ROW, COL, DEPTH), strict=False)
        own = [x for name, tag in sides for x in at(name, tag)]
        poly = convert(value, {**kinds, **scope}, model)
        entries[blocks] = poly.rename(dict(zip(taken, own, strict=True)))
    return entries


def _first(expr: sp.Expr, scope: Kinds, model: Model) -> Matrix:
    entries = _entries(expr, 1, scope, model)
    return column({name: poly for (name,), poly in entries.items()})


def _second(expr: sp.Expr, scope: Kinds, model: Model) -> Matrix:
    entries = _entries(expr, 2, scope, model)
    return square({(row, col): poly for (row, col), poly in entries.items()})


@cache
def gradient(model: Model = GENERIC) -> Matrix:
    """Return ∇ℓ of sample i, P × 1 (Eq. 11).

    It has blocks for vec A, w₀ and w₁..w_m, whose entries are polynomials in e, f1, h, w and X. By
    default the activation and the loss are opaque; with the model of an activation (see
    ``network.model_of``) its atoms take the place of h and f1.

    >>> print(entry(gradient(), "w0"))
    e[i]
    >>> print(entry(gradient(), "b").rename({Index("hidden", ROW): Index("hidden", "k")}))
    e[i]·h[i,k]
    """
    return _first(model.loss, {network.i: "sample"}, model)


@cache
def hessian(model: Model = GENERIC) -> Matrix:
    """Return the Hessian of ℓ of sample i, P × P (Eq. 14), with blocks like the gradient's.

    >>> H = hessian()
    >>> H == H.T
    True
    >>> print(entry(H, "w0", "w0"), H.shape)
    p[i] input·hidden+1+hidden × input·hidden+1+hidden
    """
    return _second(model.loss, {network.i: "sample"}, model)


@cache
def third(model: Model = GENERIC) -> dict[Names, Poly]:
    """Return the third derivatives of ℓ of sample i, by the blocks of the three parameters.

    >>> print(third()["w0", "w0", "w0"])
    p1[i]
    """
    return _entries(model.loss, 3, {network.i: "sample"}, model)


def along(M: Matrix, i: Index = SAMPLE, model: Model = GENERIC) -> Matrix:
    """Return ⟨M, ∂∇²ℓ_i/∂θ⟩, P × 1: the gradient of Σ_rc M_rc ∂²ℓ_i/∂θ_r∂θ_c, M held constant."""
    total = {name: Poly() for name in NAMES}
    for (row, col, by), poly in third(model).items():
        both = (*at(row, ROW), *at(col, COL))
        total[by] += (poly.identify({SAMPLE: i}) * entry(M, row, col)).sum(*both)
    names = {by: dict(zip(at(by, DEPTH), at(by, ROW), strict=True)) for by in NAMES}
    return column({by: poly.rename(names[by]) for by, poly in total.items()})


def forward(model: Model = GENERIC) -> tuple[Poly, Poly]:
    """Return u_k and v of sample i, in terms of X, A, h and w (Eqs. 1-2)."""
    scope = {network.i: "sample", network.k: "hidden"}
    return convert_sum(model.u(network.k), scope, model), convert(model.v, scope, model)


@cache
def output_gradient(model: Model = GENERIC) -> Matrix:
    """Return ∇v of sample i, which the generalised Gauss-Newton matrix is made of."""
    return _first(model.v, {network.i: "sample"}, model)


@cache
def gauss_newton(model: Model = GENERIC) -> Matrix:
    """Return p ∇v∇vᵀ of sample i, what is left of ∇²ℓ where e = 0.

    >>> print(entry(gauss_newton(), "w0", "w0"))
    p[i]
    """
    slope = output_gradient(model)
    return (slope @ slope.T) * scalar(atom("p", SAMPLE))


@cache
def output_hessian(model: Model = GENERIC) -> Matrix:
    """Return the Hessian of v of sample i, which the residual is made of."""
    return _second(model.v, {network.i: "sample"}, model)


@cache
def total_gradient(model: Model = GENERIC) -> Matrix:
    """Return ∇L, differentiated as one sum over the samples (Eq. 5)."""
    return _first(sp.Sum(model.loss, (network.i, 1, network.N)), {}, model)


@cache
def total_hessian(model: Model = GENERIC) -> Matrix:
    """Return the Hessian of L, differentiated as one sum over the samples (Eq. 5)."""
    return _second(sp.Sum(model.loss, (network.i, 1, network.N)), {}, model)


@cache
def penalty_gradient() -> Matrix:
    """Return the gradient of the penalty, P × 1.

    >>> print(entry(penalty_gradient(), "w0"))
    ridge_w0·w0
    """
    return _first(network.penalty(), {}, GENERIC)


@cache
def penalty_hessian() -> Matrix:
    """Return the Hessian of the penalty, P × P: D = diag ρ.

    >>> print(entry(penalty_hessian(), "w0", "w0"))
    ridge_w0
    """
    return _second(network.penalty(), {}, GENERIC)


def summed(matrix: Matrix) -> Matrix:
    """Sum over sample i."""
    return matrix.over(SAMPLE)
