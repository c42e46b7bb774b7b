"""Ctrl-C ends whatever is under way within a second."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import hessbound as hb
from hessbound.engine import _threads
from hessbound.functions import _descent

from .cases import CASES
from .cases import problem as draw

PATIENCE = 4.0  # seconds; alone it takes tenths of one, but tests share the cores with others
BEGIN = """
import numpy as np
import hessbound as hb

rng = np.random.default_rng(0)


def problem(N, d, m):
    A, w = rng.normal(size=(m, d + 1)) / d**0.5, rng.normal(size=m + 1) / m**0.5
    net = hb.Network(A, w, activation="tanh")
    return net, rng.normal(size=(N, d)), rng.integers(0, 2, N).astype(float)


few = problem(5, 2, 3)  # compiles what is needed
hb.sharpness(*few), hb.sharpness_gradient(*few), hb.hessian(*few)
hb.gradient_descent(*few, learning_rate=1.0, max_steps=1)
hb.extreme_eigenvalues(*few, method="lanczos"), hb.extreme_eigenvalues(*few, method="dense")
"""
RUN = """
print("begins", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("ends", flush=True)
"""
LONG = {
    "steps of one network": (
        "arguments = problem(100, 2, 3)",
        "hb.gradient_descent(*arguments, learning_rate=1e-9, max_steps=10**9)",
    ),
    "steps of many networks": (
        "net, *samples = problem(100, 2, 3); nets = net.with_theta(np.stack([net.theta] * 50))",
        "hb.gradient_descent(nets, *samples, learning_rate=1e-9, max_steps=10**8)",
    ),
    "steps of any depth": (
        "net = hb.MLP([np.ones((3, 2)), np.ones((3, 3)), np.ones((2, 3))])",
        "hb.gradient_descent(net, np.ones((9, 2)), [0] * 9, learning_rate=1e-9, max_steps=10**9)",
    ),
    "pairs of samples": ("arguments = problem(30_000, 100, 64)", "hb.sharpness(*arguments)"),
    "blocks of the Hessian": ("arguments = problem(10**5, 40, 40)", "hb.sharpness(*arguments)"),
    "the gradient of a bound": (
        "arguments = problem(20_000, 100, 64)",
        "hb.sharpness_gradient(*arguments)",
    ),
    "a dense spectrum": (
        "arguments = problem(10, 60, 80)",
        "hb.extreme_eigenvalues(*arguments, method='dense')",
    ),
    "Lanczos": (
        "arguments = problem(60_000, 100, 64)",
        "hb.extreme_eigenvalues(*arguments, k=20, method='lanczos', tolerance=1e-14)",
    ),
    "equal samples": ("X = rng.normal(size=(10**6, 60))", "hb.Dataset(X, np.zeros(10**6))"),
}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to send")
@pytest.mark.parametrize("name", LONG)
def test_interrupts(name):
    """The call ends, and so does the process, without waiting for what is given up."""
    before, call = LONG[name]
    code = "\n".join([BEGIN, before, RUN.format(call=call)])
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begins\n"
        time.sleep(0.4)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "ends\n"
        assert time.monotonic() - start < PATIENCE
        process.wait(timeout=30)
    assert process.returncode == 0
    assert time.monotonic() - start < 3 * PATIENCE


def test_work_that_is_given_up_ends():
    """Threads whose results nobody awaits stop at the next call or checkpoint."""
    calls = []

    def function(n):
        calls.append(n)
        for _ in range(1000):
            _threads.checkpoint()
            time.sleep(0.001)

    results = _threads.in_order(function, [(n,) for n in range(100)], 2)
    next(results)
    results.close()
    made = len(calls)
    time.sleep(0.05)
    assert len(calls) <= made + 2


def test_results_come_in_order():
    """Whoever computed them, and an error where it belongs."""

    def function(n):
        time.sleep(0.002 * (n % 3))
        return 1 // (20 - n)

    results = _threads.in_order(function, [(n,) for n in range(30)], 3)
    with pytest.raises(ZeroDivisionError):
        assert [next(results) for _ in range(30)] == []


@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("steps", [0, 1, 7, 8, 50])
def test_pieces_change_no_bit(activation, monkeypatch, batch, steps):
    """Descent in pieces takes the same steps, and stops at the same one."""
    p = draw(CASES[2], activation)
    net = p.net.with_theta(np.stack([p.net.theta] * 3) * [[1.0], [0.5], [0.1]]) if batch else p.net
    options = {"learning_rate": 0.1, "max_steps": steps, "tolerance": 0.02}
    whole = hb.gradient_descent(net, p.X, p.y, **options)
    monkeypatch.setattr(_descent, "PIECE_FLOPS", 0.0)
    for shortest in (1, 3, 7):
        monkeypatch.setattr(_descent, "SHORTEST_PIECE", shortest)
        parts = hb.gradient_descent(net, p.X, p.y, **options)
        assert parts.net == whole.net
        for name in ("steps", "gradient_norm", "converged"):
            np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


@pytest.mark.parametrize("method", ["dense", "lanczos"])
def test_waiting_changes_no_bit(activation, monkeypatch, method):
    """Where other threads do all the work, they do the same work."""
    p = draw(CASES[-1], activation)
    arguments, options = (p.net, p.X, p.y), {"sample_weight": p.weight}

    def everything():
        s = hb.sharpness(*arguments, **options).to_dict()
        found = hb.extreme_eigenvalues(*arguments, method=method, **options).to_dict()
        value, gradient = hb.sharpness_gradient(*arguments, **options)
        return s, found, value, gradient.tolist(), hb.hessian(*arguments, **options).tolist()

    before = everything()
    monkeypatch.setattr(_threads, "LONG", 0.0)
    monkeypatch.setattr(_threads, "shares", lambda flops: 5)
    assert everything() == before
