"""The demonstration: bounds beside exact eigenvalues, for a network trained on a real table."""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._typing import Array
from .data._interop import from_sklearn
from .data._network import Network
from .functions._losses import loss
from .spectrum._curvature import hessian
from .traces._sharpness import Sharpness, sharpness

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

HIDDEN_UNITS = 16
PENALTY = 1.0  # scikit-learn's alpha; with less the loss falls to zero, and the sharpness with it

Progress = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True)
class Demo:
    """A trained network, what the closed form says of it, and what an eigensolver says.

    ``seconds`` maps what was done to the time that it took.
    """

    net: Network
    n_samples: int
    accuracy: float
    loss: float
    sharpness: Sharpness
    eigenvalues: Array
    seconds: dict[str, float]


class _Stopwatch:
    """Times stages and announces them."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        with self.progress(stage):
            yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


def run(progress: Progress = lambda stage: nullcontext()) -> Demo:
    """Train on scikit-learn's breast-cancer table, then bound and compute the eigenvalues.

    Needs scikit-learn. ``progress`` is called with the name of each stage.
    """
    stage = _Stopwatch(progress)
    with stage("import scikit-learn, load the table"):
        from sklearn.datasets import load_breast_cancer
        from sklearn.neural_network import MLPClassifier

        X, y = load_breast_cancer(return_X_y=True)
        X = (X - X.mean(axis=0)) / X.std(axis=0)
    with stage("train"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it has converged matters nothing here
        clf = MLPClassifier(
            HIDDEN_UNITS, activation="tanh", solver="lbfgs", alpha=PENALTY, random_state=0
        ).fit(X, y)
    net = from_sklearn(clf)
    with stage("load or compile the kernels (once)"):
        sharpness(net, X, y)
        hessian(net, X[:1], y[:1])
        total_loss = loss(net, X, y)
    with stage("bounds: tr H and tr H² in closed form"):
        result = sharpness(net, X, y)
    with stage("exact: dense Hessian"):
        H = hessian(net, X, y)
    with stage("exact: eigensolver"):
        eigenvalues = np.linalg.eigvalsh(H).astype(np.float64)
    return Demo(
        net=net,
        n_samples=len(X),
        accuracy=float(clf.score(X, y)),
        loss=float(total_loss),
        sharpness=result,
        eigenvalues=eigenvalues,
        seconds=stage.seconds,
    )


def show(demo: Demo, console: "Console") -> None:
    """Print the demonstration's tables."""
    net = demo.net
    console.print(
        f"\nscikit-learn's breast-cancer table: {demo.n_samples} samples, {net.n_inputs} features, "
        "standardised.\n"
        f"MLPClassifier with {net.n_hidden} {net.activation} units, {net.n_parameters} parameters: "
        f"accuracy {demo.accuracy:.1%}, loss {demo.loss:.4g} (sum).\n"
    )
    for table in (_bounds(demo), _identities(demo), _times(demo)):
        console.print(table)
        console.print()
    console.print(
        "The kernels that computed the bounds were derived by SymPy from the loss, proved and "
        "generated; see for yourself with [bold]hessbound check[/bold].\n"
    )


def _bounds(demo: Demo) -> "Table":
    table = _table("Extreme eigenvalues of the Hessian", "lower bound", "exact", "upper bound")
    s, exact = demo.sharpness, demo.eigenvalues
    for label, lower, value, upper in (
        ("largest", s.largest_lower, exact[-1], s.largest_upper),
        ("smallest", s.smallest_lower, exact[0], s.smallest_upper),
    ):
        table.add_row(label, *(f"{number:.6g}" for number in (lower, value, upper)))
    return table


def _identities(demo: Demo) -> "Table":
    table = _table("Traces and norms", "closed form", "from eigenvalues")
    s, exact = demo.sharpness, demo.eigenvalues
    table.add_row("tr H", f"{s.trace:.12g}", f"{exact.sum():.12g}")
    table.add_row("tr H²", f"{s.trace_squared:.12g}", f"{(exact**2).sum():.12g}")
    table.add_row("‖θ‖", f"{s.theta_norm:.6g}", "")
    return table


def _times(demo: Demo) -> "Table":
    table = _table("Where the time went", "milliseconds")
    for stage, seconds in demo.seconds.items():
        table.add_row(stage, f"{1000 * seconds:.2f}")
    return table


def _table(title: str, *columns: str) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table
