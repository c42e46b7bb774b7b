"""The sharpness of a smooth three-layer network in closed form.

``sharpness`` returns tr H, tr H² and bounds on the extreme eigenvalues of the Hessian of the
cross-entropy loss, exactly and without an eigensolver. The kernels behind it are derived and
proved by SymPy (``hessbound.derive``) and compiled by numba on first use.
"""

from importlib.metadata import version

from ._kernels import activations
from .curvature import hessian, hessian_operator
from .dataset import Dataset
from .descent import Descent, gradient_descent
from .eigenvalues import Eigenvalues, extreme_eigenvalues
from .gradients import sharpness_gradient
from .interop import from_sklearn
from .losses import gradient, loss, loss_and_gradient
from .network import Network
from .outputs import hidden_outputs, logits
from .spectrum import Sharpness, sharpness
from .traces import trace, trace_squared

__version__ = version("hessbound")

__all__ = [
    "Dataset",
    "Descent",
    "Eigenvalues",
    "Network",
    "Sharpness",
    "activations",
    "extreme_eigenvalues",
    "from_sklearn",
    "gradient",
    "gradient_descent",
    "hessian",
    "hessian_operator",
    "hidden_outputs",
    "logits",
    "loss",
    "loss_and_gradient",
    "sharpness",
    "sharpness_gradient",
    "trace",
    "trace_squared",
]
