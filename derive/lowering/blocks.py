"""The Hessian's blocks as products over the samples: the direct algorithm (stage 4).

With the sample cut, an entry of a block is Σ_i hidden(i, k, l) · inputs(i, a, a_): the factors with
an input index, and the rest. So a block is one matrix product, of the Khatri-Rao product of the
inputs with themselves and its counterpart over hidden units, of which only the upper triangles are
stored.
"""

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix, indices
from hessbound.derive.algebra.monomials import DELTA
from hessbound.derive.algebra.polynomials import Poly

from .ir import Block, a, a_, i, k, l
from .pieces import factor_expression, number, terms


def blocks(H: Matrix) -> tuple[Block, ...]:
    """List the blocks on and above the diagonal."""
    sides = range(len(H.rows))
    return tuple(_block(H, r, c) for r in sides for c in sides if r <= c)


def entry(H: Matrix, r: int, c: int) -> Poly:
    """Return an entry with its free indices named k, l (hidden) and a, a_ (input)."""
    names = {x: Index(x.kind, s.name) for x, s in _symbols(H, r, c).items()}
    return H.entries[r, c].rename(names)


def _symbols(H: Matrix, r: int, c: int) -> dict[Index, sp.Symbol]:
    spare = {"hidden": iter((k, l)), "input": iter((a, a_))}
    own = (*indices(H.rows[r], ROW), *indices(H.cols[c], COL))
    return {x: next(spare[x.kind]) for x in own}


def _block(H: Matrix, r: int, c: int) -> Block:
    symbols, poly = _symbols(H, r, c), entry(H, r, c)
    if r == c:
        _require_symmetric(poly)
    hidden = diagonal = sp.Integer(0)
    inputs: sp.Expr | None = None
    for term in terms(H.entries[r, c].terms):
        (sample,) = term.samples
        factors = [f for piece in term.pieces for f in piece.factors]
        on_diagonal = any(f[0] == DELTA for f in factors)
        names = {**symbols, sample: i}
        if on_diagonal:
            names |= {x: k for x, s in symbols.items() if s == l}
        parts = [sp.Integer(1), sp.Integer(1)]
        for f in (f for f in factors if f[0] != DELTA):
            parts[any(x.kind == "input" for x in f[1:])] *= factor_expression(f, names)
        if inputs not in (None, parts[1]):
            msg = f"the terms of block {r, c} differ in their inputs: {inputs} and {parts[1]}"
            raise ValueError(msg)
        inputs, value = parts[1], number(term.coefficient) * parts[0]
        if on_diagonal:
            diagonal += value
        else:
            hidden += value
    return Block(r, c, hidden, diagonal, inputs if inputs is not None else sp.Integer(1))


def _require_symmetric(poly: Poly) -> None:
    """Raise an error where upper triangles, over units and over inputs, do not say it all."""
    for kind, (x, y) in {"hidden": ("k", "l"), "input": ("a", "a_")}.items():
        swap = {Index(kind, x): Index(kind, y), Index(kind, y): Index(kind, x)}
        if poly.rename(swap) != poly:
            msg = f"a diagonal block must be symmetric in {x} and {y}, got {poly}"
            raise ValueError(msg)
