"""tr H² as a program over pairs of samples: the Gram algorithm (stage 4).

With both samples cut, a monomial reads  constant · scalars(i) · scalars(j) · Π Gram(i, j). The rule that arranges them:

1. terms with two or more hidden Gram factors, or with K² and no hidden one, form the *core* polynomial of their scalars;
2. the core absorbs every term with the same scalars that uses only Gram entries which the core computes anyway
   (this completes the square (K G + Q)²);
3. of the rest, what has K² is a quadratic form in scaled features, which becomes signed squares (LDLᵀ), and what has at
   most one K is *thin*: a product of two small matrices, of a cost linear in N.

A weight w_k beside features of both samples may go to either; it goes where it makes the two sides of a Gram entry equal,
or else where it makes a feature that other terms use already.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import sympy as sp

from hessbound.derive.ir import Assign, Product, Program, a, array, i, j, k, total
from hessbound.derive.labels import Index
from hessbound.derive.lower import Scalars
from hessbound.derive.pieces import Piece, Term, expression, number, terms
from hessbound.derive.polynomial import Poly

Names = tuple[str, ...]
FOLDED = {("f1", "w"): "g", ("f2", "w"): "c"}  # features that have a name of their own


class Gram(NamedTuple):
    """A Gram entry Σ_axis Π left(i) Π right(j)."""

    axis: str
    left: Names
    right: Names


class Vector(NamedTuple):
    """A feature of a hidden unit scaled by scalars of its sample; without features, the scalars alone."""

    scalars: tuple[sp.Expr, ...]
    features: Names


class Reading(NamedTuple):
    """One way to read a term; scalars are written at sample i."""

    constant: sp.Expr
    left: tuple[sp.Expr, ...]
    right: tuple[sp.Expr, ...]
    grams: tuple[Gram, ...]

    @property
    def hidden(self) -> list[Gram]:
        """The Gram entries over hidden units."""
        return [g for g in self.grams if g.axis == "hidden"]

    @property
    def inputs(self) -> int:
        """How many factors K there are."""
        return len(self.grams) - len(self.hidden)

    def vectors(self) -> tuple[Vector, Vector]:
        """The scaled features on either side, of a term with at most one hidden Gram entry."""
        gram = self.hidden[0] if self.hidden else Gram("hidden", (), ())
        return Vector(self.left, gram.left), Vector(self.right, gram.right)


def readings(term: Term) -> list[Reading]:
    """All ways to read a term, one for each way to share out the parameters."""
    if len(term.samples) != 2:
        msg = f"a term over pairs has two samples, got {term}"
        raise ValueError(msg)
    first, second = term.samples
    scalars: dict[Index, list[sp.Expr]] = {first: [], second: []}
    constant, options = number(term.coefficient), []
    for piece in term.pieces:
        samples = piece.samples()
        if len(samples) == 2:
            options.append(_grams(piece, first, second))
            continue
        names = dict.fromkeys(samples, i)
        value = expression(piece, names)
        if samples:
            scalars[next(iter(samples))].append(value)
        else:
            constant *= value
    sides = [tuple(sorted(scalars[s], key=sp.default_sort_key)) for s in (first, second)]
    found = {
        _ordered(Reading(constant, *sides, tuple(sorted(choice))))
        for choice in itertools.product(*options)
    }
    return sorted(found, key=_preference)


def _grams(piece: Piece, first: Index, second: Index) -> list[Gram]:
    """A piece between two samples as Gram entries, one for each way to share out its parameters."""
    if len(piece.inner) != 1:
        msg = f"no Gram form for {piece.factors}"
        raise ValueError(msg)
    ends = [tuple(sorted(f[0] for f in piece.factors if s in f[1:])) for s in (first, second)]
    shared = [f[0] for f in piece.factors if first not in f[1:] and second not in f[1:]]
    found = set()
    for n in range(len(shared) + 1):
        for taken in itertools.combinations(shared, n):
            rest = tuple((Counter(shared) - Counter(taken)).elements())
            sides = [tuple(sorted(e + more)) for e, more in zip(ends, (taken, rest), strict=True)]
            found.add(Gram(piece.inner[0].kind, *sides))
    return sorted(found)


def _ordered(reading: Reading) -> Reading:
    """With its two samples in a fixed order."""
    flipped = Reading(
        reading.constant,
        reading.right,
        reading.left,
        tuple(sorted(Gram(g.axis, g.right, g.left) for g in reading.grams)),
    )
    return min(reading, flipped, key=_preference)


def _preference(reading: Reading) -> tuple:
    """Equal sides first, then short features, then anything that is the same every time."""
    skew = sum(g.left != g.right for g in reading.grams)
    longest = max((len(x) for g in reading.grams for x in (g.left, g.right)), default=0)
    return (
        skew,
        longest,
        [sp.default_sort_key(x) for x in (*reading.left, sp.Symbol("|"), *reading.right)],
        reading.grams,
    )


def choose(poly: Poly) -> list[Reading]:
    """One reading for each term, those with features that other terms use already first."""
    options = [readings(term) for term in terms(poly.terms)]
    sure = {
        v
        for found in options
        if _settled(found) and len(found[0].hidden) == 1
        for v in found[0].vectors()
    }

    def best(found: list[Reading]) -> Reading:
        if _settled(found) or len(found[0].hidden) != 1:
            return found[0]
        return max(found, key=lambda r: len(sure.intersection(r.vectors())))

    return [best(found) for found in options]


def _settled(found: list[Reading]) -> bool:
    """Whether there is only one reading, or one whose two sides are equal."""
    return len(found) == 1 or all(g.left == g.right for g in found[0].grams)


class Arranged(NamedTuple):
    """The terms of tr H² after the rule of this module."""

    grams: dict[sp.Expr, Gram]  # what each Gram entry of the core stands for
    core: dict[
        tuple[sp.Expr, ...], sp.Expr
    ]  # scalars of either sample -> polynomial in Gram entries
    squares: list[tuple[sp.Expr, dict[Vector, sp.Expr]]]  # Σ_ij K_ij² c (V_i · V_j)
    thin: list[tuple[dict[Vector, sp.Expr], dict[Vector, sp.Expr]]]  # Σ_ij K_ij (L_i · R_j)


def gram_entry(gram: Gram) -> sp.Expr:
    """The array that holds a Gram entry on a tile of pairs."""
    if gram.axis == "input":
        return array("K", i, j)
    return array(f"{feature_name(gram.left)}_{feature_name(gram.right)}", i, j)


def feature_name(names: Names) -> str:
    """The name of a product of features."""
    return FOLDED.get(names) or "".join(names)


def arrange(poly: Poly) -> Arranged:
    """Sort the terms into core, squares and thin products."""
    chosen = choose(poly)
    core: dict[tuple[sp.Expr, ...], sp.Expr] = defaultdict(lambda: sp.Integer(0))
    quadratic: list[tuple[sp.Expr, Vector, Vector]] = []
    thin: list[tuple[sp.Expr, Vector, Vector]] = []
    for r in filter(_is_core, chosen):
        core[_common_scalars(r)] += _body(r)
    known = {
        scalars: {g for r in chosen if _is_core(r) and r.left == scalars for g in r.grams}
        for scalars in core
    }
    for r in itertools.filterfalse(_is_core, chosen):
        if r.left == r.right and set(r.grams) <= known.get(r.left, set()):
            core[r.left] += _body(r)
        else:
            (quadratic if r.inputs > 1 else thin).append((r.constant, *r.vectors()))
    factored = {scalars: sp.factor(body) for scalars, body in sorted(core.items(), key=str)}
    grams = {gram_entry(g): g for r in chosen for g in r.grams}
    return Arranged(grams, factored, signed_squares(quadratic), _collect(thin))


def _is_core(reading: Reading) -> bool:
    """Whether a term needs products of Gram entries that are no quadratic form in features."""
    return len(reading.hidden) > 1 or (reading.inputs > 1 and not reading.hidden)


def _common_scalars(reading: Reading) -> tuple[sp.Expr, ...]:
    """The scalars of a core term, which must be the same at both samples: tiles above the diagonal count twice."""
    if reading.left != reading.right or any(g.left != g.right for g in reading.grams):
        msg = f"a core term must be symmetric in its two samples, got {reading}"
        raise ValueError(msg)
    return reading.left


def _body(reading: Reading) -> sp.Expr:
    return reading.constant * sp.Mul(*map(gram_entry, reading.grams))


def signed_squares(
    form: list[tuple[sp.Expr, Vector, Vector]],
) -> list[tuple[sp.Expr, dict[Vector, sp.Expr]]]:
    """Σ c (x·y) as Σ d (V·V) with V a combination of the vectors, by LDLᵀ over the rationals."""
    basis = sorted({v for _, *ends in form for v in ends}, key=_vector_key)
    S = sp.zeros(len(basis))
    for c, *ends in form:
        x, y = map(basis.index, ends)
        S[x, y] += c / 2
        S[y, x] += c / 2
    squares = []
    while not S.is_zero_matrix:
        pivot = next((n for n in range(len(basis)) if S[n, n] != 0), None)
        if pivot is None:
            msg = "the quadratic form has a zero diagonal and no signed squares by LDLᵀ"
            raise ValueError(msg)
        row, value = S[pivot, :], S[pivot, pivot]
        squares.append((value, {v: x / value for v, x in zip(basis, row, strict=True) if x}))
        S = S - row.T * row / value
    return squares


def _vector_key(v: Vector) -> tuple:
    return [sp.default_sort_key(x) for x in v.scalars], v.features


def _collect(
    form: Iterable[tuple[sp.Expr, Vector, Vector]],
) -> list[tuple[dict[Vector, sp.Expr], dict[Vector, sp.Expr]]]:
    """Σ c (x·y) with a common left vector: Σ x · (Σ c y)."""
    rows: dict[Vector, dict[Vector, sp.Expr]] = defaultdict(
        lambda: defaultdict(lambda: sp.Integer(0))
    )
    for c, x, y in form:
        rows[x][y] += c
    return [({x: sp.Integer(1)}, dict(right)) for x, right in rows.items()]


class _Writer:
    """Collects the statements of a program over pairs."""

    def __init__(self, start: Program) -> None:
        self.scalars = Scalars()
        self.scalars.sums = {s.value: s.target for s in start.samples if not s.add}
        self.scalars.constant = {s.value: s.target for s in start.constants}
        self.features: dict[sp.Expr, sp.Expr] = {}  # value -> array
        self.tiles: dict[sp.Expr, Product] = {}

    def feature(self, name: str, value: sp.Expr, *indices: sp.Symbol) -> sp.Expr:
        """An array of features, defined once."""
        return self.features.setdefault(value, array(name, *indices))

    def base(self, names: Names) -> str:
        """The name of the array that holds a product of plain features."""
        if len(names) == 1:
            return names[0]
        value = sp.Mul(*(array(n, k) if n == "w" else array(n, i, k) for n in names))
        return str(self.feature(feature_name(names), value, i, k).base)

    def combine(self, name: str, vectors: dict[Vector, sp.Expr]) -> sp.Expr:
        """An array that holds a combination of scaled features."""
        value, indices = sp.Integer(0), [i]
        for v, c in vectors.items():
            units = (array(n, k) if n == "w" else array(n, i, k) for n in v.features)
            value += self.scalars.named(c * sp.Mul(*v.scalars, *units))
            indices = [i, k] if v.features else indices
        return self.feature(name, sp.factor(value), *indices)

    def tile(self, target: sp.Expr, left: str, right: str, over: sp.Symbol) -> sp.Expr:
        """The product that fills a tile of a Gram matrix."""
        product = Product(target, array(left, i, over), array(right, j, over), over)
        return self.tiles.setdefault(target, product).target


def pairs(name: str, title: str, start: Program, poly: Poly, output: str) -> Program:
    """The program that adds tr H² to a program of sums over the samples."""
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
        samples=(*out.scalars.assigns(), *arrays, *totals),
        after=thin,
        tiles=tuple(out.tiles.values()),
        pairs=(Assign(sp.Symbol(output), body, add=True),),
    )


def _thin(arranged: Arranged, out: _Writer, output: str) -> tuple[Product | Assign, ...]:
    statements: list[Product | Assign] = []
    for n, (left, right) in enumerate(arranged.thin):
        sides = []
        for letter, vectors in (("l", left), ("r", right)):
            rows = out.combine(f"{letter}{n}", vectors)
            target = array(f"{letter}{n}_X", *rows.indices[1:], a)
            statements.append(Product(target, rows, array("X", i, a), i))
            sides.append(target)
        if sides[0].indices != sides[1].indices:
            msg = f"the two sides of a thin product differ in shape: {sides}"
            raise ValueError(msg)
        inner = total(sp.Mul(*sides), *sides[0].indices)
        statements.append(Assign(sp.Symbol(output), inner, add=True))
    return tuple(statements)


def _core(arranged: Arranged, out: _Writer) -> sp.Expr:
    body = sp.Integer(0)
    for scalars, polynomial in arranged.core.items():
        for entry in sorted(polynomial.atoms(sp.Indexed) & arranged.grams.keys(), key=str):
            gram = arranged.grams[entry]
            source, over = ("X", a) if gram.axis == "input" else (out.base(gram.left), k)
            out.tile(entry, source, source, over)
        weight = out.scalars.named(sp.Mul(*scalars))
        if not isinstance(weight, sp.Indexed):
            weight = out.feature(f"s{len(out.features)}", weight, i)
        body += weight * weight.xreplace({i: j}) * out.scalars.named(polynomial)
    return body


def _squares(arranged: Arranged, out: _Writer) -> sp.Expr:
    body = sp.Integer(0)
    for n, (sign, vectors) in enumerate(arranged.squares):
        rows = out.combine(f"q{n}", vectors)
        body += sign * out.tile(array(f"q{n}_q{n}", i, j), str(rows.base), str(rows.base), k)
    if body != 0:
        K = out.tile(array("K", i, j), "X", "X", a)
        body = K**2 * body
    return body
