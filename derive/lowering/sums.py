"""Normal forms of sums over samples as programs (stage 4).

These are the forward pass, sums, and vectors in θ's shape. A sum over an input index whose factors
have another open index is a matrix product and is taken out of the loop; every other inner sum is a
scalar of its sample; what remains is one loop over samples and hidden units.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import sympy as sp

from hessbound.derive.algebra.labels import Factor, Index
from hessbound.derive.algebra.matrices import ROW, Matrix
from hessbound.derive.algebra.polynomials import Poly
from hessbound.derive.model.parameters import NAMES, at, entry

from .ir import KINDS, Assign, Input, Product, Program, a, array, i, k
from .pieces import NoPlaceError, Piece, Term, expression, factor_expression, number, terms

SAMPLE = Index("sample", "i")
LETTERS = {"hidden": k, "input": a}  # of an entry of a vector in θ's shape


class Scalars:
    """Names for the inner sums of a loop over samples, and the products they need before it."""

    def __init__(self) -> None:
        self.sums: dict[sp.Expr, sp.Expr] = {}
        self.constant: dict[sp.Expr, sp.Expr] = {}
        self.products: dict[tuple[sp.Expr, sp.Expr], sp.Expr] = {}

    def name(self, piece: Piece, names: Mapping[Index, sp.Symbol]) -> sp.Expr:
        """Return the piece itself, or the name of its sum."""
        return self.named(expression(self._without_products(piece), names))

    def named(self, expr: sp.Expr) -> sp.Expr:
        """Name the sums in an expression: those of a sample, and those of none."""

        def name(x: sp.Sum) -> sp.Expr:
            free = x.free_symbols & KINDS.keys()
            if len(x.limits) > 1 or not free <= {i}:
                msg = f"a loop over samples has no place for {x}, no sum over one index alone"
                raise NoPlaceError(msg)
            if x.has(i):
                return self.sums.setdefault(x, sp.Symbol(f"n{len(self.sums)}"))
            return self.constant.setdefault(x, sp.Symbol(f"c{len(self.constant)}"))

        return expr.replace(lambda x: isinstance(x, sp.Sum), name)

    def _without_products(self, piece: Piece) -> Piece:
        """Replace matrix products over inputs by the arrays that hold them."""
        for x in (x for x in piece.inner if x.kind == "input"):
            touching = [f for f in piece.factors if x in f[1:]]
            others = {y.kind: (f, y) for f in touching for y in f[1:] if y != x}
            if len(touching) == 2 and others.keys() == {"sample", "hidden"}:
                product = self._product(x, *others["sample"], *others["hidden"])
                rest = tuple(f for f in piece.factors if f not in touching)
                inner = tuple(y for y in piece.inner if y != x)
                piece = Piece(tuple(sorted((*rest, product))), inner)
        return piece

    def _product(
        self, over: Index, left: Factor, sample: Index, right: Factor, unit: Index
    ) -> Factor:
        """Name the sum of two factors, of a sample and of a unit, as a new array's entry."""
        names = {over: a, unit: k, sample: i}
        pair = (factor_expression(left, names), factor_expression(right, names))
        target = self.products.setdefault(pair, array(f"t{len(self.products)}", i, k))
        return (str(target.base), sample, unit)

    def assigns(self) -> list[Assign]:
        """List the statements that define the sums of a sample."""
        return [Assign(name, value) for value, name in self.sums.items()]

    def constants(self) -> tuple[Assign, ...]:
        """List the statements that define the sums of none."""
        return tuple(Assign(name, value) for value, name in self.constant.items())

    def matrix_products(self) -> tuple[Product, ...]:
        """List the products that come before the loop."""
        return tuple(Product(t, *pair, a) for pair, t in self.products.items())


def tidy(expr: sp.Expr) -> sp.Expr:
    """Return the cheapest form: expanded, factored, or collected by e and p with factored parts."""
    expanded = sp.expand(expr)
    slopes = [array("p", i), array("e", i)]
    candidates = [expanded, sp.factor(expanded), sp.collect(expanded, slopes, func=sp.factor)]
    return min(candidates, key=lambda c: (sp.count_ops(c), sp.default_sort_key(c)))


def forward(u: Poly, v: Poly) -> Program:
    """Compute the arrays U (N, m) and v (N,) from the model's own u_k and v."""
    scalars = Scalars()
    names = {SAMPLE: i, Index("hidden", "k"): k}
    hidden_input = sum((_value(term, scalars, names) for term in terms(u)), sp.Integer(0))
    before = tuple(replace(x, target=array("U", i, k)) for x in scalars.matrix_products())
    if [hidden_input] != list(scalars.products.values()):
        msg = f"u must be one matrix product, got {u}"
        raise NoPlaceError(msg)
    output = sum((_value(term, scalars, names) for term in terms(v)), sp.Integer(0))
    samples = (*scalars.assigns(), Assign(sp.Symbol("v"), output))
    title = "U = X̄Aᵀ, v = H̄w"
    return Program("forward", title, ("U", "v"), before=before, samples=samples).taking()


def sums(name: str, title: str, outputs: Mapping[str, Poly], *given: Input) -> Program:
    """Compute scalars that are sums over the samples."""
    scalars = Scalars()
    targets = [
        Assign(sp.Symbol(key), tidy(_summed(poly, scalars, {})), add=True)
        for key, poly in outputs.items()
    ]
    return Program(
        name,
        title,
        tuple(outputs),
        constants=scalars.constants(),
        before=scalars.matrix_products(),
        samples=(*scalars.assigns(), *targets),
    ).taking(*given)


def vector(name: str, title: str, values: Matrix, *given: Input) -> Program:
    """Compute a vector in θ's shape, a sum over the samples: one product for A, sums for w.

    Its blocks are the outputs ``out_`` and the block's name. All terms of A's block have a factor
    x̄, or all of them x̄².
    """
    scalars = Scalars()
    before: list[Assign] = []
    rows: list[Assign] = []
    totals: list[Assign] = []
    after: list[Product] = []
    for block in NAMES:
        free = {x: LETTERS[x.kind] for x in at(block, ROW)}
        target, poly = array(f"out_{block}", *free.values()), entry(values, block)
        if a in free.values():
            power, features = _power_of_inputs(poly), array("X", i, a)
            rows.append(Assign(array("R", i, k), _without_input(poly, scalars, free, power)))
            if power > 1:
                before.append(Assign(array(f"X{power}", i, a), features**power))
                features = before[0].target
            after.append(Product(target, features, array("R", i, k), i))
        else:
            totals.append(Assign(target, tidy(_summed(poly, scalars, free)), add=True))
    return Program(
        name,
        title,
        tuple(f"out_{block}" for block in NAMES),
        constants=scalars.constants(),
        before=(*before, *scalars.matrix_products()),
        samples=(*scalars.assigns(), *rows, *totals),
        after=tuple(after),
    ).taking(*given)


def _summed(poly: Poly, scalars: Scalars, free: Mapping[Index, sp.Symbol]) -> sp.Expr:
    """Return what one sample adds."""
    return sum(
        (_value(term, scalars, {**free, term.sample(): i}) for term in terms(poly)), sp.Integer(0)
    )


def _inputs(term: Term) -> tuple[Piece, int]:
    """Return the factor X[i, a] of a term of A's block, and how often the term has it."""
    (own,) = (x for x in at("A", ROW) if x.kind == "input")
    factor = Piece((("X", term.sample(), own),), ())
    return factor, term.pieces.count(factor)


def _power_of_inputs(poly: Poly) -> int:
    """Return which power of X[i, a] all terms of A's block have; 1 where there are none."""
    return max((_inputs(term)[1] for term in terms(poly)), default=1)


def _without_input(
    poly: Poly, scalars: Scalars, free: Mapping[Index, sp.Symbol], power: int
) -> sp.Expr:
    """Return what one sample adds to an entry of A, without its factor X[i, a]^power."""

    def rest(term: Term) -> Iterator[Piece]:
        factor, count = _inputs(term)
        if count != max(power, 1):
            msg = f"all terms of A's block must have one power of X, got {term.pieces}"
            raise NoPlaceError(msg)
        return (piece for piece in term.pieces if piece != factor)

    cut = (Term(t.coefficient, tuple(rest(t)), t.samples) for t in terms(poly))
    hidden = {x: s for x, s in free.items() if x.kind != "input"}
    values = (_value(term, scalars, {**hidden, term.sample(): i}) for term in cut)
    return tidy(sp.expand(sum(values, sp.Integer(0))))


def _value(term: Term, scalars: Scalars, names: Mapping[Index, sp.Symbol]) -> sp.Expr:
    return number(term.coefficient) * sp.Mul(*(scalars.name(piece, names) for piece in term.pieces))
