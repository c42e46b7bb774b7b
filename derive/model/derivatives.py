"""Gradient, Hessian and third derivatives by SymPy, for all sizes at once (stage 2).

Input: a model; output: matrices of the index algebra. The loss is differentiated by ``A[hr, ir]``,
``w[0]`` and ``w[hr]`` with *fresh* indices (SymPy is silently wrong where a free index is also
bound), which leaves Kronecker deltas where they belong. ``convert`` then reads the result into
normal form.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import sympy as sp

from hessbound.derive.algebra.constants import constant
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ONE, ROW, Matrix, Side, indices
from hessbound.derive.algebra.polynomials import Poly, atom, delta, product

from . import network
from .network import Model

# θ = [vec A, column by column; w₀; w₁..w_m]
PARAMETERS: Side = (("input", "hidden"), (), ("hidden",))
SAMPLE = Index("sample", "i")
DEPTH = "depth"  # the third parameter's indices, beside ROW and COL
RANGES = {
    (sp.Integer(1), network.m): "hidden",
    (sp.Integer(0), network.d): "input",
    (sp.Integer(1), network.N): "sample",
}
GENERIC = Model()

Kinds: TypeAlias = Mapping[sp.Symbol, str]  # of the index symbols in scope
Derivative: TypeAlias = tuple[sp.Expr, Kinds, tuple[Index, ...]]  # value, and what it was taken by


def arithmetic(expr: sp.Expr, leaf: Callable[[sp.Expr], Poly]) -> Poly:
    """Read sums, products, powers and numbers; ``leaf`` reads what else there is."""
    match expr:
        case sp.Add():
            return sum((arithmetic(x, leaf) for x in expr.args), Poly())
        case sp.Mul():
            return product(arithmetic(x, leaf) for x in expr.args)
        case sp.Pow() if expr.exp.is_Integer and expr.exp > 0:
            return arithmetic(expr.base, leaf) ** int(expr.exp)
        case sp.Rational():
            return Poly.of(Fraction(int(expr.p), int(expr.q)))
    return constant(expr) if expr.is_number else leaf(expr)


def in_atoms(expr: sp.Expr, *at: Index) -> Poly:
    """Read a polynomial in symbols, each an atom at the given indices."""
    return arithmetic(expr, lambda symbol: atom(symbol.name, *at))


def convert(expr: sp.Expr, kinds: Kinds, model: Model = GENERIC) -> Poly:
    """Read a SymPy expression into normal form; TypeError for what has no index form."""

    def index(x: sp.Symbol) -> Index:
        return Index(kinds[x], x.name)

    def leaf(x: sp.Expr) -> Poly:
        match x:
            case sp.Sum() if (unit := _unit(x, model)) is not None:
                return atom("u", index(network.i), index(unit))
            case sp.Sum():
                return _convert_sum(x, kinds, model)
            case sp.KroneckerDelta(args=(a, b)):
                return _convert_delta(a, b, kinds)
            case sp.Indexed():
                name = str(x.base)
                return atom(name + "0") if x.indices == (0,) else atom(name, *map(index, x.indices))
            case sp.Function():
                return _convert_function(x, index, model)
            case sp.Symbol():
                return atom(x.name)
        msg = f"no index form for {x!r}"
        raise TypeError(msg)

    return arithmetic(expr, leaf)


def _convert_sum(expr: sp.Sum, kinds: Kinds, model: Model) -> Poly:
    body, scope = expr.function, dict[sp.Symbol, str]()
    for x, low, high in expr.limits:
        name = f"{x.name}'{len(kinds) + len(scope)}"  # distinct from every index in scope
        fresh = sp.Symbol(name, integer=True)
        if x != network.i:  # v and u are recognised by their sample, which therefore keeps its name
            body = body.xreplace({x: fresh})
        scope[fresh if x != network.i else x] = RANGES[low, high]
    inner = convert(body, {**kinds, **scope}, model)
    return inner.sum(*(Index(kind, x.name) for x, kind in scope.items()))


def _convert_delta(a: sp.Expr, b: sp.Expr, kinds: Kinds) -> Poly:
    if 0 in (a, b):
        other = b if a == 0 else a
        if kinds[other] != "hidden":
            msg = f"cannot tell whether the {kinds[other]} index {other} is 0"
            raise TypeError(msg)
        return Poly()  # hidden units run from 1, so the delta with the bias w_0 is 0
    return delta(Index(kinds[a], a.name), Index(kinds[b], b.name))


def _convert_function(expr: sp.Function, index: Callable[[sp.Symbol], Index], model: Model) -> Poly:
    name, (argument,) = expr.func.__name__, expr.args
    if expr.func in model.output_functions.values() and argument == model.v:
        return atom(name, index(network.i))
    unit = _unit(argument, model)
    if expr.func in model.hidden_functions.values() and unit is not None:
        return atom(name, index(network.i), index(unit))
    msg = f"no index form for {expr!r}"
    raise TypeError(msg)


def _unit(expr: sp.Expr, model: Model) -> sp.Symbol | None:
    """Return the k for which the expression is u_k, or None."""
    units = {x.indices[0] for x in expr.atoms(sp.Indexed) if x.base == network.A}
    return next((x for x in units if len(units) == 1 and expr == model.u(x)), None)


def _parameter(block: int, tag: str) -> Derivative:
    """Return a parameter at fresh indices, the kinds of their symbols, and the indices."""
    names = {kind: sp.Symbol(f"{kind}_{tag}", integer=True) for kind in PARAMETERS[block]}
    kinds = {x: kind for kind, x in names.items()}
    at = tuple(Index(kind, x.name) for kind, x in names.items())
    if block == 0:
        return network.A[names["hidden"], names["input"]], kinds, at
    return (network.w[names["hidden"]] if block == 2 else network.w[0]), kinds, at


def _derivatives(expr: sp.Expr, order: int) -> dict[tuple[int, ...], Derivative]:
    """Take all derivatives of that order by the blocks of parameters."""
    found: dict[tuple[int, ...], Derivative] = {(): (expr, {}, ())}
    for tag in (ROW, COL, DEPTH)[:order]:
        step: dict[tuple[int, ...], Derivative] = {}
        for blocks, (value, kinds, at) in found.items():
            for b in range(len(PARAMETERS)):
                parameter, more, where = _parameter(b, tag)
                step[*blocks, b] = sp.diff(value, parameter), {**kinds, **more}, (*at, *where)
        found = step
    return found


def _entries(expr: sp.Expr, order: int, scope: Kinds, model: Model) -> dict[tuple[int, ...], Poly]:
    """Return the derivatives in normal form, free indices named as ``Matrix`` names them."""
    entries = {}
    for blocks, (value, kinds, at) in _derivatives(expr, order).items():
        sides = zip(blocks, (ROW, COL, DEPTH), strict=False)
        own = [x for b, tag in sides for x in indices(PARAMETERS[b], tag)]
        poly = convert(value, {**kinds, **scope}, model)
        entries[blocks] = poly.rename(dict(zip(at, own, strict=True)))
    return entries


def _column(entries: Mapping[tuple[int, ...], Poly]) -> Matrix:
    return Matrix(PARAMETERS, ONE, {(b, 0): poly for (b,), poly in entries.items()})


def _square(entries: Mapping[tuple[int, ...], Poly]) -> Matrix:
    return Matrix(PARAMETERS, PARAMETERS, {(r, c): poly for (r, c), poly in entries.items()})


@cache
def gradient(model: Model = GENERIC) -> Matrix:
    """Return ∇ℓ of sample i, P × 1 (Eq. 11).

    It has blocks for vec A, w₀ and w₁..w_m, whose entries are polynomials in e, f1, h, w and X. By
    default the activation and the loss are opaque; with the model of an activation (see
    ``network.model_of``) its atoms take the place of h and f1.

    >>> print(gradient().entries[1, 0])
    e[i]
    >>> print(gradient().entries[2, 0].rename({Index("hidden", ROW): Index("hidden", "k")}))
    e[i]·h[i,k]
    """
    return _column(_entries(model.loss, 1, {network.i: "sample"}, model))


@cache
def hessian(model: Model = GENERIC) -> Matrix:
    """Return the Hessian of ℓ of sample i, P × P (Eq. 14), with blocks like the gradient's.

    >>> H = hessian()
    >>> H == H.T
    True
    >>> print(H.entries[1, 1], H.shape)
    p[i] input·hidden+1+hidden × input·hidden+1+hidden
    """
    return _square(_entries(model.loss, 2, {network.i: "sample"}, model))


@cache
def third(model: Model = GENERIC) -> dict[tuple[int, ...], Poly]:
    """Return the third derivatives of ℓ of sample i, by the blocks of the three parameters.

    >>> print(third()[1, 1, 1])
    p1[i]
    """
    return _entries(model.loss, 3, {network.i: "sample"}, model)


def along(M: Matrix, i: Index = SAMPLE, model: Model = GENERIC) -> Matrix:
    """Return ⟨M, ∂∇²ℓ_i/∂θ⟩, P × 1: the gradient of Σ_rc M_rc ∂²ℓ_i/∂θ_r∂θ_c, M held constant."""
    total = [Poly() for _ in PARAMETERS]
    for (r, c, by), poly in third(model).items():
        both = (*indices(PARAMETERS[r], ROW), *indices(PARAMETERS[c], COL))
        total[by] += (poly.identify({SAMPLE: i}) * M.entries[r, c]).sum(*both)
    entries = {}
    for by, block in enumerate(PARAMETERS):
        rows = zip(indices(block, DEPTH), indices(block, ROW), strict=True)
        entries[by, 0] = total[by].rename(dict(rows))
    return Matrix(PARAMETERS, ONE, entries)


def forward(model: Model = GENERIC) -> tuple[Poly, Poly]:
    """Return u_k and v of sample i, in terms of X, A, h and w (Eqs. 1-2)."""
    scope = {network.i: "sample", network.k: "hidden"}
    return _convert_sum(model.u(network.k), scope, model), convert(model.v, scope, model)


@cache
def output_gradient(model: Model = GENERIC) -> Matrix:
    """Return ∇v of sample i, which the generalised Gauss-Newton matrix is made of."""
    return _column(_entries(model.v, 1, {network.i: "sample"}, model))


@cache
def output_hessian(model: Model = GENERIC) -> Matrix:
    """Return the Hessian of v of sample i, which the residual is made of."""
    return _square(_entries(model.v, 2, {network.i: "sample"}, model))


@cache
def total_gradient(model: Model = GENERIC) -> Matrix:
    """Return ∇L, differentiated as one sum over the samples (Eq. 5)."""
    return _column(_entries(sp.Sum(model.loss, (network.i, 1, network.N)), 1, {}, model))


@cache
def total_hessian(model: Model = GENERIC) -> Matrix:
    """Return the Hessian of L, differentiated as one sum over the samples (Eq. 5)."""
    return _square(_entries(sp.Sum(model.loss, (network.i, 1, network.N)), 2, {}, model))


def summed(matrix: Matrix) -> Matrix:
    """Sum over sample i."""
    return Matrix(
        matrix.rows, matrix.cols, {key: x.sum(SAMPLE) for key, x in matrix.entries.items()}
    )
