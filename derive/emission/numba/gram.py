"""A sum over pairs of samples, printed: features first, then tiles of Gram matrices (stage 5).

Input: the program of tr H² over pairs; output: what a template lays out. The template adds up half
of the pairs, so the sum must be symmetric.
"""

from dataclasses import dataclass

import sympy as sp

from hessbound.derive.lowering.ir import Assign, Product, Program, i, j, name_of

from .loops import PairPrinter
from .notes import noted
from .places import LayoutError
from .programs import BLOCK, CONSTANTS, ProgramCode, program_code

PAIRS = frozenset({"inner", "tiles", "pairs"})
"""The stages of sums over pairs of samples; ``inner`` are inner products, of ``after``."""


@dataclass(frozen=True, kw_only=True)
class GramCode:
    """A program over pairs of samples, printed: features of each sample first, then tiles."""

    base: ProgramCode  # the features of each sample
    inner: tuple[str, str]  # the two products of which the result has the inner product
    tiles: tuple[str, ...]
    buffers: tuple[str, ...]
    kept_rows: tuple[str, ...]
    kept_vectors: tuple[str, ...]
    pair: str
    pair_note: str


def gram_code(program: Program) -> GramCode:
    """Print a program over pairs of samples."""
    inner = [s for s in program.after if isinstance(s, Assign)]
    if len(inner) != 1 or len(program.pairs) != 1:
        msg = f"{program.name} has one inner product and one sum over pairs, got {program}"
        raise LayoutError(msg)
    _require_symmetric(program)
    (pair,) = program.pairs
    sides = (f for x in program.tiles for f in (x.left, x.right))
    buffers = tuple(dict.fromkeys(name_of(x.target) for x in program.tiles))
    weights = {name_of(x) for x in pair.value.atoms(sp.Indexed)} - {*buffers}
    return GramCode(
        base=program_code(program, BLOCK | CONSTANTS | PAIRS),
        inner=_inner_product(inner[0]),
        tiles=tuple(map(tile, program.tiles)),
        buffers=buffers,
        kept_rows=tuple(sorted({name_of(f) for f in sides} - {"X"})),
        kept_vectors=tuple(sorted(weights)),
        pair=PairPrinter().doprint(pair.value),
        pair_note=noted("", pair).strip(),
    )


def tile(product: Product, suffix: str = "") -> str:
    """Print a tile of a Gram matrix, of features that have a name with a suffix."""
    left, right, target = map(name_of, (product.left, product.right, product.target))
    if "X" in (left, right):
        return noted(f"input_gram(XT, K_all, i0, i1, j0, j1, {target}, lower)", product)
    add = f"np.int64({int(product.add)})"
    places = f"{left}{suffix}, i0, i1 - i0, {right}{suffix}, j0, j1 - j0, m"
    return noted(f"panels({places}, {target}, {add}, lower)", product)


def _require_symmetric(program: Program) -> None:
    """Raise a LayoutError unless half of the pairs will do: every tile has two like sides."""
    values = {name_of(s.target): s.value for s in program.samples}
    for product in program.tiles:
        left, right = (values.get(name_of(x), x) for x in (product.left, product.right))
        same = name_of(product.left) == name_of(product.right)
        if not same and not sp.cancel(left / right).is_number:
            msg = f"a tile of pairs must be symmetric, got {product}"
            raise LayoutError(msg)
    (pair,) = program.pairs
    swapped = pair.value.xreplace({i: j, j: i})
    for entry in swapped.atoms(sp.Indexed):
        if entry.indices == (j, i):
            swapped = swapped.xreplace({entry: entry.base[i, j]})
    if sp.expand(swapped - pair.value) != 0:
        msg = f"a sum over pairs must be symmetric, got {pair}"
        raise LayoutError(msg)


def _inner_product(s: Assign) -> tuple[str, str]:
    """Return the names of the two products that a total is the inner product of."""
    bare = s.value.function if isinstance(s.value, sp.Sum) else s.value
    if not (isinstance(bare, sp.Mul) and all(isinstance(x, sp.Indexed) for x in bare.args)):
        msg = f"a sum after the samples is an inner product of two arrays, got {s}"
        raise LayoutError(msg)
    left, right = sorted(map(name_of, bare.args))
    return left, right
