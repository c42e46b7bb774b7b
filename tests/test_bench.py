"""The arithmetic of benchmarks/: no test says how long anything takes."""

import importlib
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb
from hessbound.engine._kernels import load
from hessbound.experiments.machine import machine

from .link_tree import ROOT


@pytest.fixture
def suite(monkeypatch):
    """Return how to import a module of benchmarks/suite, which is found as its scripts find it."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return lambda name: importlib.import_module(f"suite.{name}")


@pytest.fixture
def timing(suite):
    """Return the stopwatches."""
    return suite("timing")


def test_runs_that_are_left_out_are_kept(tmp_path, monkeypatch):
    """Those of the same machine, in their order; results of another machine are not mixed in."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    kept, path = importlib.import_module("run")._with_kept, tmp_path / "results.json"
    old = [{"task": task, "threads": 1, "groups": [0]} for task in ("a", "b")]
    new = [{"task": "a", "threads": threads, "groups": [1]} for threads in (1, 2)]
    here = {"machine": {"processor": "x", "date": "2"}, "quick": False, "runs": new}
    assert kept(here, path) == new
    path.write_text(json.dumps({**here, "machine": {"processor": "x", "date": "1"}, "runs": old}))
    assert kept(here, path) == [new[0], old[1], new[1]]
    path.write_text(json.dumps({**here, "machine": {"processor": "y", "date": "2"}, "runs": old}))
    assert kept(here, path) == new


class Clock:
    """A clock that stands still but for what ``takes`` adds."""

    def __init__(self):
        self.now, self.order = 0.0, []

    def __call__(self):
        return self.now

    def takes(self, name, *seconds):
        """Return a call that takes these times, one after the other, the last for ever."""
        left = list(seconds)

        def call():
            self.order.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return call


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.34, "12.3 s"), (1.0, "1.00 s"), (0.1234, "123 ms"), (45.6e-6, "45.6 µs"), (7e-9, "7 ns")],
)
def test_duration(timing, seconds, text):
    """Three digits and a unit."""
    assert timing.duration(seconds) == text


def test_calls_take_turns(timing):
    """Each run makes all calls, as often as each is repeated, and gives the mean of these.

    What is repeated is called once more before, and that does not count.
    """
    clock = Clock()
    calls = {"a": clock.takes("a", 99.0, 1.0, 3.0, 99.0, 5.0, 7.0), "b": clock.takes("b", 10.0)}
    seconds = timing.interleaved(calls, {"a": 2, "b": 1}, 2, clock=clock)
    assert clock.order == ["a", "a", "a", "b", "a", "a", "a", "b"]
    assert seconds == {"a": [2.0, 6.0], "b": [10.0, 10.0]}


def test_settling_waits_for_other_threads(timing, monkeypatch):
    """It ends with the first wait in which the process took next to no time."""
    busy, slept = iter([0.0, 0.01, 0.01, 0.02, 0.02, 0.0202]), []
    monkeypatch.setattr(timing.time, "process_time", lambda: next(busy))
    monkeypatch.setattr(timing.time, "sleep", slept.append)
    timing.settle()
    assert len(slept) == 3


def test_warm_leaves_the_first_call_out(timing):
    """The first call may compile."""
    clock = Clock()
    assert timing.warm(clock.takes("a", 60.0, 0.5), clock) == 0.5


def test_repetitions(timing):
    """As many calls as fill the shortest time that is measured, and at least one."""
    assert timing.repetitions(0.3, 1.0) == 4
    assert timing.repetitions(2.0, 1.0) == 1
    assert timing.repetitions(0.0, 1e-6) == 10


def test_spread(timing):
    """Of 0, 1 … 10: from 1 to 9, over 5."""
    assert_allclose(timing.spread([float(n) for n in range(11)]), 8 / 5, rtol=1e-12, atol=0)


def test_flops(timing):
    """N = 2, d = 1, m = 1: D = 3, E = 1, direct 2·2·(3 + 2·2 + 4) = 44 and Gram 4·7 + 24 = 52."""
    assert timing.flops("hessian", 2, 1, 1) == 44
    assert timing.flops("sharpness", 2, 1, 1) == 44
    assert timing.flops("sharpness", 1, 1, 1) == 19  # Gram, 7 + 12, against 22
    assert timing.flops("loss and gradient", 2, 1, 1) == 16
    with pytest.raises(ValueError, match="got 'peak'"):
        timing.flops("peak", 2, 1, 1)


def test_environment_limits_every_library(timing):
    """BLAS, OpenMP and the library itself get the same number, and idle threads rest."""
    found = timing.environment(3)
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
    assert [found[name] for name in names] == ["3"] * 3
    assert found["OPENBLAS_THREAD_TIMEOUT"] == "4"


def test_exponent_of_an_exact_power(suite):
    """3x² has the exponent 2 and the factor 3."""
    fit = suite("fits").power([1, 2, 4, 8], [3, 12, 48, 192])
    assert_allclose(fit, (2.0, 3.0, 1.0), rtol=1e-12, atol=0)


def test_exponent_is_of_the_largest_sizes(suite):
    """A flat start does not count; of two points with a third between them the worst is known."""
    power = suite("fits").power
    assert_allclose(power([1, 2, 4, 8], [5, 5, 5, 10], tail=2).exponent, 1, rtol=1e-12, atol=0)
    # logarithms 0, 3, 0 at 0, 1, 2: level 1, off by 2 in the middle
    fit = power(np.exp([0, 1, 2]), np.exp([0, 3, 0]))
    assert_allclose(fit, (0.0, np.e, np.e**2), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="at least 2, got 1 and 1"):
        power([1], [1])


def test_error_of_each_and_of_the_whole(suite):
    """(3, 4) for (3, 5): one number is off by 1/5, the vector by 1/√34."""
    error = suite("reference").error
    assert_allclose(error([3, 4], [3, 5], each=True), 0.2, rtol=1e-12, atol=0)
    assert_allclose(error([3, 4], [3, 5], each=False), 34**-0.5, rtol=1e-12, atol=0)
    with pytest.raises(ValueError, match=r"shape \(2,\), got \(3,\)"):
        error([1, 2, 3], [1, 2], each=True)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu"])
def test_references_agree_with_the_library(suite, activation):
    """The formulas that errors are measured by give what the kernels give."""
    formulas, problem = suite("formulas"), suite("problems").Problem(50, 3, 4, 3, activation)
    x = formulas.Features.of(problem, dtype=np.longdouble)
    net, X, y = problem.net, problem.X, problem.y
    H = hb.hessian(net, X, y)
    close = {"rtol": 1e-12, "atol": 1e-12 * np.abs(H).max()}
    assert_allclose(formulas.hessian(x, chunk=7), H, **close)
    assert_allclose(formulas.product(x, problem.z), H @ problem.z, **close)
    assert_allclose(formulas.gradient(x), hb.gradient(net, X, y), **close)
    s = hb.sharpness(net, X, y)
    for traces in (formulas.traces_plain(x), formulas.traces_tiled(x, 7)):
        assert_allclose(traces, [s.trace, s.trace_squared], rtol=1e-12, atol=0)
    value, gradient = hb.sharpness_gradient(net, X, y)
    bound = suite("reference").bound_and_slope(problem).values
    assert_allclose(bound, [value, gradient @ problem.z], rtol=1e-7, atol=0)
    batch = hb.sharpness(problem.nets, X, y)
    expected = np.column_stack([batch.trace, batch.trace_squared])
    assert_allclose(formulas.traces_batched(problem, 2), expected, rtol=1e-12, atol=0)


def fails(problem):
    """Be a peer that does not work with this release of something."""
    message = "no such keyword"
    raise TypeError(message)


def absent(problem):
    """Be a peer that is not there."""
    importlib.import_module("a_peer_that_is_not_installed")


@pytest.fixture
def group(suite):
    """Measure a task with contenders of every kind at a small size."""
    problems, ours, peers = suite("problems"), suite("ours"), suite("by_numpy")
    contender = problems.Contender
    contenders = (
        *ours.TRACES[:2],
        *peers.TRACES,
        contender("broken", fails),
        contender("absent", absent),
        contender("endless", fails, flops=lambda problem: 1e15),
        contender("huge", fails, bytes=lambda problem: 1e12),
    )
    problem = problems.Problem(60, 2, 3)
    right = suite("reference").traces
    task = suite("tasks").Task("traces", contenders, (problem,), right, True, "sharpness")
    return suite("measure").group(task, problem, suite("measure").Effort(runs=3))


def test_every_contender_has_a_row(group):
    """With a time and an error, or with the reason why it did not take part."""
    rows = {row["contender"]: row for row in group["rows"]}
    for name in ("hessbound, tanh", "hessbound, sigmoid", "NumPy, tiled Gram form"):
        assert rows[name]["seconds"] > 0
        assert rows[name]["runs"] == 3
        assert rows[name]["error"] < 1e-12
    assert 0 < rows["Hutchinson, 100 NumPy products"]["error"] < 10
    reasons = {name: row["skipped"] for name, row in rows.items() if row["skipped"]}
    assert reasons == {
        "broken": "failed: TypeError: no such keyword",
        "absent": "a_peer_that_is_not_installed is not installed",
        "endless": "estimated at 50000 s a call",
        "huge": "would need 1000 GB",
    }
    assert group["reference"] == "dense Hessian, extended precision"


def test_report_shows_times_and_reasons(timing, group, suite):
    """The Markdown has a line for each contender, and the peak of its run."""
    runs = [{"task": "traces", "threads": threads, "groups": [group]} for threads in (1, 2)]
    result = {"machine": machine(), "quick": True, "runs": runs}
    text = suite("report").markdown(result)
    assert f"Peak {group['peak'] / 1e9:.1f} GFLOP/s" in text
    assert "| broken | – | failed: TypeError: no such keyword |  |  |  |" in text
    ours = group["rows"][0]
    assert f"| hessbound, tanh | {timing.duration(ours['seconds'])} |" in text
    assert "2 threads" in text


def test_cost_model_recovers_the_rates_of_exact_times(suite):
    """Times made from known rates give these back, and choices without regret."""
    cost_model = importlib.import_module("cost_model")
    kernels = load("tanh")
    true = cost_model.Fit(
        np.array([2e-5, 8e-12, 3e-10, 5e-9]), np.array([3e-6, 1e-11, 2e-10, 1e-9, 2e-9])
    )
    rows = []
    for size in cost_model.sizes("tanh"):
        row = cost_model.Timed(*size, 0.0, 0.0, "gram")
        gram, direct = true.seconds(kernels, row)
        rows.append(row._replace(gram=gram, direct=direct))
    found = cost_model.fitted(kernels, rows)
    assert_allclose(found.gram, true.gram, rtol=1e-6, atol=0)
    assert_allclose(found.direct, true.direct, rtol=1e-6, atol=0)
    assert all(row.regret == 0 for row in cost_model._with(found, kernels, rows))
    assert any(row.regret > cost_model.ALLOWED for row in rows)


def test_table_of_the_guide_is_that_of_the_results(suite):
    """The times in docs/benchmarks.md are those of the committed run."""
    result = json.loads((ROOT / "benchmarks" / "results" / "results.json").read_text("utf-8"))
    assert suite("summary").summary(result) in (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
