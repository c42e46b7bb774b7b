"""Programs as printed code: what to allocate, then lines by stage (stage 5)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import sympy as sp

from hessbound.derive.lowering.flops import program_flops
from hessbound.derive.lowering.ir import (
    STAGES,
    Assign,
    Product,
    Program,
    Statement,
    a,
    i,
    indices_of,
    name_of,
)

from .loops import BlockPrinter, loops
from .nests import constants_code
from .notes import together
from .places import GIVEN, LayoutError, Place, extent, place
from .printer import NumbaPrinter

BLOCK = frozenset({"before", "samples", "products"})
"""The stages of what a block of samples goes through; ``products`` are those of ``after``."""
CONSTANTS = frozenset({"constants"})
COLUMNS = {"AA": "m*(m + 1)//2", "Aw": "m*(m + 1)", "XX": "D*(D + 1)//2"}
"""How long rows are that are neither units nor inputs."""


@dataclass(frozen=True, kw_only=True)
class ProgramCode:
    """A program, printed."""

    title: str
    flops: str
    constants: tuple[str, ...]
    workspaces: tuple[str, ...]  # lines that allocate what holds a block of samples
    totals: tuple[str, ...]  # lines that set up what is summed over the samples
    before: tuple[str, ...]
    steps: tuple[str, ...]
    after: tuple[str, ...]
    results: tuple[str, ...]


def program_code(program: Program, stages: Collection[str] = BLOCK) -> ProgramCode:
    """Print a program; LayoutError if it has statements in other stages than these."""
    require_stages(program, stages)
    assigned = [s for s in program.before if isinstance(s, Assign)]
    powers = {name_of(s.target) for s in assigned if indices_of(s.target) == (i, a)}
    unknown = {*_names(assigned)} - GIVEN.keys() - powers
    if assigned != [*program.before[: len(assigned)]] or unknown:
        msg = f"no template lays out what {program.name} does before the samples: {assigned}"
        raise LayoutError(msg)
    products = _products(program.after)
    single = {name_of(f) for x in products for f in (x.left, x.right) if len(f.indices) == 1}
    computed: list[Statement] = [*program.before, *(x for x in program.samples if not x.add)]
    names = {name_of(x.target): len(indices_of(x.target)) for x in computed}
    vectors = {name for name, axes in names.items() if axes < 2} - single
    rooms = {name: f"room({1 if name in single else 'm'}, tile)" for name in names}
    rooms |= dict.fromkeys(vectors, "room(1, tile)[0]")
    rooms |= dict.fromkeys(_names(program.before), "room(width, tile + PAD)")  # whole panels
    rooms |= dict.fromkeys(powers, "room(D, tile)")
    return ProgramCode(
        title=program.title,
        flops=flops_code(program_flops(program, whole=bool(program.contracted))),
        constants=tuple(line for lines in constants_code(program) for line in lines),
        workspaces=tuple(f"{name} = {rooms[name]}" for name in names if name not in GIVEN),
        totals=tuple(_totals(program)),
        before=(
            *loops(assigned, BlockPrinter()),
            *panels_code(_products(program.before)),
        ),
        steps=loops(program.samples, BlockPrinter(vectors, single)),
        after=together((_add_dots(s), s) for s in products),
        results=program.outputs,
    )


def given_code(program: Program, stages: Collection[str] = BLOCK) -> ProgramCode:
    """Print a program that is given room for all that it computes."""
    if own := {*_names(program.statements())} - {*GIVEN, *program.outputs}:
        msg = f"no template has room for {', '.join(sorted(own))} of {program.name}"
        raise LayoutError(msg)
    return program_code(program, stages)


def _products(statements: Iterable[Statement]) -> list[Product]:
    return [s for s in statements if isinstance(s, Product)]


def _names(statements: Iterable[Statement]) -> Iterator[str]:
    return (name_of(s.target) for s in statements)


def require_stages(program: Program, stages: Collection[str]) -> None:
    """Raise a LayoutError if a program has statements that its template does not lay out."""
    present = {stage: getattr(program, stage) for stage in STAGES if stage != "after"}
    present["inner"] = [s for s in program.after if isinstance(s, Assign)]
    present["products"] = _products(program.after)
    for stage, statements in present.items():
        if statements and stage not in stages:
            msg = f"no template lays out the {stage} of {program.name}: {statements[0]}"
            raise LayoutError(msg)


def panels_code(products: Iterable[Product]) -> tuple[str, ...]:
    """Print products over inputs, or pairs of them, whose other factor has a row for each."""
    return together((_panels(s), s) for s in products)


def _panels(s: Product) -> str:
    sides = sorted((s.left, s.right), key=lambda side: i in side.indices)
    weights, samples, target = (place(x) for x in (*sides, s.target))
    by_rows = weights.at == target.at + samples.at
    whole = {x for x in sides[1].indices if x != i} == {*s.summed}
    if s.add or not whole or not (by_rows or weights.at == samples.at + target.at):
        msg = f"no template lays out {s}"
        raise LayoutError(msg)
    by_input = f"{weights.array}_T" if by_rows else weights.array
    rows, inputs = (COLUMNS.get(x, y) for x, y in ((weights.array, "m"), (name_of(sides[1]), "D")))
    places = f"{by_input}, 0, {rows}, {_from(samples)}, n, {inputs}"
    return f"panels({places}, {target.array}, 0, 0)"


def _add_dots(s: Product) -> str:
    """Print a product over samples, added up over the blocks."""
    left, right, target = map(place, (s.left, s.right, s.target))
    if s.over != i or target.at != left.at + right.at:
        msg = f"no template lays out {s} after the samples"
        raise LayoutError(msg)
    return f"add_dots({_from(left)}, {_from(right)}, n, {target.array})"


def _from(factor: Place) -> str:
    """Print where the block of samples begins in an array that has a column for each."""
    return "XT, i0" if factor.array == "X" else f"{factor.array}, 0"


def _totals(program: Program) -> list[str]:
    """Set up the sums over all samples."""
    lines: dict[str, str] = {}
    added = [s for s in (*program.samples, *program.after) if isinstance(s, Assign) and s.add]
    sums: list[Statement] = [*added, *_products(program.after)]
    for s in sums:
        at = [extent(x) for x in indices_of(s.target)]
        if isinstance(s, Product) and len(at) == 1:
            at = ["1", *at]
        value = f"np.zeros(({', '.join(at)}{',' * (len(at) == 1)}))" if at else "0.0"
        lines[name_of(s.target)] = f"{name_of(s.target)} = {value}"
    return list(lines.values())


def flops_code(count: sp.Expr) -> str:
    """Print a count as integer arithmetic."""
    numerator, denominator = sp.fraction(sp.together(count))
    code = NumbaPrinter().doprint(sp.expand(numerator))
    return code if denominator == 1 else f"({code})//{denominator}"
