"""One hidden layer and one output: what holds at any depth is there what the paper has.

The right sides are made of the claims for every depth, and of nothing else: their steps lead from
the inputs to the output and back, and their conclusions are read at both layers and at the two.
"""

from collections.abc import Callable
from typing import Any

from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Identity, Pair
from hessbound.derive.statements.network import Quantities
from hessbound.derive.statements.one_layer import OneLayer
from hessbound.derive.statements.trees import Node, Symbol

from . import gradients, hessian, model, traces
from .every_depth import BACK, DOWN, UP, of_a_layer

CLAIMS = Register()


def _read(layer: OneLayer, claim: Identity, *at: Symbol) -> Node:
    """Return the right side of a claim, of samples at a layer."""
    read: Node = layer.read(claim.sides.rhs, dict(zip(claim.sides.symbols, at, strict=True)))
    return read


def _at(layer: OneLayer, name: str, *at: Symbol) -> Node:
    """Return that of a claim by its name."""
    return _read(layer, of_a_layer(name), *at)


def _by(layer: OneLayer, step: Identity) -> Callable[[Symbol], Node]:
    return lambda i: _read(layer, step, i)


def _layers(q: Quantities) -> tuple[OneLayer, OneLayer, OneLayer]:
    """Return the hidden layer, the output's, and the two together.

    M and λ are those of the hidden layer, as no parameter moves its inputs; g = e, B = p and
    t = p′M + pλ begin at the output, M and λ being there what the steps lead to.
    """
    own = {
        **{name: _slope(q, name) for name in ("h", "f1", "f2", "f3")},
        "M": lambda i: (q.at(i).x.T @ q.at(i).x) * q.eye("hidden"),
        "lam": lambda i: 0 * q.at(i).h,
    }
    loss = {"g": lambda i: q.at(i).e, "B": lambda i: q.at(i).p}
    trained, bar = dict.fromkeys(("on_beta", "on_W"), q.one()), {"h": lambda i: q.h_bar(q.at(i))}
    M, lam = (_by(OneLayer({"W": q.b.T, **trained}, own, bar), step) for step in UP)
    loss["t"] = lambda i: q.at(i).p1 * M(i) + q.at(i).p * lam(i)
    output = OneLayer({"W": q.b.T, **trained}, {**own, **loss}, bar)
    g, B = (_by(output, step) for step in DOWN)
    t = _by(output, BACK[-1])
    x = {"h": lambda i: q.at(i).x}
    hidden = OneLayer({}, {"g": g, "B": B, "t": t}, x)
    later = {"D": lambda i: q.at(i).f1.diag(), "phi": own["h"]}
    both = OneLayer({"V": q.b.T}, {**loss, **later}, {"a": x["h"], "phi": bar["h"]})
    return hidden, output, both


def _slope(q: Quantities, name: str) -> Callable[[Symbol], Node]:
    return lambda i: getattr(q.at(i), name)


@CLAIMS.identity()
def gradient_by_layers(q: Quantities, i: Any) -> Pair:
    """(11) = [x̄⊗g; h̄⊗g], g that of each layer."""
    one, two = (_at(layer, "gradient_by_a_layer", i) for layer in _layers(q)[:2])
    return model.gradient(q, i)[1], q.blocks([[one], [two]])


@CLAIMS.identity()
def hessian_by_layers(q: Quantities, i: Any) -> Pair:
    """(14) = [H_11 H_21ᵀ; H_21 H_22], the blocks of two layers."""
    hidden, output, both = _layers(q)
    one, two = (_at(layer, "hessian_of_a_layer", i) for layer in (hidden, output))
    across = _at(both, "block_of_two_layers", i)
    return hessian.hessian(q, i)[1], q.blocks([[one, across.T], [across, two]])


@CLAIMS.identity()
def diagonal_by_layers(q: Quantities, i: Any) -> Pair:
    """The diagonal of (14) = [diag H_11; diag H_22]."""
    one, two = (_at(layer, "diagonal_of_a_layer", i) for layer in _layers(q)[:2])
    return hessian.hessian(q, i)[1].diagonal(), q.blocks([[one], [two]])


@CLAIMS.identity()
def trace_by_layers(q: Quantities) -> Pair:
    """(20) + (21) = Σ_i 1ᵀ diag H_11,i + 1ᵀ diag H_22,i."""
    return _trace(q), q.over(lambda i: diagonal_by_layers(q, i)[1].sum())


@CLAIMS.identity()
def trace_forward_by_layers(q: Quantities) -> Pair:
    """(20) + (21) = Σ_i p_i M_i + e_i λ_i, M and λ those of the output."""
    _, output, _ = _layers(q)

    def term(i: Any) -> Node:
        M, lam = (_read(output, step, i) for step in UP)
        return q.at(i).p * M + q.at(i).e * lam

    return _trace(q), q.over(term)


def _trace(q: Quantities) -> Node:
    found: Node = traces.trace_output(q)[1] + traces.trace_hidden(q)[1]
    return found


@CLAIMS.identity()
def trace_squared_by_layers(q: Quantities) -> Pair:
    """(25) = ‖H_11‖² + ‖H_22‖² + 2 ‖H_21‖²."""
    hidden, output, both = _layers(q)
    one, two = (_at(layer, "squares_of_a_layer") for layer in (hidden, output))
    return traces.trace_squared(q)[1], one + two + 2 * _at(both, "squares_of_two_layers")


@CLAIMS.identity()
def trace_gradient_by_layers(q: Quantities) -> Pair:
    """∂tr H/∂(b, w₀) = Σ_i (2BWF′MF′ + g(f″∘diag M + f′∘λ)ᵀ + thᵀ, t), and ∂tr H/∂A = Σ_i tx̄ᵀ."""
    hidden, output, _ = _layers(q)
    slopes = (
        gradients.trace_gradient_hidden,
        gradients.trace_gradient_bias,
        gradients.trace_gradient_output,
    )
    right = [
        [q.over(lambda i: q.at(i).x.kron(hidden.sample["t"](i)))],
        [q.over(lambda i: _at(output, "trace_by_biases", i))],
        [q.over(lambda i: _at(output, "trace_by_weights", i)).T],
    ]
    return q.blocks([[slope(q)[1]] for slope in slopes]), q.blocks(right)
