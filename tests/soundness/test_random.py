"""Random true statements are PROVED; the same, damaged in one place, never where numbers say no.

``HESSBOUND_CASES=5000`` makes that many of each kind, of other seeds than the usual ones.
"""

import os
import random
from collections import Counter
from dataclasses import replace

import pytest

from hessbound.derive import prove_bound, prove_equal
from hessbound.derive.algebra.sides import ONE, SCALAR, Shape
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements import trees
from tests.mutants import chosen, mutants

from .plain import Plain, differs
from .rewriting import H, I, Q, S, rewritten, slack, tree

CASES = int(os.environ.get("HESSBOUND_CASES", "0"))
SEEDS = range(1000, 1000 + CASES) if CASES else range(120)
BLOCK = 20 if not CASES else 250  # cases of one test
BLOCKS = [SEEDS[n : n + BLOCK] for n in range(0, len(SEEDS), BLOCK)]
SHAPES = [SCALAR, SCALAR, SCALAR, Shape(S, S), Shape(S, H), Shape(H, I), Shape(H, ONE)]


def first_and_last(block):
    return f"{block[0]}-{block[-1]}"


def values():
    """Networks in plain numbers, which the prover does not look at."""
    return [Plain(3, 2, 2, "one"), Plain(2, 1, 3, "two")]


@pytest.mark.parametrize("block", BLOCKS, ids=first_and_last)
def test_identity_in_other_words(block):
    """A random matrix and the same by true rules; then with one place of it changed."""
    found, plain = Counter(), values()
    for seed in block:
        source = random.Random(f"identity {seed}")
        lhs = tree(source, source.choice(SHAPES), 3)
        rhs = rewritten(source, lhs, 8)
        assert not any(differs(lhs, rhs, x) for x in plain), seed
        result = prove_equal(lambda q, pair=(lhs, rhs): pair)
        assert result.verdict is Verdict.PROVED, (seed, result)
        for label, wrong in chosen(mutants(rhs), 2, seed):
            result = prove_equal(lambda q, pair=(lhs, wrong): pair)
            if any(differs(lhs, wrong, x) for x in plain):
                assert result.verdict is Verdict.REFUTED, (seed, label, result)
            else:
                assert result.verdict is Verdict.PROVED, (seed, label, result)
            found[result.verdict] += 1
    assert found[Verdict.REFUTED] > len(block) / 3


@pytest.mark.parametrize("block", BLOCKS, ids=first_and_last)
def test_derived_identity_in_other_words(block):
    """The same with H, its parts and third derivatives in it."""
    found, plain = Counter(), [Plain(2, 1, 2, "one")]
    z = Q.free("z").sum()
    for seed in block[::4]:
        source = random.Random(f"derived {seed}")
        row, col = source.choice(["A", "w", "b"]), source.choice(["A", "w", "b"])
        H_ = source.choice([Q.H, Q.H @ Q.H, Q.gauss_newton @ Q.residual, Q.H * z])
        trace = source.choice([Q.part(H_, row, col), H_.diagonal(), (H_ * Q.H).sum()])
        lhs = trees.over(lambda i, t=trace: t * Q.at(i).p) if seed % 2 else trace
        rhs = rewritten(source, lhs, 6)
        assert not any(differs(lhs, rhs, x) for x in plain), seed
        result = prove_equal(lambda q, pair=(lhs, rhs): pair)
        assert result.verdict is Verdict.PROVED, (seed, result)
        for label, wrong in chosen(mutants(rhs), 2, seed):
            result = prove_equal(lambda q, pair=(lhs, wrong): pair)
            same = not any(differs(lhs, wrong, x) for x in plain)
            assert result.verdict is (Verdict.PROVED if same else Verdict.REFUTED), (seed, label)
            found[result.verdict] += 1
    assert found[Verdict.REFUTED]


SETTINGS = [
    Assumptions(),
    Assumptions(weighted=True),
    Assumptions(hard=True),
    Assumptions(weighted=True, hard=True, inputs=True),
]


@pytest.mark.parametrize("block", BLOCKS, ids=first_and_last)
def test_inequality_by_slacks(block):
    """Something plus random slacks; then with a side or the certificate changed in one place."""
    found = Counter()
    for seed in block[::2]:
        source = random.Random(f"inequality {seed}")
        setting = source.choice(SETTINGS)
        q = setting.quantities()
        small = tree(source, SCALAR, 2)
        steps = [(f"step {n}", slack(source, q, 2)) for n in range(source.randint(1, 3))]
        large = rewritten(source, small + sum((s.value for _, s in steps), 0 * q.w0), 3)

        def decide(small, large, steps, setting=setting):
            flags = ("weighted", "hard", "inputs")
            return prove_bound(
                lambda q: (small, large),
                lambda q: iter(steps),
                **{name: getattr(setting, name) for name in flags},
            )

        result = decide(small, large, steps)
        assert result.verdict is Verdict.PROVED, (seed, result)
        drawn = [Plain.of(setting.abstract(n)) for n in range(100, 106)]
        for label, *wrong in damaged(source, small, large, steps):
            result = decide(*wrong)
            found[result.verdict] += 1
            if result.verdict is Verdict.PROVED:
                assert not any(open_(x, *wrong) for x in drawn), (seed, label, result)
                assert not any(above(x, *wrong) for x in drawn), (seed, label, result)
    assert found[Verdict.UNCHECKED] + found[Verdict.REFUTED] > len(block)


def damaged(source, small, large, steps):
    """Yield (what was done, small, large, steps) with one place wrong."""
    for label, wrong in chosen(mutants(large), 2, source.random()):
        yield f"large: {label}", small, wrong, steps
    for label, wrong in chosen(mutants(small), 1, source.random()):
        yield f"small: {label}", wrong, large, steps
    n = source.randrange(len(steps))
    reason, one = steps[n]
    yield "dropped", small, large, [*steps[:n], *steps[n + 1 :]]
    yield "doubled", small, large, [*steps[:n], (reason, one * 2), *steps[n + 1 :]]
    yield "twice", small, large, [*steps, steps[n]]
    changed = list(inside(one))
    if changed:
        yield (
            "changed",
            small,
            large,
            [*steps[:n], (reason, source.choice(changed)), *steps[n + 1 :]],
        )


def inside(slack_):
    """Yield a slack with the matrix of one of its squares, or a number in it, changed."""
    match slack_.rule, slack_.args:
        case "square", (x,):
            for _, wrong in chosen(mutants(x), 2, 0):
                yield replace(slack_, args=(wrong,))
        case "number", (c,):
            yield replace(slack_, args=(c + 1,))
        case "fact" | "sign", _:
            return
        case _, args:
            for n, x in enumerate(args):
                if hasattr(x, "rule"):
                    for wrong in inside(x):
                        yield replace(slack_, args=(*args[:n], wrong, *args[n + 1 :]))


def open_(x, small, large, steps):
    """Whether the slacks do not add up in plain numbers."""
    total = x.read(small)[0][0] + sum(x.read(s.value)[0][0] for _, s in steps)
    return total != x.read(large)[0][0]


def above(x, small, large, steps):
    return x.read(small)[0][0] > x.read(large)[0][0]
