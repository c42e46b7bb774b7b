"""docs/scaling.md: its tables follow from the cost model; its estimates of tr H² are unbiased."""

import importlib
import re
import tracemalloc
from itertools import combinations, permutations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound.engine import _threads
from hessbound.engine._problem import Problem
from hessbound.traces import _moments

from .link_tree import ROOT

SMALL = (6, 2, 3)
PERCENT = re.compile(r"([+-]?[0-9.]+) %")


@pytest.fixture
def script(monkeypatch):
    """Return how to import a module of benchmarks, which is found as its scripts find it."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module


def drawn(script):
    """Return how to draw a network and samples."""
    return script("suite.problems").drawn


@pytest.fixture
def page():
    """Return docs/scaling.md."""
    return (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")


def small(script):
    """Return a problem with few samples, and all its a_ij."""
    estimates = script("estimates")
    problem = estimates.Problem(*drawn(script)("tanh", *SMALL))
    return estimates, problem, estimates.pair_traces(problem)


def test_tables_follow_from_the_rates_on_the_page(script, page):
    """Operations, memory, communication, and the times at the rates that the page states."""
    scaling = script("scaling")
    tables = script("scaling_tables")
    rates = scaling.rates_in(page)
    assert rates.keys() == {
        (name, size.d, size.m)
        for size in tables.MEASURED
        for name in tables.QUANTITIES
        if size.direct or name != "direct"
    }
    assert scaling.replaced(page, tables.derived(rates)) == page
    faster = {at: 2 * rate if at[0] == "Gram" else rate for at, rate in rates.items()}
    for name, text in tables.derived(faster).items():
        same = name == "work"
        assert (scaling.replaced(page, {name: text}) == page) == same, name


def test_rates_are_read_as_they_are_written(script, page):
    """A page holds three digits of each rate, and the note below the table is no rate."""
    scaling, tables = script("scaling"), script("scaling_tables")
    rates = {at: 1e9 * (n + 1) / 7 for n, at in enumerate(scaling.rates_in(page))}
    text = tables.rate_table(rates) + "\n\n(A machine.)"
    again = scaling.rates_in(scaling.replaced(page, {"rates": text}))
    assert again.keys() == rates.keys()
    assert_allclose(list(again.values()), list(rates.values()), rtol=5e-3, atol=0)


def test_missing_marker_is_an_error(script):
    """A table is never left out in silence."""
    with pytest.raises(ValueError, match="the page must have the markers <!-- work -->"):
        script("scaling").replaced("<!-- times -->\nx\n<!-- end -->\n", {"work": ""})


def test_memory_is_that_of_the_arrays(script):
    """Inputs, blocks and features of products are counted as they are allocated."""
    tables, (d, m) = script("scaling_tables"), (5, 16)
    net, X, y = drawn(script)("tanh", 40, d, m)
    data = hb.Dataset(X, y)._samples
    held = data.X.nbytes + data.XT.nbytes + data.y.nbytes + data.omega.nbytes
    assert tables.input_bytes(40, d) == held
    problem = Problem.of(net, X, y, None, "sum")
    *parts, _ = _moments.blocks(problem, problem.A, problem.w, np.ones(1), 8)
    assert tables.blocks(d, m) == sum(part.size for part in parts)
    operator = hb.hessian_operator(*drawn(script)("tanh", 512, d, m))  # whole blocks of samples
    held = sum(x.nbytes for x in operator._features)
    assert tables.feature_bytes("product", 512, m) == held


def test_gram_allocates_features_and_inputs_only(script, monkeypatch):
    """Twice the samples take twice the features and inputs, and no N × N array."""
    tables, (d, m) = script("scaling_tables"), (64, 64)
    monkeypatch.setattr(_threads, "count", lambda flops: 1)  # each has workspaces of its own
    found, expected = [], []
    for N in (1600, 3200):
        net, X, y = drawn(script)("tanh", N, d, m)
        assert Problem.of(net, X, y, None, "sum").plan.algorithm == "gram"
        hb.trace_squared(net, X, y)
        tracemalloc.start()
        hb.trace_squared(net, X, y)
        found.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        inputs = tables.input_bytes(N, d) - X.nbytes - y.nbytes  # these are the caller's
        expected.append(tables.feature_bytes("Gram", N, m) + inputs)
    assert_allclose(found[1] - found[0], expected[1] - expected[0], rtol=2e-2, atol=0)
    assert found[0] > expected[0]


def test_communication(script):
    """An all-reduce passes everything twice but for a machine's own part; Gram passes rows."""
    tables, (N, d, m) = script("scaling_tables"), (1600, 5, 4)
    net, *_ = drawn(script)("tanh", 8, d, m)
    received = tables.received_bytes
    assert received("product", N, d, m, 1) == 0
    assert received("product", N, d, m, 16) == 8 * net.n_parameters * 2 * 15 / 16
    assert received("direct", N, d, m, 16) == 8 * tables.blocks(d, m) * 2 * 15 / 16
    rows, vectors = 5, 1  # a, q, f', ... of a sample, and its p
    assert received("Gram", N, d, m, 16) == 8 * 800 * (d + rows * m + vectors)


@pytest.mark.parametrize("parts", [2, 3, 6])
def test_parts_give_the_exact_value(script, parts):
    """Two parts of the samples at a time: tr H² itself."""
    estimates, problem, a = small(script)
    value = estimates.by_parts(problem, np.array_split(np.arange(len(a)), parts))
    assert_allclose(value, hb.trace_squared(*problem), rtol=1e-12, atol=0)


@pytest.mark.parametrize("n", [2, 3, 5, 6])
def test_subset_estimate_over_all_subsets(script, n):
    """Mean and variance over every subset of n samples are tr H² and the formula."""
    estimates, problem, a = small(script)
    found = [estimates.from_subset(problem, list(s)) for s in combinations(range(len(a)), n)]
    exact = hb.trace_squared(*problem)
    assert_allclose(a.sum(), exact, rtol=1e-12, atol=0)
    assert_allclose(np.mean(found), exact, rtol=1e-12, atol=0)
    variance = estimates.subset_variance(a, n)
    assert_allclose(variance, np.var(found), rtol=1e-10, atol=1e-24 * exact**2)


@pytest.mark.parametrize("n", [2, 3])
def test_groups_estimate_over_all_divisions(script, n):
    """Mean and variance over every division into groups of n are tr H² and the formula."""
    estimates, problem, a = small(script)
    orders = permutations(range(len(a)))
    divisions = {tuple(sorted(tuple(sorted(o[i : i + n])) for i in range(0, 6, n))) for o in orders}
    found = [estimates.from_groups(problem, division) for division in divisions]
    exact = hb.trace_squared(*problem)
    assert_allclose(np.mean(found), exact, rtol=1e-12, atol=0)
    assert_allclose(estimates.groups_variance(a, n), np.var(found), rtol=1e-10, atol=0)


def test_products_estimate(script):
    """With the columns of √P I it is tr H²; its variance is that of a quadratic form in normals."""
    estimates, problem, _ = small(script)
    H, P = hb.hessian(*problem), problem.net.n_parameters
    value = estimates.from_products(problem, np.sqrt(P) * np.eye(P))
    assert_allclose(value, hb.trace_squared(*problem), rtol=1e-12, atol=0)
    fourth = np.trace(np.linalg.matrix_power(H, 4))
    assert_allclose(estimates.products_variance(H, 5), 2 * fourth / 5, rtol=1e-12, atol=0)


def test_effects_sum_to_zero(script):
    """The α sum to 0, and so does each row of β, without which they were not unique."""
    estimates, _, a = small(script)
    alpha, beta = estimates.effects(a)
    assert_allclose(alpha.sum(), 0, rtol=0, atol=1e-12 * np.abs(alpha).sum())
    assert_allclose(beta.sum(axis=1), 0, rtol=0, atol=1e-12 * np.abs(beta).sum())


@pytest.mark.slow
def test_draws_agree_with_the_standard_errors(script, page):
    """Draws have the predicted mean and standard error, and the page shows them."""
    estimates = script("estimates")
    rows = estimates.rows()
    shown = [line for line in page.splitlines() if line.startswith(("| random", "| trained"))]
    assert len(shown) == len(rows)
    for line, row in zip(shown, rows, strict=True):
        assert line.startswith(f"| {row.network} | {row.estimate} |")
        predicted, seen, bias = (float(x) / 100 for x in PERCENT.findall(line))
        assert_allclose(predicted, row.predicted, rtol=1e-2, atol=0)
        for spread, offset in ((seen, bias), (row.seen, row.bias)):  # four standard errors each
            assert_allclose(spread, row.predicted, rtol=4 / np.sqrt(2 * estimates.DRAWS), atol=0)
            assert abs(offset) < 4 * row.predicted / np.sqrt(estimates.DRAWS)
