"""Wrong versions of a claim: its right side changed in one place of its syntax tree."""

import ast
import copy
import inspect
import textwrap

SWAPS = {
    "p": "e",
    "p1": "p",
    "e": "p",
    "f1": "f2",
    "f2": "f1",
    "f3": "f2",
    "g": "c",
    "c": "g",
    "G": "C",
    "C": "G",
    "h": "f1",
}
SAMPLES = {"s": "t", "t": "s", "i": "j", "j": "i"}


def mutants(function):
    """Yield (what was changed, the changed function) for every place in the claim's right side."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    tree.body[0].decorator_list = []
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for number, node in enumerate(_places(tree)):
        changes = list(_changes(node, names))
        if node is _pair(tree).elts[1]:
            changes += [
                ("doubled side", lambda n: _times(2, n)),
                ("negated side", lambda n: _times(-1, n)),
            ]
        for label, change in changes:
            yield f"{label} in {ast.unparse(node)}", _changed(function, tree, number, change)


def _pair(tree):
    """The pair that the claim returns."""
    return tree.body[0].body[-1].value


def _places(tree):
    """The nodes of the right side, of what is defined for it alone, and of its summed terms."""
    left = {node.id for node in ast.walk(_pair(tree).elts[0]) if isinstance(node, ast.Name)}
    for statement in ast.walk(tree.body[0]):
        if isinstance(statement, ast.Return):
            value = statement.value
            yield from _walk(value.elts[1] if value is _pair(tree) else value)
        elif isinstance(statement, ast.Assign):
            (target,) = statement.targets
            if isinstance(target, ast.Name) and target.id not in left | {"s", "t"}:
                yield from _walk(statement.value)


def _times(number, node):
    return ast.BinOp(ast.Constant(number), ast.Mult(), node)


def _walk(node):
    """A node and what is below it, but for blocks of zeros and the number of sums."""
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant) and node.left.value == 0:
        return
    yield node
    over = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "over"
    for child in [node.args[0]] if over else ast.iter_child_nodes(node):
        yield from _walk(child)


def _changes(node, names):
    """Yield (label, function from a node to its replacement)."""
    match node:
        case ast.BinOp(op=ast.Add()):
            yield "sign", lambda n: ast.BinOp(n.left, ast.Sub(), n.right)
            yield "dropped right term", lambda n: n.left
            yield "dropped left term", lambda n: n.right
        case ast.BinOp(op=ast.Sub()):
            yield "sign", lambda n: ast.BinOp(n.left, ast.Add(), n.right)
        case ast.BinOp(op=ast.Mult()):
            yield "doubled factor", lambda n: ast.BinOp(n, ast.Mult(), n.left)
            yield "dropped right factor", lambda n: n.left
            yield "dropped left factor", lambda n: n.right
        case ast.Constant(value=int(value)) if value > 0:
            yield "coefficient", lambda n: ast.Constant(n.value + 1)
        case ast.Attribute(attr="T"):
            yield "transpose", lambda n: n.value
        case ast.Attribute(attr=name) if name in SWAPS:
            yield (
                f"{SWAPS[name]} for {name}",
                lambda n: ast.Attribute(n.value, SWAPS[n.attr], n.ctx),
            )
        case ast.Name(id=name) if SAMPLES.get(name) in names and name in names:
            yield "index", lambda n: ast.Name(SAMPLES[n.id], n.ctx)


def _changed(function, tree, number, change):
    """The function with one node replaced."""
    tree = copy.deepcopy(tree)
    target = list(_places(tree))[number]

    class Replace(ast.NodeTransformer):
        def visit(self, node):
            return change(node) if node is target else self.generic_visit(node)

    changed = ast.fix_missing_locations(Replace().visit(tree))
    scope = dict(function.__globals__)
    exec(compile(changed, f"<mutant of {function.__name__}>", "exec"), scope)
    return scope[function.__name__]
