"""Batches of networks of any depth: samples are checked once, and the networks taken one by one."""

from collections.abc import Callable
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
        found = None
        with _threads.one_blas_thread():
            for place, one in zip(np.ndindex(batch), net._singles(), strict=True):
                _threads.checkpoint()
                try:
                    row = function(replace(problem, net=one), *arguments, **options)
                except ValueError as cause:
                    cause.add_note(f"This is of net[{', '.join(map(str, place))}].")
                    raise
                found = _room(row, batch) if found is None else found
                _put(found, place, row)
        if found is not None:
            return found
        weights = [np.zeros(W.shape[-2:]) for W in net.weights]  # to know the shapes
        biases = [None if b is None else np.zeros(b.shape[-1]) for b in net.biases]
        zeros = replace(problem, net=net._at(weights, biases))
        return _room(function(zeros, *arguments, **options), batch)

    return of_each


def _room(row: Any, batch: tuple[int, ...]) -> Any:
    """Allocate for a batch what one network has."""
    if isinstance(row, tuple):
        return tuple(_room(x, batch) for x in row)
    if isinstance(row, dict):
        return {name: _room(x, batch) for name, x in row.items()}
    return np.empty((*batch, *np.shape(row)), np.asarray(row).dtype)


def _put(found: Any, place: tuple[int, ...], row: Any) -> None:
    """Put what a network has in its place."""
    if isinstance(found, np.ndarray):
        found[place] = row
        return
    for key in found if isinstance(found, dict) else range(len(found)):
        _put(found[key], place, row[key])
