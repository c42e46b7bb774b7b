"""Blocks of the Hessian: that of some parameters is that of the network with the others frozen."""

import operator
from dataclasses import replace
from typing import Any

from hessbound._typing import Part
from hessbound.data._mlp import MLP

from ._deep import DeepProblem


def of_block(problem: DeepProblem, block: Part | None) -> DeepProblem:
    """Return the same question about a network that has the parameters of a block alone."""
    if block is None:
        return problem
    net = problem.net
    own = _names(net, block)
    if not own:
        left = ", and not be all frozen" if net.frozen else ""
        message = (
            f"block must be 'hidden', 'output', a layer from 1 to {net.n_layers} or one of "
            f"{', '.join(net.parameters)}{left}, got {block!r}"
        )
        raise ValueError(message)
    others = [name for name in net.parameters if name not in own]
    alone = type(net)(
        net.weights,
        net.biases,
        activation=net.activation,
        loss=net.loss,
        frozen=[*net.frozen, *others],
        feature_names=net.feature_names,
    )
    return replace(problem, net=alone)


def _names(net: MLP, block: Any) -> list[str]:
    """Return the names of a block's parameters, none where there is no such block."""
    last = net.n_layers
    if isinstance(block, str):
        layers = {"hidden": range(1, last), "output": [last]}.get(block, [])
        return [x for x in net.parameters if x == block or int(x[1:]) in layers]
    try:
        layer = -1 if isinstance(block, bool) else operator.index(block)
    except TypeError:
        return []
    return [x for x in net.parameters if int(x[1:]) == layer]
