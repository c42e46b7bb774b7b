"""Traces and bounds of the Hessian of smooth networks in closed form.

``sharpness`` returns tr H, tr H² and bounds on the extreme eigenvalues of the Hessian of the
loss, exactly and without an eigensolver. The kernels behind it are derived and
proved by SymPy (``hessbound.derive``) and compiled by numba on first use.
"""

from importlib.metadata import version as _version

from .data._dataset import Dataset
from .data._interop import from_sklearn, l2_from_sklearn
from .data._mlp import MLP
from .data._network import Layers, Network
from .engine._formulas import load_formulas
from .engine._kernels import activations, losses
from .engine._penalty import L2
from .engine._threads import set_threads
from .functions._descent import Descent, gradient_descent
from .functions._losses import gradient, loss, loss_and_gradient
from .functions._outputs import hidden_outputs, logits
from .spectrum._curvature import gauss_newton_operator, hessian, hessian_diagonal, hessian_operator
from .spectrum._eigenvalues import Eigenvalues, extreme_eigenvalues
from .traces._gradients import sharpness_gradient
from .traces._sharpness import Sharpness, sharpness
from .traces._trace_gradients import trace_gradient
from .traces._traces import trace, trace_squared

__version__ = _version("hessbound")

__all__ = [
    "L2",
    "MLP",
    "Dataset",
    "Descent",
    "Eigenvalues",
    "Layers",
    "Network",
    "Sharpness",
    "activations",
    "extreme_eigenvalues",
    "from_sklearn",
    "gauss_newton_operator",
    "gradient",
    "gradient_descent",
    "hessian",
    "hessian_diagonal",
    "hessian_operator",
    "hidden_outputs",
    "l2_from_sklearn",
    "load_formulas",
    "logits",
    "loss",
    "loss_and_gradient",
    "losses",
    "set_threads",
    "sharpness",
    "sharpness_gradient",
    "trace",
    "trace_gradient",
    "trace_squared",
]


def __dir__() -> list[str]:
    """Show what is public; modules and subpackages are not."""
    return ["__doc__", "__version__", *__all__]
