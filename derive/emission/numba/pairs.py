"""Sums over pairs of samples, printed: features of each sample first, then tiles (stage 5).

Input: the programs of tr H², and of the Hessian's contractions, over pairs; output: what templates
lay out. Of tr H² they add up half of the pairs: its sums are symmetric, or do not read back.
"""

from dataclasses import dataclass

import sympy as sp

from hessbound.derive.lowering.ir import Assign, Product, Program, i, j, name_of

from .loops import BlockPrinter, PairPrinter, loops
from .notes import noted
from .places import LayoutError
from .programs import BLOCK, CONSTANTS, ProgramCode, panels_code, program_code

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
    buffers = _tile_buffers(program)
    weights = {name_of(x) for x in pair.value.atoms(sp.Indexed)} - {*buffers}
    return GramCode(
        base=program_code(program, BLOCK | CONSTANTS | PAIRS),
        kept_rows=tuple(sorted(_tile_rows(program))),
        kept_vectors=tuple(sorted(weights)),
        tiles=tuple(map(_tile, program.tiles)),
        buffers=buffers,
        inner=_inner_product(inner[0]),
        pair=PairPrinter().doprint(pair.value),
        pair_note=noted("", pair).strip(),
    )


def _tile_rows(program: Program) -> set[str]:
    """Return the features that tiles are made of."""
    return {name_of(f) for x in program.tiles for f in (x.left, x.right)} - {"X"}


def _tile_buffers(program: Program) -> tuple[str, ...]:
    """Return the names of the tiles."""
    return tuple(dict.fromkeys(name_of(x.target) for x in program.tiles))


def _tile(product: Product, suffix: str = "") -> str:
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


@dataclass(frozen=True, kw_only=True)
class PairsCode(TilesCode):
    """Contractions over pairs of samples: features of each sample first, then tiles, then ends."""

    projected: tuple[str, ...]  # products of features with the inputs, over all samples
    pair_buffers: tuple[str, ...]  # what a pair makes of its tiles
    pair_lines: tuple[str, ...]
    pair_total: str  # added up for each first sample
    products_of_pairs: tuple[str, ...]
    accumulated: tuple[str, ...]  # what these products are added to
    from_inputs: tuple[tuple[str, str], ...]  # products with the inputs, and of what
    projections: tuple[str, ...]
    ends: tuple[str, ...]


def pairs_code(program: Program) -> PairsCode:
    """Print the contractions over pairs of samples."""
    over_pairs, thin, single, ends = _sorted(program)
    used = {x for s in ends for x in s.value.atoms(sp.Indexed) if i in x.indices}
    rows = {name_of(x) for x in (*used, *(s.right for s in over_pairs))} | _tile_rows(program)
    vectors = {x for s in program.pairs for x in s.value.atoms(sp.Indexed) if len(x.indices) == 1}
    printer = PairPrinter()
    computed = {name_of(s.target) for s in (*over_pairs, *thin)}
    return PairsCode(
        base=program_code(program, BLOCK | {"tiles", "pairs", "contracted"}),
        kept_rows=tuple(sorted(rows - computed)),
        kept_vectors=tuple(sorted(map(name_of, vectors))),
        projected=tuple(name_of(s.target) for s in program.after),
        tiles=tuple(_tile(x, "_all") for x in program.tiles),
        buffers=_tile_buffers(program),
        pair_buffers=tuple(name_of(s.target) for s in program.pairs),
        pair_lines=tuple(
            noted(f"{printer.doprint(s.target)} = {printer.doprint(s.value)}", s)
            for s in program.pairs
        ),
        pair_total=printer.doprint(single.value.function),
        products_of_pairs=tuple(map(_product_of_pairs, over_pairs)),
        accumulated=tuple(name_of(s.target) for s in over_pairs),
        from_inputs=tuple((name_of(s.target), name_of(s.right)) for s in thin),
        projections=panels_code(thin),
        ends=loops(ends, BlockPrinter()),
    )


def _sorted(
    program: Program,
) -> tuple[list[Product], list[Product], Assign, list[Assign]]:
    """Sort what is contracted: products over pairs, with inputs, a sum over pairs, and ends."""
    products = [s for s in program.contracted if isinstance(s, Product)]
    assigns = [s for s in program.contracted if isinstance(s, Assign)]
    over_pairs = [s for s in products if s.over == j]
    thin = [s for s in products if s not in over_pairs]
    sums = [s for s in assigns if s.value.has(sp.Sum)]
    ends = [s for s in assigns if s not in sums]
    whole = len(sums) == 1 and isinstance(sums[0].value, sp.Sum)
    whole = whole and [limit[0] for limit in sums[0].value.limits] == [j]
    whole = whole and name_of(sums[0].target) == program.outputs[-1]
    if not whole or any(s.add for s in (*program.contracted, *program.pairs)):
        msg = f"no template lays out what {program.name} contracts: {program.contracted}"
        raise LayoutError(msg)
    return over_pairs, thin, sums[0], ends


def _product_of_pairs(product: Product) -> str:
    pair, feature, target = map(name_of, (product.left, product.right, product.target))
    code = f"add_dots({feature}_all, j0, {pair}[:n], 0, j1 - j0, {target})"
    return noted(code, product)
