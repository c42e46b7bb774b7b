"""What is no statement about all networks is refused where it is written, and never proved."""

import decimal
import inspect
import random
import re
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
import sympy as sp

from hessbound.derive import prove_at_most, prove_bound, prove_equal, square, u
from hessbound.derive.algebra.sides import ONE, SCALAR, Shape, side
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements import trees
from hessbound.derive.statements.fields import PRIME
from hessbound.derive.statements.trees import Node, Symbol

FILE = "test_statements.py"
KEPT: list[Symbol] = []


def keep(q):
    """A sum whose index is stored."""
    return q.over(lambda i: KEPT.append(i) or q.at(i).e)


REFUSED = {
    # loops, sizes as numbers, entries
    "loop over samples": lambda q: (sum(q.at(i).e for i in range(3)), q.e.sum()),
    "loop to N": lambda q: (sum(q.at(i).e for i in range(q.N)), q.e.sum()),
    "sizes": lambda q: (q.sizes.N * q.one(), q.N),
    "entry": lambda q: (q.h[0, 0] * q.one(), 0),
    "array": lambda q: (q.h.array, 0),
    "length": lambda q: (len(q.h) * q.one(), q.N),
    "through the rows": lambda q: (sum(x for x in q.h), 0),
    "in": lambda q: (q.one() if q.one() in q.h else 0 * q.one(), 0),
    "unpacked": lambda q: (*q.h,),
    # branches
    "equal": lambda q: (q.H if q.h == q.f1 else q.residual, q.H),
    "unequal": lambda q: (q.H if q.h != q.f1 else q.residual, q.H),
    "less": lambda q: (q.H if q.m > q.N else q.residual, q.H),
    "truth": lambda q: (q.e.sum() if q.N else q.N, q.e.sum()),
    "or": lambda q: (q.e.sum() or q.N, q.e.sum()),
    "not": lambda q: (q.one() * (not q.N), 0),
    "max": lambda q: (max(q.N, q.m), q.N),
    "sorted": lambda q: (sorted([q.N, q.m])[0], q.N),
    "absolute": lambda q: (abs(q.e.sum()), q.e.sum()),
    "rounded": lambda q: (round(q.e.sum()), q.e.sum()),
    "int": lambda q: (int(q.N) * q.one(), q.N),
    "float": lambda q: (float(q.N) * q.one(), q.N),
    "index of a list": lambda q: ([q.N, q.m][q.one()], q.N),
    # powers and quotients
    "negative power": lambda q: (q.N * q.N**-1, 1),
    "size to the minus one": lambda q: (q.m * (q.m - 1) ** -1 * (q.m - 1), q.m),
    "root": lambda q: (q.N ** Fraction(1, 2), q.N),
    "float power": lambda q: (q.N**0.5, q.N),
    "power by a size": lambda q: (q.N**q.m, q.N),
    "number to a matrix": lambda q: (2**q.N, q.N),
    "true as a power": lambda q: (q.N**True, q.N),
    "quotient": lambda q: (q.e.sum() / q.e.sum(), 1),
    "quotient by an entry": lambda q: (q.e / q.w0 * q.w0, q.e),
    "quotient by 0": lambda q: (q.e / 0 * 0, q.e),
    "quotient by a difference": lambda q: (q.e / (q.N - q.m) * (q.N - q.m), q.e),
    "quotient by a product": lambda q: (q.e / (q.N * q.m), q.e),
    "number by a matrix": lambda q: (1 / q.N, 1),
    "floor": lambda q: (q.N // 2, 0),
    "remainder": lambda q: (q.N % 2, 0),
    # numbers
    "decimal": lambda q: (0.5 * q.N, q.N),
    "infinite": lambda q: (float("inf") * q.N, q.N),
    "not a number": lambda q: (float("nan") * q.N, q.N),
    "complex": lambda q: (1j * q.N, q.N),
    "root of two": lambda q: (sp.sqrt(2) * q.N, q.N),
    "symbol": lambda q: (sp.Symbol("x") * q.N, q.N),
    "Decimal": lambda q: (decimal.Decimal(1) * q.N, q.N),
    "array times": lambda q: (np.eye(2) * q.N, q.N),
    "text": lambda q: ("2" * q.N, q.N),
    "true": lambda q: (True * q.N, q.N),
    "true as a side": lambda q: (q.one(), True),
    # shapes
    "sum of shapes": lambda q: (q.h + q.A, q.h),
    "product of shapes": lambda q: (q.h @ q.h, q.h),
    "plus a number": lambda q: (q.h + 1, q.h),
    "trace of a rectangle": lambda q: (q.h.trace(), 0),
    "diag of no column": lambda q: (q.K.diag(), q.K),
    "diag of θ": lambda q: (q.theta.diag(), 0),
    "diagonal of a rectangle": lambda q: (q.h.diagonal(), 0),
    "off of a rectangle": lambda q: (q.h.without_diagonal(), q.h),
    "input and feature": lambda q: (q.one("input") + q.one("feature"), q.one("input")),
    "number for a matrix": lambda q: (q.h, 1),
    "Kronecker by blocks": lambda q: (q.X.T.kron(q.theta), 0),
    "product with a number": lambda q: (q.h @ 2, q.h),
    "blocks that do not fit": lambda q: (q.blocks([[q.h, q.A]]), 0),
    "no blocks": lambda q: (q.blocks([]), 0),
    "sides": lambda q: (q.H, q.A),
    # indices
    "number": lambda q: (q.at(0).e, 0),
    "text for an index": lambda q: (q.at("i").e, 0),
    "index of a unit": lambda q: (q.over(lambda k: q.at(k).e, kind="hidden"), 0),
    "row at a sample": lambda q: (q.over(lambda i: q.b.at(i)), q.b.sum()),
    "index outside": lambda q: (keep(q) + q.at(KEPT[-1]).e, 2 * q.e.sum()),
    "index of another claim": lambda q: (q.at(Symbol("sample")).e, 0),
    "index as a number": lambda q: (q.over(lambda i: i * q.at(i).e), 0),
    "index compared": lambda q: (q.over(lambda i, j: q.one() * (i == j), 2), q.N),
    "index in a list": lambda q: (q.over(lambda i: [q.N, q.m][i]), q.N),
    "unknown kind": lambda q: (q.over(lambda i: q.one(), kind="unit"), q.m),
    "no sums": lambda q: (q.over(lambda: q.one(), 0), 1),
    "half a sum": lambda q: (q.over(lambda i: q.one(), 1.5), 1),
    "wrong number of indices": lambda q: (q.over(lambda i, j: q.one()), 1),
    "sum of nothing": lambda q: (q.over(lambda i: None), 0),
    "sum of a pair": lambda q: (q.over(lambda i: (q.one(), q.one())), 0),
    # names
    "e": lambda q: (q.free("e", "sample"), q.e),
    "H": lambda q: (q.free("H"), 0),
    "at": lambda q: (q.free("at"), 0),
    "u": lambda q: (q.free("u"), 0),
    "with a space": lambda q: (q.free("free x"), q.free("x")),
    "like a fact": lambda q: (q.free("1 - tau"), 0),
    "like a quotient": lambda q: (q.free("1/N") * q.N, 1),
    "no name": lambda q: (q.free(""), 0),
    "name of another type": lambda q: (q.free(5), 0),
    "private": lambda q: (q.free("__class__"), 0),
    "one name, two shapes": lambda q: (
        q.free("M", "hidden").T @ q.free("M", "hidden"),
        q.free("M", "hidden", "hidden").trace(),
    ),
    # no pair
    "one side": lambda q: q.H,
    "three sides": lambda q: (q.H, q.H, q.H),
    "list": lambda q: [q.H, q.H],
    "nothing": lambda q: None,
    "two numbers": lambda q: (1, 2),
    "text as a side": lambda q: (q.H, "H"),
    "function as a side": lambda q: (q.H, lambda: q.H),
    # assignments
    "assigned quantity": lambda q: (setattr(q, "H", q.residual), q.H),
    "assigned sample": lambda q: (q.over(lambda i: setattr(q.at(i), "e", q.one())), q.N),
    "assigned node": lambda q: (setattr(q.h, "args", ("f1",)), q.h),
    # unknown names
    "unknown": lambda q: (q.hesian, 0),
    "unknown part": lambda q: (q.part(q.H, "AA", "w"), 0),
    "part of K": lambda q: (q.part(q.K, "A", "A"), 0),
    "unknown Jacobian": lambda q: (q.over(lambda i: q.jacobian("v", "A", i)), 0),
    "plural": lambda q: (q.one("samples").sum(), q.N),
    "h_bar of an index": lambda q: (q.over(lambda i: q.h_bar(i)), 0),
    "power of a gradient": lambda q: (q.trace_gradient(0), 0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_line(name):
    """UNCHECKED as an identity and as a bound, with this file and the line that says it."""
    result = prove_equal(REFUSED[name])
    assert result.verdict in (Verdict.UNCHECKED, Verdict.REFUTED), result
    if name == "two numbers":
        assert result.verdict is Verdict.REFUTED
        return
    assert result.verdict is Verdict.UNCHECKED, result
    place = re.search(rf"{FILE}:(\d+): ", result.method)
    assert place, result
    lines, start = inspect.getsourcelines(REFUSED[name])
    within = range(start, start + len(lines))
    assert int(place[1]) in within or name in ("index outside", "sum of nothing"), result
    assert prove_bound(REFUSED[name]).verdict is Verdict.UNCHECKED


class Text(str):
    def __eq__(self, other):
        return other in ("w0", "e")

    def __hash__(self):
        return hash("w0")


class Kind(str):
    def __eq__(self, other):
        return other in ("sample", "hidden")

    def __hash__(self):
        return hash("sample")


class Whole(int):
    def __lt__(self, other):
        return False


class Fluent(Fraction):
    numerator = property(lambda self: random.randint(0, 9))


class Half(Fraction):
    numerator = 1


class Zero(float):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


FORGED = {
    "float": lambda q: (Node("number", (0.5, 1), SCALAR), Node("number", (0.5, 1), SCALAR)),
    "name": lambda q: (Node("quantity", (Text("e"),), SCALAR), q.w0),
    "free name": lambda q: (q.free(Text("a")), q.free(Text("a"))),
    "free": lambda q: (Node("free", (Text("a"),), SCALAR), Node("free", (Text("b"),), SCALAR)),
    "kind": lambda q: (q.over(lambda k: q.one(), kind=Kind("hidden")), q.N),
    "side": lambda q: (q.one(Kind("hidden")).sum(), q.N),
    "power": lambda q: (q.N ** Whole(-1), q.one()),
    "shape": lambda q: (Node("quantity", ("h",), SCALAR), Node("quantity", ("f1",), SCALAR)),
    "shape of ones": lambda q: (Node("ones", (), (side("hidden"), ONE)).sum(), q.m),
    "unbound": lambda q: (
        Node("of", ("e", KEPT[-1]), SCALAR, frozenset()),
        Node("of", ("e", KEPT[-1]), SCALAR, frozenset()),
    ),
    "bound twice": lambda q: (
        Node("over", ((KEPT[-1],), q.at(KEPT[-1]).e), SCALAR, frozenset({KEPT[-1]})),
        q.e.sum(),
    ),
    "unknown size": lambda q: (Node("size", ("Z",), SCALAR), Node("size", ("Z",), SCALAR)),
    "unknown quantity": lambda q: (trees.make("quantity", ("Z",), SCALAR),) * 2,
    "quantity of a bound": lambda q: (trees.make("quantity", ("alpha1",), SCALAR),) * 2,
    "unknown operation": lambda q: (Node("wish", (), SCALAR), Node("wish", (), SCALAR)),
    "another shape of one": lambda q: (
        trees.make("quantity", ("h",), Shape(side("hidden"), side("sample"))),
        q.f1.T,
    ),
    "eye that is none": lambda q: (trees.make("eye", (), Shape(side("hidden"), ONE)), 0),
    "arguments in a list": lambda q: (Node("transpose", [q.w0], SCALAR), q.w0),
    "third argument": lambda q: (Node("add", (q.w0, q.w0, q.w0), SCALAR), 2 * q.w0),
    "number that lies": lambda q: (q.w0 * Half(2, 1), q.w0),
    "whole number of one's own": lambda q: (q.w0 * Whole(2), q.w0 * 2),
    "number that changes": lambda q: (q.w0 * Fluent(3), q.w0 * 10),
    "years as a number": lambda q: (np.timedelta64(2, "Y") * q.w0, 2 * q.w0),
    "years as a side": lambda q: (2 * q.one(), np.timedelta64(2, "Y")),
    "float that is 0": lambda q: (q.w0 - q.w0, 0.0),
    "float that says it is 0": lambda q: (q.w0 - q.w0, Zero(5.0)),
    "product of many": lambda q: (reduce(Node.kron, [q.h] * 5).sum(), q.h.sum() ** 5),
    "reciprocal of 0": lambda q: (Node("number", (1, 0), SCALAR), Node("number", (1, 0), SCALAR)),
}


@pytest.mark.parametrize("name", FORGED)
def test_tree_by_hand_proves_nothing(name):
    """Subclasses, wrong shapes, hidden indices: refused when read, whatever they say they are."""
    keep_ = prove_equal(lambda q: (keep(q), q.e.sum()))
    assert keep_.verdict is Verdict.PROVED
    trees.make.cache_clear()
    result = prove_equal(FORGED[name])
    assert result.verdict in (Verdict.UNCHECKED, Verdict.REFUTED), result


def test_function_is_called_once():
    """What it returned then is what is proved; a second call cannot be another statement."""
    calls = []

    def claim(q):
        calls.append(q)
        return (q.H, q.H.T) if len(calls) == 1 else (q.H, 0)

    result = prove_equal(claim)
    assert result.verdict is Verdict.PROVED
    assert len(calls) == 1
    assert prove_equal(claim).verdict is Verdict.REFUTED


def test_changed_list_changes_no_statement():
    """A matrix of blocks is made when it is asked for."""

    def claim(q):
        table = [[q.K, q.K]]
        made = q.blocks(table)
        table[0][0] = 0 * q.K
        return made, q.blocks([[q.K, q.K]])

    assert prove_equal(claim).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    "nested",
    [
        lambda q: q.over(lambda i: q.over(lambda j: (q.at(i).p - q.at(j).p) ** 2)),
        lambda q: q.over(lambda i, j: (q.at(i).p - q.at(j).p) ** 2, 2),
        lambda q: q.over(
            lambda i: (q.at(i).p * q.one("sample") - q.p).T @ (q.at(i).p * q.one("sample") - q.p)
        ),
    ],
)
def test_each_sum_has_an_index_of_its_own(nested):
    """Σ_i Σ_j (p_i − p_j)² is 2N Σp² − 2(Σp)², not 0."""
    right = lambda q: (nested(q), 2 * q.N * (q.p**2).sum() - 2 * q.p.sum() ** 2)  # noqa: E731
    assert prove_equal(right).verdict is Verdict.PROVED
    assert prove_equal(lambda q: (nested(q), 0)).verdict is Verdict.REFUTED
    small = lambda q: (nested(q), Fraction(1, 16) * q.N)  # noqa: E731

    def proof(q):
        yield "rest", Fraction(1, 16) * square(q.one("sample")).sum()

    assert prove_bound(small, proof).verdict in (Verdict.REFUTED, Verdict.UNCHECKED)


LIKE = ["tau", "omega", "pi", "t", "alpha1", "sign_e", "w", "ω", "δ", "r1"]
LIKE += ["\uff45", "\uff28", "\u041a"]


@pytest.mark.parametrize("name", LIKE)
def test_free_name_means_nothing_else(name):
    """A name that proofs or readers know as something else is an arbitrary number all the same."""
    zero = prove_equal(lambda q: (q.free(name), 0))
    assert zero.verdict is Verdict.REFUTED
    for other in ("zeta", "t", "omega"):
        if other != name:
            assert (
                prove_equal(lambda q, o=other: (q.free(name), q.free(o))).verdict is Verdict.REFUTED
            )
    quantities = {"tau": "tau", "pi": "pi", "omega": "omega", "t": "t", "sign_e": "sign_e"}
    if name in quantities:

        def share(q):
            free = q.free(name)
            return free, free * free

        def proof(q):
            i = Symbol("sample")
            yield "0 ≤ x ≤ 1", q.bounded(i).tau * 0 + square(q.free(name)) * 0

        assert prove_bound(share, proof).verdict in (Verdict.REFUTED, Verdict.UNCHECKED)


def test_diagonal_of_an_outer_product():
    """Diag is of columns; the diagonal of a square matrix is another word."""
    right = prove_equal(
        lambda q, i: ((q.at(i).h @ q.at(i).h.T).diagonal().sum(), (q.at(i).h ** 2).sum())
    )
    assert right.verdict is Verdict.PROVED
    wrong = prove_equal(lambda q, i: ((q.at(i).h @ q.at(i).h.T).diag().trace(), 0))
    assert wrong.verdict is Verdict.UNCHECKED


@pytest.mark.parametrize("size", ["N", "d", "m", "P"])
def test_division_by_a_size_means_what_it_says(size):
    """X/N · N = X, and X/N is not X, at N = 1 alone."""
    by = lambda q: getattr(q, size)  # noqa: E731
    assert prove_equal(lambda q: (q.K / by(q) * by(q), q.K)).verdict is Verdict.PROVED
    assert prove_equal(lambda q: (q.K / by(q) / by(q) * by(q) ** 2, q.K)).verdict is Verdict.PROVED
    assert prove_equal(lambda q: (q.K / by(q), q.K)).verdict is Verdict.REFUTED
    assert prove_equal(lambda q: (q.K / by(q) + q.K, q.K)).verdict is Verdict.REFUTED


def test_multiple_of_the_prime_is_refuted():
    """Residues do not show it, but normal forms differ, and rational networks are looked at."""
    result = prove_equal(lambda q: (PRIME * q.w0, 0))
    assert result.verdict is Verdict.REFUTED
    result = prove_equal(lambda q: (q.h / PRIME, q.h))
    assert result.verdict is not Verdict.PROVED


@pytest.mark.parametrize(
    ("assumed", "words"),
    [
        ({"positive": True}, "a positive"),
        ({"zero": False, "real": True}, "a not zero"),
        ({"odd": True}, "a odd"),
    ],
)
def test_what_is_assumed_of_a_parameter_is_stated(assumed, words):
    """−a ≤ 0 is no statement about all real numbers, and says so."""
    a = sp.Symbol("a", **assumed)
    assert prove_at_most(-(a**2), a**2).claim.statement.endswith(f"; {words}")
    assert prove_equal(a + u, u + a).claim.statement.endswith(f"; {words}")
    real = sp.Symbol("a", real=True)
    assert ";" not in prove_at_most(-(real**2), real**2).claim.statement
    assert prove_at_most(-real, 0).verdict is Verdict.REFUTED
