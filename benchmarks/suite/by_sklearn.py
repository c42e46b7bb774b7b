"""The contender of scikit-learn: what its MLPClassifier does in each step of its training."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .problems import Contender, Problem, Skipped


def gradient(problem: Problem) -> Callable[[], Any]:
    """Run forward and backward by the estimator's own method, which is private."""
    from sklearn.neural_network import MLPClassifier

    net, N = problem.net, problem.N
    clf = MLPClassifier(problem.m, activation="tanh", alpha=0.0, max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one step does not converge
        clf.partial_fit(problem.X[:2], [0, 1], classes=[0, 1])
    if not hasattr(clf, "_backprop"):
        message = "this release of scikit-learn has no MLPClassifier._backprop"
        raise Skipped(message)
    clf.coefs_ = [np.ascontiguousarray(net.A[:, 1:].T), net.w[1:, None].copy()]
    clf.intercepts_ = [net.A[:, 0].copy(), net.w[:1].copy()]
    slopes = [np.empty_like(x) for x in clf.coefs_], [np.empty_like(x) for x in clf.intercepts_]
    layers = [problem.X, np.empty((N, problem.m)), np.empty((N, 1))]
    deltas = [np.empty((N, problem.m)), np.empty((N, 1))]
    y = problem.y[:, None]

    def call() -> np.ndarray:
        loss, weights, biases = clf._backprop(problem.X, y, None, layers, deltas, *slopes)
        A = np.concatenate([biases[0][None], weights[0]])
        return N * np.concatenate([[loss], A.ravel(), biases[1], weights[1][:, 0]])

    return call


GRADIENT = (Contender("scikit-learn, MLPClassifier", gradient),)
