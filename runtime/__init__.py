"""The sharpness of a smooth three-layer network in closed form.

``sharpness`` returns tr H, tr H² and bounds on the extreme eigenvalues of the Hessian of the
cross-entropy loss, exactly and without an eigensolver. The kernels behind it are derived and
proved by SymPy (``hessbound.derive``) and compiled by numba on first use.
"""

from importlib.metadata import version

from ._kernels import activations
from .curvature import hessian, hessian_operator
from .interop import from_sklearn
from .losses import gradient, loss
from .network import Network
from .spectrum import Sharpness, sharpness
from .traces import trace, trace_squared

__version__ = version("hessbound")

__all__ = [
    "Network",
    "Sharpness",
    "activations",
    "from_sklearn",
    "gradient",
    "hessian",
    "hessian_operator",
    "loss",
    "sharpness",
    "trace",
    "trace_squared",
]
