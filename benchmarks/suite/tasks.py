"""Who competes in what, at which sizes."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from . import by_jax, by_numba, by_numpy, by_sklearn, by_torch, ours, reference, timing
from .problems import Contender, Problem
from .reference import Reference

SHAPES = (
    (200, 2, 3),
    (1000, 2, 10),
    (569, 30, 16),
    (2000, 64, 64),
    (1000, 784, 128),
    (5000, 784, 512),
    (60_000, 10, 16),
    (100_000, 20, 32),
)
QUICK = SHAPES[:3]

MOST_DIFFERENCES = 5000
"""Samples up to which the reference, seven sums over pairs of samples, is worth its time."""

BATCHES = ((200, 2, 3, 400), (1000, 2, 10, 100))

SWEEPS = {
    "N": tuple((2**n, 20, 20) for n in range(5, 17)),
    "d": tuple((1000, 2**n, 32) for n in range(1, 11)),
    "m": tuple((1000, 32, 2**n) for n in range(1, 11)),
}
"""One size varies, the others stay: for the exponents."""


class Task(NamedTuple):
    """A quantity to compute: by whom, where, and what is right.

    ``each`` says whether its numbers have an error each. ``work`` is the name by which its
    operations are counted; eigensolvers have no such number.
    """

    title: str
    contenders: tuple[Contender, ...]
    problems: tuple[Problem, ...]
    right: Callable[[Problem], Reference]
    each: bool
    work: str | None
    scaling: bool = False

    def flops(self, problem: Problem) -> float | None:
        """Count what the cheapest known algorithm needs for one unit of the task."""
        if self.work is None:
            return None
        return timing.flops(self.work, problem.N, problem.d, problem.m)


def _at(shapes: Iterable[tuple[int, int, int]]) -> tuple[Problem, ...]:
    return tuple(Problem(*shape) for shape in shapes)


_TRACES = (*ours.TRACES, *by_numpy.TRACES, *by_numba.TRACES, *by_jax.TRACES, *by_torch.TRACES)
_GRADIENT = (
    *ours.GRADIENT,
    *by_numpy.GRADIENT,
    *by_jax.GRADIENT,
    *by_torch.GRADIENT,
    *by_sklearn.GRADIENT,
)
_PRODUCT = (*ours.PRODUCT, *by_numpy.PRODUCT, *by_jax.PRODUCT, *by_torch.PRODUCT)
_HESSIAN = (*ours.HESSIAN, *by_numpy.HESSIAN, *by_jax.HESSIAN, *by_torch.HESSIAN)
_LARGEST = (*ours.LARGEST, *by_numpy.LARGEST, *by_torch.LARGEST)
_BOUND = (*ours.BOUND, *by_jax.BOUND)
_SMALL = tuple(shape for shape in SHAPES if Problem(*shape).P <= 5000)


def tasks(*, quick: bool) -> dict[str, Task]:
    """Return all tasks by name."""
    shapes = QUICK if quick else SHAPES
    batches = tuple(Problem(*sizes) for sizes in (BATCHES[:1] if quick else BATCHES))
    found = {
        "traces": Task("tr H and tr H²", _TRACES, _at(shapes), reference.traces, True, "sharpness"),
        "batch": Task(
            "tr H and tr H² of a batch, time per network",
            (*ours.BATCH, *by_numpy.BATCH, *by_numba.BATCH, *by_jax.BATCH),
            batches,
            reference.batch_traces,
            True,
            "sharpness",
        ),
        "gradient": Task(
            "Loss and gradient",
            _GRADIENT,
            _at(shapes),
            reference.gradient,
            False,
            "loss and gradient",
        ),
        "product": Task(
            "Hessian-vector product",
            _PRODUCT,
            _at(shapes),
            reference.product,
            False,
            "Hessian-vector product",
        ),
        "hessian": Task(
            "Dense Hessian",
            _HESSIAN,
            _at(QUICK if quick else _SMALL),
            _dense,
            False,
            "hessian",
        ),
        "bound": Task(
            "Upper bound of the largest eigenvalue, with its gradient",
            _BOUND,
            _at(QUICK if quick else [shape for shape in SHAPES if shape[0] <= MOST_DIFFERENCES]),
            reference.bound_and_slope,
            True,
            None,
        ),
        "largest": Task("Largest eigenvalue", _LARGEST, _at(shapes), reference.largest, True, None),
    }
    for size, sweep in SWEEPS.items():
        found[f"scaling in {size}"] = _scaling(size, sweep[:4] if quick else sweep)
    return found


def _dense(problem: Problem) -> Reference:
    found = reference.hessian(problem)
    assert found is not None  # the sizes were chosen so
    return found


def _scaling(size: str, sweep: tuple[tuple[int, int, int], ...]) -> Task:
    """Time one function of each kind, ours and a peer's, without errors: those are elsewhere."""
    contenders = (
        ours.TRACES[0]._replace(name="hessbound, sharpness"),
        by_numpy.TRACES[1],
        ours.GRADIENT[0]._replace(name="hessbound, loss and gradient"),
        ours.PRODUCT[0]._replace(name="hessbound, Hessian-vector product"),
        by_numpy.PRODUCT[0]._replace(name="NumPy, Hessian-vector product"),
        ours.LARGEST[0]._replace(name="hessbound, largest eigenvalue"),
        by_numpy.LARGEST[0],
    )
    return Task(f"Time against {size}", contenders, _at(sweep), _none, True, None, scaling=True)


def _none(problem: Problem) -> Reference:
    return Reference(None, "")
