"""tr H by layers while a network learns, beside Hutchinson's estimate: python benchmarks/digits.py.

scikit-learn's digits, 64-32-32-10 with tanh, trained by Adam on mini-batches. At each stop the
traces of the layers' blocks are computed twice: exactly, by ``hessbound.trace``, and as means of
z∘Hz over random signs z (Hutchinson), by the compiled products of ``hessbound.hessian_operator``.
Writes docs/figures/digits.svg and digits.json; one thread.
"""

import datetime as dt
import json
import platform
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from suite import timing

import hessbound as hb
from hessbound.experiments.machine import processor

SIZES = (64, 32, 32, 10)
EPOCHS, BATCH, RATE = 20, 64, 3e-3
STOPS = (*range(10), 12, 14, 16, 18, 20)
PROBES = 100
RUNS = 15
OUT = Path(__file__).parents[1] / "docs" / "figures"


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return the images, in [0, 1], and their classes."""
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def start(rng: np.random.Generator) -> hb.MLP:
    """Return a network with random weights."""
    weights = [rng.normal(size=(b, a)) / np.sqrt(a) for a, b in pairwise(SIZES)]
    return hb.MLP(weights, [np.zeros(len(W)) for W in weights], activation="tanh")


def epochs(X: np.ndarray, y: np.ndarray) -> Iterator[hb.MLP]:
    """Yield the network before the first epoch of Adam and after each."""
    rng = np.random.default_rng(0)
    net = start(rng)
    theta, first, second, step = net.theta, np.zeros(net.n_parameters), 0.0, 0
    yield net
    for _ in range(EPOCHS):
        for rows in np.array_split(rng.permutation(len(X)), len(X) // BATCH):
            step += 1
            _, g = hb.loss_and_gradient(net, X[rows], y[rows], reduction="mean")
            first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
            scale = np.sqrt(second / (1 - 0.999**step)) + 1e-8
            theta = theta - RATE * first / (1 - 0.9**step) / scale
            net = net.with_theta(theta)
        yield net


def by_layers(net: hb.MLP, z: np.ndarray) -> list[float]:
    """Sum a vector like θ over the parameters of each layer."""
    ends = np.cumsum([W.size + len(W) for W in net.weights])
    return [float(part.sum()) for part in np.split(z, ends[:-1])]


def estimates(net: hb.MLP, X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the layers' traces as each random vector has them, (PROBES, layers)."""
    operator = hb.hessian_operator(net, X, y, reduction="mean")
    rows = []
    for _ in range(PROBES):
        z = rng.choice([-1.0, 1.0], net.n_parameters)
        rows.append(by_layers(net, z * (operator @ z)))
    return np.array(rows)


def seconds(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least of this thread's own times of each; the calls take turns."""
    found = dict.fromkeys(calls, np.inf)
    for _ in range(RUNS):
        for name, call in calls.items():
            begin = time.thread_time()
            call()
            found[name] = min(found[name], time.thread_time() - begin)
    return found


def measured() -> dict[str, Any]:
    """Train, and return what the figure shows."""
    X, y = data()
    rng, stops = np.random.default_rng(1), []
    for epoch, net in enumerate(epochs(X, y)):
        if epoch not in STOPS:
            continue
        rows = estimates(net, X, y, rng)
        total = rows.sum(axis=1)
        exact = hb.trace(net, X, y, reduction="mean", per_layer=True)
        stops.append(
            {
                "epoch": epoch,
                "loss": hb.loss(net, X, y, reduction="mean"),
                "exact": exact.tolist(),
                "mean": rows.mean(axis=0).tolist(),
                "error": (rows.std(axis=0, ddof=1) / np.sqrt(PROBES)).tolist(),
                "relative": float(total.std(ddof=1) / np.sqrt(PROBES) / exact.sum()),
            }
        )
    return {
        "machine": f"{processor()}, one thread's own time, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, {dt.date.today()}",
        "sizes": SIZES,
        "samples": len(X),
        "parameters": net.n_parameters,
        "probes": PROBES,
        "stops": stops,
        "seconds": seconds(
            {
                "exact": lambda: hb.trace(net, X, y, reduction="mean", per_layer=True),
                "hutchinson": lambda: estimates(net, X, y, rng),
            }
        ),
    }


def draw(found: dict[str, Any]) -> Any:
    """Draw the traces by epochs, and error against time."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 3.6), layout="constrained", width_ratios=(3, 2)
    )
    stops, times = found["stops"], found["seconds"]
    at = [stop["epoch"] for stop in stops]
    for layer, name in enumerate(f"layer {n}" for n in range(1, len(SIZES))):
        exact, mean, error = (
            [stop[key][layer] for stop in stops] for key in ("exact", "mean", "error")
        )
        left.plot(at, exact, "-", lw=1.2, color=f"C{layer}", label=f"{name}, exact")
        left.errorbar(at, mean, error, fmt=".", ms=4, capsize=2, lw=0.8, color=f"C{layer}")
    left.errorbar([], [], [], fmt=".", capsize=2, color="gray", label=f"{PROBES} random vectors")
    left.set(
        xlabel="epoch",
        ylabel="tr H of the layer's block, mean loss",
        yscale="log",
        xticks=range(0, EPOCHS + 1, 5),
    )
    left.legend(fontsize=8)
    probes = np.logspace(0, 4, 50)
    for stop, style in ((stops[0], ":"), (stops[-1], "-")):
        error = 100 * stop["relative"] * np.sqrt(PROBES / probes)
        label = f"random vectors, epoch {stop['epoch']}"
        each = 1e3 * times["hutchinson"] / PROBES
        right.loglog(each * probes, error, style, color="C3", label=label)
        right.plot(each * PROBES, 100 * stop["relative"], "o", ms=3, color="C3")
    right.axvline(1e3 * times["exact"], color="black", lw=1.2, label="exact")
    right.set(xlabel="milliseconds", ylabel="error of tr H (one sd), %")
    right.legend(fontsize=8)
    for axis in (left, right):
        axis.grid(alpha=0.3)
    figure.suptitle(found["machine"], fontsize=8)
    return figure


def main() -> None:
    """Measure, and write both files."""
    mpl.use("Agg")
    mpl.rcParams |= {"svg.hashsalt": "hessbound", "svg.fonttype": "none", "font.size": 9}
    timing.restart()
    found = measured()
    OUT.mkdir(exist_ok=True)
    (OUT / "digits.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    draw(found).savefig(OUT / "digits.svg", metadata={"Date": None})
    print(json.dumps(found["seconds"]), found["stops"][-1])


if __name__ == "__main__":
    main()
