"""A sum over pairs of samples, printed: features first, then tiles of Gram matrices (stage 5).

Input: the program of tr H² over pairs; output: what a template lays out. The template adds up half
of the pairs: sums over pairs are symmetric, or do not read back.
"""

from dataclasses import dataclass

import sympy as sp

from hessbound.derive.lowering.ir import Assign, Product, Program, name_of

from .loops import PairPrinter
from .notes import noted
from .places import LayoutError
from .programs import BLOCK, CONSTANTS, ProgramCode, program_code

PAIRS = frozenset({"inner", "tiles", "pairs"})
"""The stages of sums over pairs of samples; ``inner`` are inner products, of ``after``."""


@dataclass(frozen=True, kw_only=True)
class TilesCode:
    """What programs over pairs of samples have in common, printed."""

    base: ProgramCode  # the features of each sample
    kept_rows: tuple[str, ...]  # features that pairs need
    kept_vectors: tuple[str, ...]
    tiles: tuple[str, ...]
    buffers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GramCode(TilesCode):
    """A sum over pairs of samples, printed."""

    inner: tuple[str, str]  # the two products of which the result has the inner product
    pair: str
    pair_note: str


def gram_code(program: Program) -> GramCode:
    """Print a sum over pairs of samples."""
    inner = [s for s in program.after if isinstance(s, Assign)]
    if len(inner) != 1 or len(program.pairs) != 1:
        msg = f"{program.name} has one inner product and one sum over pairs, got {program}"
        raise LayoutError(msg)
    (pair,) = program.pairs
    buffers = tile_buffers(program)
    weights = {name_of(x) for x in pair.value.atoms(sp.Indexed)} - {*buffers}
    return GramCode(
        base=program_code(program, BLOCK | CONSTANTS | PAIRS),
        kept_rows=tuple(sorted(tile_rows(program))),
        kept_vectors=tuple(sorted(weights)),
        tiles=tuple(map(tile, program.tiles)),
        buffers=buffers,
        inner=_inner_product(inner[0]),
        pair=PairPrinter().doprint(pair.value),
        pair_note=noted("", pair).strip(),
    )


def tile_rows(program: Program) -> set[str]:
    """Return the features that tiles are made of."""
    return {name_of(f) for x in program.tiles for f in (x.left, x.right)} - {"X"}


def tile_buffers(program: Program) -> tuple[str, ...]:
    """Return the names of the tiles."""
    return tuple(dict.fromkeys(name_of(x.target) for x in program.tiles))


def tile(product: Product, suffix: str = "") -> str:
    """Print a tile of a Gram matrix, of features that have a name with a suffix."""
    left, right, target = map(name_of, (product.left, product.right, product.target))
    if "X" in (left, right):
        return noted(f"input_gram(XT, K_all, i0, i1, j0, j1, {target}, lower)", product)
    add = f"np.int64({int(product.add)})"
    places = f"{left}{suffix}, i0, i1 - i0, {right}{suffix}, j0, j1 - j0, m"
    return noted(f"panels({places}, {target}, {add}, lower)", product)


def _inner_product(s: Assign) -> tuple[str, str]:
    """Return the names of the two products that a total is the inner product of."""
    bare = s.value.function if isinstance(s.value, sp.Sum) else s.value
    if not (isinstance(bare, sp.Mul) and all(isinstance(x, sp.Indexed) for x in bare.args)):
        msg = f"a sum after the samples is an inner product of two arrays, got {s}"
        raise LayoutError(msg)
    left, right = sorted(map(name_of, bare.args))
    return left, right
