"""The gradient of a combination of tr H and tr H² as programs (stage 4).

∇tr H = Σ_i ⟨I, ∂∇²ℓ_i/∂θ⟩ and ∇tr H² = 2 Σ_i ⟨H, ∂∇²ℓ_i/∂θ⟩, where H stays as it is. All that
sample i needs of a matrix M in their place are its *contractions* with the sample's inputs and
hidden outputs: with Y_kl = Σ_aa' M_ak,a'l x_a x_a' and T_kl = Σ_a M_ak,l x_a,

    alpha = Y g + T h̄,   beta = Tᵀ g + M_ww h̄,   gamma = diag Y,   tau = diag T (without w₀).

Those of H come from its blocks, or from Gram matrices without H; the rest is a sum over samples.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW, Matrix
from hessbound.derive.algebra.polynomials import Poly, atom
from hessbound.derive.model import derivatives, product_rule
from hessbound.derive.model.parameters import NAMES, at, column, entry

from . import blocks, sums
from .ir import Assign, Input, Product, Program, a, a_, array, equal, i, j, k, l, total
from .values import Array

SAMPLE, UNIT = Index("sample", "i"), Index("hidden", "k")
CONTRACTIONS = ("alpha", "beta", "gamma", "tau")  # with a row for each unit
OUTPUTS = (*CONTRACTIONS, "beta0")  # and of w₀'s
SLOPES = ("trace_slope", "squared_slope")
TITLE = "trace_slope ∇tr H + squared_slope ∇tr H²"

Relations: TypeAlias = list[tuple[Poly, Poly]]


def claim(H: Matrix, relations: Relations) -> dict[str, Array]:
    """Return the contractions of a matrix from their definition: of H ∇v, and of diagonals.

    >>> print(claim(derivatives.summed(derivatives.hessian()), [])["beta0"].value.names() >= {"p"})
    True
    """
    (x, k_), (x_, l_) = (at("A", tag) for tag in (ROW, COL))
    (of_b,) = at("b", COL)
    times_gradient = H @ derivatives.output_gradient().rewrite(*relations)
    X, X_ = (atom("X", SAMPLE, index) for index in (x, x_))
    return {
        "alpha": Array((SAMPLE, k_), (entry(times_gradient, "A") * X).sum(x)),
        "beta": Array((SAMPLE, *at("b", ROW)), entry(times_gradient, "b")),
        "gamma": Array((SAMPLE, k_), (entry(H, "A", "A").identify({l_: k_}) * X * X_).sum(x, x_)),
        "tau": Array((SAMPLE, k_), (entry(H, "A", "b").identify({of_b: k_}) * X).sum(x)),
        "beta0": Array((SAMPLE,), entry(times_gradient, "w0")),
    }


def inputs() -> tuple[Input, ...]:
    """List the contractions as what other programs are given."""
    kinds = {name: ("sample", "hidden") for name in CONTRACTIONS}
    return (*(Input(*each) for each in kinds.items()), Input("beta0", ("sample",)))


def gradient(constants: Mapping[str, sp.Expr], relations: Relations) -> Program:
    """Compute ``trace_slope`` ∇tr H + ``squared_slope`` ∇tr H², from the contractions of H.

    It takes those of M = trace_slope I + 2 squared_slope H; delta is what moving v by one adds.
    """
    of_M = (Input(f"{x.name}_M", x.kinds) for x in inputs())
    base = sums.vector("curvature_gradient", TITLE, _along("_M").rewrite(*relations), *of_M)
    *scalars, R, out_0, out_b = base.samples
    delta, f1 = sp.Symbol("delta"), constants.get("f1", array("f1", i, k))
    combined = _of_combination(f1, {x.name for x in base.inputs})
    return replace(
        base,
        samples=(
            *combined,
            *scalars,
            Assign(delta, out_0.value),
            *_in_two(_through(R, out_0.value, delta, array("w", k) * f1)),
            Assign(out_0.target, delta, add=True),
            _through(out_b, out_0.value, delta, array("h", i, k)),
        ),
    ).taking(*inputs(), *(Input(slope, ()) for slope in SLOPES))


def squared() -> Poly:
    """Return tr H² = Σ_i ⟨H, ∇²ℓ_i⟩, given the contractions of H."""
    form, rest = _product_with_hessian("")
    return (atom("p", SAMPLE) * form + atom("e", SAMPLE) * rest).sum(SAMPLE)


def _product_with_hessian(of: str) -> tuple[Poly, Poly]:
    """Return what multiplies p and e in ⟨M, ∇²ℓ_i⟩: a form in g and h̄, and what is linear in c, f1.

    Of the form's two factors the contractions hold one.
    """
    alpha, beta, gamma, tau = (atom(f"{name}{of}", SAMPLE, UNIT) for name in CONTRACTIONS)
    w, (h, f1, f2) = atom("w", UNIT), (atom(name, SAMPLE, UNIT) for name in ("h", "f1", "f2"))
    form = (w * f1 * alpha + h * beta).sum(UNIT) + atom(f"beta0{of}", SAMPLE)
    return form, (w * f2 * gamma + 2 * f1 * tau).sum(UNIT)


def _along(of: str) -> Matrix:
    """Return Σ_i ⟨M, ∂∇²ℓ_i/∂θ⟩, given the contractions of M; both factors of the form move."""
    e, p = atom("e", SAMPLE), atom("p", SAMPLE)
    form, rest = _product_with_hessian(of)

    def entry(block: str) -> Poly:
        by_p, by_features, by_rest = (
            product_rule.derive(poly, block, ROW) for poly in (p, form, e * rest)
        )
        return (form * by_p + 2 * p * by_features + by_rest).sum(SAMPLE)

    return column({name: entry(name) for name in NAMES})


def _of_combination(f1: sp.Expr, used: set[str]) -> tuple[Assign, ...]:
    """List the statements that contract M = trace_slope I + 2 squared_slope H, as far as used."""
    by_trace, by_square = map(sp.Symbol, SLOPES)
    norm, x = sp.Symbol("norm"), array("X", i, a)
    of_identity = {
        "alpha": norm * array("w", k) * f1,
        "beta": array("h", i, k),
        "gamma": norm,
        "tau": sp.Integer(0),
        "beta0": sp.Integer(1),
    }
    statements = [Assign(norm, total(x**2, a))]
    for name, value in of_identity.items():
        own = (i, k) if name in CONTRACTIONS else (i,)
        combined = by_trace * value + 2 * by_square * array(name, *own)
        if f"{name}_M" in used:
            statements.append(Assign(array(f"{name}_M", *own), combined))
    if not any(s.value.has(norm) for s in statements):
        del statements[0]
    return tuple(statements)


def _through(s: Assign, along: sp.Expr, delta: sp.Symbol, slope: sp.Expr) -> Assign:
    """Write a value with delta for what goes through v."""
    rest = sp.expand(s.value - along * slope)
    return Assign(s.target, delta * slope + sums.tidy(rest), s.add)


def _in_two(s: Assign) -> list[Assign]:
    """Compute what p multiplies first: a loop over fewer arrays becomes vector instructions."""
    part = array("R_p", i, k)
    by_p = sum((x for x in sp.Add.make_args(s.value) if x.has(array("p", i))), sp.Integer(0))
    if by_p == 0:
        return [s]
    return [Assign(part, by_p), Assign(s.target, s.value - by_p + part)]


def claimed(relations: Relations) -> Matrix:
    """Return the same by the product rule alone, without contractions."""
    first, second = (product_rule.trace_gradient(n) for n in (1, 2))
    by_trace, by_square = map(atom, SLOPES)
    entries = {
        name: entry(first, name) * by_trace + entry(second, name) * by_square for name in NAMES
    }
    return column(entries).rewrite(*relations)


def by_pairs(constants: Mapping[str, sp.Expr]) -> Program:
    """Compute the contractions of H as sums over pairs of samples, without H.

    To sample i's contractions sample j adds those of its own ∇²ℓ_j, in which the inputs meet in
    K_ij, the g's in g_g and the h's in h_h. Where both units are the same there are c, q, s and t.
    """
    f1, f2 = (constants.get(name, array(name, i, k)) for name in ("f1", "f2"))
    w, h, e, p, X = array("w", k), array("h", i, k), array("e", i), array("p", i), array("X", i, a)
    features = {"g": w * f1, "c": e * w * f2, "s": e * f1}
    features |= {"q": features["c"] + p * (w * f1) ** 2, "t": features["s"] + p * w * f1 * h}
    K, g_g, h_h, T = (array(name, i, j) for name in ("K", "g_g", "h_h", "T"))
    pairs = {"T": (K * g_g + h_h + 1) * array("p", j), "KT": K * T, "KK": K**2}
    sides = {"n_g": ("KT", "g"), "n_h": ("T", "h"), "gamma": ("KK", "q"), "n_c": ("KK", "c")}
    thin = {"n_s": "s", "n_t": "t"}
    if features["c"] == 0:
        del features["c"], sides["n_c"]
    g, n_g, n_h, n_c, n_s, n_t = (
        array(name, i, k) for name in ("g", "n_g", "n_h", "n_c", "n_s", "n_t")
    )
    projected = {name: array(f"{name}_X", k, a) for name in thin.values()}
    return Program(
        "contractions",
        "Contractions of H",
        OUTPUTS,
        samples=tuple(Assign(array(name, i, k), value) for name, value in features.items()),
        after=tuple(Product(to, array(name, i, k), X, i) for name, to in projected.items()),
        tiles=(
            Product(K, X, array("X", j, a), a),
            *(Product(to, array(n, i, k), array(n, j, k), k) for n, to in (("g", g_g), ("h", h_h))),
        ),
        pairs=tuple(Assign(array(name, i, j), value) for name, value in pairs.items()),
        contracted=(
            *(
                Product(array(name, i, k), array(pair, i, j), array(feature, j, k), j)
                for name, (pair, feature) in sides.items()
            ),
            *(Product(array(n, i, k), X, projected[feature], a) for n, feature in thin.items()),
            Assign(array("beta0", i), total(T, j)),
            Assign(array("alpha", i, k), n_g + h * n_s + int("n_c" in sides) * g * n_c),
            Assign(array("beta", i, k), n_h + g * n_s),
            Assign(array("tau", i, k), n_t),
        ),
    ).taking()


def by_blocks(constants: Mapping[str, sp.Expr]) -> Program:
    """Compute the contractions of H from its blocks: these times the inputs, then sums over units.

    Y, T and T0 are what the blocks of A make of x̄; of a pair of inputs the blocks have one order.
    """
    g, g_ = (array("w", x) * constants.get("f1", array("f1", i, x)) for x in (k, l))
    h, h_ = (array("h", i, x) for x in (k, l))
    Y, T, T0 = array("Y", i, k, l), array("T", i, k, l), array("T0", i, k)
    AA, Aw0, Ab, w0w0, w0b, bb = (blocks.stored(*names) for names in blocks.UPPER)
    X, X_, both = array("X", i, a), array("X", i, a_), array("XX", i, a, a_)
    values = {
        "alpha": total(Y * g_ + T * h_, l) + T0,
        "beta": total(array("T", i, l, k) * g_ + bb * h_, l) + w0b,
        "gamma": array("Y", i, k, k),
        "tau": array("T", i, k, k),
    }
    return Program(
        "contractions_of_blocks",
        "Contractions of H",
        OUTPUTS,
        before=(
            Assign(both, (2 - equal(a, a_)) * X * X_, symmetric=((a, a_),)),
            Product(Y, both, AA, (a, a_), symmetric=((k, l),)),
            Product(T, X, Ab, a),
            Product(T0, X, Aw0, a),
        ),
        samples=(
            *(Assign(array(name, i, k), value) for name, value in values.items()),
            Assign(array("beta0", i), total(T0 * g + w0b * h, k) + w0w0),
        ),
    ).taking(*blocks.inputs())
