"""Independent references: derivatives of the loss taken from its definition by second-order jets.

A jet is a number with its gradient and Hessian in θ; sums, products and chain rules of elementary
functions carry them along, exactly but for rounding. Nothing here shares a formula with ``derive``
or with the kernels. The same code runs in float64 and in mpmath's arbitrary precision.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from scipy.special import erf


@dataclass(frozen=True)
class Jet:
    """Values (...), gradients (..., P) and Hessians (..., P, P)."""

    v: np.ndarray
    g: np.ndarray
    H: np.ndarray

    __array_ufunc__ = None  # so that array * jet calls __rmul__

    @classmethod
    def variables(cls, theta):
        """The parameters themselves."""
        P, zero = len(theta), theta[0] * 0
        return cls(theta, np.eye(P) + zero, np.zeros((P, P, P)) + zero)

    def __getitem__(self, index):
        return Jet(self.v[index], self.g[index], self.H[index])

    def __add__(self, other):
        if isinstance(other, Jet):
            return Jet(self.v + other.v, self.g + other.g, self.H + other.H)
        return Jet(self.v + other, self.g, self.H)

    def __mul__(self, other):
        if not isinstance(other, Jet):
            c = np.asarray(other)
            return Jet(self.v * c, self.g * c[..., None], self.H * c[..., None, None])
        a, b = self, other
        cross = a.g[..., :, None] * b.g[..., None, :] + b.g[..., :, None] * a.g[..., None, :]
        return Jet(
            a.v * b.v,
            a.v[..., None] * b.g + b.v[..., None] * a.g,
            a.v[..., None, None] * b.H + b.v[..., None, None] * a.H + cross,
        )

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        if isinstance(other, Jet):
            return self * other**-1
        return Jet(self.v / other, self.g / other, self.H / other)

    def __rtruediv__(self, other):
        return self**-1 * other

    def __pow__(self, n):
        v = self.v
        return self.through(v**n, n * v ** (n - 1), n * (n - 1) * v ** (n - 2))

    def through(self, f, f1, f2):
        """The chain rule: f of this jet, given f, f' and f'' at its value."""
        outer = self.g[..., :, None] * self.g[..., None, :]
        return Jet(
            f, f1[..., None] * self.g, f1[..., None, None] * self.H + f2[..., None, None] * outer
        )


def elementary(exp, log, erf, sin, cos, atan, sqrt, pi):
    """Elementary functions of jets, each with its own two derivatives."""

    def jet_exp(x):
        f = exp(x.v)
        return x.through(f, f, f)

    def jet_erf(x):
        f1 = 2 / sqrt(pi) * exp(-(x.v**2))
        return x.through(erf(x.v), f1, -2 * x.v * f1)

    def jet_log(x):
        return x.through(log(x.v), 1 / x.v, -1 / x.v**2)

    def jet_tanh(x):
        return 1 - 2 / (1 + jet_exp(2 * x))

    def jet_sin(x):
        return x.through(sin(x.v), cos(x.v), -sin(x.v))

    def jet_atan(x):
        f1 = 1 / (1 + x.v**2)
        return x.through(atan(x.v), f1, -2 * x.v * f1**2)

    def root(x):
        return x**0.5 if isinstance(x, Jet) else sqrt(x)

    jets = {"exp": jet_exp, "log": jet_log, "erf": jet_erf, "tanh": jet_tanh, "sin": jet_sin}
    return SimpleNamespace(**jets, atan=jet_atan, sqrt=root, pi=pi)


def _vectorised(f):
    return np.frompyfunc(f, 1, 1)


FLOAT = elementary(np.exp, np.log, erf, np.sin, np.cos, np.arctan, math.sqrt, math.pi)


def exact():
    """The same in mpmath's current precision."""
    names = ("exp", "log", "erf", "sin", "cos", "atan")
    functions = (_vectorised(getattr(mpmath, name)) for name in names)
    return elementary(*functions, mpmath.sqrt, +mpmath.pi)


DEFINITIONS = {
    "linear": lambda u, lib: u,
    "sigmoid": lambda u, lib: 1 / (1 + lib.exp(-u)),
    "tanh": lambda u, lib: (lib.exp(u) - lib.exp(-u)) / (lib.exp(u) + lib.exp(-u)),
    "softplus": lambda u, lib: lib.log(1 + lib.exp(u)),
    "gelu": lambda u, lib: u * (1 + lib.erf(u / lib.sqrt(2))) / 2,
    "gelu_tanh": lambda u, lib: (
        u * (1 + lib.tanh((u + 44715 * u**3 / 10**6) * lib.sqrt(2 / lib.pi))) / 2
    ),
    "silu": lambda u, lib: u / (1 + lib.exp(-u)),
    "mish": lambda u, lib: u * lib.tanh(lib.log(1 + lib.exp(u))),
}


def definition(activation):
    """f(u, lib) as a plain formula; for an activation added later, the one that its file states."""
    return DEFINITIONS.get(activation) or _stated_definition(activation)


def _stated_definition(activation):
    activations = pytest.importorskip("hessbound.derive.activations")
    sympy = pytest.importorskip("sympy")
    formula = activations.load(activation).definition
    (u,) = formula.free_symbols

    def f(x, lib):
        names = {name: getattr(lib, name) for name in vars(FLOAT)}
        exact_fractions = [] if lib is FLOAT else ["mpmath"]
        return sympy.lambdify(u, formula, modules=[names, *exact_fractions])(x)

    return f


LOSSES = {
    "cross_entropy": lambda v, y, lib: lib.log(1 + lib.exp(v)) - v * y,
    "squared_error": lambda v, y, lib: (v - y) * (v - y) / 2,
    "poisson": lambda v, y, lib: lib.exp(v) - v * y,
    "exponential": lambda v, y, lib: lib.exp(-v) * y + lib.exp(v) * (1 - y),
    "probit": lambda v, y, lib: (
        -lib.log((1 + lib.erf(v / lib.sqrt(2))) / 2) * y
        - lib.log((1 - lib.erf(v / lib.sqrt(2))) / 2) * (1 - y)
    ),
}
"""The loss of an output v and a label y, as plain formulas."""


@dataclass(frozen=True)
class Reference:
    """Per-sample losses (N,), gradients (N, P) and Hessians (N, P, P), times the weights."""

    losses: np.ndarray
    gradients: np.ndarray
    hessians: np.ndarray

    @property
    def loss(self):
        return self.losses.sum(axis=0)

    @property
    def gradient(self):
        return self.gradients.sum(axis=0)

    @property
    def hessian(self):
        return self.hessians.sum(axis=0)

    @property
    def hessian_scale(self):
        """The same sum with absolute values: what rounding errors are relative to."""
        return np.abs(self.hessians).sum(axis=0)


def _outputs(net, X, theta, lib):
    """v of Eqs. (1)-(4), as jets or numbers, sample by sample along the first axis."""
    d, m = net.n_inputs, net.n_hidden
    A = theta[np.arange(m * (d + 1)).reshape(d + 1, m).T]
    w = theta[np.arange(m * (d + 1), m * (d + 1) + m + 1)]
    Xb = np.column_stack([np.ones(len(X)), X])
    u = sum(Xb[:, j, None] * A[None, :, j] for j in range(d + 1))
    h = definition(net.activation)(u, lib)
    return sum(w[None, k + 1] * h[:, k] for k in range(m)) + w[None, 0]


def reference(net, X, y, omega):
    """Derivatives of the loss as Eq. (2) states it, by jets in float64."""
    X, y, omega = (np.asarray(a, dtype=float) for a in (X, y, omega))
    v = _outputs(net, X, Jet.variables(net.theta), FLOAT)
    losses = LOSSES[net.loss](v, y, FLOAT) * omega
    return Reference(losses.v, losses.g, losses.H)


def gauss_newton(net, X, omega):
    """Σ ω σ(v)(1 − σ(v)) ∇v∇vᵀ, with ∇v by jets in float64."""
    v = _outputs(net, np.asarray(X, dtype=float), Jet.variables(net.theta), FLOAT)
    sigma = 1 / (1 + np.exp(-v.v))
    return (v.g * (omega * sigma * (1 - sigma))[:, None]).T @ v.g


def exact_reference(net, X, y, omega, theta=None):
    """Derivatives of the loss as Eq. (1) states it, by jets in mpmath's current precision.

    At the network's parameters, or at others of any precision.
    """
    lib = exact()
    X, y, omega = (_exactly(a) for a in (X, y, omega))
    theta = _exactly(net.theta) if theta is None else theta
    yhat = 1 / (1 + lib.exp(-_outputs(net, X, Jet.variables(theta), lib)))
    losses = -(lib.log(yhat) * y + lib.log(1 - yhat) * (1 - y)) * omega
    return Reference(losses.v, losses.g, losses.H)


def _exactly(array):
    return np.array(np.vectorize(mpmath.mpf, otypes=[object])(np.asarray(array, dtype=float)))


def loss_function(net, X, y):
    """The loss of Eq. (1) as a function of P numbers, in mpmath and without jets."""
    f = definition(net.activation)
    X = np.asarray(X, dtype=float).tolist()
    d, m = net.n_inputs, net.n_hidden

    def loss(*theta):
        total = mpmath.mpf(0)
        for x, label in zip(X, y, strict=True):
            row, v = [1.0, *x], theta[m * (d + 1)]
            for k in range(m):
                u = sum(theta[j * m + k] * row[j] for j in range(d + 1))
                v += theta[m * (d + 1) + 1 + k] * f(u, mpmath)
            yhat = 1 / (1 + mpmath.exp(-v))
            total -= label * mpmath.log(yhat) + (1 - label) * mpmath.log(1 - yhat)
        return total

    return loss


def differentiated_twice(function, theta):
    """The Hessian of a function of P numbers by mpmath's numerical differentiation."""
    P = len(theta)
    H = np.zeros((P, P))
    for a in range(P):
        for b in range(a + 1):
            order = [0] * P
            order[a] += 1
            order[b] += 1
            H[a, b] = H[b, a] = mpmath.diff(function, tuple(theta), tuple(order))
    return H


def central_gradient(function, theta, step=1e-3):
    """The gradient of a function of θ by fourth-order central differences."""
    gradient = np.empty(len(theta), dtype=theta.dtype)
    for a, unit in enumerate(np.eye(len(theta))):
        f = {n: function(theta + n * step * unit) for n in (-2, -1, 1, 2)}
        gradient[a] = (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * step)
    return gradient
