"""Neighbouring layers in numbers: random values at given sizes (see ``layers``)."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from hessbound.derive.algebra.sides import Shape

from .arrays import Tensor
from .draws import Lengths, Values, filled, number
from .fields import RATIONALS, RESIDUES, Field
from .layers import AT_SAMPLE, WEIGHTS
from .trees import NotAStatementError

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
