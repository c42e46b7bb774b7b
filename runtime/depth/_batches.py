"""Batches of networks of any depth: samples are checked once; small networks may share steps."""

import math
import operator
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from hessbound._typing import Array
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
    return _over(function, lambda _: 1)


def over_groups(
    function: Callable[Concatenate["DeepProblem", Options], Result],
) -> Callable[Concatenate["DeepProblem", Options], Result]:
    """Do the same with a function that takes also a batch of one axis, some networks at a time.

    Where it raises ValueError, they are taken again, one by one, to know which cannot be.
    """
    return _over(function, lambda problem: problem.group)


def _over(
    function: Callable[Concatenate["DeepProblem", Options], Result],
    group: Callable[["DeepProblem"], int],
) -> Callable[Concatenate["DeepProblem", Options], Result]:
    @wraps(function)
    def of_each(
        problem: "DeepProblem", /, *arguments: Options.args, **options: Options.kwargs
    ) -> Any:
        net = problem.net
        if not (batch := net.batch_shape):
            return function(problem, *arguments, **options)
        count = math.prod(batch)
        if not count:
            weights = [np.zeros(W.shape[-2:]) for W in net.weights]  # to know the shapes
            biases = [None if b is None else np.zeros(b.shape[-1]) for b in net.biases]
            zeros = replace(problem, net=net._at(weights, biases))
            return _each(partial(_room, batch, 0), function(zeros, *arguments, **options))
        row, size, found = net._in_one_axis(), group(problem) if count > 1 else 1, None

        def take(own: Any, axes: int) -> None:
            nonlocal found
            _threads.checkpoint()
            part = function(replace(problem, net=row._taken(own)), *arguments, **options)
            if found is None:
                found = _each(partial(_room, (count,), axes), part)
            _each(lambda own_part, whole: operator.setitem(whole, own, own_part), part, found)

        with _threads.one_blas_thread():
            for start in range(0, count, size):
                places = range(start, min(start + size, count))
                if size > 1:
                    with suppress(ValueError):
                        take(slice(places.start, places.stop), 1)
                        continue
                for n in places:
                    try:
                        take(n, 0)
                    except ValueError as cause:
                        place = map(str, np.unravel_index(n, batch))
                        cause.add_note(f"This is of net[{', '.join(place)}].")
                        raise
        return _each(lambda x: x.reshape(*batch, *x.shape[1:]), found)

    return of_each


def _room(batch: tuple[int, ...], axes: int, part: Any) -> Array:
    """Allocate for a batch what one network has, or some in an axis."""
    return np.empty((*batch, *np.shape(part)[axes:]), np.asarray(part).dtype)


def _each(call: Callable[..., Any], first: Any, *others: Any) -> Any:
    """Call a function with each number or array of a result, and with its like in others."""
    if isinstance(first, tuple):
        return tuple(_each(call, *x) for x in zip(first, *others, strict=True))
    if isinstance(first, dict):
        return {name: _each(call, x, *(y[name] for y in others)) for name, x in first.items()}
    return call(first, *others)
