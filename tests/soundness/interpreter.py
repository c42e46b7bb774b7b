"""Programs run in plain numbers modulo a prime, entry by entry: the oracle of the read-back.

It shares nothing with it but the IR: it stores what kernels store (of a symmetric pair one order),
does what kernels do (of pairs of samples one half), and fails where they would.
"""

import itertools
import random

import sympy as sp

from hessbound.derive.lowering.ir import KINDS, Product, i, indices_of, j, name_of

PRIME = 2**61 - 1


class Run:
    """One run of a program; ``sizes`` are N, d and m, ``inputs`` {name: {indices: number}}."""

    def __init__(self, program, sizes, inputs):
        self.program = program
        self.sizes = dict(zip("Ndm", sizes, strict=True))
        N, d, m = sizes
        self.ranges = {
            "sample": range(1, N + 1),
            "hidden": range(1, m + 1),
            "input": range(d + 1),
        }
        self.symmetric = {x.name: x.symmetric for x in program.inputs}
        self.arrays = {x.name: dict(inputs[x.name]) for x in program.inputs}
        self.local = {}
        self.totals = {}

    def outputs(self):
        """Run all stages; return {name: {indices: number}}."""
        for s in self.program.constants:
            self.assign(s, {})
        totals = [s for s in self.program.samples if s.add]
        for s in totals:
            for at in self.each(s, {}):
                self.totals.setdefault(name_of(s.target), {})[self.place(s, at)] = 0
        kept = {}
        for n in self.ranges["sample"]:
            self.local = {}
            for s in (*self.program.before, *self.program.samples):
                (self.product if isinstance(s, Product) else self.assign)(s, {i: n})
            for name, value in self.local.items():
                kept.setdefault(name, {})[n,] = value
        self.local = {}
        self.arrays |= kept | self.totals
        for s in self.program.after:
            (self.product if isinstance(s, Product) else self.assign)(s, {})
        for n, o in itertools.product(self.ranges["sample"], repeat=2):
            for s in self.program.tiles:
                self.product(s, {i: n, j: o})
        for n, o in itertools.product(self.ranges["sample"], repeat=2):
            for s in self.program.pairs:
                self.assign(s, {i: n, j: o}, 1 if not s.add else (n >= o) + (n > o))
        for s in self.program.contracted:
            for n in self.ranges["sample"]:
                (self.product if isinstance(s, Product) else self.assign)(s, {i: n})
        return {name: self.arrays[name] for name in self.program.outputs}

    def each(self, s, loop):
        """Yield the values of a statement's indices, of a symmetric pair one order."""
        own = [x for x in indices_of(s.target) if x not in loop]
        for values in itertools.product(*(self.ranges[KINDS[x]] for x in own)):
            at = {**loop, **dict(zip(own, values, strict=True))}
            if all(at[x] <= at[y] for x, y in s.symmetric):
                yield at

    def place(self, s, at):
        """Return where a statement's entry is stored, and note the pairs that are symmetric."""
        own = indices_of(s.target)
        self.symmetric[name_of(s.target)] = [(own.index(x), own.index(y)) for x, y in s.symmetric]
        return tuple(at[x] for x in own)

    def store(self, s, at, value, loop):
        """Set an entry, or add to it."""
        name, place = name_of(s.target), self.place(s, at)
        if s.add:
            table = self.totals if name in self.totals else self.arrays
            old = table.setdefault(name, {}).get(place, 0)
            table[name][place] = (old + value) % PRIME
        elif not place and i in loop:
            self.local[name] = value
        else:
            self.arrays.setdefault(name, {})[place] = value % PRIME

    def assign(self, s, loop, times=1):
        """Do an assignment for one turn of its loop."""
        for at in self.each(s, loop):
            if times:
                self.store(s, at, times * self.value(s.value, at), loop)

    def product(self, s, loop):
        """Do a product for one turn of its loop."""
        for at in self.each(s, loop):
            total = 0
            for values in itertools.product(*(self.ranges[KINDS[x]] for x in s.summed)):
                if list(values) == sorted(values):
                    inner = {**at, **dict(zip(s.summed, values, strict=True))}
                    total += self.value(s.left, inner) * self.value(s.right, inner)
            self.store(s, at, total, loop)

    def value(self, x, at):
        """Evaluate an expression."""
        match x:
            case sp.Rational():
                return int(x.p) * pow(int(x.q), -1, PRIME) % PRIME
            case sp.Add():
                return sum(self.value(y, at) for y in x.args) % PRIME
            case sp.Mul():
                found = 1
                for y in x.args:
                    found = found * self.value(y, at) % PRIME
                return found
            case sp.Pow():
                return pow(self.value(x.base, at), int(x.exp), PRIME)
            case sp.KroneckerDelta():
                return int(at[x.args[0]] == at[x.args[1]])
            case sp.Sum():
                return self.sum(x.function, x.limits, at)
        name = name_of(x)
        if not indices_of(x) and name in self.sizes:
            return self.sizes[name]
        if not indices_of(x) and name in self.local:
            return self.local[name]
        place = [at[y] for y in indices_of(x)]
        for n, o in self.symmetric.get(name, ()):
            place[n], place[o] = sorted((place[n], place[o]))
        return self.arrays[name][tuple(place)]

    def sum(self, body, limits, at):
        """Add up over the outermost index, which is the last."""
        if not limits:
            return self.value(body, at)
        *inner, (x, low, high) = limits
        known = {sp.Symbol(n, integer=True, positive=True): size for n, size in self.sizes.items()}
        start, end = (int(y.xreplace({**known, **at})) for y in (low, high))
        return sum(self.sum(body, inner, {**at, x: n}) for n in range(start, end + 1)) % PRIME


def drawn(program, sizes, seed):
    """Return random inputs of a program."""
    rng = random.Random(seed)
    N, d, m = sizes
    ranges = {"sample": range(1, N + 1), "hidden": range(1, m + 1), "input": range(d + 1)}
    found = {}
    for x in program.inputs:
        places = itertools.product(*(ranges[kind] for kind in x.kinds))
        found[x.name] = {
            at: rng.randrange(PRIME) for at in places if all(at[n] <= at[o] for n, o in x.symmetric)
        }
    return found


def run(program, sizes, inputs):
    """Return the outputs of a program; KeyError or the like where it cannot be run."""
    return Run(program, sizes, inputs).outputs()


def evaluate(array, sizes, inputs, at):
    """Return an entry of what a program was read back as, from the polynomial's terms."""
    N, d, m = sizes
    ranges = {"sample": range(1, N + 1), "hidden": range(1, m + 1), "input": range(d + 1)}
    free = dict(zip(array.slots, at, strict=True))
    total = 0
    for key, coefficient in array.value.terms.items():
        term = coefficient.numerator * pow(coefficient.denominator, -1, PRIME)
        for component in key:
            bound = sorted({x for f in component for x in f[1:] if not x.name})
            part = 0
            for values in itertools.product(*(ranges[x.kind] for x in bound)):
                here = {**free, **dict(zip(bound, values, strict=True))}
                each = 1
                for name, *slots in component:
                    each = each * _factor(name, [here[x] for x in slots], inputs, sizes) % PRIME
                part += each
            term = term * part % PRIME
        total += term
    return total % PRIME


def _factor(name, at, inputs, sizes):
    if name == "δ":
        return int(at[0] == at[1])
    if name in "Ndm" and not at:
        return sizes["Ndm".index(name)]
    return inputs[name][tuple(at)]
