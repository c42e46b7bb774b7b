"""The contractions of the Hessian over pairs of samples, printed (stage 5).

Input: the program of ``lowering.contractions``; output: what a template lays out, tile by tile.
"""

from dataclasses import dataclass

import sympy as sp

from hessbound.derive.lowering.ir import Assign, Product, Program, i, j, name_of

from .gram import TilesCode, tile, tile_buffers, tile_rows
from .loops import BlockPrinter, PairPrinter, loops
from .notes import noted
from .places import LayoutError
from .programs import BLOCK, panels_code, program_code


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
    rows = {name_of(x) for x in (*used, *(s.right for s in over_pairs))} | tile_rows(program)
    vectors = {x for s in program.pairs for x in s.value.atoms(sp.Indexed) if len(x.indices) == 1}
    printer = PairPrinter()
    computed = {name_of(s.target) for s in (*over_pairs, *thin)}
    return PairsCode(
        base=program_code(program, BLOCK | {"tiles", "pairs", "contracted"}),
        kept_rows=tuple(sorted(rows - computed)),
        kept_vectors=tuple(sorted(map(name_of, vectors))),
        projected=tuple(name_of(s.target) for s in program.after),
        tiles=tuple(tile(x, "_all") for x in program.tiles),
        buffers=tile_buffers(program),
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
    code = f"add_dots({feature}_all, j0, {pair}[:n], np.int64(0), j1 - j0, {target})"
    return noted(code, product)
