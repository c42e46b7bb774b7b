"""tr H² as a program over pairs of samples: the Gram algorithm (stage 4).

The rule that arranges the terms, as ``gram`` reads them:

1. terms with two or more hidden Gram factors, or with K² and no hidden one, form the *core*
   polynomial of their scalars, which may differ between the two samples;
2. the core absorbs every term with the same scalars that uses only Gram entries which the core
   computes anyway (this completes the square (K G + Q)²);
3. of the rest, what has K² is a quadratic form in scaled features, which becomes signed squares
   (LDLᵀ), and what has at most one K is *thin*: a product of two small matrices, of a cost linear
   in N.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

import sympy as sp

from hessbound.derive.algebra.polynomials import Poly

from . import sums
from .gram import Factors, Gram, Names, Reading, Vector, choose
from .ir import Assign, Product, Program, Statement, a, array, i, j, k, total
from .pieces import NoPlaceError

Combination: TypeAlias = dict[Vector, sp.Expr]
Bilinear: TypeAlias = tuple[sp.Expr, Vector, Vector]  # c (x · y)

# Features that have a name of their own.
FOLDED: dict[Names, str] = {("f1", "w"): "g", ("f2", "w"): "c"}


class Arranged(NamedTuple):
    """The terms of tr H² after the rule of this module."""

    grams: dict[sp.Expr, Gram]  # what each Gram entry of the core stands for
    core: dict[Factors, sp.Expr]  # scalars of either sample -> polynomial in Gram entries
    mixed: dict[tuple[Factors, Factors], sp.Expr]  # the same where the two samples' differ
    squares: list[tuple[sp.Expr, Combination]]  # Σ_ij K_ij² c (V_i · V_j)
    thin: list[tuple[Combination, Combination]]  # Σ_ij K_ij (L_i · R_j)


def gram_entry(gram: Gram) -> sp.Expr:
    """Return the array that holds a Gram entry on a tile of pairs."""
    if gram.axis == "input":
        return array("K", i, j)
    return array(f"{feature_name(gram.left)}_{feature_name(gram.right)}", i, j)


def feature_name(names: Names) -> str:
    """Return the name of a product of features."""
    return FOLDED.get(names) or "".join(names)


def arrange(poly: Poly) -> Arranged:
    """Sort the terms into core, squares and thin products."""
    chosen = choose(poly)
    core: dict[tuple[Factors, Factors], sp.Expr] = defaultdict(lambda: sp.Integer(0))
    known: dict[tuple[Factors, Factors], set[Gram]] = defaultdict(set)
    quadratic: list[Bilinear] = []
    thin: list[Bilinear] = []
    for r in filter(_is_core, chosen):
        core[_scalars(r)] += _body(r)
        known[_scalars(r)].update(r.grams)
    for r in itertools.filterfalse(_is_core, chosen):
        if r.left == r.right and set(r.grams) <= known.get(_scalars(r), set()):
            core[_scalars(r)] += _body(r)
        else:
            (quadratic if r.inputs > 1 else thin).append((r.constant, *r.vectors()))
    factored = {scalars: sp.factor(body) for scalars, body in sorted(core.items(), key=str)}
    grams = {gram_entry(g): g for r in chosen for g in r.grams}
    same = {left: body for (left, right), body in factored.items() if left == right}
    mixed = {sides: body for sides, body in factored.items() if sides[0] != sides[1]}
    return Arranged(grams, same, mixed, signed_squares(quadratic), _collect(thin))


def _is_core(reading: Reading) -> bool:
    """Return whether a term needs products of Gram entries, no quadratic form in features."""
    return len(reading.hidden) > 1 or (reading.inputs > 1 and not reading.hidden)


def _scalars(reading: Reading) -> tuple[Factors, Factors]:
    """Return the scalars of a core term, those of either sample.

    Its Gram entries must be symmetric: tiles on one side of the diagonal count twice.
    """
    if any(g.left != g.right for g in reading.grams):
        msg = f"a core term must be made of symmetric Gram entries, got {reading}"
        raise NoPlaceError(msg)
    return reading.left, reading.right


def _body(reading: Reading) -> sp.Expr:
    return reading.constant * sp.Mul(*map(gram_entry, reading.grams))


def signed_squares(form: list[Bilinear]) -> list[tuple[sp.Expr, Combination]]:
    """Write Σ c (x·y) as Σ d (V·V), V a combination of the vectors, by LDLᵀ over the rationals."""
    basis = sorted({v for _, *ends in form for v in ends}, key=_vector_key)
    S = sp.zeros(len(basis))
    for c, *ends in form:
        x, y = map(basis.index, ends)
        S[x, y] += c / 2
        S[y, x] += c / 2
    squares = []
    while not S.is_zero_matrix:
        along = _pivot(S)
        row = along * S
        value = (row * along.T)[0]
        squares.append((value, {v: x / value for v, x in zip(basis, row, strict=True) if x}))
        S = S - row.T * row / value
    return squares


def _pivot(S: sp.Matrix) -> sp.Matrix:
    """Return a row x with x S xᵀ ≠ 0: a unit vector, or else the sum of two."""
    units, sides = sp.eye(S.rows), range(S.rows)
    alone = (units[n, :] for n in sides if S[n, n] != 0)
    two = (units[x, :] + units[y, :] for x in sides for y in sides if S[x, y] != 0)
    return next(itertools.chain(alone, two))


def _vector_key(v: Vector) -> tuple[Any, ...]:
    return [sp.default_sort_key(x) for x in v.scalars], v.features


def _collect(form: Iterable[Bilinear]) -> list[tuple[Combination, Combination]]:
    """Write Σ c (x·y) with a common left vector: Σ x · (Σ c y)."""
    rows: dict[Vector, Combination] = defaultdict(lambda: defaultdict(lambda: sp.Integer(0)))
    for c, x, y in form:
        rows[x][y] += c
    return [({x: sp.Integer(1)}, dict(right)) for x, right in rows.items()]


class _Writer:
    """A program over pairs whose statements are still being collected."""

    def __init__(self, start: Program) -> None:
        self.scalars = sums.Scalars()
        self.scalars.sums = {s.value: s.target for s in start.samples if not s.add}
        self.scalars.constant = {s.value: s.target for s in start.constants}
        self.features: dict[sp.Expr, sp.Expr] = {}  # value -> array
        self.tiles: dict[sp.Expr, Product] = {}
        self.squares: list[Product] = []  # they add up to one tile

    def feature(self, name: str, value: sp.Expr, *indices: sp.Symbol) -> sp.Expr:
        """Return an array of features, defined once."""
        return self.features.setdefault(value, array(name, *indices))

    def base(self, names: Names) -> str:
        """Return the name of the array that holds a product of plain features."""
        if len(names) == 1:
            return names[0]
        value = sp.Mul(*(array(n, k) if n == "w" else array(n, i, k) for n in names))
        return str(self.feature(feature_name(names), value, i, k).base)

    def combine(self, name: str, vectors: Combination) -> sp.Expr:
        """Return an array that holds a combination of scaled features."""
        value, indices = sp.Integer(0), [i]
        for v, c in vectors.items():
            units = (array(n, k) if n == "w" else array(n, i, k) for n in v.features)
            value += self.scalars.named(c * sp.Mul(*v.scalars, *units))
            indices = [i, k] if v.features else indices
        return self.feature(name, sp.factor(value), *indices)

    def tile(self, target: sp.Expr, left: str, right: str, over: sp.Symbol) -> sp.Expr:
        """Return a Gram matrix's entry, and note the product that fills its tiles."""
        product = Product(target, array(left, i, over), array(right, j, over), over)
        return self.tiles.setdefault(target, product).target


def pairs(name: str, title: str, start: Program, poly: Poly, output: str) -> Program:
    """Add tr H² to a program of sums over the samples."""
    arranged, out = arrange(poly), _Writer(start)
    thin = _thin(arranged, out, output)
    body = _core(arranged, out) + _squares(arranged, out)
    arrays = [Assign(target, value) for value, target in out.features.items()]
    totals = [s for s in start.samples if s.add]
    return Program(
        name,
        title,
        (*start.outputs, output),
        constants=out.scalars.constants(),
        before=start.before,
        samples=(*out.scalars.assigns(), *arrays, *totals),
        after=thin,
        tiles=(*out.tiles.values(), *out.squares),
        pairs=(Assign(sp.Symbol(output), body, add=True),) if body != 0 else (),
    ).taking()


def _thin(arranged: Arranged, out: _Writer, output: str) -> tuple[Statement, ...]:
    statements: list[Statement] = []
    for n, (left, right) in enumerate(arranged.thin):
        sides = []
        for letter, vectors in (("l", left), ("r", right)):
            rows = out.combine(f"{letter}{n}", vectors)
            target = array(f"{letter}{n}_X", *rows.indices[1:], a)
            statements.append(Product(target, rows, array("X", i, a), i))
            sides.append(target)
        if sides[0].indices != sides[1].indices:
            msg = f"the two sides of a thin product differ in shape: {sides}"
            raise NoPlaceError(msg)
        inner = total(sp.Mul(*sides), *sides[0].indices)
        statements.append(Assign(sp.Symbol(output), inner, add=True))
    return tuple(statements)


def _core(arranged: Arranged, out: _Writer) -> sp.Expr:
    body = sp.Integer(0)
    for scalars, polynomial in arranged.core.items():
        weight = _weight(scalars, out)
        body += weight * weight.xreplace({i: j}) * _in_tiles(polynomial, arranged, out)
    for sides, polynomial in arranged.mixed.items():
        left, right = (_weight(scalars, out) for scalars in sides)
        both = left * right.xreplace({i: j}) + right * left.xreplace({i: j})
        body += both * _in_tiles(polynomial / 2, arranged, out)
    return body


def _weight(scalars: Factors, out: _Writer) -> sp.Expr:
    """Return the entry of the array that holds a product of scalars; 1 for none."""
    weight = out.scalars.named(sp.Mul(*scalars))
    if weight.is_Number or isinstance(weight, sp.Indexed):
        return weight
    return out.feature(f"weight{len(out.features)}", weight, i)


def _in_tiles(polynomial: sp.Expr, arranged: Arranged, out: _Writer) -> sp.Expr:
    """Return a polynomial in Gram entries, for which there are tiles then."""
    for entry in sorted(polynomial.atoms(sp.Indexed) & arranged.grams.keys(), key=str):
        gram = arranged.grams[entry]
        source, over = ("X", a) if gram.axis == "input" else (out.base(gram.left), k)
        out.tile(entry, source, source, over)
    return out.scalars.named(polynomial)


def _squares(arranged: Arranged, out: _Writer) -> sp.Expr:
    """Add the signed squares up in one tile, Σ_n (sign V_n)·V_n, which K² multiplies."""
    if not arranged.squares:
        return sp.Integer(0)
    target = array("V", i, j)
    for n, (sign, vectors) in enumerate(arranged.squares):
        rows = out.combine(f"q{n}", vectors)
        signed = out.combine(f"s{n}", {v: sign * c for v, c in vectors.items()})
        left, right = (array(str(x.base), at, k) for x, at in ((signed, i), (rows, j)))
        out.squares.append(Product(target, left, right, k, add=n > 0))
    return out.tile(array("K", i, j), "X", "X", a) ** 2 * target
