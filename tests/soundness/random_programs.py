"""Small programs of every stage, drawn at random, right as they stand."""

import sympy as sp

from hessbound.derive.lowering.ir import (
    Assign,
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
    total,
)

X, w, e, p = array("X", i, a), array("w", k), array("e", i), array("p", i)
h, f1 = array("h", i, k), array("f1", i, k)


def draw(rng):
    """Return a program that reads back."""

    def term(*factors):
        chosen = rng.sample(factors, rng.randint(1, min(2, len(factors))))
        return rng.choice((-2, -1, 1, 3)) * sp.Mul(*chosen)

    def polynomial(*factors):
        return sum((term(*factors) for _ in range(rng.randint(1, 2))), sp.Integer(0))

    c, n, out = array("c"), array("n"), array("out")
    pair = polynomial(w, w.xreplace({k: l}), equal(k, l))
    pair += _turned(pair)
    constants = [Assign(c, total(polynomial(w), k))]
    constants.append(Assign(array("S", k, l), pair, symmetric=((k, l),)))
    corner = rng.choice((0, 1))
    constants.append(Assign(array("s"), beyond(array("S", k, l) ** 2, k, l, corner)))
    samples = [
        Assign(n, total(polynomial(h, f1, w, c), k)),
        Assign(array("x", i, k), polynomial(h, f1, w, e, n, array("s"))),
        Assign(array("y", i, k), polynomial(h, w, p, n, array("x", i, k))),
        Assign(out, polynomial(n, e, p, c), add=True),
        Assign(array("v", k), polynomial(n, e, w, array("y", i, k)), add=True),
    ]
    after = [
        Product(array("G", k, a), array("x", i, k), X, i),
        Assign(out, total(array("G", k, a) * array("G", k, a), k, a), add=True),
    ]
    T, V = array("T", i, j), array("V", i, j)
    x_j, y_j = array("x", j, k), array("y", j, k)
    tiles = [
        Product(array("K", i, j), X, array("X", j, a), a),
        Product(T, array("x", i, k), x_j, k),
    ]
    tiles.append(Product(V, array("y", i, k), y_j, k))
    body = polynomial(array("K", i, j), T, V, c, e * array("e", j))
    program = {"constants": constants, "samples": samples, "after": after, "tiles": tiles}
    if rng.random() < 0.5:
        program["pairs"] = [Assign(out, body, add=True)]
    else:
        program["pairs"] = [Assign(array("B", i, j), body * array("p", j))]
        program["contracted"] = [
            Product(array("b", i, k), array("B", i, j), array("h", j, k), j),
            Product(array("u", i, k), X, array("G", k, a), a),
            Assign(array("z", i, k), array("b", i, k) * h + array("u", i, k)),
            Assign(array("t", i), total(array("B", i, j) * array("p", j), j)),
        ]
    both = array("XX", i, a, a_)
    program["before"] = [
        Assign(both, (2 - equal(a, a_)) * X * array("X", i, a_), symmetric=((a, a_),)),
        Product(array("q", i, k), X, array("A", k, a), a),
    ]
    outputs = ("out", "v", "G", "s", *(("z", "t") if "contracted" in program else ()))
    stages = {stage: tuple(statements) for stage, statements in program.items()}
    return Program("drawn", "", outputs, **stages).taking()


def _turned(value):
    return value.xreplace({w: w.xreplace({k: l}), w.xreplace({k: l}): w})
