"""Programs read back into the index algebra (the inverse of lowering).

What comes out is compared with what they claim to compute. A program is read strictly, statement by
statement: ReadBackError for anything that is not exactly of the form its stage allows (``STAGES``).

* Every sum runs over its index's whole range, or over the pairs x < y or x ≤ y of two whole ranges,
  and then its body is symmetric in them.
* Every index of a statement is one of its target or of its loop, or is summed; none is two at once.
* What is read is an input or has been defined before, with as many indices of the same kinds, and
  is complete: what a stage adds to is not read in it, nor what it makes for sample i at sample j.
* Nothing is defined twice, except that sums are added to; every output is defined.
* A sum over pairs of samples has a symmetric body: kernels do one half of the pairs.

Limits: a program is read as exact arithmetic in its order. Rounding, the printed text and the
functions f and ℓ of one variable (here arrays like any other) are not its subject.
"""

from collections.abc import Iterable

import sympy as sp

from hessbound.derive.algebra.polynomials import Poly

from .ir import (
    KINDS,
    RANGES,
    STAGES,
    Assign,
    Module,
    Pairs,
    Product,
    Program,
    ProgramError,
    Stage,
    Statement,
    i,
    indices_of,
    j,
    name_of,
)
from .values import (
    RESERVED,
    Array,
    Environment,
    FormError,
    Symbols,
    Values,
    any_array,
    beyond,
    index,
    refuse,
    require,
    require_symmetric,
    samples_of,
)


class ReadBackError(ProgramError):
    """A program that does not read back as what it claims to compute."""


def read_program(program: Program, given: Environment | None = None) -> dict[str, Array]:
    """Return the outputs of a program, those of its inputs that are given put in."""
    place = "inputs"
    try:
        reader = _Reader(_inputs(program, given or {}))
        for name, stage in STAGES.items():
            statements = getattr(program, name)
            reader.begin(statements)
            for statement in statements:
                place = f"{name}: {statement}"
                reader.define(statement, name, stage)
        place = "outputs"
        return reader.results(program.outputs)
    except FormError as error:
        msg = f"{program.name}: {place}: {error}"
        raise ReadBackError(msg) from None


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
        require(x.name not in known.keys() | RESERVED, f"the name of {x} is taken")
        require(x.name.isidentifier(), f"the name of {x} is none")
        require(set(x.kinds) <= RANGES.keys(), f"a kind of {x} is unknown")
        value = given.get(x.name) or any_array(x)
        require(value.kinds == x.kinds, f"{x} is given with {value.kinds}")
        require(set(value.symmetric) == set(x.symmetric), f"{x} is given as {value.symmetric}")
        known[x.name] = value
    return known


class _Reader:
    """Reads statements one after the other."""

    def __init__(self, inputs: dict[str, Array]) -> None:
        self.given = frozenset(inputs)
        self.values = Values(inputs)

    def begin(self, statements: Iterable[Statement]) -> None:
        """Begin a stage; what earlier ones added up is complete, their scalars have an index."""
        self.values.local, self.values.fresh = set(), set()
        self.values.adding = {name_of(s.target) for s in statements if s.add}

    def define(self, s: Statement, name_of_stage: str, stage: Stage) -> None:
        """Read a statement."""
        require(isinstance(s.target, sp.Indexed | sp.Symbol), "the target is no array")
        name, own = name_of(s.target), indices_of(s.target)
        require(name not in self.given | RESERVED, "an input, index or size is no target")
        require(set(own) <= KINDS.keys(), "an index of the target is none")
        require(len(set(own)) == len(own), "the target has an index twice")
        fresh = name not in self.values.known
        match s:
            case Product():
                starts = name_of_stage == "after"  # totals of the samples, from zero on
                value = self._product(s, own, stage)
            case Assign():
                starts = bool(stage.loop) or name_of_stage == "after"
                value = self._assign(s, own, stage)
            case _:
                refuse("no statement of the IR")
        require(starts or not (s.add and fresh), "it is added to nothing")
        symmetric = _places(s.symmetric, own, value)
        if own == () and stage.loop == (i,) and not s.add:
            own = (i,)
            self.values.local.add(name)
        self._keep(name, Array(tuple(map(index, own)), value, symmetric), s.add)

    def _keep(self, name: str, new: Array, add: bool) -> None:
        old = self.values.known.get(name)
        if old is not None:
            require(add and name not in self.values.local, f"{name} is defined already")
            require(old.kinds == new.kinds, f"{name} has other indices")
            require(old.symmetric == new.symmetric, f"{name} has other symmetries")
            new = Array(new.slots, new.value + old.at(*new.slots), new.symmetric)
        self.values.known[name] = new
        self.values.fresh.add(name)

    def _assign(self, s: Assign, own: Symbols, stage: Stage) -> Poly:
        loop = stage.loop
        if loop is None:
            refuse("the stage has products only")
        require(stage.totals or not s.add, "the stage adds nothing up")
        of_sample = stage.totals and loop == (i,) and own == ()
        expected = () if s.add or of_sample else loop
        require(samples_of(own) == expected, f"the target's samples must be {expected}")
        value = self.values.read(s.value, frozenset({*own, *loop}), stage)
        if not s.add:
            return value
        if loop == (i, j):
            require_symmetric(value, i, j)
        return value.sum(*map(index, loop))

    def _product(self, s: Product, own: Symbols, stage: Stage) -> Poly:
        require(stage.products is not None, "the stage has no products")
        require(samples_of(own) == stage.products, f"the target's samples are not {stage.products}")
        sides, over = (s.left, s.right), s.summed
        require(len(over) in (1, 2), "a product is over an index or a pair")
        require(all(isinstance(x, sp.Indexed) for x in sides), "a side is no array's entry")
        require(all(len(set(x.indices)) == len(x.indices) for x in sides), "a repeated index")
        for x in over:
            require(KINDS.get(x) in stage.over, f"no product here is over {x}")
            require(all(x in side.indices for side in sides), f"{x} is not in both sides")
        rest = tuple(x for side in sides for x in side.indices if x not in over)
        require(rest == own, f"the sides leave {rest}")
        require(stage.products != (i, j) or i in s.left.indices, "the left side is of rows i")
        scope = frozenset({*own, *over})
        left, right = (self.values.entry(side, scope, stage) for side in sides)
        self._require_packed(s)
        if len(over) == 1:
            return (left * right).sum(index(over[0]))
        x, y = over
        return beyond(left * right, x, y, first=0).sum(index(x))

    def _require_packed(self, s: Product) -> None:
        """Pairs of which one order is stored are summed over as pairs, or are the target's."""
        stored: list[tuple[sp.Symbol, ...]] = []
        for side in (s.left, s.right):
            at = side.indices
            stored += [(at[x], at[y]) for x, y in self.values.known[name_of(side)].symmetric]
        expected = [*s.symmetric, *([s.summed] * 2 if len(s.summed) == 2 else [])]
        require(sorted(stored, key=str) == sorted(expected, key=str), "a pair is not kept as one")

    def results(self, outputs: Iterable[str]) -> dict[str, Array]:
        """Return the outputs, which must be defined, and be kept beyond a tile."""
        found: dict[str, Array] = {}
        for name in outputs:
            require(name not in found, f"{name} is there twice")
            require(name in self.values.known.keys() - self.given, f"{name} is not defined")
            found[name] = self.values.known[name]
            require(found[name].kinds.count("sample") < 2, f"{name} is a tile")
        return found


def _places(pairs: Pairs, own: Symbols, value: Poly) -> tuple[tuple[int, int], ...]:
    """Return the slots of pairs that a value is symmetric in."""
    flat = [x for pair in pairs for x in pair]
    require(set(flat) <= set(own), "a symmetric pair is not of the target")
    require(len(set(flat)) == len(flat), "an index is in two symmetric pairs")
    for x, y in pairs:
        require_symmetric(value, x, y)
    return tuple((own.index(x), own.index(y)) for x, y in pairs)
