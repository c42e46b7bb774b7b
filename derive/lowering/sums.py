"""Normal forms of sums over samples as programs (stage 4).

These are the forward pass, sums, and vectors in θ's shape. A sum over an input index whose factors
have another open index is a matrix product and is taken out of the loop; every other inner sum is a
scalar of its sample; what remains is one loop over samples and hidden units.
"""

from collections.abc import Mapping

import sympy as sp

from hessbound.derive.algebra.labels import Factor, Index
from hessbound.derive.algebra.matrices import ROW, Matrix, indices
from hessbound.derive.algebra.polynomials import Poly

from .ir import Assign, Product, Program, a, array, i, k
from .pieces import Piece, Term, expression, factor_expression, number, terms

SAMPLE = Index("sample", "i")


class Scalars:
    """Names for the inner sums of a loop over samples, and the products they need before it."""

    def __init__(self) -> None:
        self.sums: dict[sp.Expr, sp.Expr] = {}
        self.constant: dict[sp.Expr, sp.Expr] = {}
        self.products: dict[tuple[sp.Expr, sp.Expr], sp.Expr] = {}

    def name(self, piece: Piece, names: dict[Index, sp.Symbol]) -> sp.Expr:
        """Return the piece itself, or the name of its sum."""
        return self.named(expression(self._without_products(piece), names))

    def named(self, expr: sp.Expr) -> sp.Expr:
        """Name the sums in an expression: those of a sample, and those of none."""

        def name(x: sp.Sum) -> sp.Expr:
            if x.has(i):
                return self.sums.setdefault(x, sp.Symbol(f"n{len(self.sums)}"))
            return self.constant.setdefault(x, sp.Symbol(f"c{len(self.constant)}"))

        return expr.replace(lambda x: isinstance(x, sp.Sum), name)

    def _without_products(self, piece: Piece) -> Piece:
        """Replace matrix products over inputs by the arrays that hold them."""
        for x in (x for x in piece.inner if x.kind == "input"):
            touching = [f for f in piece.factors if x in f[1:]]
            open_ = {y for f in touching for y in f[1:] if y.kind == "hidden"}
            if len(touching) == 2 and len(open_) == 1:
                product = self._product(touching, x, *open_)
                rest = tuple(f for f in piece.factors if f not in touching)
                inner = tuple(y for y in piece.inner if y != x)
                piece = Piece(tuple(sorted((*rest, product))), inner)
        return piece

    def _product(self, touching: list[Factor], over: Index, unit: Index) -> Factor:
        """Name the sum of two factors, of a sample and of a unit, as a new array's entry."""
        left, right = sorted(touching, key=lambda f: unit in f[1:])
        (sample,) = (x for x in left[1:] if x.kind == "sample")
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
    hidden_input = sum((_value(term, scalars, names) for term in terms(u.terms)), sp.Integer(0))
    U = array("U", i, k)
    ((pair, target),) = scalars.products.items()
    if hidden_input != target:
        msg = f"u must be one matrix product, got {u}"
        raise ValueError(msg)
    output = sum((_value(term, scalars, names) for term in terms(v.terms)), sp.Integer(0))
    samples = (*scalars.assigns(), Assign(sp.Symbol("v"), output))
    return Program(
        "forward", "U = X̄Aᵀ, v = H̄w", ("U", "v"), before=(Product(U, *pair, a),), samples=samples
    )


def sums(name: str, title: str, outputs: Mapping[str, Poly]) -> Program:
    """Compute scalars that are sums over the samples."""
    scalars = Scalars()
    targets = [
        Assign(sp.Symbol(key), _sum_value(poly, scalars), add=True) for key, poly in outputs.items()
    ]
    samples = (*scalars.assigns(), *targets)
    return Program(name, title, tuple(outputs), scalars.constants(), samples=samples)


def vector(name: str, title: str, values: Matrix) -> Program:
    """Compute a vector in θ's shape, a sum over the samples: one product for A, sums for w."""
    scalars, statements = Scalars(), []
    out: list[Assign] = []
    after: list[Product] = []
    for block, side in enumerate(values.rows):
        row = indices(side, ROW)
        free = {x: {"hidden": k, "input": a}[x.kind] for x in row}
        value = _rows(values.entries[block, 0], scalars, free)
        if block == 0:
            statements.append(Assign(array("R", i, k), value))
            after.append(Product(array("out_A", a, k), array("X", i, a), array("R", i, k), i))
        else:
            out.append(
                Assign(array(("out_0", "out_w")[block - 1], *free.values()), value, add=True)
            )
    samples = (*scalars.assigns(), *statements, *out)
    outputs = ("out_A", "out_0", "out_w")
    before = scalars.matrix_products()
    return Program(name, title, outputs, scalars.constants(), before, samples, tuple(after))


def _rows(poly: Poly, scalars: Scalars, free: dict[Index, sp.Symbol]) -> sp.Expr:
    """Return a sample's contribution, without the factor X[i, a] where the entry belongs to A."""
    value = sp.Integer(0)
    for term in terms(poly.terms):
        (sample,) = term.samples
        value += _value(term, scalars, {**free, sample: i})
    if a in free.values():
        value = sp.expand(value / array("X", i, a))
    return tidy(value)


def _sum_value(poly: Poly, scalars: Scalars) -> sp.Expr:
    value = sp.Integer(0)
    for term in terms(poly.terms):
        (sample,) = term.samples
        value += _value(term, scalars, {sample: i})
    return tidy(value)


def _value(term: Term, scalars: Scalars, names: dict[Index, sp.Symbol]) -> sp.Expr:
    return number(term.coefficient) * sp.Mul(*(scalars.name(piece, names) for piece in term.pieces))
