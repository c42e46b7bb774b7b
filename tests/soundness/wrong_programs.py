"""Programs that are wrong, each in a way of its own, and what they would like to be taken for."""

import sympy as sp

from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.polynomials import atom, delta
from hessbound.derive.lowering.ir import (
    NETWORK,
    Assign,
    Input,
    Product,
    Program,
    a,
    a_,
    array,
    beyond,
    equal,
    i,
    j,
    k,
    l,
    m,
    total,
)
from hessbound.derive.lowering.values import Array

I, J = Index("sample", "i"), Index("sample", "j")  # noqa: E741
K, L, B, B_ = Index("hidden", "k"), Index("hidden", "l"), Index("input", "a"), Index("input", "b")
X, A, w, e, p, h, f1 = (
    *(array("X", i, a), array("A", k, a), array("w", k), array("e", i), array("p", i)),
    *(array("h", i, k), array("f1", i, k)),
)
out, w_l, e_j, h_j = array("out"), array("w", l), array("e", j), array("h", j, k)
S = Input("S", ("hidden", "hidden"), ((0, 1),))  # a symmetric matrix
S_kl = array("S", k, l)

OF_W = Array((), atom("w", K).sum(K))
OF_E = Array((), atom("e", I).sum(I))
OF_H = Array((), (atom("e", I) * atom("h", I, K)).sum(I, K))
ROWS = Array((I, K), (atom("X", I, B) * atom("A", K, B)).sum(B))
GRADIENT = Array((B, K), (atom("X", I, B) * atom("e", I) * atom("f1", I, K)).sum(I))
SQUARED = Array((), atom("S", K, L) ** 2)
GRAM = Array((), (atom("h", I, K) * atom("h", J, K)).sum(I, J, K))
SQUARES = Array((), (((atom("S", K, L) + atom("S", L, K)) * sp.Rational(1, 2)) ** 2).sum(K, L))
TIMES_X = Array((I,), (atom("e", I) * atom("X", I, B).sum(B)))


def _of(claim, *, outputs=("out",), inputs=(*NETWORK, S), **stages):
    stages = {name: x if isinstance(x, tuple) else (x,) for name, x in stages.items()}
    return Program("wrong", "", outputs, inputs, **stages), {outputs[0]: claim}


def _loop(*statements, claim=OF_H):
    return _of(claim, samples=statements)


def _after(value, claim=OF_W):
    return _of(claim, constants=Assign(out, value))


def _tiles(body, *more, claim=GRAM, **stages):
    tile = Product(array("T", i, j), h, h_j, k)
    return _of(claim, tiles=(tile, *more), pairs=Assign(out, body, add=True), **stages)


n, R, T, G = array("n"), array("R", i, k), array("T", i, j), array("G", a, k)
of_h = Assign(n, total(h, k))
once = Assign(out, n * e, add=True)
R_right, G_right = Assign(R, e * f1), Product(G, X, R, i)
gradient = {"claim": GRADIENT, "outputs": ("G",)}
rows = {"claim": ROWS, "outputs": ("U",)}
U = array("U", i, k)
twice = Input("X", ("sample", "input"))
decay = sp.Function("decay")

WRONG = {
    # sums
    "sum over 5..7": _after(sp.Sum(w, (k, 5, 7))),
    "sum without its last": _after(sp.Sum(w, (k, 1, m - 1))),
    "sum with one too many": _after(sp.Sum(w, (k, 0, m))),
    "sum of a range of another kind": _after(sp.Sum(w, (k, 0, sp.Symbol("d")))),
    "sum over nothing": _after(w),
    "sum over an index of another kind": _after(total(w, a)),
    "sum over a stranger": _after(sp.Sum(array("w", sp.Symbol("q")), (sp.Symbol("q"), 1, m))),
    "sum twice": _after(sp.Sum(w, (k, 1, m), (k, 1, m))),
    "sum in a sum of the same index": _after(total(total(w, k) * w / w, k) / m),
    "sum over an index of the target": _of(
        Array((K,), atom("w", K)), constants=Assign(array("out", k), total(w, k))
    ),
    "sum over samples in their loop": _loop(Assign(out, total(e, i), add=True), claim=OF_E),
    "sum over one sample in place of another": _of(
        Array((I,), atom("e", J).sum(J)),
        outputs=("s",),
        contracted=Assign(array("s", i), sp.Sum(e_j, (j, 1, i))),
    ),
    "triangle of what is not symmetric": _after(
        2 * beyond(w * w_l**2, k, l) + total(w**3, k),
        Array((), (atom("w", K) * atom("w", L) ** 2).sum(K, L)),
    ),
    "triangle that counts once": _after(
        beyond(S_kl**2, k, l, first=0),
        SQUARES,
    ),
    "triangle that counts its diagonal twice": _after(2 * beyond(S_kl**2, k, l, first=0), SQUARES),
    "triangle without its diagonal": _after(2 * beyond(S_kl**2, k, l), SQUARES),
    "triangle from outside": _of(
        Array((K,), atom("w", L).sum(L)),
        outputs=("s",),
        constants=Assign(array("s", k), sp.Sum(w_l, (l, k + 1, m))),
    ),
    "corner of a triangle not summed": _after(sp.Sum(w_l, (l, k + 1, m)), OF_W),
    "triangle below": _after(
        2 * sp.Sum(S_kl**2, (l, 1, k), (k, 1, m)) - total(array("S", k, k) ** 2, k), SQUARES
    ),
    # indices
    "stray index in a product's side": _of(
        **gradient, samples=Assign(R, e * f1 * X), after=Product(G, X, R, i)
    ),
    "stray index, read without the factor that has it": _of(
        Array((K,), (atom("e", I) * atom("f1", I, K) * atom("X", I, B)).sum(I)),
        outputs=("s",),
        samples=(Assign(R, e * f1 * X), Assign(array("s", k), R, add=True)),
    ),
    "stray unit": _loop(of_h, Assign(out, n * e * w / w_l, add=True)),
    "stray unit in a scalar": _loop(Assign(n, h), once),
    "the other sample in a loop over one": _loop(of_h, Assign(out, n * e_j, add=True)),
    "number as an index": _loop(Assign(n, total(h, k)), Assign(out, n * array("e", 1), add=True)),
    "shifted index": _after(total(array("w", k + 1), k)),
    "index as a number": _after(total(w * k, k), OF_W),
    "index of two kinds": _of(**rows, before=Product(U, X, array("A", a, k), a)),
    "too few indices": _loop(Assign(n, total(array("h", k), k)), once),
    "too many indices": _loop(Assign(n, total(array("h", i, k, k), k)), once),
    "scalar in place of an array": _loop(Assign(n, total(sp.Symbol("h"), k)), once),
    "target with an index twice": _of(
        Array((K, L), atom("w", K) * delta(K, L)),
        outputs=("D",),
        constants=Assign(array("D", k, k), w),
    ),
    "target with a stranger": _loop(of_h, Assign(array("out", sp.Symbol("q")), n * e, add=True)),
    "transposed in storage": _of(
        GRADIENT, outputs=("G",), samples=R_right, after=Product(array("G", k, a), R, X, i)
    ),
    "transposed when read": _of(
        Array((K, L), (atom("e", I) * atom("h", I, K) * atom("f1", I, L)).sum(I)),
        outputs=("s",),
        samples=Assign(array("q", k, l), e * h * f1.xreplace({k: l}), add=True),
        after=Assign(array("s", k, l), array("q", l, k)),
    ),
    # names
    "output that nobody defines": _of(OF_H, outputs=("none",), samples=(of_h, once)),
    "output that is an input": _of(Array((K,), atom("w", K)), outputs=("w",)),
    "output twice": _of(OF_H, outputs=("out", "out"), samples=(of_h, once)),
    "output that is a tile": _of(
        Array((I, J), (atom("h", I, K) * atom("h", J, K)).sum(K)),
        outputs=("T",),
        tiles=Product(T, h, h_j, k),
    ),
    "array from nowhere": _loop(Assign(n, total(array("H", i, k), k)), once),
    "read before it is defined": _loop(once, of_h),
    "read before its stage": _of(
        OF_W, constants=Assign(out, array("c")), samples=Assign(array("c"), total(w, k), add=True)
    ),
    "defined twice": _loop(Assign(n, total(f1, k)), of_h, once),
    "input defined": _loop(Assign(h, f1), of_h, once),
    "named as a size": _of(OF_W, outputs=("m",), constants=Assign(sp.Symbol("m"), total(w, k))),
    "named as an index": _of(OF_W, outputs=("k",), constants=Assign(sp.Symbol("k"), total(w, k))),
    "input twice": _of(OF_H, inputs=(*NETWORK, twice), samples=(of_h, once)),
    "input not declared": _of(OF_H, inputs=NETWORK[:4], samples=(of_h, once)),
    "input of no kind": _of(
        OF_W, inputs=(Input("w", ("unit",)),), constants=Assign(out, total(w, k))
    ),
    "input that is a delta": _of(
        Array((), atom("w", K).sum(K)),
        inputs=(*NETWORK, Input("δ", ("hidden", "hidden"))),
        constants=Assign(out, total(w * array("δ", k, l), k, l)),
    ),
    "input that is no name": _of(
        OF_W, inputs=(*NETWORK, Input("#2", ())), constants=Assign(out, total(w, k))
    ),
    "input that is an index": _of(
        OF_W, inputs=(*NETWORK, Input("k", ())), constants=Assign(out, total(w, k))
    ),
    # loops and totals
    "one sample for all": _of(OF_E, samples=Assign(out, e)),
    "array of no sample in their loop": _of(
        Array((K,), atom("w", K)), samples=Assign(array("out", k), w)
    ),
    "row of a sample added up": _of(
        Array((I, K), atom("h", I, K)), samples=Assign(array("out", i, k), h, add=True)
    ),
    "total read while it is added up": _loop(
        Assign(out, e, add=True), Assign(array("s"), out, add=True), claim=OF_E
    ),
    "total read before the loop adds to it": _of(
        Array((), (atom("e", I) * atom("w", K)).sum(I, K) + OF_W.value),
        outputs=("s",),
        constants=Assign(out, total(w, k)),
        samples=(Assign(array("s"), out * e, add=True), Assign(out, e, add=True)),
    ),
    "total of samples changed between pairs": _of(
        Array((), (atom("e", I) * atom("w", K)).sum(I, K)),
        outputs=("t",),
        samples=Assign(out, e, add=True),
        pairs=(Assign(array("B", i, j), out * T), Assign(out, e * e_j, add=True)),
        tiles=Product(T, h, h_j, k),
        contracted=Assign(array("t", i), total(array("B", i, j), j)),
    ),
    "product added to after it was read": _of(
        Array((), (atom("h", I, K) * atom("h", J, K)).sum(I, J, K)),
        after=(
            Product(array("G", a, k), X, h, i),
            Assign(out, total(G * G, a, k)),
            Product(array("G", a, k), X, f1, i, add=True),
        ),
    ),
    "row of another sample before it is there": _of(
        Array((I, K), (atom("h", I, L) * atom("h", J, L) * atom("h", J, K)).sum(J, L)),
        outputs=("s",),
        tiles=Product(T, h, h_j, k),
        pairs=Assign(array("V", i, j), T * T),
        contracted=(
            Product(array("r", i, k), array("V", i, j), h_j, j),
            Product(array("s", i, k), array("V", i, j), array("r", j, k), j),
        ),
    ),
    "scalar of a sample after its loop": _of(OF_E, samples=Assign(n, e), after=Assign(out, n)),
    "scalar of a sample in a pair": _tiles(n * T, samples=of_h),
    "added to nothing": _of(OF_W, constants=Assign(out, total(w, k), add=True)),
    "added to a row": _loop(of_h, Assign(n, total(h, k), add=True), once),
    "added with other indices": _of(
        OF_E, samples=(Assign(out, e, add=True), Assign(array("out", k), h * e, add=True))
    ),
    "not added but set again": _of(
        Array((), 2 * OF_E.value), samples=(Assign(out, e, add=True),), after=Assign(out, out)
    ),
    "summed once too often": _of(
        OF_E, samples=Assign(array("s"), e, add=True), pairs=Assign(out, array("s"), add=True)
    ),
    "constant in every turn": _loop(Assign(out, total(w, k), add=True), claim=OF_W),
    # products
    "left over in a product": _of(
        **rows,
        before=Product(U, array("z", i, a, l), A, a),
        inputs=(*NETWORK, Input("z", ("sample", "input", "hidden"))),
    ),
    "product over what only one side has": _of(**rows, before=Product(U, X, A, l)),
    "product over nothing of theirs": _of(**rows, before=Product(U, X, A, i)),
    "product of what is no entry": _of(**rows, before=Product(U, 2 * X, A, a)),
    "product of a number": _of(**rows, before=Product(U, X, sp.Symbol("w0"), a)),
    "product with the samples of others": _of(
        **rows, before=Product(array("U", j, k), array("X", j, a), A, a)
    ),
    "product entry by entry": _of(
        Array((K,), (atom("h", I, K) * atom("f1", I, K)).sum(I)),
        after=Product(array("out", k), h, f1, i),
    ),
    "product over samples too early": _of(**gradient, samples=R_right, before=G_right),
    "product before what it needs": _of(**gradient, before=(), samples=R_right, tiles=G_right),
    "product among assignments": _of(**gradient, samples=(R_right, G_right)),
    "product twice": _of(**gradient, samples=R_right, after=(G_right, G_right)),
    "product with a repeated index": _of(
        Array((I,), (atom("e", I))),
        contracted=Product(array("out", i), array("q", i, k, k), w, k),
        inputs=(*NETWORK, Input("q", ("sample", "hidden", "hidden"))),
    ),
    # pairs
    "half of what is not symmetric": _of(
        Array((), (atom("e", I) * atom("p", J)).sum(I, J)),
        pairs=Assign(out, e * array("p", j), add=True),
    ),
    "tile with its sides exchanged": _of(
        Array((), (atom("e", I) * atom("h", I, K) * atom("h", J, K) * atom("e", J)).sum(I, J, K)),
        samples=Assign(R, e * h),
        tiles=Product(T, array("R", j, k), R, k),
        pairs=Assign(out, T, add=True),
    ),
    "tile of one sample": _tiles(array("T", i, i)),
    "tile turned": _tiles(array("T", j, i)),
    "tile added to nothing": _of(
        GRAM, tiles=Product(T, h, h_j, k, add=True), pairs=Assign(out, T, add=True)
    ),
    "units in a pair": _tiles(total(h * h_j, k)),
    "assignment among tiles": _tiles(T, Assign(array("V", i, j), e * e_j)),
    "turned tile for a sample": _of(
        Array((I,), (atom("h", I, K) * atom("e", J) * atom("h", J, K)).sum(J, K)),
        outputs=("s",),
        tiles=Product(T, h, h_j, k),
        pairs=Assign(array("V", i, j), T * e),
        contracted=Assign(array("s", i), total(array("V", j, i), j)),
    ),
    "the wrong sample of two": _of(
        Array((I,), (atom("h", I, K) * atom("e", J) * atom("h", J, K)).sum(J, K)),
        outputs=("s",),
        tiles=Product(T, h, h_j, k),
        pairs=Assign(array("V", i, j), T * e),
        contracted=Assign(array("s", i), total(array("V", i, j), j)),
    ),
    # numbers and functions
    "decimal": _after(0.5 * total(w, k) + 0.5 * total(w, k)),
    "nearly one": _after(sp.Rational(10**12 + 1, 10**12) * total(w, k)),
    "infinite": _after(total(w, k) + sp.oo * array("w0")),
    "imaginary": _after(total(w, k) + sp.I * array("w0")),
    "divided": _after(total(w * w / array("w0"), k) * array("w0")),
    "root": _after(sp.sqrt(total(w, k) ** 2)),
    "function": _after(decay(total(w, k))),
    # deltas and symmetries
    "delta of a stranger": _after(total(w * equal(k, l), k)),
    "delta of two kinds": _after(total(w * equal(k, a), k, a)),
    "delta of samples": _tiles(T * equal(i, j), claim=GRAM),
    "stored by halves and not symmetric": _of(
        Array((K, L), atom("w", K) * atom("w", L) ** 2, ((0, 1),)),
        constants=Assign(array("out", k, l), w * w_l**2, symmetric=((k, l),)),
    ),
    "symmetric in two kinds": _of(
        Array((K, B), atom("w", K), ((0, 1),)),
        constants=Assign(array("out", k, a), w, symmetric=((k, a),)),
    ),
    "whole where one half is stored": _of(
        Array((K, L), atom("w", K) * atom("w", L), ((0, 1),)),
        constants=Assign(array("out", k, l), w * w_l),
    ),
    "pairs of inputs counted once": _of(
        Array((I,), (atom("X", I, B) * atom("X", I, B_)).sum(B, B_)),
        outputs=("s",),
        inputs=(*NETWORK, Input("one", ("input", "input"), ((0, 1),))),
        before=(
            Assign(array("XX", i, a, a_), X * array("X", i, a_), symmetric=((a, a_),)),
            Product(array("s", i), array("XX", i, a, a_), array("one", a, a_), (a, a_)),
        ),
    ),
    "stored half summed as if it were whole": _of(
        Array((K,), (atom("S", K, L) * atom("w", L)).sum(L)),
        outputs=("s",),
        after=(Product(array("s", i, k), array("h", i, l), S_kl, l),),
    ),
}
