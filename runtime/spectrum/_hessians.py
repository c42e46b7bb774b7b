"""Whose eigenvalues are computed: the Hessian of a network, in the ways that solvers ask for it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from hessbound._typing import Array, Block
from hessbound.depth import _columns, _costs, _squares
from hessbound.depth._deep import DeepProblem
from hessbound.engine._penalty import Penalty
from hessbound.engine._plan import deep_eigensolver, eigensolver
from hessbound.engine._problem import Problem
from hessbound.traces import _deep_moments
from hessbound.traces._moments import Moments

from . import _curvature
from ._eigensolvers import Operator
from ._operator import CurvatureOperator, DeepOperator


class Hessian(Protocol):
    """The Hessian of a single network, or a block of it."""

    @property
    def n_parameters(self) -> int:
        """Its size, without regard to blocks."""
        ...

    def dense(self) -> tuple[Array, float | None]:
        """Build it; return also what a penalty adds to every eigenvalue, where there is one."""
        ...

    def operator(self) -> Operator:
        """Return products with it."""
        ...

    def moments(self) -> Moments:
        """Return tr H and tr H²."""
        ...


@dataclass(frozen=True)
class OfNetwork:
    """That of a ``Network``."""

    problem: Problem
    block: Block | None

    @property
    def n_parameters(self) -> int:
        """P."""
        return self.problem.net.n_parameters

    def dense(self) -> tuple[Array, float | None]:
        """Build it from the products of features."""
        problem, own = self.problem, self.problem.net._span(self.block)
        whole = _curvature.dense(problem)
        H = np.asarray(problem.reduced("the Hessian", 2, whole, Penalty.curvature))
        return H[own, own], None if problem.penalty is None else problem.penalty.move()

    def operator(self) -> Operator:
        """Return products with it."""
        return CurvatureOperator("hessian", self.problem, self.block)

    def moments(self) -> Moments:
        """Return tr H and tr H²."""
        return Moments.of(self.problem)


@dataclass(frozen=True)
class OfMLP:
    """That of an ``MLP``."""

    problem: DeepProblem

    @property
    def n_parameters(self) -> int:
        """P."""
        return self.problem.net.n_parameters

    def dense(self) -> tuple[Array, float | None]:
        """Build it."""
        penalty = self.problem.penalty
        return _columns.hessian(self.problem), None if penalty is None else penalty.move

    def operator(self) -> Operator:
        """Return products with it."""
        return DeepOperator("hessian", self.problem)

    def moments(self) -> Moments:
        """Return tr H and tr H²."""
        return _deep_moments.of(self.problem)


def of(problem: Problem | DeepProblem, block: Block | None) -> Iterator[Hessian]:
    """Yield the Hessian of each network of the batch."""
    if isinstance(problem, DeepProblem):
        yield from (OfMLP(replace(problem, net=one)) for one in problem.net._singles())
        return
    net = problem.net
    if not net.batch_shape:
        yield OfNetwork(problem, block)
        return
    A, w = net.A.reshape(-1, *net.A.shape[-2:]), net.w.reshape(-1, net.w.shape[-1])
    for n in range(len(A)):
        own, one = slice(n, n + 1), net._with(A[n], w[n])
        single = replace(problem, net=one, A=problem.A[own], w=problem.w[own])
        yield OfNetwork(single, block)


def cheaper(
    problem: Problem | DeepProblem, *, P: int, k: int, ends: int, with_traces: bool
) -> Literal["dense", "lanczos"]:
    """Return the method that is cheaper."""
    wanted = {"P": P, "k": k, "ends": ends}
    if isinstance(problem, DeepProblem):
        own = _one(problem)
        return deep_eigensolver(own.flops, _costs.hessian_flops(own), **wanted)
    activation = problem.net.activation
    return eigensolver(activation, *problem.sizes, **wanted, with_traces=with_traces)


def require_moments(problem: Problem | DeepProblem) -> None:
    """Refuse tr H² where it would take hours, before anything is computed."""
    if isinstance(problem, DeepProblem):
        _squares.require_feasible(_one(problem))


def _one(problem: DeepProblem) -> DeepProblem:
    """Return the same of a network like each of the batch, which may be empty."""
    net = problem.net
    weights = [np.empty(W.shape[-2:]) for W in net.weights]
    biases = [None if b is None else np.empty(b.shape[-1]) for b in net.biases]
    return replace(problem, net=net._at(weights, biases))
