"""The Hessian by blocks: the direct algorithm, and what the blocks are used for (stage 4).

With the sample cut, an entry of a block is Σ_i hidden(i, k, l) · inputs(i, a, a_): the factors with
an input index, and the rest. So a block is one matrix product, of the Khatri-Rao product of the
inputs with themselves and its counterpart over hidden units. Blocks are stored by hidden units
first; a diagonal block is symmetric in its units and in its inputs, of which pairs only the upper
triangles are computed.
"""

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix
from hessbound.derive.algebra.monomials import DELTA
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.model.parameters import NAMES, at, entry

from .ir import (
    KINDS,
    Assign,
    Input,
    Pairs,
    Product,
    Program,
    a,
    a_,
    array,
    beyond,
    equal,
    i,
    indices_of,
    k,
    l,
    name_of,
    total,
)
from .pieces import NoPlaceError, factor_expression, number, terms

UPPER = tuple((row, col) for n, row in enumerate(NAMES) for col in NAMES[n:])
SPARE = {"hidden": (k, l), "input": (a, a_)}


def slots(row: str, col: str) -> tuple[Index, ...]:
    """Return the free indices of a block's entry in the order in which blocks are stored.

    >>> [(x.kind, x.name) for x in slots("A", "b")]
    [('hidden', 'row'), ('hidden', 'col'), ('input', 'row')]
    """
    return tuple(sorted((*at(row, ROW), *at(col, COL)), key=lambda x: x.kind))


def letters(*indices: Index) -> dict[Index, sp.Symbol]:
    """Name indices by the IR's symbols, k and l for units, a and a_ for inputs."""
    spare = {kind: iter(symbols) for kind, symbols in SPARE.items()}
    return {x: next(spare[x.kind]) for x in indices}


def stored(row: str, col: str) -> sp.Expr:
    """Return the entry of a block on or above the diagonal.

    >>> stored("A", "b")
    H_Ab[k, l, a]
    """
    return array(f"H_{row}{col}", *letters(*slots(row, col)).values())


def mirrored(row: str, col: str) -> Pairs:
    """Return the pairs of indices that a block is symmetric in."""
    kinds = {x.kind for x in at(row, ROW)} if row == col else set[str]()
    return tuple(pair for kind, pair in SPARE.items() if kind in kinds)


def inputs() -> tuple[Input, ...]:
    """List the blocks as what other programs are given."""
    found = []
    for row, col in UPPER:
        own = indices_of(stored(row, col))
        pairs = tuple((own.index(x), own.index(y)) for x, y in mirrored(row, col))
        found.append(Input(f"H_{row}{col}", tuple(KINDS[x] for x in own), pairs))
    return tuple(found)


def blocks(H: Matrix) -> Program:
    """Compute the blocks on and above the diagonal."""
    both = array("XX", i, a, a_)
    pairs_of_inputs = Assign(both, array("X", i, a) * array("X", i, a_), symmetric=((a, a_),))
    samples: list[Assign] = []
    totals: list[Assign] = []
    after: list[Product] = []
    for row, col in UPPER:
        target, pairs = stored(row, col), mirrored(row, col)
        own = indices_of(target)
        units = [x for x in own if KINDS[x] == "hidden"]
        features = array("X", i, a) if a_ not in own else both
        hidden = _hidden(entry(H, row, col), letters(*slots(row, col)))
        if a not in own:
            totals.append(Assign(target, hidden, add=True, symmetric=pairs))
            continue
        rows = array(f"R_{row}{col}", i, *units)
        samples.append(Assign(rows, hidden, symmetric=tuple(x for x in pairs if x == (k, l))))
        after.append(Product(target, rows, features, i, symmetric=pairs))
    return Program(
        "blocks",
        "The blocks of H (Eqs. 14-18)",
        tuple(x.name for x in inputs()),
        before=(pairs_of_inputs,),
        samples=(*samples, *totals),
        after=tuple(after),
    ).taking()


def _hidden(poly: Poly, names: dict[Index, sp.Symbol]) -> sp.Expr:
    """Return what one sample adds to an entry, without the features of its input indices."""
    value: dict[bool, sp.Expr] = {False: sp.Integer(0), True: sp.Integer(0)}
    features = {("X", s) for x, s in names.items() if x.kind == "input"}
    for term in terms(poly):
        sample = term.sample()
        factors = [f for piece in term.pieces for f in piece.factors]
        deltas = [f for f in factors if f[0] == DELTA]
        found = [f for f in factors if any(x.kind == "input" for x in f[1:]) and f not in deltas]
        seen = {(f[0], *(names.get(x) for x in f[1:] if x != sample)) for f in found}
        units = {names.get(x) for f in deltas for x in f[1:]}
        if seen != features or len(found) != len(features) or units not in (set(), {k, l}):
            msg = f"a block has no place for {factors} beside its inputs {features}"
            raise NoPlaceError(msg)
        own = {x: k if s == l and deltas else s for x, s in names.items()} | {sample: i}
        rest = (factor_expression(f, own) for f in factors if f not in (*deltas, *found))
        value[bool(deltas)] += number(term.coefficient) * sp.Mul(*rest)
    return value[False] + equal(k, l) * value[True]


def squares() -> Program:
    """Compute tr H_AA, tr H_ww and tr H² from the blocks: squares of triangles count twice."""
    AA, Aw0, Ab, w0w0, w0b, bb = (stored(row, col) for row, col in UPPER)
    row, output, squared = array("row", k, l), sp.Symbol("trace_output"), sp.Symbol("trace_squared")
    of_one_input = AA.xreplace({a_: a})
    of_units = row * (2 - equal(k, l))
    parts = [
        beyond(of_units, k, l, first=0),
        2 * total(Aw0**2, k, a),
        2 * total(Ab**2, k, l, a),
        w0w0**2,
        2 * total(w0b**2, k),
        total(bb.xreplace({l: k}) ** 2, k),
        2 * beyond(bb**2, k, l),
    ]
    statements = [
        Assign(row, total(of_one_input**2, a) + 2 * beyond(AA**2, a, a_), symmetric=((k, l),)),
        Assign(sp.Symbol("trace_hidden"), total(of_one_input.xreplace({l: k}), k, a)),
        Assign(output, w0w0 + total(bb.xreplace({l: k}), k)),
        Assign(squared, sum(parts, sp.Integer(0))),
    ]
    return Program(
        "squares",
        "tr H_AA, tr H_ww and tr H² from the blocks of H",
        ("trace_hidden", "trace_output", "trace_squared"),
        constants=tuple(statements),
    ).taking(*inputs())


def dense() -> Program:
    """Put the Hessian together from the blocks on and above the diagonal: an entry of each block.

    Its outputs are ``H_``, the row's and ``_`` and the column's block, as matrices index them.
    """
    statements = []
    for row in NAMES:
        for col in NAMES:
            sides = [(row, at(row, ROW)), (col, at(col, COL))]
            target = letters(*sides[0][1], *sides[1][1])
            (upper, first), (lower, second) = sorted(sides, key=lambda x: NAMES.index(x[0]))
            own = sorted((*first, *second), key=lambda x: x.kind)
            value = array(f"H_{upper}{lower}", *(target[x] for x in own))
            statements.append(Assign(array(f"H_{row}_{col}", *target.values()), value))
    outputs = tuple(name_of(s.target) for s in statements)
    return Program("dense", "H from its blocks", outputs, constants=tuple(statements)).taking(
        *inputs()
    )
