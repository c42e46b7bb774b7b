"""Networks of any depth that tests share, and jets of their losses as these are defined.

The jets (``oracles``) know sums, products and elementary functions, and nothing of layers.
"""

import itertools
from functools import cache, partial
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import hessbound as hb

from . import oracles

LOSSES = ("softmax", "cross_entropy", "squared_error", "poisson", "probit", "exponential")
CLOSE = 2e-12  # relative to the largest entry
N = 5


def labels(loss, rng, n, K, soft):
    """Labels that a loss takes."""
    if loss == "softmax":
        return rng.dirichlet(np.ones(K), n) if soft else rng.integers(0, K, n)
    if loss in {"squared_error", "poisson"}:
        return rng.poisson(2.0, (n, K)).astype(float)
    return rng.uniform(size=(n, K)) if soft else rng.integers(0, 2, (n, K)).astype(float)


def network(rng, sizes, activation="tanh", loss="softmax", no_bias=(), frozen=()):
    """Weights that leave units unsaturated."""
    weights = [rng.normal(size=(b, a)) / np.sqrt(a) for a, b in itertools.pairwise(sizes)]
    biases = [None if n in no_bias else rng.normal(size=len(W)) for n, W in enumerate(weights, 1)]
    if loss == "probit":  # whose definition loses digits for outputs of 4 and more
        weights[-1] /= 4
        biases[-1] = None if biases[-1] is None else biases[-1] / 4
    return hb.MLP(weights, biases, activation=activation, loss=loss, frozen=frozen)


def jets_of_outputs(net, X, theta=None):
    """Each output as a jet of all samples; θ is read in the order that is documented."""
    theta, start = oracles.Jet.variables(net.theta if theta is None else theta), 0
    h = list(X.T)
    for n, (W, b) in enumerate(zip(net.weights, net.biases, strict=True), start=1):
        rows, offsets = W, np.zeros(len(W)) if b is None else b
        if f"W{n}" not in net.frozen:
            rows = theta[np.arange(start, start + W.size).reshape(W.shape)]
            start += W.size
        if b is not None and f"b{n}" not in net.frozen:
            offsets = theta[np.arange(start, start + b.size)]
            start += b.size
        z = [sum(x * rows[k, j] for j, x in enumerate(h)) + offsets[k] for k in range(len(W))]
        if n < net.n_layers:
            f = oracles.definition(net.activations[n - 1])
            z = [f(u, oracles.FLOAT) if isinstance(u, oracles.Jet) else f(u, SCALARS) for u in z]
        h = z
    assert start == net.n_parameters
    zero = oracles.Jet(np.zeros(len(X)), np.zeros((1, start)), np.zeros((1, start, start)))
    return [v + zero for v in h]


SCALARS = SimpleNamespace(
    exp=np.exp, log=np.log, tanh=np.tanh, sqrt=np.sqrt, pi=np.pi, erf=oracles.erf
)
"""What a layer is made of whose parameters, and those below, are all frozen."""


def jet_of_loss(net, outputs, y):
    """The loss of each sample as a function of its outputs."""
    rows = np.eye(net.n_outputs)[y] if y.ndim == 1 else y
    if net.loss == "softmax":
        total = oracles.FLOAT.log(sum(oracles.FLOAT.exp(v) for v in outputs))
        return sum((total - v) * rows[:, k] for k, v in enumerate(outputs))
    of = oracles.LOSSES[net.loss]
    return sum(of(v, rows[:, k], oracles.FLOAT) for k, v in enumerate(outputs))


def gauss_newton(net, outputs, y):
    """Jᵀ ∂²ℓ/∂v² J of each sample, with ∂²ℓ/∂v² by jets in the outputs alone."""
    found = []
    for i in range(len(y)):
        jets = oracles.Jet.variables(np.array([v.v[i] for v in outputs]))
        one = [oracles.Jet(v.v[None], v.g[None], v.H[None]) for v in jets]
        S = jet_of_loss(net, one, y[i : i + 1]).H[0]
        J = np.array([np.broadcast_to(v.g, (len(y), v.g.shape[-1]))[i] for v in outputs])
        found.append(J.T @ S @ J)
    return np.array(found)


def case_of(number, loss, L):
    """Every loss at every depth; what else there is takes turns."""
    K, names = 1 + (number + number // 4) % 5, hb.activations()
    frozen = ((), ("W1",), ("W2", "b2"), (), (f"W{L + 1}",), ("b1",), ("W1", "b1"))[number % 7]
    no_bias = ((), (1,), (), (L + 1,), (2,))[number % 5]
    return {
        "sizes": (2, *(3, 2, 4, 2)[:L], max(K, 2) if loss == "softmax" else K),
        "loss": loss,
        "activation": tuple(names[(number + k) % len(names)] for k in range(L)),
        "soft": number % 2 == 1,
        "weighted": number % 3 != 0,
        "reduction": ("sum", "mean")[number // 2 % 2],
        "no_bias": tuple(n for n in no_bias if f"b{n}" not in frozen),
        "frozen": frozen,
    }


CASES = {
    f"{loss}-{L}": case_of(number, loss, L)
    for number, (loss, L) in enumerate(itertools.product(LOSSES, (1, 2, 3, 4)))
}
for f, L in itertools.product(hb.activations(), (2, 3)):
    CASES[f"{f}-{L}"] = {"sizes": (3, *(3, 2, 3)[:L], 3), "activation": f}
CASES["no biases"] = {"sizes": (3, 3, 2, 3), "no_bias": (1, 2, 3)}
CASES["one of everything"] = {"sizes": (1, 1, 1, 1), "loss": "cross_entropy"}
CASES["one layer left"] = {"sizes": (2, 3, 2, 3), "frozen": ("W1", "b1", "W3", "b3", "b2")}


@cache
def solved(name):
    """Return network, samples, options and what the jets say: losses, gradients, H and its part."""
    case = {"loss": "softmax", "activation": "tanh", "soft": False, "weighted": False} | CASES[name]
    rng = np.random.default_rng(sum(map(ord, name)))
    sizes, loss = case["sizes"], case["loss"]
    own = {key: case.get(key, ()) for key in ("no_bias", "frozen")}
    net = network(rng, sizes, case["activation"], loss, **own)
    X, y = rng.normal(size=(N, sizes[0])), labels(loss, rng, N, sizes[-1], case["soft"])
    weight = np.array([1.0, 0.0, 2.5, 0.3, 1.0]) if case["weighted"] else np.ones(N)
    options = {"reduction": case.get("reduction", "sum")}
    if case["weighted"]:
        options["sample_weight"] = weight
    scale = weight / (weight.sum() if options["reduction"] == "mean" else 1.0)
    outputs = jets_of_outputs(net, X)
    jet = jet_of_loss(net, outputs, y)
    parts = gauss_newton(net, outputs, y) * scale[:, None, None]
    exact = SimpleNamespace(
        v=np.array([v.v for v in outputs]).T,
        losses=jet.v * scale,
        gradients=jet.g * scale[:, None],
        hessians=jet.H * scale[:, None, None],
        gauss_newton=parts,
    )
    return net, (X, y), options, exact


def same(actual, expected, scale=None):
    """Compare, relative to the largest entry."""
    assert np.shape(actual) == np.shape(expected)
    scale = np.abs(expected).max() if scale is None else scale
    assert_allclose(actual, expected, rtol=0, atol=CLOSE * scale)


def layer_of_each(net):
    """The layer to which each parameter belongs, from 0 on."""
    return np.concatenate([np.full(x.size, int(p[1:]) - 1) for p, x in net.parameters.items()])


def as_mlp(net, loss="cross_entropy"):
    """A network of one hidden layer as an MLP, and where its parameters are in the other θ."""
    W1, b1, w2, b2 = net.to_layers()
    m, d = W1.shape
    A = np.arange(m * (d + 1)).reshape(d + 1, m).T
    rest = m * (d + 1) + np.arange(m + 1)
    order = np.concatenate([A[:, 1:].ravel(), A[:, 0], rest[1:], rest[:1]])
    own = {"activation": net.activation, "loss": loss}
    return hb.MLP([W1, w2[None]], [b1, b2[None]], **own), order


def message(error, call, *args, **options):
    """Return the message with which a call is refused."""
    with pytest.raises(error) as info:
        call(*args, **options)
    assert info.value.__cause__ is None
    return str(info.value)


NUMBERED = "; number the classes, as of a scikit-learn model numpy.searchsorted(clf.classes_, y)"
RULE = "must hold real numbers (float64, float32, integers or bools)"
FUNCTIONS = (
    hb.loss,
    hb.gradient,
    hb.loss_and_gradient,
    hb.trace,
    hb.trace_gradient,
    hb.hessian,
    hb.hessian_diagonal,
    hb.hessian_operator,
    hb.gauss_newton_operator,
    hb.trace_squared,
    hb.sharpness,
    hb.extreme_eigenvalues,
    partial(hb.gradient_descent, learning_rate=0.1, max_steps=1),
)
