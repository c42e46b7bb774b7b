"""Batches of networks of any depth: samples are checked once, and the networks taken one by one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from hessbound.engine import _threads

if TYPE_CHECKING:
    from ._deep import DeepProblem

Options = ParamSpec("Options")
Result = TypeVar("Result")


def over_networks(
    function: Callable[Concatenate["DeepProblem", Options], Result],
) -> Callable[Concatenate["DeepProblem", Options], Result]:
    """Let a function of a single network take a batch: its results get the batch's axes in front.

    They are numbers, arrays, or tuples or dicts of these, and have the bits of each network alone.
    Small networks are not worth threads: their steps are short, and hold the interpreter's lock.
    """

    @wraps(function)
    def of_each(
        problem: "DeepProblem", /, *arguments: Options.args, **options: Options.kwargs
    ) -> Any:
        net = problem.net
        if not (batch := net.batch_shape):
            return function(problem, *arguments, **options)
        rows = []
        with _threads.one_blas_thread():
            for place, one in zip(np.ndindex(batch), net._singles(), strict=True):
                _threads.checkpoint()
                try:
                    rows.append(function(replace(problem, net=one), *arguments, **options))
                except ValueError as cause:
                    cause.add_note(f"This is of net[{', '.join(map(str, place))}].")
                    raise
        if not rows:  # the shapes are those of any network
            weights = [np.zeros(W.shape[-2:]) for W in net.weights]
            biases = [None if b is None else np.zeros(b.shape[-1]) for b in net.biases]
            zeros = replace(problem, net=net._at(weights, biases))
            rows = [function(zeros, *arguments, **options)]
        return _gathered(rows, batch)

    return of_each


def _gathered(rows: Sequence[Any], batch: tuple[int, ...]) -> Any:
    """Put together what the networks have."""
    if isinstance(rows[0], tuple):
        return tuple(_gathered(x, batch) for x in zip(*rows, strict=True))
    if isinstance(rows[0], dict):
        return {name: _gathered([row[name] for row in rows], batch) for name in rows[0]}
    values = np.asarray(rows)[: int(np.prod(batch))]
    return values.reshape(*batch, *np.shape(rows[0]))
