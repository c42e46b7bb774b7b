"""Networks of any depth: inductions, their witnesses in SymPy, and the code of their steps."""

import itertools
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import sympy as sp
from numpy.testing import assert_allclose
from sympy.printing.pycode import PythonCodePrinter

from hessbound.derive import claims
from hessbound.derive.algebra.matrices import indices
from hessbound.derive.algebra.monomials import DELTA, unbind
from hessbound.derive.claims import every_depth, one_layer
from hessbound.derive.emission import layers as emitted
from hessbound.derive.emission import sample_matrices
from hessbound.derive.emission.layer_steps import STEPS
from hessbound.derive.model.deep import SAMPLE
from hessbound.derive.proof import induction, unrolling
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import Induction
from hessbound.derive.proof.verdicts import Result, Verdict
from hessbound.derive.statements import steps, trees
from hessbound.derive.statements.fields import RESIDUES
from hessbound.derive.statements.layer_draws import arbitrary
from hessbound.derive.statements.notation import NETWORK

INDUCTIONS = [claim for claim in claims.every() if isinstance(claim, Induction)]
BLOCKS, DIAGONAL, TRACE, GRADIENT, SQUARED = (
    claims.find(f"{name}_of_any_depth")
    for name in ("blocks", "diagonal", "trace", "trace_gradient", "trace_squared")
)
SLOPE, CURVATURE = every_depth.DOWN


def changed(claim, rhs):
    """An identity with another right side."""

    def function(q, *at):
        return claim.function(q, *at)[0], rhs(q, *at)

    return replace(claim, function=function)


def stepped(claim, step, by):
    """An induction with another step."""
    return replace(claim, steps=tuple(by if x is step else x for x in claim.steps))


def believed(claim):
    """The verdict of one who believes every part."""
    return Result(claim, Verdict.PROVED, "believed", 0.0)


def test_all_are_proved():
    """Blocks, the diagonal, both traces and one's gradient hold at every depth."""
    assert INDUCTIONS == [BLOCKS, DIAGONAL, TRACE, GRADIENT, SQUARED]
    for claim in INDUCTIONS:
        result = prove(claim)
        assert result.verdict is Verdict.PROVED, result
        assert "unrolled at 1, 2" in result.method


def test_text_is_made_from_the_parts():
    """Nobody can give another; it has the formula of each part, and where recursions begin."""
    with pytest.raises(ValueError, match="statement"):
        replace(BLOCKS, statement="H = 0 for every L")
    assert "for every layer l: H_ll,i = [1; h_i] [1; h_i]ᵀ⊗B_i; for every two" in BLOCKS.statement
    assert "from g = e and B = S at the loss: ∇_z F_i = f'_i∘Wᵀ g_i, ∇_z² F" in BLOCKS.statement
    doubled = changed(SLOPE, lambda q, i: 2 * steps.slope_below(q, q.at(i)))
    assert "∇_z F_i = 2 (f'_i∘Wᵀ g_i)" in stepped(BLOCKS, SLOPE, doubled).statement


def test_wrong_step_is_refuted():
    """A part that is false refutes the whole, with the part's witness."""
    wrong = changed(CURVATURE, lambda q, i: steps.own_curvature(q, q.at(i)).diag())
    result = prove(stepped(BLOCKS, CURVATURE, wrong))
    assert result.verdict is Verdict.REFUTED
    assert "curvature_of_a_layer is REFUTED" in result.method
    assert result.witness.lhs != result.witness.rhs


def test_wrong_conclusion_is_refuted():
    """The same holds of what is concluded at each layer."""
    own = BLOCKS.conclusions[0]
    wrong = changed(own, lambda q, i: 2 * own.function(q, i)[1])
    result = prove(replace(BLOCKS, conclusions=(wrong, *BLOCKS.conclusions[1:])))
    assert result.verdict is Verdict.REFUTED
    assert "hessian_of_a_layer is REFUTED" in result.method


@pytest.mark.parametrize("claim", INDUCTIONS, ids=lambda claim: claim.name)
def test_part_that_is_not_proved_leaves_it_open(claim):
    """Nothing rests on what is only sampled."""
    for part in claim.parts:
        unsure = lambda own, part=part: replace(  # noqa: E731
            believed(own), verdict=Verdict.SAMPLED if own is part else Verdict.PROVED
        )
        found = induction.decide(claim, unsure)
        assert (found.verdict, found.method) == (Verdict.UNCHECKED, f"{part.name} is SAMPLED")


@pytest.mark.parametrize("claim", INDUCTIONS, ids=lambda claim: claim.name)
def test_every_step_is_needed_and_read_once(claim):
    """Without a step, with one twice or with one of another recursion it is no induction."""
    every = {x.name: x for own in INDUCTIONS for x in own.steps}
    for step in claim.steps:
        fault = open_fault(replace(claim, steps=tuple(x for x in claim.steps if x is not step)))
        assert fault.startswith("there is no step of")
        assert "rests on the step of" in open_fault(replace(claim, steps=(*claim.steps, step)))
    for name in every.keys() - {x.name for x in claim.steps}:
        more = replace(claim, steps=(*claim.steps, every[name]))
        assert "no conclusion rests on the step of" in open_fault(more)


def open_fault(claim):
    """Why a claim is no induction, even to one who believes every part."""
    found = induction.decide(claim, believed)
    assert found.verdict is Verdict.UNCHECKED, found
    return found.method


@pytest.mark.parametrize(
    ("rhs", "fault"),
    [
        (lambda q, i: q.at(i).f1 * (q.W.T @ (q.V @ q.at(i).phi)), "uses V, phi, which"),
        (lambda q, i: q.derived("slope", i), "uses slope, which"),
        (lambda q, i: q.at(i).f1 * (q.W.T @ q.at(i).t), "uses t, which"),
        (lambda q, i: q.at(i).laplacian, "uses lam, which"),
        (
            lambda q, i: q.at(i).f1 * (q.W.T @ trees.named("g", 0 * q.at(i).g)),
            "uses another meaning of g, which",
        ),
        (
            lambda q, _: q.over(lambda j: steps.slope_below(q, q.at(j))),
            "uses a sum over samples, which",
        ),
    ],
)
def test_form_of_a_step_is_looked_at(rhs, fault):
    """Even to one who believes the step, what it uses must be right."""
    assert fault in open_fault(stepped(BLOCKS, SLOPE, changed(SLOPE, rhs)))


def test_names_mean_what_they_say():
    """M is JJᵀ, however that is written, and nothing else."""
    up, _ = every_depth.UP
    for meaning, right in (
        (lambda s: s.tangents, True),
        (lambda s: (s.J @ s.J.T).T, True),
        (lambda s: s.M, False),
        (lambda s: 2 * s.tangents, False),
    ):

        def rhs(q, i, meaning=meaning):
            s = q.at(i)
            return steps.tangents_above(q, s, trees.named("M", meaning(s)))

        found = induction.decide(stepped(TRACE, up, changed(up, rhs)), believed)
        assert (found.verdict is Verdict.PROVED) is right


def test_what_is_given_is_not_what_z_has():
    """M and λ as they are given would read as those of z."""
    end = claims.find("trace_of_a_function")

    def rhs(q, i):
        s = q.at(i)
        return (s.S * s.M).sum() + s.e.T @ s.lam

    wrong = replace(TRACE, conclusions=(changed(end, rhs), *TRACE.conclusions[1:]))
    assert "uses M for tangents, lam for laplacian, which" in open_fault(wrong)
    biases = claims.find("trace_by_biases")
    zero = lambda q, i: (q.eye("above") + 0 * q.W @ q.at(i).tangents @ q.W.T) @ q.at(i).t  # noqa: E731
    slopes = claims.find("trace_gradient_of_any_depth")
    wrong = replace(slopes, conclusions=(changed(biases, zero),))
    assert "uses another meaning of M, which" in open_fault(wrong)


def test_step_begins_with_what_is_derived():
    """An identity between formulas says nothing of the network, nor does twice a derivative."""
    turned = replace(SLOPE, function=lambda q, i: SLOPE.function(q, i)[::-1])
    assert "does not begin with what is derived" in open_fault(stepped(BLOCKS, SLOPE, turned))
    twice = replace(
        SLOPE, function=lambda q, i: (2 * q.derived("slope", i), 2 * SLOPE.function(q, i)[1])
    )
    assert "does not begin with what is derived" in open_fault(stepped(BLOCKS, SLOPE, twice))


def test_conclusion_is_about_the_network():
    """Of one thing that is derived of a whole network; there must be one."""
    own = BLOCKS.conclusions[0]
    for lhs in (
        lambda q, i: own.function(q, i)[1],
        lambda q, i: q.derived("own_hessian", i) * q.derived("end", i),
        lambda q, i: q.derived("own_curvatures", i),
    ):
        part = replace(own, function=lambda q, i, lhs=lhs: (lhs(q, i), lhs(q, i)))
        found = open_fault(replace(BLOCKS, conclusions=(*BLOCKS.conclusions, part)))
        assert "is no conclusion: its left side" in found
    assert "nothing is concluded" in open_fault(replace(BLOCKS, conclusions=(), steps=()))
    without = replace(GRADIENT, conclusions=GRADIENT.conclusions[1:])
    assert "rests on tr H = T" in open_fault(without)


def test_parts_are_of_layers_and_of_any_activation():
    """Nothing is concluded from one activation, from one hidden layer or from two samples."""
    own = BLOCKS.conclusions[0]
    for part, fault in (
        (replace(own, activation="linear"), "is claimed for linear alone"),
        (
            replace(own, notation=NETWORK, indices=(), function=lambda q: (q.H, q.H)),
            "no identity of layers",
        ),
        (
            replace(
                own,
                indices=("sample", "sample"),
                function=lambda q, i, j: (q.derived("own_hessian", i), q.derived("own_hessian", j)),
            ),
            "is not claimed for one sample",
        ),
    ):
        changed_ = replace(BLOCKS, conclusions=(part, *BLOCKS.conclusions[1:]))
        assert fault in open_fault(changed_)


@pytest.mark.parametrize("claim", INDUCTIONS, ids=lambda claim: claim.name)
def test_wrong_parts_are_seen_when_unrolled(claim):
    """Any part doubled or negated differs from the whole network, whoever believes it."""
    for part in claim.parts:
        for factor in (2, -1):
            wrong = changed(part, lambda q, *at, x=part, c=factor: c * x.function(q, *at)[1])
            steps_, conclusions = (
                tuple(wrong if x is part else x for x in own)
                for own in (claim.steps, claim.conclusions)
            )
            found = induction.decide(
                replace(claim, steps=steps_, conclusions=conclusions), believed
            )
            if claim is SQUARED and part in every_depth.ACROSS and factor == -1:
                assert found.verdict is Verdict.PROVED  # squares do not see the sign of D
                continue
            assert found.verdict is Verdict.REFUTED, (part.name, factor)
            assert "differs from the whole network's at" in found.method


# ---- one hidden layer and one output

BY_LAYERS = [claim.name for claim in one_layer.CLAIMS]


@pytest.mark.parametrize("name", BY_LAYERS)
def test_one_hidden_layer_is_the_papers(name):
    """What the layers make of it are the paper's closed forms."""
    assert prove(claims.find(name)).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("step", "seen"),
    [
        (every_depth.DOWN[0], ["gradient"]),
        (every_depth.DOWN[1], ["hessian", "diagonal", "trace", "trace_squared"]),
        (every_depth.UP[0], ["trace_forward", "trace_gradient"]),
        (every_depth.UP[1], ["trace_forward", "trace_gradient"]),
        (every_depth.BACK[2], ["trace_gradient"]),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_wrong_step_is_seen_at_one_hidden_layer(step, seen, monkeypatch):
    """Each step that is doubled makes a claim false; so the claims do rest on them."""
    wrong = changed(step, lambda q, i: 2 * step.function(q, i)[1])
    for name in ("UP", "DOWN", "BACK"):
        steps_ = tuple(wrong if x is step else x for x in getattr(every_depth, name))
        monkeypatch.setattr(one_layer, name, steps_)
    found = {x for x in BY_LAYERS if prove(replace(claims.find(x))).verdict is Verdict.REFUTED}
    assert found == {f"{x}_by_layers" for x in seen}


# ---- witnesses: SymPy differentiates explicit networks 2-2-…-2, and knows nothing of layers

WIDTH = range(2)


@cache
def network(L, i=0):
    """SymPy's loss of sample i with L hidden layers, its parameters, values and numbers."""
    t = sp.Symbol("t")
    u, v = sp.symbols("u v")
    f = t + t**2 / 3 - (t**3 / 5 if L < 3 else 0)  # of three layers SymPy is slow
    loss = u**3 / 3 - 2 * u * v + u * v**2 + v**3 / 2 + v
    parameters, values, numbers = {}, {}, {}
    a = [sp.Rational(1, 2 + i), sp.Rational(i - 2, 3)]
    at = list(a)
    for n in range(1, L + 2):
        b = [sp.Symbol(f"b{n}{k}") for k in WIDTH]
        W = [[sp.Symbol(f"w{n}{k}{q}") for q in WIDTH] for k in WIDTH]
        parameters[n] = [*b, *(W[k][q] for q in WIDTH for k in WIDTH)]
        for m, x in enumerate(parameters[n]):
            values[x] = sp.Rational((7 * n + 3 * m) % 5 - 2, 2 + (m + n) % 3) + sp.Rational(1, 7)
        for k, q in itertools.product(WIDTH, WIDTH):
            numbers[f"W@{n}", k, q] = values[W[k][q]]
        for name, order in (("h", 0), ("f1", 1), ("f2", 2), ("f3", 3)):
            for k in WIDTH:
                slope = sp.diff(f, t, order).subs(t, at[k]) if n > 1 else at[k]
                numbers[f"{name}@{n - 1}", i, k] = slope
        h = [numbers[f"h@{n - 1}", i, k] for k in WIDTH]
        at = [values[b[k]] + sum(values[W[k][q]] * h[q] for q in WIDTH) for k in WIDTH]
        z = [b[k] + sum(W[k][q] * a[q] for q in WIDTH) for k in WIDTH]
        a = [f.subs(t, x) for x in z]
    for order, name in enumerate(("e", "S", "T"), 1):
        for places in itertools.product(WIDTH, repeat=order):
            slope = sp.diff(loss, *((u, v)[k] for k in places)).subs({u: at[0], v: at[1]})
            numbers[(name, i, *places)] = slope
    numbers = {key: Fraction(int(x.p), int(x.q)) for key, x in numbers.items()}
    return loss.subs({u: z[0], v: z[1]}, simultaneous=True), parameters, values, numbers


@cache
def second(L, i=0):
    """All second derivatives of sample i, as SymPy's expressions."""
    loss, parameters, *_ = network(L, i)
    return sp.hessian(loss, [x for own in parameters.values() for x in own])


class Exact(PythonCodePrinter):
    """SymPy's expressions as Python, with no float in it."""

    def _print_Rational(self, expr):
        return f"Fraction({expr.p}, {expr.q})"


def exact(expressions, values):
    """The values of expressions, in fractions."""
    numbers = [Fraction(int(x.p), int(x.q)) for x in values.values()]
    names = [{"Fraction": Fraction}, "math"]
    run = sp.lambdify([*values], expressions, names, printer=Exact(), cse=True)
    return [Fraction(x) for x in run(*numbers)]


@cache
def hessian(L, i=0):
    """The Hessian of sample i in numbers, by SymPy."""
    H, values = second(L, i), network(L, i)[2]
    P = len(values)
    found = iter(exact([H[r, c] for r in range(P) for c in range(r + 1)], values))
    lower = [[next(found) for _ in range(r + 1)] for r in range(P)]
    return [[lower[max(r, c)][min(r, c)] for c in range(P)] for r in range(P)]


def value(poly, at, numbers):
    """The value of a normal form."""
    total = 0
    for key, c in poly.terms.items():
        factors, bound = unbind(key)
        for places in itertools.product(WIDTH, repeat=len(bound)):
            where = {**at, **dict(zip(bound, places, strict=True))}
            term = c
            for (name, *slots), n in factors.items():
                own = [0 if x == SAMPLE else where[x] for x in slots]
                known = int(own[0] == own[1]) if name == DELTA else numbers[(name, *own)]
                term *= known**n
            total += term
    return total


def entries(M, numbers):
    """A matrix of normal forms as rows of numbers."""
    places = [
        [(n, p) for n, block in enumerate(s) for p in itertools.product(WIDTH, repeat=len(block))]
        for s in (M.rows, M.cols)
    ]

    def entry(r, row, c, col):
        own = indices(M.rows[r], "row"), indices(M.cols[c], "col")
        at = dict(zip((*own[0], *own[1]), (*row, *col), strict=True))
        return value(M.on(r, c, *own), at, numbers)

    return [[entry(r, row, c, col) for c, col in places[1]] for r, row in places[0]]


@pytest.mark.parametrize("L", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3))])
def test_blocks_against_sympy(L):
    """Every block of the Hessian is what SymPy's hessian of the whole network gives."""
    numbers, H, count = network(L)[3], hessian(L), 0
    for what, stated, _ in unrolling.compared(BLOCKS, L):
        layers = [int(x) for x in what.split() if x.isdigit()]
        later, n = layers if len(layers) == 2 else layers * 2
        found = entries(stated, numbers)
        for r, c in itertools.product(range(6), range(6)):
            assert found[r][c] == H[6 * later - 6 + r][6 * n - 6 + c], what
        count += 1
    assert count == (L + 1) * (L + 2) // 2


@pytest.mark.parametrize("L", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3))])
def test_trace_against_sympy(L):
    """So is tr H, from below and layer by layer from above."""
    numbers, diagonal = network(L)[3], [hessian(L)[k][k] for k in range(6 * L + 6)]
    found = {what: entries(x, numbers) for what, x, _ in unrolling.compared(TRACE, L)}
    assert found.pop("trace_of_a_function of the whole") == [[sum(diagonal)]]
    for n in range(1, L + 2):
        assert found.pop(f"trace_of_a_layer of layer {n}") == [[sum(diagonal[6 * n - 6 : 6 * n])]]
    assert not found


def test_squares_against_sympy():
    """So are the squares of all blocks and tr H², of two samples."""
    numbers = network(1)[3] | network(1, 1)[3]
    H = np.array(hessian(1), object) + np.array(hessian(1, 1), object)
    found = {what: entries(x, numbers) for what, x, _ in unrolling.compared(SQUARED, 1)}
    one, two = slice(6), slice(6, 12)
    assert found == {
        "squares_of_a_layer of layer 1": [[(H[one, one] ** 2).sum()]],
        "squares_of_a_layer of layer 2": [[(H[two, two] ** 2).sum()]],
        "squares_of_two_layers of layers 2 and 1": [[(H[two, one] ** 2).sum()]],
        "tr H² of the whole": [[(H @ H).trace()]],
    }


@pytest.mark.parametrize("L", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_gradient_of_trace_against_sympy(L):
    """And its gradient, in which third derivatives occur."""
    _, parameters, values, numbers = network(L)
    trace = second(L).trace()
    for what, stated, _ in unrolling.compared(GRADIENT, L):
        if "the whole" in what:
            continue
        own = parameters[int(what.split()[-1])]
        by = own[:2] if "biases" in what else own[2:]
        right = exact([sp.diff(trace, x) for x in by], values)
        found = entries(stated, numbers)
        assert [row[q] for q in range(len(found[0])) for row in found] == right, what


# ---- the code of steps


@pytest.mark.parametrize("step", emitted.STEPS, ids=lambda step: step.name)
def test_damaged_step_does_not_read_back(step, monkeypatch):
    """A factor 2 in any line or result of the printed code is an error."""
    right, original = emitted.step_code(step), emitted.source
    for part in ("lines", "results"):
        for n, text in enumerate(getattr(right, part)):
            name, equals, inner = text.rpartition(" = ")
            damaged = f"{name}{equals}2*({inner})"

            def source(code, part=part, n=n, damaged=damaged):
                own = getattr(code, part)
                return original(replace(code, **{part: (*own[:n], damaged, *own[n + 1 :])}))

            monkeypatch.setattr(emitted, "source", source)
            with pytest.raises(emitted.ReadBackError, match=f"of {step.name} is not what"):
                emitted.step_code(step)
    monkeypatch.undo()
    assert emitted.step_code(step) == right


def test_step_that_takes_no_batch_does_not_read_back_as_one():
    """What transposes all axes, or sums over the first, is found out where there is one more."""
    (right,) = (step for step in STEPS if step.name == "slope")
    original = emitted.step_code(right)
    (wrong,) = (x.replace("swapaxes(-1, -2)", "T") for x in original.results)
    damaged = replace(original, results=(wrong,))
    draws = [arbitrary(emitted.SIZES[0], seed, RESIDUES) for seed in range(2)]
    alone, together = (emitted._run(original, draws, several)[0] for several in (0, 1))
    assert (emitted._run(damaged, draws, 0)[0] == alone).all()
    assert (together[0] == alone).all()
    with pytest.raises(ValueError, match="matmul"):
        emitted._run(damaged, draws, 1)


def test_arguments_stay_as_they_are():
    """Steps change in place what they have made themselves, and nothing that they are given."""
    values = arbitrary(emitted.SIZES[0], 0, RESIDUES)
    for code in map(emitted.step_code, STEPS[::3]):
        given = [emitted._laid_out(name, values) for name in code.arguments]
        before = [np.array(x, dtype=object) for x in given]
        scope = {"np": np, **{f.__name__: f for f in sample_matrices.HELPERS}}
        exec(emitted.source(code), scope)
        scope[code.name](*given)
        for x, y in zip(given, before, strict=True):
            assert (np.asarray(x, dtype=object) == y).all(), code.name


def test_half_of_what_is_symmetric():
    """Inner products are those of the whole."""
    rng = np.random.default_rng(0)
    B = rng.normal(size=(2, 5, 5, 3))
    B += B.swapaxes(1, 2)
    x, y = map(sample_matrices.half, B)
    assert x.shape == (15, 1, 3)
    found = np.einsum("kon,kop->np", x, y)
    assert_allclose(found, np.einsum("rcn,rcp->np", *B), rtol=0, atol=1e-13)


def test_pairs_of_rows_in_parts():
    """Products of two rows are taken in parts where they are long, and add up as in one."""
    rng, k = np.random.default_rng(0), 7
    W = rng.normal(size=(k, 2**17))
    assert len(list(sample_matrices.pairs(W))) == 4  # of the 28 pairs of rows, eight at a time
    s, C = rng.normal(size=(2**17, 2)), rng.normal(size=(k, k, 2))
    C += C.swapaxes(0, 1)
    expected = np.stack([(W * x) @ W.T for x in s.T], axis=-1)
    assert_allclose(sample_matrices.outer(W, s), expected, rtol=0, atol=1e-9)
    forms = np.stack([(W * (x @ W)).sum(axis=0) for x in np.moveaxis(C, -1, 0)], axis=-1)
    assert_allclose(sample_matrices.quadratic(W, C), forms, rtol=0, atol=1e-11)
