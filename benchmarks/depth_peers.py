"""Networks of any depth beside JAX, BackPACK and PyHessian: python benchmarks/depth_peers.py.

Needs the extra ``bench``. One thread, float64, the same network for all. What is exact is compared
with our tr H; what is estimated shows its standard error, of 100 random vectors.
"""

import os

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import datetime as dt
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import backpack
import jax
import numpy as np
import pyhessian
import torch
from depth import SIZES, Problem, drawn, least
from jax import numpy as jnp
from suite import timing

import hessbound as hb
from hessbound.experiments.machine import processor

PROBES = 100
RUNS = 3


class Jax:
    """Products with H by forward over reverse mode, jitted.

    Parameters and samples are arguments: what a compiled function closes over is folded into it,
    for half a minute.
    """

    def __init__(self, problem: Problem) -> None:
        net, X, y = problem
        theta = list(zip(map(jnp.asarray, net.weights), map(jnp.asarray, net.biases), strict=True))
        self._given = theta, jnp.asarray(X), jnp.asarray(y)
        self._z = jax.tree.map(jnp.ones_like, theta)
        self._product = jax.jit(_product)
        self._quadratics = jax.jit(_quadratics)

    def product(self) -> Any:
        """Multiply once."""
        return jax.block_until_ready(self._product(self._z, *self._given))

    def hutchinson(self) -> tuple[float, float]:
        """Return the mean and its standard error."""
        keys = jax.random.split(jax.random.key(0), PROBES)
        found = np.asarray(self._quadratics(keys, *self._given))
        return float(found.mean()), float(found.std(ddof=1) / np.sqrt(PROBES))


def _loss(theta: Any, X: Any, y: Any) -> Any:
    *hidden, (W, b) = theta
    h = X
    for V, c in hidden:
        h = jnp.tanh(h @ V.T + c)
    v = jax.nn.log_softmax(h @ W.T + b)
    return -jnp.take_along_axis(v, y[:, None], 1).sum()


def _product(z: Any, theta: Any, X: Any, y: Any) -> Any:
    return jax.jvp(lambda t: jax.grad(_loss)(t, X, y), (theta,), (z,))[1]


def _quadratics(keys: Any, theta: Any, X: Any, y: Any) -> Any:
    def one(key: Any) -> Any:
        z = jax.tree.map(lambda p: jax.random.rademacher(key, p.shape, p.dtype), theta)
        products = jax.tree.map(lambda a, b: (a * b).sum(), z, _product(z, theta, X, y))
        return sum(jax.tree.leaves(products))

    return jax.lax.map(one, keys)


class Torch:
    """BackPACK's exact diagonal, and PyHessian's estimate."""

    def __init__(self, problem: Problem) -> None:
        net, X, y = problem
        layers: list[torch.nn.Module] = []
        for W, b in zip(net.weights, net.biases, strict=True):
            linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64)
            linear.weight.data, linear.bias.data = torch.tensor(W), torch.tensor(b)
            layers += [linear, torch.nn.Tanh()]
        self.X, self.y = torch.tensor(X), torch.tensor(y)
        self.plain = torch.nn.Sequential(*layers[:-1])
        self.model = backpack.extend(torch.nn.Sequential(*layers[:-1]))
        self.loss = backpack.extend(torch.nn.CrossEntropyLoss(reduction="sum"))

    def diagonal(self) -> float:
        """Return the sum of BackPACK's diagonal of H."""
        with backpack.backpack(backpack.extensions.DiagHessian()):
            self.loss(self.model(self.X), self.y).backward()
        return sum(float(p.diag_h.sum()) for p in self.model.parameters())

    def hutchinson(self) -> tuple[float, float]:
        """Return PyHessian's mean and its standard error."""
        loss = torch.nn.CrossEntropyLoss(reduction="sum")
        own = pyhessian.hessian(self.plain, loss, data=(self.X, self.y), cuda=False)
        found = np.asarray(own.trace(maxIter=PROBES, tol=0.0))
        return float(found.mean()), float(found.std(ddof=1) / np.sqrt(PROBES))


def row(N: int, sizes: tuple[int, ...]) -> str:
    """Return a line of the table: times, and what they bought."""
    problem = drawn(N, sizes)
    operator, z = hb.hessian_operator(*problem), np.ones(problem.net.n_parameters)
    ours = float(hb.trace(*problem))
    by_jax, by_torch = Jax(problem), Torch(problem)
    quick: dict[str, Callable[[], object]] = {
        "tr H": lambda: hb.trace(*problem),
        "product": lambda: operator @ z,
        "JAX": by_jax.product,
    }
    slow: dict[str, Callable[[], object]] = {
        "probes": by_jax.hutchinson,
        "BackPACK": by_torch.diagonal,
        "PyHessian": by_torch.hutchinson,
    }
    times = least(quick, 5 * RUNS) | least(slow, RUNS)
    error, theirs = by_jax.hutchinson()[1] / abs(ours), by_torch.diagonal()
    cells = [f"{1e3 * seconds:.1f}" for seconds in times.values()]
    ratios = [f"{times[name] / times['tr H']:.0f} ×" for name in slow]
    return (
        f"| {N}, {'-'.join(map(str, sizes))} | {' | '.join([*cells, *ratios])} "
        f"| {100 * error:.1f} % | {abs(theirs / ours - 1):.0e} |"
    )


def main() -> None:
    """Print a table in Markdown."""
    timing.restart()
    packages = ("numpy", "jax", "torch", "backpack-for-pytorch", "pyhessian")
    print(f"{processor()}, {dt.date.today()}, one thread, least of {RUNS}, in ms")
    print(", ".join(f"{name} {version(name)}" for name in packages) + "\n")
    head = ["N, layers", "tr H", "product", "JAX's product", f"{PROBES} probes, JAX", "BackPACK"]
    head += [f"{PROBES} probes, PyHessian", "probes / tr H", "BackPACK / tr H", "PyHessian / tr H"]
    head += ["error of the probes", "BackPACK against tr H"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for N, sizes in SIZES:
        print(row(N, sizes), flush=True)


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    main()
