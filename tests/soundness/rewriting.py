"""Random statements, and rules that say the same in other words (input of the random tests)."""

from fractions import Fraction

from hessbound.derive import lagrange, over, square
from hessbound.derive.algebra.sides import ONE, SCALAR, Shape, side
from hessbound.derive.statements import trees
from hessbound.derive.statements.network import Quantities
from tests.mutants import children, replaced

Q = Quantities()
S, H, I = (side(kind) for kind in ("sample", "hidden", "input"))  # noqa: E741
SIDES = (S, H, I, ONE)
KIND = {S: "sample", H: "hidden", I: "input", ONE: None}
LEAVES = {
    (S, I): [Q.X],
    (H, I): [Q.A],
    (S, H): [Q.h, Q.f1, Q.f2, Q.G, Q.C],
    (S, ONE): [Q.e, Q.p, Q.p1],
    (H, ONE): [Q.b],
    (S, S): [Q.K, Q.Q, Q.eye("sample")],
    (H, H): [Q.eye("hidden")],
    (ONE, ONE): [Q.w0, Q.N, Q.m, Q.d, trees.node(2), trees.node(Fraction(-1, 3))],
}


def leaf(source, shape, scope):
    """Return a quantity of that shape, of a sample in scope or of the network, or any matrix."""
    found = list(LEAVES.get(tuple(shape), ()))
    found += [x.T for x in LEAVES.get((shape.cols, shape.rows), ()) if shape.rows != shape.cols]
    for s in scope:
        found += _at(s, shape)
    if not found or source.random() < 0.1:
        name = f"z{source.randint(0, 1)}" + "".join(str(SIDES.index(x)) for x in shape)
        found = [Q.free(name, KIND[shape.rows], KIND[shape.cols])]
    return source.choice(found)


def _at(s, shape):
    if s.kind == "hidden":
        return [Q.b.at(s)] if shape == SCALAR else []
    x = Q.at(s)
    match shape:
        case (r, c) if r == H and c == ONE:
            return [x.h, x.f1, x.g, x.c]
        case (r, c) if r == I and c == ONE:
            return [x.x]
        case (r, c) if r == c == ONE:
            return [x.e, x.p]
    return []


def tree(source, shape, depth, scope=()):
    """Return a random tree of that shape."""
    if depth <= 0:
        return leaf(source, shape, scope)

    def part(s, less=1):
        return tree(source, s, depth - less, scope)

    ways = ["add", "times", "matmul", "matmul", "leaf", "transpose", "scaled"]
    if shape == SCALAR:
        ways += ["trace", "sum", "sum", "over", "over", "over", "units", "power"]
    if shape.rows == shape.cols != ONE:
        ways += ["off", "diag", "outer"]
    if shape.cols == ONE and shape.rows != ONE:
        ways += ["diagonal", "over"]
    middle, square_ = source.choice(SIDES), source.choice(SIDES[:3])
    match source.choice(ways):
        case "add":
            return part(shape) + part(shape)
        case "times":
            other = shape if source.random() < 0.5 else SCALAR
            return part(shape) * part(other)
        case "matmul":
            return part(Shape(shape.rows, middle)) @ part(Shape(middle, shape.cols))
        case "transpose":
            return part(shape.T).T
        case "scaled":
            return Fraction(source.randint(-3, 3), 2) * part(shape) / Q.N
        case "trace":
            return part(Shape(square_, square_)).trace()
        case "sum":
            return part(Shape(source.choice(SIDES), source.choice(SIDES))).sum()
        case "over":
            return trees.over(lambda i: tree(source, shape, depth - 1, (*scope, i)))
        case "units":
            return trees.over(lambda k: tree(source, shape, depth - 1, (*scope, k)), 1, "hidden")
        case "power":
            return part(shape, 2) ** 2
        case "off":
            return part(shape).without_diagonal()
        case "diag":
            return part(Shape(shape.rows, ONE)).diag()
        case "diagonal":
            return part(Shape(shape.rows, shape.rows)).diagonal()
        case "outer":
            x = part(Shape(shape.rows, ONE))
            return x @ x.T
    return leaf(source, shape, scope)


def rules(x):
    """Yield functions that make the same matrix in other words."""
    one, two = trees.node(1), trees.node(2)
    yield lambda: x.T.T
    yield lambda: one * x
    yield lambda: (two * x) / 2
    yield lambda: x * Q.m / Q.m
    yield lambda: x + 0 * x
    yield lambda: 2 * x - x
    square_ = x.shape.rows == x.shape.cols and len(x.shape.rows) == 1
    if square_:
        yield lambda: x.without_diagonal() + x.diagonal().diag()
    if x.shape == SCALAR:
        yield x.trace
        yield x.sum
    if KIND.get(x.shape.rows):
        yield lambda: Q.eye(KIND[x.shape.rows]) @ x
    match x.op, x.args:
        case "add", (a, b):
            yield lambda: b + a
        case "times", (a, b):
            yield lambda: b * a
            if b.op == "add":
                yield lambda: a * b.args[0] + a * b.args[1] if a.shape == b.shape else x
            if b.op == "over" and b.shape == SCALAR:
                yield lambda: trees.bind(b.args[0], a * b.args[1])
        case "matmul", (a, b):
            yield lambda: (b.T @ a.T).T
            if b.op == "add":
                yield lambda: a @ b.args[0] + a @ b.args[1]
            if a.op == "add":
                yield lambda: a.args[0] @ b + a.args[1] @ b
            if b.op == "matmul":
                yield lambda: (a @ b.args[0]) @ b.args[1]
            if a.op == "matmul":
                yield lambda: a.args[0] @ (a.args[1] @ b)
            if a.shape.cols == S:
                yield lambda: trees.over(lambda i: a.T.at(i).T @ b.at(i))
            if a.shape.cols == H:
                yield lambda: trees.over(lambda k: a.T.at(k).T @ b.at(k), 1, "hidden")
        case "transpose", (a,):
            if a.op == "matmul":
                yield lambda: a.args[1].T @ a.args[0].T
            if a.op == "add":
                yield lambda: a.args[0].T + a.args[1].T
            if a.op == "times":
                yield lambda: a.args[0].T * a.args[1].T
        case "trace", (a,):
            yield lambda: a.T.trace()
            if len(a.shape.rows) == 1:
                yield lambda: a.diagonal().sum()
            if a.op == "matmul":
                yield lambda: (a.args[1] @ a.args[0]).trace()
                yield lambda: (a.args[0] * a.args[1].T).sum()
            if a.op == "add":
                yield lambda: a.args[0].trace() + a.args[1].trace()
        case "sum", (a,):
            yield lambda: a.T.sum()
            if a.op == "add":
                yield lambda: a.args[0].sum() + a.args[1].sum()
            if a.shape == Shape(S, ONE):
                yield lambda: trees.over(lambda i: a.at(i))
            yield (
                lambda: (
                    trees.make("ones", (), Shape(ONE, a.shape.rows))
                    @ a
                    @ trees.make("ones", (), Shape(a.shape.cols, ONE))
                )
            )
        case "power", (a, 2):
            yield lambda: a * a
        case "off", (a,):
            yield lambda: a.T.without_diagonal().T
            yield lambda: a - a.diagonal().diag()
        case "over", (symbols, body):
            yield lambda: _renamed(symbols, body)
            yield lambda: trees.bind(symbols[::-1], body)
            if body.op == "add":
                yield lambda: trees.bind(symbols, body.args[0]) + trees.bind(symbols, body.args[1])
            if body.op == "over":
                yield lambda: trees.bind((*symbols, *body.args[0]), body.args[1])
            if len(symbols) == 2:
                yield lambda: trees.bind(symbols[1:], trees.bind(symbols[:1], body))
            if body.op == "transpose":
                yield lambda: trees.bind(symbols, body.args[0]).T
        case "of", ("X", i):
            yield lambda: Q.X.at(i).T
        case "of", (name, i) if name in ("h", "f1", "f2", "f3"):
            yield lambda: getattr(Q, name).at(i).T
        case "of", (name, i) if name in ("e", "p", "p1"):
            yield lambda: getattr(Q, name).at(i)
        case "named", ("K", _):
            yield lambda: Q.X @ Q.X.T
            yield lambda: trees.over(lambda a: Q.X.T.at(a).T @ Q.X.T.at(a), 1, "input")
        case "named", ("Q", _):
            yield lambda: Q.h @ Q.h.T + Q.one("sample", "sample")
        case "named", ("G", _):
            yield lambda: Q.f1 @ Q.b.diag()
        case "named", ("C", _):
            yield lambda: Q.f2 * Q.b.T
        case "named", (("g", i), _):
            yield lambda: Q.b.diag() @ Q.at(i).f1
        case "named", (("c", i), _):
            yield lambda: Q.at(i).f2 * Q.b
        case "named", ("H", _):
            yield lambda: Q.gauss_newton + Q.residual
            yield Q.total_hessian
            yield lambda: Q.H.T
            yield lambda: trees.over(Q.second_hessian)


def _renamed(symbols, body):
    fresh = tuple(trees.binders(1, s.kind)[0] for s in symbols)
    return trees.bind(fresh, trees.substitute(body, dict(zip(symbols, fresh, strict=True))))


def rewritten(source, root, times):
    """Return a tree with the same meaning, after so many random rules at random places."""
    for _ in range(times):
        path, x = source.choice(list(_paths(root)))
        choices = list(rules(x))
        special = choices[6:] or choices
        made = source.choice(special if source.random() < 0.8 else choices)()
        root = replaced(root, path, made)
    return root


def _paths(x, path=()):
    yield path, x
    if x.op != "named":
        for place, y in children(x):
            yield from _paths(y, (*path, place))


# ---- what is not negative


def slack(source, q, depth, scope=()):
    """Return a random slack that is a number."""
    ways = ["square", "fact", "norm"]
    if depth > 0:
        ways += ["add", "times", "over", "over", "lagrange", "matmul"]
    part = lambda: slack(source, q, depth - 1, scope)  # noqa: E731
    match source.choice(ways):
        case "square":
            return square(tree(source, SCALAR, 1, scope))
        case "norm":
            shape = Shape(source.choice(SIDES), source.choice(SIDES))
            return square(tree(source, shape, 1, scope)).sum()
        case "fact":
            return fact(source, q, scope)
        case "add":
            return part() + part() * Fraction(source.randint(0, 3), 2)
        case "times":
            return part() * part()
        case "over":
            return over(q, lambda i: slack(source, q, depth - 1, (*scope, i)))
        case "matmul":
            side_ = source.choice(SIDES)
            a = square(tree(source, Shape(ONE, side_), 1, scope))
            return a @ square(tree(source, Shape(side_, ONE), 1, scope))
        case "lagrange":
            shape = Shape(source.choice(SIDES), ONE)
            return lagrange(*(tree(source, shape, 1, scope) for _ in range(2)))
    raise AssertionError


def fact(source, q, scope):
    """Return what is known of a bound or of a sample."""
    samples = [s for s in scope if s.kind == "sample"]
    if not samples or source.random() < 0.3:
        return source.choice([q.alpha1, q.alpha2, q.beta.sum(), q.omega.sum()])
    s = q.bounded(source.choice(samples))
    units = [s.f1, s.f2, s.f1 * s.b, s.f1 * s.f2]
    x = source.choice([s.e, s.p, s.e * s.p, s.p**2, *units])
    shape = x.sign.shape
    y, z = leaf(source, shape, scope), leaf(source, shape, scope)
    return source.choice(
        [x.gap, x.modulus, lambda: x.unsigned().gap(), lambda: x.young(y, z)]
    )().sum()
