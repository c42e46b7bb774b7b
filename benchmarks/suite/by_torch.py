"""The contenders in PyTorch: autograd itself, and the libraries for curvature that build on it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse.linalg import eigsh

from . import reference
from .by_jax import hessian_bytes, hessian_flops
from .by_numpy import product_flops
from .ours import TOLERANCE
from .problems import Contender, Problem

STEPS = (5, 10, 20, 40, 80, 160)
"""Of Lanczos iterations, where a library does not stop by itself: the fewest that are enough."""

GOOD = 1e-6
"""The relative error that is enough."""

POWER_ITERATIONS = 500


class Model:
    """The network as a module in double precision, with its loss and its data."""

    def __init__(self, problem: Problem) -> None:
        import torch

        torch.set_default_dtype(torch.float64)
        torch.manual_seed(0)
        self.torch, self.problem = torch, problem
        first, last = torch.nn.Linear(problem.d, problem.m), torch.nn.Linear(problem.m, 1)
        A, w = problem.net.A, problem.net.w
        with torch.no_grad():
            for parameter, value in (
                (first.weight, A[:, 1:]),
                (first.bias, A[:, 0]),
                (last.weight, w[None, 1:]),
                (last.bias, w[:1]),
            ):
                parameter.copy_(torch.tensor(value))
        self.module = torch.nn.Sequential(first, torch.nn.Tanh(), last)
        self.parameters = list(self.module.parameters())
        self.criterion = torch.nn.BCEWithLogitsLoss(reduction="sum")
        self.X, self.y = torch.tensor(problem.X), torch.tensor(problem.y[:, None])

    def loss(self) -> Any:
        """Run forward."""
        return self.criterion(self.module(self.X), self.y)

    def split(self, theta: np.ndarray) -> list[Any]:
        """Return a vector (P,) in our order as tensors in PyTorch's."""
        m = self.problem.m
        A, w = theta[: -m - 1].reshape(-1, m).T, theta[-m - 1 :]
        parts = A[:, 1:], A[:, 0], w[None, 1:], w[:1]
        return [self.torch.tensor(np.ascontiguousarray(part)) for part in parts]

    def joined(self, tensors: Any) -> np.ndarray:
        """Return tensors in PyTorch's order as a vector (P,) in ours."""
        weight, bias, last, last_bias = (tensor.detach().numpy() for tensor in tensors)
        A = np.column_stack([bias, weight])
        return np.concatenate([A.T.ravel(), last_bias, last[0]])


def gradient(problem: Problem) -> Callable[[], Any]:
    """Run forward and backward."""
    model = Model(problem)

    def call() -> np.ndarray:
        loss = model.loss()
        slopes = model.torch.autograd.grad(loss, model.parameters)
        return np.concatenate([[loss.item()], model.joined(slopes)])

    return call


def product(problem: Problem) -> Callable[[], Any]:
    """Run backward through a gradient whose graph is kept."""
    model = Model(problem)
    grad, parameters = model.torch.autograd.grad, model.parameters
    slopes = grad(model.loss(), parameters, create_graph=True)
    parts = model.split(problem.z)
    return lambda: model.joined(grad(slopes, parameters, parts, retain_graph=True))


def hessian(problem: Problem) -> Callable[[], Any]:
    """Use torch.func.hessian on the loss as a function of θ."""
    model = Model(problem)
    torch, m = model.torch, problem.m
    theta = torch.tensor(problem.net.theta)

    def loss(theta: Any) -> Any:
        A, w = theta[: -m - 1].reshape(-1, m).T, theta[-m - 1 :]
        v = w[0] + torch.tanh(A[:, 0] + model.X @ A[:, 1:].T) @ w[1:]
        return model.criterion(v[:, None], model.y)

    dense = torch.func.hessian(loss)
    return lambda: dense(theta).numpy()


def pyhessian_trace(problem: Problem) -> Callable[[], Any]:
    """Estimate tr H by PyHessian, from random signs, with its own rule to stop."""
    curvature = _pyhessian(problem)
    return lambda: np.mean(curvature().trace())


def pyhessian_largest(problem: Problem) -> Callable[[], Any]:
    """Run PyHessian's power iteration; it finds the eigenvalue of largest modulus."""
    curvature = _pyhessian(problem)
    return lambda: curvature().eigenvalues(maxIter=POWER_ITERATIONS, tol=GOOD / 10)[0][0]


def _pyhessian(problem: Problem) -> Callable[[], Any]:
    from pyhessian import hessian as Curvature

    model = Model(problem)

    def fresh() -> Any:
        model.module.zero_grad(set_to_none=True)
        return Curvature(model.module, model.criterion, data=(model.X, model.y), cuda=False)

    return fresh


def curvlinops_largest(problem: Problem) -> Callable[[], Any]:
    """Run eigsh on curvlinops' operator."""
    from curvlinops import HessianLinearOperator

    model = Model(problem)
    operator = HessianLinearOperator(
        model.module,
        model.criterion,
        model.parameters,
        [(model.X, model.y)],
        check_deterministic=False,
    ).to_scipy()
    return lambda: eigsh(
        operator, 1, which="LA", tol=TOLERANCE, v0=problem.z, return_eigenvectors=False
    )[0]


def eigenthings_largest(problem: Problem) -> Callable[[], Any]:
    """Run hessian-eigenthings' Lanczos, with the fewest steps that are enough."""
    from hessian_eigenthings import HessianOperator, lanczos

    model = Model(problem)
    operator = HessianOperator(
        model.module,
        [(model.X, model.y)],
        lambda module, batch: model.criterion(module(batch[0]), batch[1]),
    )

    def solve(steps: int) -> float:
        found = lanczos(operator, k=1, max_iter=steps, which="LA", tol=GOOD, seed=0)
        return float(found.eigenvalues[0])

    right = reference.largest(problem).values
    possible = [steps for steps in STEPS if steps < problem.P]
    for steps in possible:
        if reference.error(solve(steps), right, each=True) <= GOOD:
            break
    return lambda: solve(steps)


TRACES = (
    Contender(
        "PyHessian, tr H only",
        pyhessian_trace,
        np.asarray,
        lambda p: 100 * product_flops(p),
        stochastic=True,
        part=lambda both: both[0],
    ),
)
GRADIENT = (Contender("torch.autograd", gradient),)
PRODUCT = (Contender("torch, double backward", product),)
HESSIAN = (Contender("torch.func.hessian", hessian, np.asarray, hessian_flops, hessian_bytes),)
LARGEST = (
    Contender("PyHessian", pyhessian_largest, flops=lambda p: 100 * product_flops(p)),
    Contender("curvlinops, eigsh", curvlinops_largest, flops=lambda p: 60 * product_flops(p)),
    Contender("hessian-eigenthings", eigenthings_largest, flops=lambda p: 100 * product_flops(p)),
)
