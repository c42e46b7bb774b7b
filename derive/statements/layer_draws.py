"""Neighbouring layers in numbers: random values at given sizes, and all derivatives by jets.

Nothing here knows of normal forms, nor of a formula that is derived: a smooth function is a
quadratic polynomial with the slope and the Hessian that it is said to have, and jets compose it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from hessbound.derive.algebra.sides import ONE, Shape

from .arrays import Array, Tensor
from .draws import Lengths, Values, filled, number
from .fields import RATIONALS, RESIDUES, Field
from .interpreter import Places
from .jets import Jet, variables
from .layers import AT_SAMPLE, WEIGHTS
from .normal import Normal
from .numbers import Numbers
from .trees import Node, NotAStatementError

SYMMETRIC = ("B", "C", "S", "M", "R")


@dataclass(frozen=True, order=True)
class LayerSizes(Lengths):
    """How many samples, and how long a^(l−1), z^l, z^(l+1) are, and what goes into a later layer.

    n parameters below, K classes, r rows of Q.

    >>> str(LayerSizes(2, 1, 2, 3, 1, 2, 2, 1))
    '2·1·2·3·1·2·2·1'
    """

    N: int
    m0: int
    m1: int
    m2: int
    m3: int
    n: int
    K: int
    r: int

    def __str__(self) -> str:
        return "·".join(map(str, astuple(self)))


def draw(
    sizes: LayerSizes | tuple[int, ...],
    seed: int = 0,
    field: Field = RATIONALS,
    activation: str | None = None,
) -> Values:
    """Draw neighbouring layers; equal arguments give equal ones.

    What a sample's quantities are said to be, they are (see ``layers.LayerSample``). F and f are
    any functions: NotAStatementError for an activation.

    >>> draw((1, 1, 2, 1, 1, 1, 2, 1)).known["B"].shape
    (1, 1, 1)
    """
    if activation is not None:
        msg = f"what is stated of layers is for any activation, and none can be named: {activation}"
        raise NotAStatementError(msg)
    drawn = arbitrary(sizes, seed, field)
    source = random.Random(f"switches {drawn.seed}")
    switches = {name: source.getrandbits(1) for name in ("on_beta", "on_W")}
    with field.working():
        known = {**drawn.known}
        for name, on in switches.items():
            known[name] = np.full((1, 1), field.of(Fraction(on)), object)
        known |= _products(known) | _classes(known)
        return replace(drawn, known=known)


def _products(x: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what stands for sums and products of other quantities."""
    W, Q, f1 = x["W"], x["Q"], _turned(x["f1"])
    B, QW, A = _turned(Q) @ Q + x["C"], Q @ W, x["C"] @ W
    return {
        "B": B,
        "d": _diagonal(B),
        "QW": QW,
        "A": A,
        "squares": (QW**2).sum(axis=1)[:, :, None],
        "grown": x["f2"] * x["m"] + x["f1"] * x["lam"],
        "carried": x["f1"] ** 2 * x["m"],
        "G": (W * f1) @ x["M"],
        "Y": (QW * f1) @ x["M"],
        "YF": (QW * f1) @ x["M"] * f1,
        "u": W.T @ x["g"],
        "own": x["f2"] * (W.T @ x["g"]),
        "h_to": x["f1"] * x["z_to"],
        "forms": _diagonal(W.T @ A),
        "kappa": x["on_beta"] + x["on_W"] * (x["h"] ** 2).sum(axis=1, keepdims=True),
        "omega": x["root_omega"] ** 2,
    }


def _classes(x: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return softmax and labels, each of sum 1; √π is a point of a sphere."""
    t, y = x["root"][:, 1:], x["label"][:, 1:]
    square = (t**2).sum(axis=1, keepdims=True) if t.size else 0 * x["root"][:, :1]
    root = np.concatenate([1 - square, 2 * t], axis=1) / (1 + square)
    others = y.sum(axis=1, keepdims=True) if y.size else 0 * x["label"][:, :1]
    pi, label = root**2, np.concatenate([1 - others, y], axis=1)
    return {
        "root": root,
        "pi": pi,
        "pi_bar": 1 - pi,
        "exp": pi[:, :, 0] * x["exp"].sum(axis=1, keepdims=True),
        "surprise": x["surprise"] if t.size else 0 * x["surprise"],  # −log 1
        "label": label,
        "label_bar": 1 - label,
    }


def _turned(x: Tensor) -> Tensor:
    return x.swapaxes(1, 2)


def _diagonal(x: Tensor) -> Tensor:
    return np.diagonal(x, axis1=1, axis2=2)[:, :, None]


def arbitrary(
    sizes: LayerSizes | tuple[int, ...], seed: int = 0, field: Field = RATIONALS
) -> Values:
    """Draw every quantity by itself, whatever it is said to be; π has the sum 1."""
    sizes = sizes if isinstance(sizes, LayerSizes) else LayerSizes(*sizes)
    source = random.Random(f"{sizes} {seed}")

    def one() -> Any:
        return field.of(Fraction(source.getrandbits(60)) if field is RESIDUES else number(source))

    def lengths(shape: Shape) -> tuple[int, int]:
        return sizes.length(shape.rows), sizes.length(shape.cols)

    with field.working():
        known = {name: filled(lengths(shape), one) for name, shape in WEIGHTS.items()}
        for name, shape in AT_SAMPLE.items():
            known[name] = filled((sizes.N, *lengths(shape)), one)
        for name in SYMMETRIC:
            known[name] = known[name] + _turned(known[name])
        second = filled((sizes.N, sizes.m1, sizes.n, sizes.n), one)
        known["Z"] = second + second.swapaxes(2, 3)
        known["E"] = filled((sizes.N, sizes.m3, sizes.m1, sizes.m1), one)
        known["exp"] = filled((sizes.N, sizes.K), lambda: one() ** 2)
        known["pi"] = (known["exp"] / known["exp"].sum(axis=1, keepdims=True))[:, :, None]
    return Values(sizes, field, f"{sizes} {seed}", known)


def part_of(name: str) -> tuple[str, list[int]]:
    """Return what is derived, and of which of its parts, row and column.

    >>> part_of("pair_part_1_0"), part_of("slope")
    (('pair_part', [1, 0]), ('slope', []))
    """
    own, part, numbers = name.partition("_part_")
    return (f"{own}_part", [*map(int, numbers.split("_"))]) if part else (name, [])


class LayerNormal(Normal):
    """The normal forms of trees on layers."""

    def on_derived(self, node: Node, at: Places) -> Any:
        """Read what is derived."""
        from hessbound.derive.model import layers

        name, i = node.args
        own, numbers = part_of(name)
        return getattr(layers, own)(*numbers).at_samples(i=self.index(i))


class LayerNumbers(Numbers):
    """The values that trees on layers have."""

    def on_derived(self, node: Node, at: Places) -> Array:
        """Read what is derived, by jets."""
        name, i = node.args
        own, numbers = part_of(name)
        found = getattr(_Derived(self.values, at[i]), own)(*numbers)
        return Array(found[:, None] if found.ndim == 1 else found)


class _Derived:
    """What ``model.layers`` derives, by jets; one method for each."""

    def __init__(self, values: Values, i: int) -> None:
        self.known = {name: x if name in WEIGHTS else x[i] for name, x in values.known.items()}
        for name, shape in {**WEIGHTS, **AT_SAMPLE}.items():
            if shape.cols == ONE:
                self.known[name] = self.known[name][:, 0]
        assert isinstance(values.sizes, LayerSizes)
        self.sizes, self.zero = values.sizes, values.field.of(Fraction(0))

    def __getattr__(self, name: str) -> Tensor:
        if name == "known" or name not in self.known:
            raise AttributeError(name)
        return self.known[name]

    def variables(self, *lengths: int, order: int = 2) -> list[list[Jet]]:
        """Return variables at 0, as many as each length says."""
        every = iter(variables([self.zero] * sum(lengths), order))
        return [[next(every) for _ in range(n)] for n in lengths]

    def constant(self, value: Any, like: Jet) -> Jet:
        """Return a number as a jet."""
        return Jet(value, tuple(x * self.zero for x in like.slopes))

    def total(self, terms: Sequence[Jet]) -> Jet:
        """Add jets."""
        first, *rest = terms
        for x in rest:
            first = first + x
        return first

    def combined(self, weights: Tensor, jets: Sequence[Jet]) -> list[Jet]:
        """Multiply a matrix of numbers by jets."""
        return [self.total([x.scaled(w) for w, x in zip(r, jets, strict=True)]) for r in weights]

    def smooth(self, z: Sequence[Jet], slope: Tensor, hessian: Tensor) -> Jet:
        """Return a function of z with that slope and Hessian there."""
        moved = [Jet(self.zero, x.slopes) for x in z]
        half = self.zero + 1
        half = half / (half + half)
        squares = [
            (a * b).scaled(hessian[k, c] * half)
            for k, a in enumerate(moved)
            for c, b in enumerate(moved)
        ]
        return self.total([*(x.scaled(g) for g, x in zip(slope, moved, strict=True)), *squares])

    def activated(self, z: Sequence[Jet]) -> list[Jet]:
        """Return h(z) of the layer here."""
        return [x.through([self.h[q], self.f1[q], self.f2[q], self.f3[q]]) for q, x in enumerate(z)]

    def outputs(self, beta: Sequence[Jet], W: Sequence[Jet], h: Sequence[Jet]) -> list[Jet]:
        """Return β + W h, W as jets in the order of vec W."""
        m = len(beta)
        return [
            self.total([beta[k], *(W[q * m + k] * x for q, x in enumerate(h))]) for k in range(m)
        ]

    def _step(self) -> Jet:
        (z,) = self.variables(self.sizes.m1)
        return self.smooth(self.combined(self.W, self.activated(z)), self.g, self.B)

    def slope(self) -> Tensor:
        return self._step().slopes[0]

    def curvature(self) -> Tensor:
        return self._step().slopes[1]

    def _own(self) -> Jet:
        beta, W = self.variables(self.sizes.m2, self.sizes.m1 * self.sizes.m2)
        z = self.outputs(beta, W, [self.constant(x, beta[0]) for x in self.h])
        return self.smooth(z, self.g, self.B)

    def own_gradient(self) -> Tensor:
        return self._own().slopes[0]

    def own_hessian(self) -> Tensor:
        return self._own().slopes[1]

    def own_part(self, row: int, col: int) -> Tensor:
        m = self.sizes.m2
        parts = slice(m), slice(m, None)
        return self.own_hessian()[parts[row], parts[col]]

    def _like_weights(self, x: Tensor) -> Tensor:
        """Return what belongs to vec W as a matrix like W."""
        return x[self.sizes.m2 :].reshape(self.sizes.m1, self.sizes.m2).T

    def own_slope(self) -> Tensor:
        return self._like_weights(self._own().slopes[0])

    def own_curvatures(self) -> Tensor:
        return self._like_weights(np.diagonal(self._own().slopes[1]))

    def _inputs(self, z: Sequence[Jet]) -> list[Jet]:
        """Return φ, any function of z with the slopes D."""
        return [
            self.constant(x, z[0]) + self.smooth(z, slope, hessian)
            for x, slope, hessian in zip(self.phi, self.D, self.E, strict=True)
        ]

    def pair(self) -> Tensor:
        _, m0, m1, m2, m3, *_ = astuple(self.sizes)
        late, V, beta, W = self.variables(m2, m3 * m2, m1, m0 * m1)
        zeros = self.outputs(beta, W, [self.constant(x, beta[0]) for x in self.a])
        later = [  # V at its values: variables are what is added to them
            self.constant(self.V[k, j], beta[0]) + V[j * m2 + k]
            for j in range(m3)
            for k in range(m2)
        ]
        F = self.smooth(self.outputs(late, later, self._inputs(zeros)), self.g, self.B)
        rows = m2 + m3 * m2
        return F.slopes[1][:rows, rows:]

    def pair_part(self, row: int, col: int) -> Tensor:
        late, here = self.sizes.m2, self.sizes.m1
        rows = slice(late), slice(late, None)
        cols = slice(here), slice(here, None)
        return self.pair()[rows[row], cols[col]]

    def next_jacobian(self) -> Tensor:
        (z,) = self.variables(self.sizes.m1)
        outputs = self.combined(self.V, self._inputs(z))
        found = [x.through([self.zero, f, f]) for x, f in zip(outputs, self.t1, strict=True)]
        return np.stack([x.slopes[0] for x in found])

    def _forward(self) -> list[Jet]:
        m1, m2, n = self.sizes.m1, self.sizes.m2, self.sizes.n
        theta, beta, W = self.variables(n, m2, m1 * m2)
        z = [self.smooth(theta, self.J[q], self.Z[q]) for q in range(m1)]
        weights = [
            self.constant(self.W[k, q], beta[0]) + W[q * m2 + k]
            for q in range(m1)
            for k in range(m2)
        ]
        return self.outputs(beta, weights, self.activated(z))

    def _counts(self) -> Tensor:
        """Return whether each parameter counts, in the order of the variables."""
        lengths = self.sizes.n, self.sizes.m2, self.sizes.m1 * self.sizes.m2
        own = self.zero + 1, self.on_beta[0], self.on_W[0]
        return np.concatenate([np.full(n, x, object) for n, x in zip(lengths, own, strict=True)])

    def tangents(self) -> Tensor:
        slopes = np.stack([x.slopes[0] for x in self._forward()])
        grown: Tensor = (slopes * self._counts()) @ slopes.T
        return grown

    def laplacian(self) -> Tensor:
        return np.array(
            [(np.diagonal(x.slopes[1]) * self._counts()).sum() for x in self._forward()], object
        )

    def laplacian_here(self) -> Tensor:
        return np.array([np.trace(x) for x in self.Z], dtype=object)

    def end(self) -> Tensor:
        (theta,) = self.variables(self.sizes.n)
        z = [self.smooth(theta, self.J[q], self.Z[q]) for q in range(self.sizes.m1)]
        found = np.empty((1, 1), dtype=object)
        found[0, 0] = np.trace(self.smooth(z, self.e, self.S).slopes[1])
        return found

    def _trace(self, *, by: str) -> Tensor:
        """Return the slope of T by one of M, lam, weights and z."""
        m1, m2 = self.sizes.m1, self.sizes.m2
        lengths = {"M": m1 * m1, "lam": m1, "weights": m2 + m1 * m2, "z": m1}
        (own,) = self.variables(lengths[by], order=1)
        moving = dict.fromkeys(lengths, ()) | {by: own}

        def jets(values: Tensor, moved: Sequence[Jet]) -> list[Jet]:
            fixed = [self.constant(x, own[0]) for x in values.ravel()]
            return [a + b for a, b in zip(fixed, moved, strict=True)] if moved else fixed

        M, lam = jets(self.M, moving["M"]), jets(self.lam, moving["lam"])
        beta = jets(self.beta, moving["weights"][:m2])
        W = jets(self.W.T, moving["weights"][m2:])
        if by == "z":
            h, f1, f2 = (
                [x.through([f[q], s[q]]) for q, x in enumerate(own)]
                for f, s in ((self.h, self.f1), (self.f1, self.f2), (self.f2, self.f3))
            )
        else:
            h, f1, f2 = (jets(x, ()) for x in (self.h, self.f1, self.f2))
        terms = [x.scaled(t) for t, x in zip(self.t, self.outputs(beta, W, h), strict=True)]
        on_W, on_beta = self.on_W[0], self.constant(self.on_beta[0], own[0])
        squares = self.total([on_beta, *((x * x).scaled(on_W) for x in h)])
        for k in range(m2):
            terms.append(squares.scaled(self.B[k, k]))
            for q in range(m1):
                moved = f2[q] * M[q * m1 + q] + f1[q] * lam[q]
                terms.append((W[q * m2 + k] * moved).scaled(self.g[k]))
                for c in range(m2):
                    for r in range(m1):
                        both = W[q * m2 + k] * f1[q] * M[q * m1 + r] * f1[r] * W[r * m2 + c]
                        terms.append(both.scaled(self.B[k, c]))
        return self.total(terms).slopes[0]

    def by_tangents(self) -> Tensor:
        return self._trace(by="M").reshape(self.sizes.m1, self.sizes.m1)

    def by_laplacian(self) -> Tensor:
        return self._trace(by="lam")

    def by_biases(self) -> Tensor:
        return self._trace(by="weights")[: self.sizes.m2]

    def by_weights(self) -> Tensor:
        return self._like_weights(self._trace(by="weights"))

    def by_inputs(self) -> Tensor:
        return self._trace(by="z")

    def _moving(self) -> tuple[list[Jet], list[Jet], list[Jet]]:
        """Return z here, β and W as functions of one variable, along the direction."""
        ((t,),) = self.variables(1)
        z = [t.scaled(x) for x in self.z_to]
        pairs = ((self.beta, self.beta_to), (self.W.T, self.W_to.T))
        beta, W = (
            [self.constant(x, t) + t.scaled(to) for x, to in zip(a.ravel(), b.ravel(), strict=True)]
            for a, b in pairs
        )
        return z, beta, W

    def output(self) -> Tensor:
        return np.array([x.value for x in self._outputs()], dtype=object)

    def output_along(self) -> Tensor:
        return np.array([x.slopes[0][0] for x in self._outputs()], dtype=object)

    def _outputs(self) -> list[Jet]:
        z, beta, W = self._moving()
        return self.outputs(beta, W, self.activated(z))

    def _slopes_above(self, like: Jet) -> list[Jet]:
        """Return g as a function of the one variable."""
        t = Jet(self.zero, like.slopes)
        return [self.constant(g, t) + t.scaled(to) for g, to in zip(self.g, self.g_to, strict=True)]

    def slope_along(self) -> Tensor:
        ((t,),), m2 = self.variables(1), self.sizes.m2
        z, _, W = self._moving()
        g, found = self._slopes_above(t), []
        for q, x in enumerate(z):
            f1 = x.through([self.f1[q], self.f2[q], self.f3[q]])
            found.append(self.total([W[q * m2 + k] * f1 * y for k, y in enumerate(g)]))
        return np.array([x.slopes[0][0] for x in found], dtype=object)

    def own_gradient_along(self) -> Tensor:
        ((t,),), (z, _, _) = self.variables(1), self._moving()
        h = self.activated(z)
        return np.array(
            [[(x * y).slopes[0][0] for y in h] for x in self._slopes_above(t)], dtype=object
        )

    def _softmax(self, order: int) -> Jet:
        (v,) = self.variables(self.sizes.K, order=order)
        powers = [x.through([t] * 4) for t, x in zip(self.exp, v, strict=True)]
        total = self.total(powers)
        s = total.value
        logarithm = total.through([self.zero, 1 / s, -1 / s**2, 2 / s**3])
        return self.total([logarithm, *(x.scaled(-y) for y, x in zip(self.label, v, strict=True))])

    def softmax_slope(self) -> Tensor:
        return self._softmax(1).slopes[0]

    def softmax_curvature(self) -> Tensor:
        return self._softmax(2).slopes[1]

    def softmax_third(self) -> Tensor:
        moved: Tensor = (self._softmax(3).slopes[2] * self.R[:, :, None]).sum(axis=(0, 1))
        return moved
