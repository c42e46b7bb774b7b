"""How far above the traces their bounds are, before and after: python benchmarks/sharper_bounds.py.

Before are (23) and (29), after are their sharper forms for hard labels. The sides are the proved
claims' own trees, read with a trained network's numbers and its dense Hessian. Prints the
table in docs/prover.md; needs scikit-learn.
"""

import datetime as dt
import platform
import warnings
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import NDArray

import hessbound as hb
from hessbound import demo
from hessbound.derive import activations, claims
from hessbound.derive.claims import constants
from hessbound.derive.functions.ranges import largest_modulus
from hessbound.derive.proof.assumptions import Assumptions
from hessbound.derive.statements.arrays import Array
from hessbound.derive.statements.draws import Network, Sizes
from hessbound.derive.statements.fields import Field
from hessbound.derive.statements.interpreter import Places
from hessbound.derive.statements.numbers import Numbers
from hessbound.derive.statements.trees import Node

Doubles = NDArray[np.float64]
DOUBLES = Field("doubles", None, float, np.isclose, np.not_equal)
QUANTITIES = Assumptions(hard=True).quantities()
HEAD = """\
| network | weights | tr H_AA: (23) | sharper | tr H²: (29) | sharper |
|---|---|---|---|---|---|"""


class Example(NamedTuple):
    """A network, its data, and what to call them."""

    name: str
    net: hb.Network
    X: Doubles
    y: Doubles


class Row(NamedTuple):
    """How many times the value each bound is, for tr H_AA and for tr H²."""

    name: str
    weights: str
    plain: float
    sharp: float
    plain_squared: float
    sharp_squared: float


class Trained(Numbers):
    """The values of statements in a trained network, in doubles; H is the dense Hessian."""

    def __init__(self, example: Example, weights: Doubles) -> None:
        net, X = example.net, np.column_stack([np.ones(len(example.X)), example.X])
        function = activations.load(net.activation)
        f = sp.lambdify(function.variable, function.definition, ["scipy", "numpy"])
        h, none = f(X @ net.A.T), np.zeros(len(X))
        known = {
            "omega": _column(weights),
            "beta": _column(np.abs(net.w[1:])),
            **{f"alpha{n}": _column([float(largest_modulus(function, n))]) for n in (1, 2)},
            "s1": _column([1.0]),
            "s2": _column([0.25]),
        }
        sizes = Sizes(len(X), X.shape[1] - 1, len(net.A))
        hidden, output = (h, 0 * h, 0 * h, 0 * h), (none, none, none)
        super().__init__(Network(sizes, DOUBLES, "", known, X, net.A, net.w, hidden, output))
        self._hessian = Array(hb.hessian(net, example.X, example.y, sample_weight=weights))
        self.values.known["free M"] = _column([self._peak])  # type: ignore[index]

    def on_named(self, node: Node, at: Places) -> Array:
        """Read H, and what other names mean."""
        if node.args[0] == "H":
            return self._hessian
        found: Array = super().on_named(node, at)
        return found

    def number(self, node: Node) -> float:
        """Return the value of a 1 × 1 matrix."""
        return float(self.read(node).array[0, 0])

    @cached_property
    def _peak(self) -> float:
        """M in closed form."""
        slacks = constants.pair_constants(QUANTITIES)
        return float(constants.largest_pair(*(self.number(x.value) for x in slacks)))

    @cached_property
    def steep(self) -> bool:
        """Whether α₂ ‖b‖₁ ≥ α₁² ‖b‖₂²."""
        a, c = (self.number(x.value) for x in constants.label_constants(QUANTITIES))
        return c >= a


def _column(values: Any) -> Doubles:
    return np.asarray(values, dtype=float).reshape(-1, 1)


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


def _fit(X: Doubles, y: Doubles, activation: str, units: int) -> hb.Network:
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
    small, large, _ = claim.sides
    return q.number(large) / q.number(small)


def table() -> str:
    """Return the rows as Markdown."""
    lines = (f"| {r.name} | {r.weights} | {' | '.join(map(_shown, r[2:]))} |" for r in rows())
    return "\n".join([HEAD, *lines])


def _shown(ratio: float) -> str:
    return f"{float(f'{ratio:.3g}'):,.15g}"


if __name__ == "__main__":
    print(table())
    print(f"\n{platform.machine()}, NumPy {np.__version__}, {dt.date.today()}")
