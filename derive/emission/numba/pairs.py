"""The contractions of the Hessian as printed loops (stage 5).

Input: the programs of ``lower_curvature``; output: what a template lays out. Sums over pairs of
samples go tile by tile; from the blocks of H there is a loop over pairs of units.
"""

from dataclasses import dataclass, replace

import sympy as sp

from hessbound.derive.lowering.flops import program_flops
from hessbound.derive.lowering.ir import Assign, Product, Program, a, i, j, name_of

from .loops import BlockPrinter, Loop, PairPrinter, ProgramCode, flops_code, loops, program_code


@dataclass(frozen=True)
class PairsCode(ProgramCode):
    """Contractions over pairs of samples: features of each sample first, then tiles, then ends."""

    projected: tuple[str, ...]  # products of features with the inputs, over all samples
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
    base = program_code(replace(program, pairs=(), contracted=()))
    products = [s for s in program.contracted if isinstance(s, Product)]
    over_pairs, thin = ([s for s in products if s.over == x] for x in (j, a))
    (single,) = (s for s in program.contracted if isinstance(s, Assign) and _over(s) == j)
    ends = [s for s in program.contracted if isinstance(s, Assign) and s is not single]
    used = {x for s in ends for x in s.value.atoms(sp.Indexed) if i in x.indices}
    rows = {name_of(s.right) for s in over_pairs} | {name_of(x) for x in used} | {*base.kept_rows}
    vectors = {x for s in program.pairs for x in s.value.atoms(sp.Indexed) if len(x.indices) == 1}
    printer, computed = PairPrinter(), {name_of(s.target) for s in products}
    fields = {field: getattr(base, field) for field in base.__dataclass_fields__}
    fields |= {
        "flops": flops_code(program_flops(program, whole=True)),
        "kept_rows": tuple(sorted(rows - computed)),
        "kept_vectors": tuple(sorted(map(name_of, vectors))),
        "tiles": tuple(map(_tile, program.tiles)),
        "results": program.outputs,
    }
    return PairsCode(
        **fields,
        projected=tuple(name_of(s.target) for s in program.after),
        tile_buffers=base.buffers,
        pair_buffers=tuple(name_of(s.target) for s in program.pairs),
        pair_lines=tuple(
            f"{printer.doprint(s.target)} = {printer.doprint(s.value)}" for s in program.pairs
        ),
        pair_total=printer.doprint(single.value.function),
        products_of_pairs=tuple(map(_product_of_pairs, over_pairs)),
        accumulated=tuple(name_of(s.target) for s in over_pairs),
        from_inputs=tuple((name_of(s.target), name_of(s.right)) for s in thin),
        projections=tuple(map(_projection, thin)),
        ends=tuple(loops(tuple(ends), BlockPrinter())),
    )


def blocks_terms(program: Program) -> dict[str, BlocksTerm]:
    """Print the contractions of the blocks, by name."""
    printer, found = BlocksPrinter(), {}
    for s in program.samples:
        sums = s.value.atoms(sp.Sum)
        term = sum((x.function for x in sums), sp.Integer(0))
        rest = s.value - sum(sums, sp.Integer(0))
        found[name_of(s.target)] = BlocksTerm(printer.doprint(term), printer.doprint(rest))
    return found


def _over(s: Assign) -> sp.Symbol | None:
    return s.value.limits[0][0] if isinstance(s.value, sp.Sum) else None


def _tile(product: Product) -> str:
    """Print a whole tile of a Gram matrix, of features of all samples."""
    left, right, target = map(name_of, (product.left, product.right, product.target))
    if "X" in (left, right):
        return f"_input_gram(XT, K_all, i0, i1, j0, j1, {target}, lower)"
    places = f"{left}_all, i0, n, {right}_all, j0, j1 - j0, m"
    return f"_panels({places}, {target}, np.int64(0), lower)"


def _product_of_pairs(product: Product) -> str:
    pair, feature, target = map(name_of, (product.left, product.right, product.target))
    return f"_add_dots({feature}_all, j0, {pair}[:n], np.int64(0), j1 - j0, {target})"


def _projection(product: Product) -> str:
    projected, target = name_of(product.right), name_of(product.target)
    places = f"{projected}T, np.int64(0), m, XT, i0, n, D"
    return f"_panels({places}, {target}, np.int64(0), np.int64(0))"
