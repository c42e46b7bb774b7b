"""An activation and the loss at given points, by the functions that kernels call."""

import numpy as np

from hessbound.derive import activations
from hessbound.engine import _kernels

FEATURES = ("h", "f1", "f2", "f3")


def activation(name, u):
    """f, f', f'' and f''' at every u, as (4, n); those that are numbers are no function's."""
    module, definition, n = _kernels.module(f"activations.{name}"), activations.load(name), len(u)
    values = {x: definition.derivative(order) for order, x in enumerate(FEATURES)}
    out = {x: np.full(n, float(v) if v.is_Rational else np.nan) for x, v in values.items()}
    varying = [x for x in FEATURES if not values[x].is_Rational]
    arrays = [np.ascontiguousarray(u, dtype=float), *(out[x] for x in varying)]
    getattr(module, "_".join(["unit", *varying]))(1, n, n, n, *arrays)
    return np.array([out[x] for x in FEATURES])


def cross_entropy(v, y, omega):
    """Loss, e and p of every sample, as (3, n)."""
    return loss("cross_entropy", v, y, omega)[:3]


def loss(name, v, y, omega):
    """Loss, e, p and p′ of every sample, as (4, n)."""
    module, out = _kernels.module(f"losses.{name}"), np.empty((4, len(v)))
    given = [np.ascontiguousarray(x, dtype=float) for x in (v, y, omega)]
    module.sample_loss_e(len(v), *given, out[0], out[1])
    module.sample_e_p_p1(len(v), *given, *out[1:])
    return out
