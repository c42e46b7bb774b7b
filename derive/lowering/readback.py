"""Programs read back into the index algebra (the inverse of lowering).

What comes out is compared with what they claim to compute. A program is read strictly, statement by
statement: ReadBackError for anything that is not exactly of the form its stage (``STAGES``) allows.

* Every sum runs over its index's whole range, or over the pairs x < y or x ≤ y of two whole ranges,
  and then its body is symmetric in them.
* Every index of a statement is one of its target or of its loop, or is summed; none is two at once.
* What is read is an input or has been defined before, with as many indices of the same kinds, and
  is complete: no total is read in the loop that adds it up.
* Nothing is defined twice, except that sums are added to; every output is defined.
* A sum over pairs of samples has a symmetric body: kernels do one half of the pairs.

Limits: a program is read as exact arithmetic in its order. Rounding, the printed text and the
functions f and ℓ of one variable (here arrays like any other) are not its subject.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple, TypeAlias

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.polynomials import Poly, atom, delta
from hessbound.derive.algebra.sympy import arithmetic

from .ir import (
    KINDS,
    RANGES,
    Assign,
    Input,
    Module,
    Pairs,
    Product,
    Program,
    ProgramError,
    Statement,
    d,
    i,
    indices_of,
    j,
    m,
    name_of,
)
from .ir import N as samples

HALF = Fraction(1, 2)
SIZES = (samples, d, m)
ENDLESS = (sp.oo, -sp.oo, sp.nan, sp.zoo, sp.I)

Symbols: TypeAlias = tuple[sp.Symbol, ...]


class ReadBackError(ProgramError):
    """A program that does not read back as what it claims to compute."""


@dataclass(frozen=True)
class Array:
    """What a name stands for: a polynomial with a free index for each slot."""

    slots: tuple[Index, ...]
    value: Poly
    symmetric: tuple[tuple[int, int], ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the slots."""
        return tuple(x.kind for x in self.slots)

    def at(self, *indices: Index) -> Poly:
        """Return an entry; equal indices are identified."""
        return self.value.identify(dict(zip(self.slots, indices, strict=True)))

    def same(self, other: "Array") -> bool:
        """Return whether both have the same entries at the same places."""
        return self.kinds == other.kinds and self.at(*other.slots) == other.value


Environment: TypeAlias = Mapping[str, Array]


class Stage(NamedTuple):
    """What may stand in a stage of a program."""

    loop: Symbols | None  # the samples that assignments are made for; None where there are none
    totals: bool = False  # whether they may be added up over the loop
    products: Symbols | None = None  # the samples of a product's target; None where there are none
    over: str = ""  # "sample" if products must sum over one, "else" if they must not, or "any"


STAGES: dict[str, Stage] = {
    "constants": Stage(loop=(), totals=True),
    "before": Stage(loop=(i,), products=(i,), over="else"),
    "samples": Stage(loop=(i,), totals=True),
    "after": Stage(loop=(), totals=True, products=(), over="sample"),
    "tiles": Stage(loop=None, products=(i, j), over="else"),
    "pairs": Stage(loop=(i, j), totals=True),
    "contracted": Stage(loop=(i,), products=(i,), over="any"),
}


def read_program(program: Program, given: Environment | None = None) -> dict[str, Array]:
    """Return the outputs of a program, those of its inputs that are given put in."""
    reader = _Reader(program.name, _inputs(program, given or {}))
    for name in STAGES:
        for statement in getattr(program, name):
            reader.define(statement, name)
        reader.end_stage()
    return reader.results(program.outputs)


def read_module(module: Module) -> dict[str, dict[str, Array]]:
    """Return the outputs of all programs of a module, one put into the other."""
    found: dict[str, dict[str, Array]] = {}
    for program in module.programs:
        given: dict[str, Array] = {}
        for source in module.takes.get(program.name, ()):
            if source not in found or found[source].keys() & given.keys():
                msg = f"{program.name} takes {source}, which comes later or gives the same twice"
                raise ReadBackError(msg)
            given |= found[source]
        if program.name in found:
            msg = f"{program.name} stands twice in a module"
            raise ReadBackError(msg)
        found[program.name] = read_program(program, given)
    return found


def _inputs(program: Program, given: Environment) -> dict[str, Array]:
    """Return what the inputs stand for: what is given, or else any array of their form."""
    known: dict[str, Array] = {}
    for x in program.inputs:
        if x.name in known or x.name in _RESERVED or not set(x.kinds) <= RANGES.keys():
            msg = f"{program.name}: the input {x} is there twice, or its name or a kind is no good"
            raise ReadBackError(msg)
        value = given.get(x.name, _any(x))
        if (value.kinds, set(value.symmetric)) != (x.kinds, set(x.symmetric)):
            msg = f"{program.name}: the input {x} is given with {value.kinds, value.symmetric}"
            raise ReadBackError(msg)
        known[x.name] = value
    return known


_RESERVED = {x.name for x in (*KINDS, *SIZES)}


def _any(x: Input) -> Array:
    """Return an array of which nothing is known but its symmetries: the mean of its mirror images.

    >>> print(_any(Input("H", ("hidden", "hidden"), ((0, 1),))).value)
    1/2·H[0,1] + 1/2·H[1,0]
    """
    slots = tuple(Index(kind, str(n)) for n, kind in enumerate(x.kinds))
    value = atom(x.name, *slots)
    for first, second in x.symmetric:
        value = (value + _swapped(value, slots[first], slots[second])) * HALF
    return Array(slots, value, x.symmetric)


def _swapped(value: Poly, x: Index, y: Index) -> Poly:
    return value.rename({x: y, y: x})


def index(x: sp.Symbol) -> Index:
    """Return the free index of an IR index symbol."""
    return Index(KINDS[x], x.name)


def _samples(indices: Iterable[sp.Symbol]) -> Symbols:
    return tuple(x for x in indices if KINDS.get(x) == "sample")


class _Reader:
    """What the names of a program stand for so far."""

    def __init__(self, program: str, inputs: dict[str, Array]) -> None:
        self.program, self.known = program, inputs
        self.given = frozenset(inputs)
        self.local: set[str] = set()  # of the sample at hand, written without its index
        self.adding: set[str] = set()  # totals of the loop of this stage
        self.stage, self.statement = "", ""

    def require(self, condition: bool, rule: str) -> None:
        """Raise an error unless a condition holds."""
        if not condition:
            msg = f"{self.program}, {self.stage}: {self.statement}: {rule}"
            raise ReadBackError(msg)

    def define(self, s: Statement, stage: str) -> None:
        """Read a statement."""
        self.stage, self.statement = stage, str(s)
        rules = STAGES[stage]
        self.require(isinstance(s.target, sp.Indexed | sp.Symbol), "the target is no array")
        name, own = name_of(s.target), indices_of(s.target)
        self.require(name not in self.given | _RESERVED, "an input, index or size is no target")
        self.require(set(own) <= KINDS.keys(), "an index of the target is none")
        self.require(len(set(own)) == len(own), "the target has an index twice")
        match s:
            case Product():
                value = self._product(s, own, rules)
            case Assign():
                value = self._assign(s, own, rules)
            case _:
                self.require(False, "no statement of the IR")
        symmetric = self._mirrored(s.symmetric, own, value)
        if own == () and rules.loop == (i,) and not s.add:
            own = (i,)
            self.local.add(name)
        self._keep(name, Array(tuple(map(index, own)), value, symmetric), s.add)

    def _keep(self, name: str, new: Array, add: bool) -> None:
        old = self.known.get(name)
        if old is not None:
            self.require(add and name not in self.local, f"{name} is defined already")
            self.require(old.kinds == new.kinds, f"{name} has other indices")
            self.require(old.symmetric == new.symmetric, f"{name} has other symmetries")
            new = Array(new.slots, new.value + old.at(*new.slots), new.symmetric)
        self.known[name] = new

    def _mirrored(self, pairs: Pairs, own: Symbols, value: Poly) -> tuple[tuple[int, int], ...]:
        """Return the slots of the symmetric pairs; an error if the value is not symmetric."""
        flat = [x for pair in pairs for x in pair]
        self.require(set(flat) <= set(own), "a symmetric pair is not of the target")
        self.require(len(set(flat)) == len(flat), "an index is in two symmetric pairs")
        for x, y in pairs:
            self.require(KINDS[x] == KINDS[y], "a symmetric pair has two kinds")
            same = _swapped(value, index(x), index(y)) == value
            self.require(same, f"the value is not symmetric in {x} and {y}")
        return tuple((own.index(x), own.index(y)) for x, y in pairs)

    def _assign(self, s: Assign, own: Symbols, rules: Stage) -> Poly:
        self.require(rules.loop is not None, "the stage has products only")
        loop = rules.loop or ()
        self.require(rules.totals or not s.add, "the stage adds nothing up")
        if not (own == () and loop == (i,) and self.stage == "samples"):
            expected = () if s.add else loop
            self.require(_samples(own) == expected, f"the target's samples must be {expected}")
        value = self._read(s.value, frozenset({*own, *loop}))
        if not s.add:
            return value
        first = not loop and name_of(s.target) not in self.known and self.stage == "constants"
        self.require(not first, "it is added to nothing")
        if loop:
            self.adding.add(name_of(s.target))
        if loop == (i, j):
            same = _swapped(value, index(i), index(j)) == value
            self.require(same, "a sum over pairs must be symmetric in its samples")
        return value.sum(*map(index, loop))

    def _product(self, s: Product, own: Symbols, rules: Stage) -> Poly:
        self.require(rules.products is not None, "the stage has no products")
        self.require(_samples(own) == rules.products, f"a product here is of {rules.products}")
        sides = s.left, s.right
        self.require(all(isinstance(x, sp.Indexed) for x in sides), "a side is no array's entry")
        over = s.summed
        allowed = {"sample": (True,), "else": (False,), "any": (True, False)}[rules.over]
        for x in over:
            self.require(x in KINDS, f"{x} is no index")
            self.require((KINDS[x] == "sample") in allowed, f"a product here is not over {x}")
            self.require(all(x in y.indices for y in sides), f"{x} is not in both sides")
        rest = tuple(x for y in sides for x in y.indices if x not in over)
        self.require(rest == own, "the target's indices are not what the sides leave")
        self.require(all(len(set(y.indices)) == len(y.indices) for y in sides), "a repeated index")
        if self.stage == "tiles":
            self.require(i in s.left.indices, "a tile's left side is of its rows")
        if name_of(s.target) not in self.known:
            self.require(self.stage == "after" or not s.add, "it is added to nothing")
        scope = frozenset({*own, *over})
        value = self._entry(s.left, scope) * self._entry(s.right, scope)
        self._require_packed(s)
        if len(over) == 1:
            return value.sum(index(over[0]))
        return self._triangle(value, *over, first=0).sum(index(over[0]))

    def _require_packed(self, s: Product) -> None:
        """Pairs that are stored once are summed over as pairs, or are pairs of the target."""
        pairs = set(s.symmetric) | ({s.summed} if len(s.summed) > 1 else set())
        found = []
        for side in (s.left, s.right):
            stored = self.known[name_of(side)].symmetric
            found += [(side.indices[x], side.indices[y]) for x, y in stored]
        kept = [pair for pair in found if pair != s.summed]
        both = 2 if len(s.summed) > 1 else 0
        right = set(found) == pairs and len(found) == len(kept) + both
        self.require(right, "a symmetric pair is not treated as one")

    def _read(self, expr: sp.Expr, scope: frozenset[sp.Symbol]) -> Poly:
        """Read an expression whose indices are those in scope."""
        self.require(not expr.has(*ENDLESS), "a number is not finite or not real")
        try:
            return arithmetic(expr, lambda x: self._leaf(x, scope))
        except TypeError as error:
            self.require(False, str(error))
            raise

    def _leaf(self, x: sp.Expr, scope: frozenset[sp.Symbol]) -> Poly:
        match x:
            case sp.Sum():
                return self._sum(x, scope)
            case sp.KroneckerDelta(args=(one, other)):
                fit = {one, other} <= scope and KINDS[one] == KINDS[other] != "sample"
                self.require(fit, f"{x} is not of two indices of the statement")
                return delta(index(one), index(other))
            case sp.Indexed() | sp.Symbol():
                return self._entry(x, scope)
        self.require(False, f"no index form for {x}")
        raise AssertionError

    def _entry(self, x: sp.Expr, scope: frozenset[sp.Symbol]) -> Poly:
        """Read an array's entry, or a scalar."""
        if x in SIZES:
            return atom(x.name)
        name, at = name_of(x), indices_of(x)
        self.require(name in self.known, f"{x} is no input and not defined before")
        self.require(name not in self.adding, f"{name} is still being added up")
        for y in at:
            self.require(y in scope, f"the index {y} of {x} is not of the statement")
        known = self.known[name]
        if name in self.local:
            self.require(not at, f"{name} is written without an index in its loop")
            at = (i,)
        found = tuple(KINDS[y] for y in at)
        self.require(found == known.kinds, f"{x} has {found}, where {name} has {known.kinds}")
        of = _samples(at)
        self.require(of in ((), (i,), (j,), (i, j)), f"{x} is not at row i and column j of a tile")
        if self.stage == "pairs" and of:
            self.require(of == at, f"an entry {x} with samples and units is none of a pair")
        return known.at(*map(index, at))

    def _sum(self, x: sp.Sum, scope: frozenset[sp.Symbol]) -> Poly:
        within, partners = set(scope), dict[sp.Symbol, tuple[sp.Symbol, int]]()
        for y, *ends in reversed(x.limits):  # the outermost first
            self.require(y in KINDS and y not in within, f"{y} is no index, or one in use")
            reach = self.stage == "contracted" and y == j
            self.require(KINDS[y] != "sample" or reach, "no sum over samples stands here")
            if tuple(ends) != RANGES[KINDS[y]]:
                partners[y] = self._partner(y, ends, within - scope - partners.keys())
            within.add(y)
        firsts = [first for first, _ in partners.values()]
        self.require(len(set(firsts)) == len(firsts), "an index begins two triangles")
        value = self._read(x.function, frozenset(within))
        for y, *_ in x.limits:
            if y in partners:
                value = self._triangle(value, partners[y][0], y, partners[y][1])
            else:
                value = value.sum(index(y))
        return value

    def _partner(
        self, y: sp.Symbol, ends: list[sp.Expr], outer: Iterable[sp.Symbol]
    ) -> tuple[sp.Symbol, int]:
        """Return the index above which a sum begins, and by how much."""
        last = RANGES[KINDS[y]][1]
        found = [
            (z, n)
            for z in outer
            for n in (0, 1)
            if KINDS[z] == KINDS[y] and ends == [z + n, last]
        ]
        self.require(len(found) == 1, f"{y} does not run over its whole range")
        return found[0]

    def _triangle(self, value: Poly, x: sp.Symbol, y: sp.Symbol, first: int) -> Poly:
        """Sum over the y above x, or from x on, given that a sum over x follows."""
        one, other = index(x), index(y)
        self.require(_swapped(value, one, other) == value, f"not symmetric in {x} and {y}")
        diagonal = value.identify({other: one}) * (HALF if first == 0 else -HALF)
        return value.sum(other) * HALF + diagonal

    def end_stage(self) -> None:
        """Leave the loop of a stage: its totals are complete, its scalars have an index."""
        self.local, self.adding = set(), set()

    def results(self, outputs: tuple[str, ...]) -> dict[str, Array]:
        """Return the outputs, which must be defined, and be kept beyond a tile."""
        self.stage, self.statement = "outputs", ", ".join(outputs)
        self.require(len(set(outputs)) == len(outputs), "an output is there twice")
        for name in outputs:
            self.require(name in self.known and name not in self.given, f"{name} is not defined")
            self.require(self.known[name].kinds.count("sample") < 2, f"{name} is a tile")
        return {name: self.known[name] for name in outputs}
