"""Bounds on extreme eigenvalues from traces: one bound, one function, named after its source."""

import math
from typing import NamedTuple

import numpy as np

from ._typing import Quantity


class Bounds(NamedTuple):
    """Two numbers (or arrays, for a batch) with the unknown one between them."""

    lower: Quantity
    upper: Quantity


def wolkowicz_styan(trace: Quantity, trace_squared: Quantity, P: int) -> tuple[Bounds, Bounds]:
    r"""Bound the largest and the smallest eigenvalue of a symmetric matrix by its traces.

    With :math:`\mu = \operatorname{tr} H / P` and :math:`s^2 = \operatorname{tr} H^2 / P - \mu^2`,
    the mean and the variance of the spectrum,

    .. math::
        \mu + s / \sqrt{P-1} \le \lambda_{\max} \le \mu + s \sqrt{P-1}, \qquad
        \mu - s \sqrt{P-1} \le \lambda_{\min} \le \mu - s / \sqrt{P-1}.

    Parameters
    ----------
    trace, trace_squared : float or array
        tr H and tr H², of equal shape.
    P : int
        The number of eigenvalues; at least 1.

    Returns
    -------
    tuple of Bounds
        Lower and upper bounds of the largest eigenvalue, then of the smallest.

    Notes
    -----
    Eqs. (7)-(9): Wolkowicz and Styan, *Bounds for eigenvalues using traces*, 1980. The upper bound
    of the largest eigenvalue is attained if and only if all others are equal (Eq. 10), so all four
    are exact for P = 1 and P = 2. A variance that rounding made negative counts as zero.

    Examples
    --------
    The eigenvalues 3, 1, 1 and 1:

    >>> largest, smallest = wolkowicz_styan(6.0, 12.0, 4)
    >>> np.round(largest, 12).tolist(), np.round(smallest, 12).tolist()
    ([2.0, 3.0], [0.0, 1.0])
    """
    mu, s = mean_and_std(trace, trace_squared, P)
    root = math.sqrt(P - 1)
    outer = s * root
    inner = s / root if P > 1 else 0.0 * s
    return Bounds(mu + inner, mu + outer), Bounds(mu - outer, mu - inner)


def mean_and_std(trace: Quantity, trace_squared: Quantity, P: int) -> tuple[Quantity, Quantity]:
    """Return the mean and the standard deviation of the P eigenvalues.

    Examples
    --------
    The eigenvalues 1 and 3:

    >>> mean, std = mean_and_std(4.0, 10.0, 2)
    >>> float(mean), float(std)
    (2.0, 1.0)
    """
    mu = trace / P
    return mu, root(trace_squared / P - mu * mu)


def root(values: Quantity) -> Quantity:
    """Return the square root, of 0 where rounding has left a negative number.

    Examples
    --------
    >>> root(4.0), root(-1e-17)
    (2.0, 0.0)
    """
    if isinstance(values, float):  # far cheaper than NumPy for a single network
        return math.sqrt(max(values, 0.0))
    return np.sqrt(np.maximum(values, 0.0))
