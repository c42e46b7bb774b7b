"""Numbers for inequalities: real networks, and exact values that obey assumptions and nothing else.

The networks, of any activation with known α₁ and α₂, refute; the exact values close certificates,
at sizes and scales that no network would show. The loss is cross-entropy, or, where |e| ≤ ω s₁ or
|p| ≤ ω s₂ is all that is assumed, one of all losses in turn, with the least s₁ and s₂ that obey.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache, reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import sympy as sp
from flint import arb

from hessbound.derive import activations, losses
from hessbound.derive.algebra.sides import SCALAR
from hessbound.derive.functions.balls import ball
from hessbound.derive.functions.loss import Loss, bound, omega, v, y
from hessbound.derive.functions.ranges import largest_modulus
from hessbound.derive.functions.roots import UndecidedError, compare
from hessbound.derive.statements.arrays import Tensor
from hessbound.derive.statements.draws import Network, Sizes, array, each, filled, in_balls
from hessbound.derive.statements.fields import BALLS, BITS, RATIONALS
from hessbound.derive.statements.numbers import Numbers
from hessbound.derive.statements.trees import Node, Symbol, free_shapes

from .settings import Example

if TYPE_CHECKING:
    from .assumptions import Assumptions

Further = Mapping[str, tuple[tuple[Symbol, ...], Node]]
SCALES = [Fraction(1), Fraction(1, 16), Fraction(8)]


class Plan(NamedTuple):
    """Sizes, and the scales of inputs and weights, of the networks to look at.

    w = 0 makes p as large as it gets. ``apart``: half of the samples and all biases are 0, so that
    some outputs are 0 where others are far out.
    """

    sizes: Sizes
    x: Fraction
    w: Fraction
    apart: bool = False


PLAN = [
    Plan(Sizes(N, d, m), Fraction(x), Fraction(w), apart)
    for N, d, m, x, w, apart in (
        (1, 1, 1, 1, 0, False),
        (1, 1, 1, 1, 1, False),
        (2, 1, 2, 1, 0, False),
        (2, 1, 2, 1, 1, False),
        (2, 1, 2, 4, "1/16", False),
        (3, 2, 2, 1, 4, False),
        (3, 4, 2, 1, 0, False),
        (2, 3, 4, "1/4", 1, False),
        (4, 2, 3, 8, "1/4", False),
        (3, 3, 3, 2, 16, False),
        (5, 3, 4, 1, 1, False),
        (5, 3, 4, 4, 0, False),
        (4, 3, 3, 16, 4, False),
        (3, 4, 4, 1, 64, False),
        (4, 1, 2, 4, 8, True),
        (5, 4, 3, 1, 32, True),
    )
]
ONE = arb(1)
CROSS_ENTROPY = "cross_entropy"
MOST = 5  # activations; networks with another would be much like these
FEW = (0, 10)  # of these, to begin with
# What free numbers are tried at, and what free matrices are scaled by; 0 is tried last.
GIVEN = [Fraction(n) for n in (1, "1/16", 4, 64, 4096, 10**8, -1, 0)]


@cache
def fitting(*, outputs: bool) -> tuple[str, ...]:
    """List activations with known α₁ and α₂, the simplest few; where ``outputs``, with |f| ≤ 1."""
    found: list[str] = []
    functions = {name: activations.load(name) for name in activations.names()}
    for name in sorted(functions, key=lambda name: (len(functions[name].atoms), name)):
        if len(found) == MOST:
            break
        function = functions[name]
        try:
            limits = [largest_modulus(function, order) for order in range(0 if outputs else 1, 3)]
        except UndecidedError:
            continue
        if not all(limit.is_finite for limit in limits):
            continue
        found += [name] if not outputs or compare(limits[0], sp.Integer(1)) <= 0 else []
    return tuple(sorted(found))


@cache
def network(
    place: int,
    activation: str,
    loss: Loss,
    *,
    weighted: bool,
    hard: bool,
    inputs: bool,
    delta: bool,
) -> Network:
    """Return a network, in balls; equal arguments give equal ones."""
    with BALLS.working():
        return _network(place, activation, loss, weighted, hard, inputs, delta)


def _network(
    place: int, activation: str, loss: Loss, weighted: bool, hard: bool, inputs: bool, delta: bool
) -> Network:
    sizes, x_scale, w_scale, apart = PLAN[place]
    source, function = random.Random(f"{sizes} {place}"), activations.load(activation)
    N, d, m = sizes

    def numbers(*shape: int, scale: Fraction) -> Tensor:
        return filled(shape, lambda: scale * Fraction(source.randint(-4, 4), 4))

    X = numbers(N, d + 1, scale=min(x_scale, Fraction(1)) if inputs else x_scale)
    X[:, 0] = Fraction(1)
    A, w = numbers(m, d + 1, scale=max(w_scale, Fraction(1))), numbers(m + 1, scale=w_scale)
    if apart:
        X[: N // 2, 1:], A[:, 0], w[0] = Fraction(0), Fraction(0), Fraction(0)
    weights = [Fraction(source.randint(0, 9), 3) if weighted else Fraction(1) for _ in range(N)]
    labels = [_label(loss, source, hard=hard) for _ in range(N)]
    X, A, w, omegas = (each(BALLS.of, x) for x in (X, A, w, array(weights)))
    hidden = in_balls(function, X @ A.T)
    outputs = w[0] + hidden[0] @ w[1:]
    if delta:  # labels that the outputs fit, so that |e| ≤ e^−|v|
        labels = [sp.Integer(int(x > 0)) for x in outputs]
    output = slopes(loss, outputs, [ball(label, bits=BITS) for label in labels], omegas)
    if delta:
        omegas[:] = 4 * (-min(abs(x) for x in outputs)).exp()
    limits = [ball(largest_modulus(function, n), bits=BITS) for n in (1, 2)]
    known = {**_known(limits, w[1:], omegas, hidden, output), "delta": omegas[:1, None]}
    return Network(sizes, BALLS, f"{activation} {place}", known, X, A, w, hidden, output)


def bounding(found: Network, loss: Loss | None = None) -> Network:
    """Add s₁ and s₂, a loss's suprema or else the least that obey, and e and p as parts of them."""
    weights, known = found.known["omega"][:, 0], dict(found.known)
    stated = (loss.slope, loss.curvature) if loss else (None, None)
    names = (("s1", "t", "sign_e"), ("s2", "pi", "sign_p"))
    for x, said, (name, share, sign) in zip(found.output[:2], stated, names, strict=False):
        limit = bound(said) if loss else sp.oo
        most = ball(limit, bits=BITS) if limit.is_finite else _largest(x, weights)
        known[name] = np.array([[most]], dtype=object)
        known[share] = _share(x, weights * most, ONE / 2)[:, None]
        known[sign] = each(_sign, x)[:, None]
    known["tau"] = each(lambda x: x.sqrt(), known["t"])
    return replace(found, known=known)


def _largest(x: Tensor, weights: Tensor) -> arb:
    """Return the largest |x|/ω."""
    ratios = [abs(a) / b for a, b in zip(x, weights, strict=True) if b != 0]
    return reduce(arb.max, ratios, arb(0))


def _label(loss: Loss, source: random.Random, *, hard: bool) -> sp.Expr:
    """Draw a valid label: one of a few, evenly apart, or with ``hard`` one of two."""
    n, low, high = (2 if hard else 6), loss.labels.inf, loss.labels.sup
    if low.is_finite and high.is_finite:
        if loss.integers:
            return sp.Integer(source.randint(int(sp.ceiling(low)), int(sp.floor(high))))
        return low + (high - low) * sp.Rational(source.randint(0, n - 1), n - 1)
    step = source.randint(0, n - 1)
    if low.is_finite:
        return (sp.ceiling(low) if loss.integers else low) + step
    return (sp.floor(high) if loss.integers else high) - step if high.is_finite else step - 2


def slopes(
    loss: Loss, outputs: Tensor, labels: Sequence[object], weights: Tensor
) -> tuple[Tensor, ...]:
    """Return ∂ℓ/∂v to ∂³ℓ/∂v³ of a loss at outputs in balls."""
    found = []
    for n in (1, 2, 3):
        slope = loss.define(loss.derivative(n))
        samples = zip(outputs, labels, weights, strict=True)
        found.append(array([ball(slope, {v: a, y: b, omega: c}, BITS) for a, b, c in samples]))
    return tuple(found)


def _known(
    limits: Sequence[arb],
    b: Tensor,
    weights: Tensor,
    hidden: Sequence[Tensor],
    output: Sequence[Tensor],
) -> dict[str, Tensor]:
    """Write the signed quantities as bound · share · sign; where a bound is 0, the share is 1.

    Of e it is ½ then, so that π = 4 t(1 − t) there, too.
    """
    e, p, _ = output
    t = _share(e, weights, arb(1) / 2)
    return {
        "alpha1": np.array([[limits[0]]], dtype=object),
        "alpha2": np.array([[limits[1]]], dtype=object),
        "beta": each(abs, b)[:, None],
        "sign_b": each(_sign, b)[:, None],
        "omega": weights[:, None],
        "t": t[:, None],
        "tau": each(lambda x: x.sqrt(), t)[:, None],
        "pi": _share(4 * p, weights)[:, None],
        "sign_e": each(_sign, e)[:, None],
        "r1": _share(hidden[1], np.full(hidden[1].shape, limits[0], dtype=object)),
        "r2": _share(hidden[2], np.full(hidden[2].shape, limits[1], dtype=object)),
        "sign_f1": each(_sign, hidden[1]),
        "sign_f2": each(_sign, hidden[2]),
    }


def _share(x: Tensor, bound: Tensor, of_nothing: arb = ONE) -> Tensor:
    pairs = zip(x.flat, bound.flat, strict=True)
    values = [of_nothing if b == 0 else _modulus(a) / b for a, b in pairs]
    return filled(x.shape, iter(values).__next__)


def _modulus(x: arb) -> arb:
    return abs(x).nonnegative_part()


def _sign(x: arb) -> arb:
    return arb(-1) if x < 0 else arb(1)


def example(assumptions: Assumptions, n: int) -> Example | None:
    """Return the n-th network that fits; None where it does not obey further assumptions."""
    names = fitting(outputs=assumptions.outputs)
    place, which = divmod(n, len(names))
    loss = _loss(assumptions, place + which)
    found = network(
        place,
        names[which],
        losses.load(loss),
        weighted=assumptions.weighted,
        hard=assumptions.hard or assumptions.delta,
        inputs=assumptions.inputs,
        delta=assumptions.delta,
    )
    with BALLS.working():
        if assumptions.any_loss:
            found = bounding(found, losses.load(loss) if assumptions.loss else None)
        obeying_ = obeying(found, assumptions.further)
    if obeying_ is None:
        return None
    sizes, x, w, _ = PLAN[place]
    shown = f"{names[which]}, {loss}" if assumptions.any_loss else names[which]
    label = f"{shown}, N={sizes.N}, d={sizes.d}, m={sizes.m}, inputs × {x}, weights × {w}"
    return Example(label, obeying_, f"values = claim.setting.example({n}).values")


def _loss(assumptions: Assumptions, n: int) -> str:
    """Return the loss of the n-th network: the one that is asked for, or all in turn."""
    if not assumptions.any_loss:
        return CROSS_ENTROPY
    every = losses.names()
    return assumptions.loss or every[n % len(every)]


def plan(assumptions: Assumptions, *, thorough: bool) -> list[int]:
    """List the numbers of the networks to look at."""
    count = len(fitting(outputs=assumptions.outputs))
    places = range(len(PLAN)) if thorough else FEW
    return [place * count + which for place in places for which in range(count)]


def abstract(assumptions: Assumptions, seed: int) -> Network:
    """Draw exact values that obey the assumptions: not those of any activation or loss."""
    source = random.Random(f"abstract {seed}")
    N, d, m = sizes = Sizes(source.randint(1, 5), source.randint(1, 4), source.randint(1, 4))
    x, h, w, alpha = (source.choice(SCALES) for _ in range(4))

    def real(*shape: int, scale: Fraction) -> Tensor:
        return filled(shape, lambda: RATIONALS.of(scale * Fraction(source.randint(-12, 12), 12)))

    def share(*shape: int) -> Tensor:
        return filled(shape, lambda: RATIONALS.of(Fraction(source.choice([0, 1, 2, 3, 5, 8]), 8)))

    def sign(*shape: int) -> Tensor:
        return filled(shape, lambda: RATIONALS.of(Fraction(source.choice([-1, 1]))))

    X = real(N, d + 1, scale=min(x, Fraction(1)) if assumptions.inputs else x)
    X[:, 0] = RATIONALS.of(Fraction(1))
    known = {
        **{name: abs(real(1, 1, scale=alpha)) for name in ("alpha1", "alpha2", "delta")},
        "beta": abs(real(m, 1, scale=w)),
        "sign_b": sign(m, 1),
        "omega": abs(real(N, 1, scale=Fraction(3))),
        **{name: share(N, 1) for name in ("tau", "pi")},
        **{name: share(N, m) for name in ("r1", "r2")},
        **{name: sign(N, 1) for name in ("sign_e", "sign_p")},
        **{name: sign(N, m) for name in ("sign_f1", "sign_f2")},
    }
    if assumptions.delta or not assumptions.weighted:
        known["omega"][:] = known["delta"][0, 0] if assumptions.delta else RATIONALS.of(Fraction(1))
    bounds = [abs(real(1, 1, scale=source.choice(SCALES)))[0, 0] for _ in range(2)]
    known["t"] = t = known["tau"] ** 2
    if assumptions.hard:
        known["pi"] = 4 * t * (1 - t)
    f = [known[f"alpha{n}"] * known[f"r{n}"] * known[f"sign_f{n}"] for n in (1, 2)]
    hidden = (real(N, m, scale=min(h, Fraction(1)) if assumptions.outputs else h), *f)
    e, p = known["omega"] * t * known["sign_e"], known["omega"] * known["pi"] / 4
    if assumptions.any_loss:
        e, p = (e * bounds[0], 4 * p * bounds[1] * known["sign_p"])
        known |= {name: np.array([[x]]) for name, x in zip(("s1", "s2"), bounds, strict=True)}
        e = e if assumptions.slope else real(N, 1, scale=Fraction(8))
        p = p if assumptions.curvature else real(N, 1, scale=Fraction(8))
    w_all = np.concatenate([real(1, scale=w), (known["beta"] * known["sign_b"])[:, 0]])
    return Network(
        sizes,
        RATIONALS,
        f"abstract {seed}",
        known,
        X,
        real(m, d + 1, scale=w),
        w_all,
        (*hidden, real(N, m, scale=h)),
        (e[:, 0], p[:, 0], real(N, scale=Fraction(1))),
    )


def obeying(values: Network, further: Further) -> Network | None:
    """Return values whose free numbers make further assumptions hold; None where none does."""
    for scale in GIVEN if further else [None]:
        tried = values if scale is None else replace(values, known=_free(values, further, scale))
        numbers = Numbers(tried)
        if all(_holds(numbers, *assumption) for assumption in further.values()):
            return tried
    return None


def _free(values: Network, further: Further, scale: Fraction) -> dict[str, Tensor]:
    known, factor = dict(values.known), values.field.of(scale)
    for _, gap in further.values():
        for name, shape in free_shapes(gap).items():
            rows, cols = map(values.sizes.length, shape)
            number = np.array([[factor]], dtype=object)
            drawn = number if shape == SCALAR else values.free(name, (rows, cols)) * factor
            known[f"free {name}"] = drawn
    return known


def _holds(numbers: Numbers, symbols: tuple[Symbol, ...], gap: Node) -> bool:
    ranges = (range(numbers.lengths.of(s.kind)) for s in symbols)
    places = itertools.product(*ranges)
    found = (numbers.read(gap, dict(zip(symbols, at, strict=True))).array for at in places)
    return all(bool(x >= 0) for array in found for x in array.flat)
