"""What tr H and tr H² say about a spectrum: its mean, its spread, and bounds of its ends."""

import math
from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hessbound._typing import Array
from hessbound.data import _checks
from hessbound.engine import _kernels

Moved: TypeAlias = tuple[Array, int]

QUANTITIES = {
    "trace_hidden": "the hidden part of tr H",
    "trace_output": "the output part of tr H",
    "trace_squared": "tr H²",
    "trace": "tr H",
    "mean": "the mean eigenvalue",
    "std": "the spectrum's standard deviation",
    "frobenius_norm": "‖H‖_F",
    "largest_lower": "the lower bound of the largest eigenvalue",
    "largest_upper": "the upper bound of the largest eigenvalue",
    "smallest_lower": "the lower bound of the smallest eigenvalue",
    "smallest_upper": "the upper bound of the smallest eigenvalue",
}


def spectrum(
    sums: Array,
    P: int,
    exponent: NDArray[np.int64] | None = None,
    batch: tuple[int, ...] | None = None,
    names: Collection[str] = QUANTITIES,
    moved: Moved | None = None,
) -> dict[str, Any]:
    r"""Return what the moments of symmetric matrices say about their eigenvalues.

    With :math:`\mu = \operatorname{tr} H / P` and :math:`s^2 = \operatorname{tr} H^2 / P - \mu^2`,
    the mean and the variance of the spectrum,

    .. math::
        \mu + s / \sqrt{P-1} \le \lambda_{\max} \le \mu + s \sqrt{P-1}, \qquad
        \mu - s \sqrt{P-1} \le \lambda_{\min} \le \mu - s / \sqrt{P-1}.

    Parameters
    ----------
    sums : array of shape (n, 3), or with more columns that do not matter
        Two numbers that add up to tr H, and tr H², of each matrix.
    P : int
        The number of eigenvalues; at least 1.
    exponent : array of shape (n,), optional
        Of the power of two by which the matrices were multiplied.
    batch : tuple of int, optional
        The shape of what is returned; () gives floats. Default: (n,).
    names : collection of str
        What is wanted, so that nothing else can overflow. Default: all.
    moved : tuple of an array of shape (n,) and an int, optional
        What to add to all eigenvalues, and how many of them the first number in sums is of.

    Returns
    -------
    dict
        At least these, of ``QUANTITIES``, by name.

    Raises
    ------
    ValueError
        If one of them overflows.

    Notes
    -----
    Eqs. (7)-(9): Wolkowicz and Styan, *Bounds for eigenvalues using traces*, 1980. The upper bound
    of the largest eigenvalue is attained if and only if all others are equal (Eq. 10), so all four
    are exact for P = 1 and P = 2. A variance that rounding made negative counts as zero. Where
    :math:`\mu^2 > s^2` rounding may have spoilt s²: the outer bounds take it for larger by 2⁻⁴⁶
    (μ² − s²), the inner ones for smaller by as much. Time O(n).

    Examples
    --------
    The eigenvalues 3, 1, 1 and 1:

    >>> found = spectrum(np.array([[6.0, 0.0, 12.0]]), 4, batch=())
    >>> round(found["largest_lower"], 12), round(found["largest_upper"], 12)
    (2.0, 3.0)
    """
    module = _kernels.spectrum()
    exponents = np.zeros(len(sums), np.int64) if exponent is None else exponent
    if moved is None:
        rows = module.spectrum(sums, exponents, P)
    else:
        rows = module.moved_spectrum(sums, exponents, *moved, P)
    if batch == ():
        values = rows[0].tolist()
        if math.isfinite(sum(values)):  # the usual case, at a fraction of the cost
            return dict(zip(module.NAMES, values, strict=True))
    shape = (len(rows),) if batch is None else batch
    return {
        name: _checks.result(QUANTITIES[name], values.reshape(shape))
        for name, values in zip(module.NAMES, rows.T, strict=True)
        if name in names
    }
