"""Threads change no result but by rounding, obey the limits that are set, and survive a fork."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import hessbound as hb
from hessbound.engine import _threads
from hessbound.engine._plan import Plan

from .cases import FUNCTIONS, assert_same

ANY = hb.activations()[0]
ACROSS = 1e-13
MANY = f"""
import numpy as np
import hessbound as hb
from hessbound.engine import _threads
rng = np.random.default_rng(0)
net = hb.Network(rng.normal(size=(8, 4)), rng.normal(size=9), activation={ANY!r})
X, y = rng.normal(size=(600, 3)), rng.integers(0, 2, 600)
_threads.WORTHWHILE = 0.0
"""


def run(code, **environment):
    """Run code in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", MANY + code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    return done.stdout.strip()


@given(st.integers(1, 5000), st.integers(1, 9), st.integers(1, 600))
def test_ranges_cover_everything_once(stop, parts, step):
    """The ranges follow one another, are not empty, and end at multiples of the step."""
    ranges = _threads.ranges(stop, parts, step)
    assert len(ranges) <= parts
    assert [edge for part in ranges for edge in part][1:-1] == [
        edge for part in ranges[1:] for edge in (part[0], part[0])
    ]
    assert (ranges[0][0], ranges[-1][1]) == (0, stop)
    assert all(a < b and a % step == 0 for a, b in ranges)


@pytest.mark.parametrize("plan", [Plan("direct", 32, 1.0), Plan("gram", 32, 1.0)])
@pytest.mark.parametrize("batch", [(), (5,)])
def test_thread_counts_agree(activation, monkeypatch, plan, batch):
    """A thread count gives the same bits each time, and others the same to 1e-13."""
    monkeypatch.setattr("hessbound.engine._problem.plan", lambda *sizes: plan)
    rng = np.random.default_rng(0)
    net = hb.Network(
        rng.normal(size=(*batch, 4, 4)), rng.normal(size=(*batch, 5)), activation=activation
    )
    X, y = rng.normal(size=(700, 3)), rng.uniform(size=700)
    for function in FUNCTIONS:
        results = []
        for threads in (1, 2, 3):
            monkeypatch.setattr("hessbound.engine._threads.count", lambda flops, n=threads: n)
            results.append(function(net, X, y))
            assert_array_equal(results[-1], function(net, X, y))
        for other in results[1:]:
            assert_same(other, results[0], rtol=ACROSS)


def test_products_of_threads_agree(activation, monkeypatch):
    """So do products with the Hessian, and with its Gauss-Newton part."""
    rng = np.random.default_rng(0)
    net = hb.Network(rng.normal(size=(4, 4)), rng.normal(size=5), activation=activation)
    X, y, Z = rng.normal(size=(700, 3)), rng.uniform(size=700), rng.normal(size=(21, 2))
    products = []
    for threads in (1, 3):
        monkeypatch.setattr("hessbound.engine._threads.count", lambda flops, n=threads: n)
        operators = hb.hessian_operator(net, X, y), hb.gauss_newton_operator(net, X, y)
        products.append([operator @ Z for operator in operators])
    assert_same(products[1], products[0], rtol=ACROSS)


def test_little_work_is_done_by_one_thread():
    """Starting a thread costs more than it saves there."""
    assert _threads.count(_threads.WORTHWHILE / 2) == 1
    assert 1 <= _threads.count(1e15) <= (os.cpu_count() or 1)


def test_numbas_limit_is_obeyed():
    """NUMBA_NUM_THREADS bounds the number of threads."""
    assert run("print(_threads.count(1e15))", NUMBA_NUM_THREADS="1") == "1"


@pytest.mark.parametrize("variable", ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"])
def test_no_blas_decides_the_number_of_threads(variable):
    """Neither a setting of a BLAS, nor another library that knows of it, takes threads away."""
    code = """
import importlib.util
before = _threads.count(1e15)
for name in ("scipy.linalg", "threadpoolctl", "sklearn.linear_model"):
    if importlib.util.find_spec(name.partition(".")[0]):
        importlib.import_module(name)
print(before, _threads.count(1e15))
if importlib.util.find_spec("threadpoolctl"):
    import threadpoolctl
    with threadpoolctl.threadpool_limits(1):
        print(_threads.count(1e15))
"""
    assert set(run(code, NUMBA_NUM_THREADS="2", **{variable: "1"}).split()) == {"2"}


def test_numbas_threads_are_those_of_the_moment():
    """numba.set_num_threads counts at the next call, and set_threads counts more."""
    code = """
import os
import numba
tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
print(_threads.count(1e15))
assert not tasks or len(os.listdir("/proc/self/task")) == tasks  # numba's are not started for it
numba.set_num_threads(1)
print(_threads.count(1e15))
hb.set_threads(3)
print(_threads.count(1e15))
hb.set_threads(None)
print(_threads.count(1e15))
"""
    assert run(code, NUMBA_NUM_THREADS="2").split() == ["2", "1", "3", "1"]


def test_threads_that_help_keep_the_callers_number():
    """numba has a number for each thread; those that work for a caller have the caller's."""
    code = """
import numba
numba.set_num_threads(1)
print(*_threads.in_order(_threads.count, [(1e15,)] * 3, 2))
"""
    assert run(code, NUMBA_NUM_THREADS="2").split() == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("count", "error", "text"),
    [
        (0, ValueError, "count must be at least 1, got 0"),
        (1.5, TypeError, "count must be an integer, got 1.5"),
    ],
)
def test_bad_numbers_of_threads(count, error, text):
    """They are refused, and change nothing."""
    before = _threads.count(1e15)
    with pytest.raises(error) as refusal:
        hb.set_threads(count)
    assert str(refusal.value) == text
    assert _threads.count(1e15) == before


def test_a_process_may_fork_after_threads_have_run():
    """A child process computes what its parent does, after either used threads."""
    code = """
import multiprocessing
import warnings
warnings.simplefilter("ignore")
hb.set_threads(3)
before = hb.sharpness(net, X, y)
def child(queue):
    queue.put(hb.sharpness(net, X, y) == before)
context = multiprocessing.get_context("fork")
queue = context.Queue()
process = context.Process(target=child, args=(queue,))
process.start()
print(queue.get(timeout=60))
process.join()
"""
    assert run(code) == "True"


def test_errors_of_threads_arrive():
    """An error on a thread is the caller's."""

    def fail(x):
        if x == 1:
            message = "one"
            raise ValueError(message)
        return x

    with pytest.raises(ValueError, match="one"):
        _threads.run(fail, [(0,), (1,)])
    assert _threads.run(fail, [(2,), (3,)]) == [2, 3]
