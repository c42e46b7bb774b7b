"""Wrong versions of a statement: one of its trees changed in one place.

A place is a path from a side down to a node; what has a name of its own (K, Q, g, H, …) is changed
as a whole. A change that makes no statement, since shapes no longer fit, is left out.
"""

import random

from hessbound.derive.statements import trees
from hessbound.derive.statements.layers import AT_SAMPLE, WEIGHTS
from hessbound.derive.statements.network import Quantities
from hessbound.derive.statements.trees import Node, Symbol

Q = Quantities()
OTHERS = {  # quantities that look alike
    "h": ("f1", "f2"),
    "f1": ("f2", "h"),
    "f2": ("f1", "f3"),
    "f3": ("f2",),
    "e": ("p", "p1"),
    "p": ("e", "p1"),
    "p1": ("p",),
    "alpha1": ("alpha2",),
    "alpha2": ("alpha1",),
    "s1": ("s2",),
    "s2": ("s1",),
}
LAYERS = {  # all of one shape
    name: tuple(other for other in table if other != name and table[other] == table[name])
    for table in (AT_SAMPLE, WEIGHTS)
    for name in table
}
SIZES = {"N": ("m", "d"), "m": ("N", "d"), "d": ("m", "N"), "P": ("m",)}
NAMED = {
    "G": lambda *_: Q.C,
    "C": lambda *_: Q.G,
    "K": lambda *_: Q.Q,
    "Q": lambda *_: Q.K,
    "g": lambda i: Q.at(i).c,
    "c": lambda i: Q.at(i).g,
    "H": lambda *_: Q.gauss_newton,
    "gauss_newton": lambda *_: Q.H,
    "residual": lambda *_: Q.H,
}


def mutants(tree, symbols=(), others=OTHERS):
    """Yield (what was changed, the changed tree) for every place; ``symbols`` are in scope."""
    yield "doubled side", 2 * tree
    yield "negated side", -tree
    for path, node, scope in _places(tree, (), tuple(symbols)):
        for label, change in _changes(node, scope, others):
            try:
                changed = replaced(tree, path, change())
            except (ValueError, TypeError):  # the shapes no longer fit
                continue
            if changed.shape == tree.shape:
                yield f"{label} at {'.'.join(map(str, path)) or 'the top'}", changed


def chosen(found, most, seed):
    """Return at most so many of the mutants, the same ones each time."""
    found = list(found)
    if len(found) <= most:
        return found
    return random.Random(seed).sample(found, most)


def _places(node, path, scope):
    """Yield every node below with its path and the symbols in scope there."""
    yield path, node, scope
    if node.op == "named" or _is_zero(node):
        return
    if node.op == "over":
        scope = (*scope, *node.args[0])
    for place, x in children(node):
        yield from _places(x, (*path, place), scope)


def _is_zero(node):
    """Whether a node is 0 times something, which stands for a block of zeros."""
    return node.op == "times" and any(x.op == "number" and x.args[0] == 0 for x in node.args)


def children(node):
    """Yield the nodes among the arguments, with their places; blocks have two numbers."""
    for n, x in enumerate(node.args):
        if isinstance(x, Node):
            yield n, x
        elif isinstance(x, tuple) and not isinstance(x, Symbol):
            yield from (((n, k), y) for k, y in enumerate(x) if isinstance(y, Node))


def _changes(node, scope, others):
    """Yield (label, function that makes the replacement of a node)."""
    match node.op, node.args:
        case "add", (a, b):
            yield "sign", lambda: a - b
            yield "dropped right term", lambda: a
            yield "dropped left term", lambda: b
        case "times", (a, b):
            yield "doubled factor", lambda: a * a * b
            yield "dropped right factor", lambda: a
            yield "dropped left factor", lambda: b
        case "matmul", (a, b):
            yield "dropped right factor", lambda: a
            yield "dropped left factor", lambda: b
            yield "transposed right factor", lambda: a @ b.T
            yield "swapped factors", lambda: b @ a
        case "kron", (a, b):
            yield "swapped factors", lambda: b.kron(a)
        case "number", (p, q):
            yield "coefficient", lambda: trees.node(p + q) / q
        case "power", (a, n):
            yield "power", lambda: a ** (n + 1)
        case "transpose", (a,):
            yield "transpose", lambda: a
        case "trace", (a,):
            yield "sum for trace", a.sum
        case "sum", (a,):
            yield "trace for sum", a.trace
        case (("off" | "diag"), (a,)):
            yield f"dropped {node.op}", lambda: a
        case "blocks", _:
            yield "dropped blocks", lambda: trees.zeros(node.shape)
        case "row", (a, k):
            yield from ((f"index of {s.kind}", lambda s=s: a.at(s)) for s in _others(k, scope))
        case (("quantity" | "size"), (name,)):
            yield from (_other(node, name, other) for other in others.get(name, ()))
        case "of", (name, i):
            yield from (_other(node, name, other, i) for other in others.get(name, ()))
            yield from (
                (f"index of {name}", lambda s=s: trees.make("of", (name, s), node.shape))
                for s in _others(i, scope)
            )
        case "derived", (name, i, *rest) if isinstance(i, Symbol):
            yield from (
                (
                    f"index of {name}",
                    lambda s=s: trees.make("derived", (name, s, *rest), node.shape),
                )
                for s in _others(i, scope)
            )
        case "named", (name, _):
            short, *at = name if isinstance(name, tuple) else (name,)
            if short in NAMED:
                yield f"another than {short}", lambda: NAMED[short](*at)
            for own in at:
                yield from (
                    (f"index of {short}", lambda s=s, own=own: trees.substitute(node, {own: s}))
                    for s in _others(own, scope)
                )
            if node.shape == node.shape.T and node.shape != trees.SCALAR:
                yield f"dropped {short}", lambda: trees.zeros(node.shape)


def _others(symbol, scope):
    return [s for s in scope if s is not symbol and s.kind == symbol.kind]


def _other(node, name, other, *at):
    return f"{other} for {name}", lambda: trees.make(node.op, (other, *at), node.shape)


def replaced(node, path, new):
    """Return a tree with the node at a path replaced; all above it is made again."""
    if not path:
        return new
    place, *rest = path
    if isinstance(place, tuple):
        n, k = place
        row = list(node.args[n])
        row[k] = replaced(row[k], rest, new)
        arg = tuple(row)
    else:
        n, arg = place, replaced(node.args[place], rest, new)
    return remade(node.op, (*node.args[:n], arg, *node.args[n + 1 :]))


def remade(op, args):
    """Return an operation on other arguments, its shape found and checked anew."""
    match op, args:
        case "add", (a, b):
            return a + b
        case "times", (a, b):
            return a * b
        case "matmul", (a, b):
            return a @ b
        case "kron", (a, b):
            return a.kron(b)
        case "power", (a, n):
            return a**n
        case "transpose", (a,):
            return a.T
        case "trace", (a,):
            return a.trace()
        case "sum", (a,):
            return a.sum()
        case "diag", (a,):
            return a.diag()
        case "diagonal", (a,):
            return a.diagonal()
        case "off", (a,):
            return a.without_diagonal()
        case "row", (a, k):
            return a.at(k)
        case "blocks", rows:
            return trees.blocks(rows)
        case "part", (a, row, col):
            return Q.part(a, row, col)
        case "over", (symbols, a):
            return trees.bind(symbols, a)
        case "derived", ("third", i, a):
            return Q.third(i, a)
    raise TypeError(op)
