"""How far above the traces their bounds are, before and after: python benchmarks/sharper_bounds.py.

Before are (23) and (29), after are their sharper forms for hard labels. The sides are the proved
claims' own functions, evaluated with a trained network's numbers and its dense Hessian. Prints the
table in docs/prover.md; needs scikit-learn.
"""

import datetime as dt
import platform
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

import hessbound as hb
from hessbound import demo
from hessbound.derive import activations, claims
from hessbound.derive.functions.ranges import largest_modulus
from hessbound.derive.proof import peaks
from hessbound.derive.proof.nonnegative import fact
from hessbound.derive.proof.trace_constants import label_constants, pair_constants
from hessbound.derive.statements.exact import Explicit

Array = NDArray[np.float64]
HEAD = """\
| network | weights | tr H_AA: (23) | sharper | tr H²: (29) | sharper |
|---|---|---|---|---|---|"""


class Example(NamedTuple):
    """A network, its data, and what to call them."""

    name: str
    net: hb.Network
    X: Array
    y: Array


class Row(NamedTuple):
    """How many times the value each bound is, for tr H_AA and for tr H²."""

    name: str
    weights: str
    plain: float
    sharp: float
    plain_squared: float
    sharp_squared: float


@dataclass
class Weighted:
    """The weight of one sample."""

    weight: Any


class Trained:
    """The quantities that the bounds' sides ask for, in doubles."""

    def __init__(self, example: Example, weights: Array) -> None:
        net, function = example.net, activations.load(example.net.activation)
        f = sp.lambdify(function.variable, function.definition, ["scipy", "numpy"])
        self.X = Explicit(np.column_stack([np.ones(len(example.X)), example.X]))
        self.h = Explicit(f(self.X.array @ net.A.T))
        self.H = Explicit(hb.hessian(net, example.X, example.y, sample_weight=weights))
        self.K = self.X @ self.X.T
        self.Q = Explicit(1 + (self.h @ self.h.T).array)
        self.omega = fact(_column(weights))
        self.beta = fact(_column(np.abs(net.w[1:])))
        self.alpha1, self.alpha2 = (
            fact(_column([float(largest_modulus(function, n))])) for n in (1, 2)
        )

    def one(self, kind: str) -> Explicit:
        """Return ones."""
        return _column(np.ones({"hidden": self.h.array.shape[1]}[kind]))

    def over(self, term: Any) -> Any:
        """Sum over the samples."""
        first, *rest = map(term, range(len(self.X.array)))
        return sum(rest, first)

    def at(self, i: int) -> Any:
        """Return a sample's inputs."""
        return type("Sample", (), {"x": Explicit(self.X.array[i : i + 1].T)})

    def bounded(self, i: int) -> Weighted:
        """Return a sample's weight."""
        return Weighted(fact(Explicit(self.omega.value.array[i : i + 1])))

    def part(self, M: Explicit, row: str, col: str) -> Explicit:
        """Return the block H_AA."""
        assert row == col == "A"
        cut = self.h.array.shape[1] * self.X.array.shape[1]
        return Explicit(M.array[:cut, :cut])

    def peak(self) -> Explicit:
        """Return M in closed form."""
        constants = (float(x.array[0, 0]) for x in pair_constants(self))
        return _column([float(peaks.largest_pair(*constants))])

    @property
    def steep(self) -> bool:
        """Whether α₂ ‖b‖₁ ≥ α₁² ‖b‖₂²."""
        a, c = (x.value.array[0, 0] for x in label_constants(self))
        return bool(c >= a)


def _column(values: Any) -> Explicit:
    return Explicit(np.asarray(values, dtype=float).reshape(-1, 1))


def examples() -> Iterator[Example]:
    """Yield trained networks on a real table and on two Gaussians, and one that is not trained."""
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    yield Example("breast cancer, 16 tanh", demo.run().net, X, y)
    yield Example("breast cancer, 16 sigmoid", _fit(X, y, "logistic", 16), X, y)
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2.0
    X = rng.normal(size=(200, 2)) + np.where(y[:, None] > 0, 1.0, -1.0)
    yield Example("two Gaussians, 3 tanh", _fit(X, y, "tanh", 3), X, y)
    yield Example("two Gaussians, 10 sigmoid", _fit(X, y, "logistic", 10), X, y)
    A, w = rng.normal(size=(10, 3)) / 3, rng.normal(size=11) / 3
    yield Example("two Gaussians, 10 GELU, untrained", hb.Network(A, w, activation="gelu"), X, y)


def _fit(X: Array, y: Array, activation: str, units: int) -> hb.Network:
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it has converged matters nothing here
        clf = MLPClassifier(
            units, activation=activation, solver="lbfgs", alpha=demo.PENALTY, random_state=0
        )
        return hb.from_sklearn(clf.fit(X, y))


def rows() -> Iterator[Row]:
    """Yield the ratios, without sample weights and with random ones."""
    for example in examples():
        ones, rng = np.ones(len(example.y)), np.random.default_rng(1)
        for label, weights in (("ω = 1", ones), ("ω in [0, 2]", rng.uniform(0, 2, len(ones)))):
            q = Trained(example, weights)
            hidden = "bound_hidden_trace_steep" if q.steep else "bound_hidden_trace_sharp"
            names = ("bound_hidden_trace", hidden, "bound_squared", "bound_squared_sharp")
            yield Row(example.name, label, *(_ratio(name, q) for name in names))


def _ratio(name: str, q: Trained) -> float:
    claim: Any = claims.find(name)
    small, large = (float(side.array[0, 0]) for side in claim.function(q))
    return large / small


def table() -> str:
    """Return the rows as Markdown."""
    lines = (f"| {r.name} | {r.weights} | {' | '.join(map(_shown, r[2:]))} |" for r in rows())
    return "\n".join([HEAD, *lines])


def _shown(ratio: float) -> str:
    return f"{float(f'{ratio:.3g}'):,.15g}"


if __name__ == "__main__":
    print(table())
    print(f"\n{platform.machine()}, NumPy {np.__version__}, {dt.date.today()}")
