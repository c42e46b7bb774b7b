"""The contractions of the Hessian as printed loops (stage 5).

Input: the programs of ``lowering.contractions``; output: what a template lays out. Sums over pairs
of samples go tile by tile; from the blocks of H there is a loop over pairs of units.
"""

from dataclasses import dataclass, replace

import sympy as sp

from hessbound.derive.lowering.flops import program_flops
from hessbound.derive.lowering.ir import Assign, Product, Program, a, i, j, k, l, name_of

from .gram import tile
from .loops import BlockPrinter, LayoutError, Loop, PairPrinter, loops
from .notes import noted, text
from .programs import BLOCK, ProgramCode, flops_code, program_code, require_stages


@dataclass(frozen=True, kw_only=True)
class PairsCode:
    """Contractions over pairs of samples: features of each sample first, then tiles, then ends."""

    base: ProgramCode  # the features of each sample
    flops: str
    results: tuple[str, ...]
    kept_rows: tuple[str, ...]
    kept_vectors: tuple[str, ...]
    projected: tuple[str, ...]  # products of features with the inputs, over all samples
    tiles: tuple[str, ...]
    tile_buffers: tuple[str, ...]
    pair_buffers: tuple[str, ...]  # what a pair makes of its tiles
    pair_lines: tuple[str, ...]
    pair_total: str  # added up for each first sample
    products_of_pairs: tuple[str, ...]
    accumulated: tuple[str, ...]  # what these products are added to
    from_inputs: tuple[tuple[str, str], ...]  # products with the inputs, and of what
    projections: tuple[str, ...]
    ends: tuple[Loop, ...]


@dataclass(frozen=True)
class BlocksTerm:
    """A contraction of the blocks: what is summed over the second unit, and what is added to it."""

    term: str
    rest: str
    note: str


class BlocksPrinter(BlockPrinter):
    """A printer of what the blocks were contracted to with inputs: rows of Y and of T."""

    def _print_Indexed(self, expr: sp.Indexed) -> str:
        name, (*_, last) = str(expr.base), expr.indices
        first = expr.indices[1] if len(expr.indices) > 1 else last
        match name:
            case "Y":
                return "Y[q, r]"
            case "T":
                return f"T[{first}*(m + 1) + {last} + 1, r]"
            case "T0":
                return f"T[{first}*(m + 1), r]"
            case "H_bb":
                return "W_kl"
            case "H_w0b":
                return f"ww[0, {last} + 1]"
        return str(super()._print_Indexed(expr))

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return "ww[0, 0]" if expr.name == "H_w0w0" else str(super()._print_Symbol(expr))


def pairs_code(program: Program) -> PairsCode:
    """Print the contractions over pairs of samples."""
    require_stages(program, BLOCK | {"tiles", "pairs", "contracted"})
    base = program_code(replace(program, tiles=(), pairs=(), contracted=()))
    over_pairs, thin, single, ends = _sorted(program)
    used = {x for s in ends for x in s.value.atoms(sp.Indexed) if i in x.indices}
    sides = {name_of(f) for x in program.tiles for f in (x.left, x.right)} - {"X"}
    rows = {name_of(s.right) for s in over_pairs} | {name_of(x) for x in used} | sides
    vectors = {x for s in program.pairs for x in s.value.atoms(sp.Indexed) if len(x.indices) == 1}
    printer = PairPrinter()
    computed = {name_of(s.target) for s in (*over_pairs, *thin)}
    return PairsCode(
        base=base,
        flops=flops_code(program_flops(program, whole=True)),
        results=program.outputs,
        kept_rows=tuple(sorted(rows - computed)),
        kept_vectors=tuple(sorted(map(name_of, vectors))),
        projected=tuple(name_of(s.target) for s in program.after),
        tiles=tuple(tile(x, "_all") for x in program.tiles),
        tile_buffers=tuple(dict.fromkeys(name_of(x.target) for x in program.tiles)),
        pair_buffers=tuple(name_of(s.target) for s in program.pairs),
        pair_lines=tuple(
            noted(f"{printer.doprint(s.target)} = {printer.doprint(s.value)}", s)
            for s in program.pairs
        ),
        pair_total=printer.doprint(single.value.function),
        products_of_pairs=tuple(map(_product_of_pairs, over_pairs)),
        accumulated=tuple(name_of(s.target) for s in over_pairs),
        from_inputs=tuple((name_of(s.target), name_of(s.right)) for s in thin),
        projections=tuple(map(_projection, thin)),
        ends=loops(tuple(ends), BlockPrinter()),
    )


def _sorted(
    program: Program,
) -> tuple[list[Product], list[Product], Assign, list[Assign]]:
    """Sort what is contracted: products over pairs, with inputs, a sum over pairs, and ends."""
    products = [s for s in program.contracted if isinstance(s, Product)]
    assigns = [s for s in program.contracted if isinstance(s, Assign)]
    over_pairs, thin = ([s for s in products if s.over == x] for x in (j, a))
    sums = [s for s in assigns if s.value.has(sp.Sum)]
    ends = [s for s in assigns if s not in sums]
    whole = len(over_pairs) + len(thin) == len(products) and not any(s.add for s in products)
    whole &= len(sums) == 1 and isinstance(sums[0].value, sp.Sum) and _over(sums[0]) == [j]
    if not whole or any(s.add for s in assigns):
        msg = f"no template lays out what {program.name} contracts: {program.contracted}"
        raise LayoutError(msg)
    return over_pairs, thin, sums[0], ends


def _over(s: Assign) -> list[sp.Symbol]:
    return [limit[0] for limit in s.value.limits]


def blocks_terms(program: Program) -> dict[str, BlocksTerm]:
    """Print the contractions of the blocks, by name."""
    require_stages(program, {"before", "samples"})
    printer, found = BlocksPrinter(), {}
    summed = {"alpha": l, "beta": l, "beta0": k}
    for s in program.samples:
        sums = s.value.atoms(sp.Sum)
        term = sum((x.function for x in sums), sp.Integer(0))
        rest = s.value - sum(sums, sp.Integer(0))
        name = name_of(s.target)
        over = [limit[0] for x in sums for limit in x.limits]
        if s.add or over != ([summed[name]] if name in summed else []):
            msg = f"no template lays out {s}"
            raise LayoutError(msg)
        found[name] = BlocksTerm(printer.doprint(term), printer.doprint(rest), f"# {text(s.value)}")
    return found


def _product_of_pairs(product: Product) -> str:
    pair, feature, target = map(name_of, (product.left, product.right, product.target))
    code = f"add_dots({feature}_all, j0, {pair}[:n], np.int64(0), j1 - j0, {target})"
    return noted(code, product)


def _projection(product: Product) -> str:
    projected, target = name_of(product.right), name_of(product.target)
    places = f"{projected}T, np.int64(0), m, XT, i0, n, D"
    return noted(f"panels({places}, {target}, np.int64(0), np.int64(0))", product)
