"""Certificates that go around the rules: none proves a false inequality that numbers do not see.

Whoever writes a certificate may make, copy, change and subclass what it is made of. (Replacing the
prover's own modules, or ending Python, is another matter.)
"""

import dataclasses
from fractions import Fraction

import pytest

from hessbound.derive import over, prove_bound, square
from hessbound.derive.algebra.sides import ONE, SCALAR, Shape, side
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.bounded import Bounded
from hessbound.derive.proof.kernel import Slack, fact, sign
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements import trees
from hessbound.derive.statements.trees import Node, NotAStatementError, Symbol

from .hidden import gap, hidden, mask

SAMPLE = Symbol("sample")


class Text(str):
    """A name that is equal to any other."""

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


class Negative(Fraction):
    """A negative number that says it is not."""

    def __ge__(self, other):
        return True


class Whole(int):
    """A power that becomes whatever it is multiplied by."""

    def __lt__(self, other):
        return False

    def __rmul__(self, other):
        return [trees.node(-1)]


class Double(Node):
    """A node that is its own square."""

    def __mul__(self, other):
        return self


class Loose(Symbol):
    """An index that is every index."""

    def __eq__(self, other):
        return True

    __hash__ = Symbol.__hash__


class Kind(str):
    """A kind of index, of one size now and of another then."""

    def __hash__(self):
        return hash("sample")

    def __eq__(self, other):
        return other in ("sample", "hidden")


class Forged(Slack):
    """A slack that is judged as one thing and read as another."""

    rule = property(lambda self: "number")
    args = property(lambda self: (Fraction(1),))


class Product:
    """Something whose square is negative."""

    def __mul__(self, other):
        return trees.node(-1)


def changed(value, **attributes):
    """Assign to what is frozen."""
    for name, new in attributes.items():
        object.__setattr__(value, name, new)
    return value


def with_sign(q, x):
    """A bounded quantity whose sign is any matrix: bound (1 − share·x)."""
    one = square(q.one())
    return Bounded(one, one, one * 0, x).gap()


CERTIFICATES = {
    # facts with another meaning, under other names, at other indices
    "meaning": lambda q: fact("alpha1", gap(q)),
    "name with a space": lambda q: fact("alpha1 ", gap(q)),
    "unknown": lambda q: fact("small", gap(q)),
    "empty": lambda q: fact("", gap(q)),
    "what is not assumed": lambda q: fact("inputs", gap(q), SAMPLE),
    "delta": lambda q: fact("delta", gap(q)),
    "given": lambda q: fact("given", gap(q)),
    "given x": lambda q: fact("given x", gap(q)),
    "equal to any name": lambda q: fact(Text("none"), gap(q)),
    "no index": lambda q: fact("tau", gap(q)),
    "too many": lambda q: fact("alpha1", gap(q), SAMPLE),
    "index of a unit": lambda q: fact("tau", gap(q), Symbol("hidden")),
    "number for index": lambda q: fact("tau", gap(q), 0),
    "node for index": lambda q: fact("tau", gap(q), gap(q)),
    "free index": lambda q: fact("tau", gap(q), SAMPLE),
    # what is frozen, replaced
    "replaced meaning": lambda q: dataclasses.replace(q.alpha1, args=("alpha1", gap(q), ())),
    "replaced rule": lambda q: dataclasses.replace(square(gap(q)), rule="number"),
    "assigned number": lambda q: changed(square(gap(q)), rule="number", args=(Fraction(-1),)),
    "assigned node": lambda q: changed(square(gap(q)), rule="add", args=(gap(q), gap(q))),
    "assigned value": lambda q: changed(square(gap(q)), value_=gap(q)),
    "replaced sign": lambda q: with_sign(q, 1 - gap(q)),
    "replaced share": lambda q: (
        dataclasses.replace(q.bounded(SAMPLE).f1, share=fact("r1", gap(q), SAMPLE)).gap().sum()
    ),
    # signs of what is none
    "sign": lambda q: sign(1 - gap(q)),
    "sign of a quantity": lambda q: sign(q.w0),
    "sign of a number": lambda q: sign(trees.node(2)) * square(gap(q)),
    "sign of a sum": lambda q: sign(q.one() + q.one()) * square(gap(q)),
    "sign by name": lambda q: sign(trees.make("quantity", (Text("w0"),), SCALAR)),
    "sign of units of samples": lambda q: sign(
        trees.make("of", ("sign_e", SAMPLE), Shape(side("hidden"), ONE))
    ).sum(),
    "sign by hand": lambda q: Slack("sign", (1 - gap(q),)),
    # numbers, powers, squares
    "negative": lambda q: Slack("number", (Fraction(-1),)) * square(mask(q)),
    "subclass of numbers": lambda q: Slack("number", (Negative(-1),)) * square(mask(q)),
    "plain number": lambda q: Slack("number", (-1,)) * square(mask(q)),
    "infinite": lambda q: Slack("number", (float("inf"),)),
    "odd power": lambda q: Slack("power", (square(q.one()), Whole(1))),
    "negative power": lambda q: Slack("power", (square(q.N - 6), -1)),
    "power of a node": lambda q: Slack("power", (gap(q), 1)),
    "square of another thing": lambda q: Slack("square", (Product(),)),
    "square of a subclass": lambda q: Slack("square", (Double(*tuple.__iter__(gap(q))),)),
    "square of two": lambda q: Slack("square", (gap(q), q.one())),
    # rules that are none
    "no rule": lambda q: Slack("assume", (gap(q),)),
    "any rule": lambda q: Slack(Text("any"), (gap(q),)),
    "named": lambda q: Slack("named", ("K", gap(q))),
    "row": lambda q: Slack("row", (square(q.h), SAMPLE)),
    "off of a node": lambda q: Slack("off", (gap(q),)),
    "arguments in a list": lambda q: Slack("add", [gap(q), square(q.one())]),
    "subclass": lambda q: Forged("square", (gap(q),)),
    "subclass inside": lambda q: square(q.one()) + Forged("square", (gap(q),)),
    # sums
    "index twice": lambda q: Slack("over", ((SAMPLE, SAMPLE), fact("tau", gap(q), SAMPLE))),
    "no index at all": lambda q: Slack("over", ((), gap(q))),
    "index that is every index": lambda q: Slack(
        "over", ((Loose("sample"),), fact("tau", gap(q), Loose("sample")))
    ),
    "index of two kinds": lambda q: over(q, lambda _: square(q.one()), kind=Kind("hidden")),
    # trees by hand
    "shape": lambda q: square(Node("quantity", ("h",), SCALAR)),
    "hidden index": lambda q: square(Node("of", ("e", SAMPLE), SCALAR, frozenset())),
    "unknown operation": lambda q: square(Node("sqrt", (gap(q),), SCALAR)),
    "operation of the reader": lambda q: square(Node("read", (gap(q),), SCALAR)),
    "float": lambda q: square(Node("number", (-0.5, 1), SCALAR)),
    "truth": lambda q: square(Node("number", (True, True), SCALAR)),
    "name that is equal to any": lambda q: square(Node("quantity", (Text("e"),), SCALAR)),
    # quantities of other claims
    "inputs of another claim": lambda q: over(
        q, lambda i: Assumptions(inputs=True).quantities().small_inputs(i).sum()
    ),
    "value of another claim": lambda q: fact(
        "weight", gap(Assumptions(weighted=True).quantities()), SAMPLE
    ),
    # no slack
    "number": lambda q: 1,
    "node": gap,
    "bounded": lambda q: q.bounded(SAMPLE).p,
    "nothing": lambda q: None,
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_forged_certificate_proves_nothing(name):
    """Alone, or beside what would make up for it."""

    def alone(q):
        yield name, CERTIFICATES[name](q)

    def balanced(q):
        slack = CERTIFICATES[name](q)
        yield name, slack
        rest = gap(q) - slack.value
        yield "rest", Slack("sign", (1 - rest,))

    for certificate in (alone, balanced):
        result = prove_bound(hidden, certificate)
        assert result.verdict is Verdict.UNCHECKED, result


def test_true_statement_of_the_same_form_is_proved():
    """The hidden statement is refused for its certificates alone."""

    def true(q):
        small, large = hidden(q)
        return small, small + large

    result = prove_bound(true, lambda q: iter([("square", square(mask(q).trace()) * 0)]))
    assert result.verdict is Verdict.UNCHECKED

    def proof(q):
        root = q.one()
        for n in range(1, 6):
            root = root * (q.N - n)
        yield "5 Π (N − n)²", square(root) * 5

    assert prove_bound(true, proof).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    "certificate",
    [
        lambda q: None,
        lambda q: 5,
        lambda q: iter([square(q.one())]),
        lambda q: iter([("two", square(q.one()), square(q.one()))]),
        lambda q: iter([(1, square(q.one()))]),
        lambda q: iter([("matrix", square(q.h))]),
        lambda q: iter([("index", q.bounded(SAMPLE).weight)]),
        lambda q: 1 / 0,
        lambda q: exit(3),
        lambda q, other: iter(()),
    ],
)
def test_what_is_no_certificate_proves_nothing(certificate):
    """Nothing, a number, slacks without reasons, matrices, free indices, errors."""
    assert prove_bound(hidden, certificate).verdict is Verdict.UNCHECKED


def test_certificate_that_counts_its_calls_proves_nothing():
    """It is asked once, and what it yielded is judged."""
    calls = []

    def proof(q):
        calls.append(q)
        yield "now", square(q.one()) * 0 if len(calls) == 1 else fact("alpha1", gap(q))

    assert prove_bound(hidden, proof).verdict is Verdict.UNCHECKED
    assert len(calls) == 1


def test_certificate_that_changes_what_it_yielded_proves_nothing():
    """A list, or a slack, that is changed afterwards."""

    def proof(q):
        step = ["zero", square(q.one()) * 0]
        yield step
        step[1] = fact("alpha1", gap(q))

    def late(q):
        slack = square(q.one()) * 0
        yield "zero", slack
        changed(slack, rule="fact", args=("alpha1", gap(q), ()))

    for certificate in (proof, late):
        assert prove_bound(hidden, certificate).verdict is Verdict.UNCHECKED


@pytest.mark.parametrize("name", ["kind", "args", "op", "shape", "free", "place", "__class__"])
def test_trees_cannot_be_changed(name):
    """Neither nodes nor indices, by any assignment; a certificate could change its statement."""
    q = Assumptions().quantities()
    for value in (q.h, q.N, trees.node(2), SAMPLE, q.H):
        with pytest.raises((AttributeError, TypeError)):
            object.__setattr__(value, name, "hidden")
        with pytest.raises((AttributeError, TypeError, NotAStatementError)):
            value[0] = "hidden"


def test_index_cannot_change_its_kind_while_the_proof_runs():
    """Σ_k 1 ≤ N, with k a unit in the statement, and a sample once numbers have been looked at."""
    kept = []

    def units(q):
        def term(k):
            kept.append(k)
            return q.one()

        return q.over(term, kind="hidden") * mask(q), q.N * mask(q)

    def proof(q):
        for k in kept:
            changed(k, kind="sample")
        yield "zero", square(q.one()) * 0

    assert prove_bound(units, proof).verdict is Verdict.UNCHECKED


def test_numbers_in_trees_are_plain():
    """A number's own private attributes, changed in a certificate, are not those of the tree."""
    two = Fraction(2)

    def statement(q):
        return two * q.N * mask(q), q.N * mask(q)

    def proof(q):
        two._numerator = 1
        yield "zero", square(q.one()) * 0

    assert prove_bound(statement, proof).verdict is Verdict.UNCHECKED


def test_what_is_made_by_hand_does_not_enter_other_statements():
    """Equal to an honest node by its own account, it is not kept for others as that node."""

    class Any(Shape):
        def __eq__(self, other):
            return True

        def __hash__(self):
            return hash(Shape(side("sample"), ONE))

    trees.make.cache_clear()
    with pytest.raises(NotAStatementError, match="a tree is made of matrices from q"):
        trees.make("ones", (), Any(side("hidden"), ONE))

    def ones(q):
        return q.one("sample").sum() * mask(q), q.m * mask(q)

    result = prove_bound(ones, lambda q: iter([("zero", square(q.w0) * 0)]))
    assert result.verdict is Verdict.UNCHECKED
    assert trees.make("ones", (), Shape(side("sample"), ONE)).shape == Shape(side("sample"), ONE)
