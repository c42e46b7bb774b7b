"""The extreme eigenvalues of the Hessian, with a residual and closed-form bounds around each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hessbound import _tables
from hessbound._typing import Array, Number, Number_co, Part, Reduction
from hessbound.data import _checks
from hessbound.data._dataset import Dataset
from hessbound.data._mlp import MLP
from hessbound.data._network import Network
from hessbound.depth import _parts
from hessbound.depth._deep import DeepProblem
from hessbound.engine._penalty import L2
from hessbound.engine._problem import Problem
from hessbound.traces._sharpness import Result

from . import _certificate
from ._curvature import fits_in_memory, of_layer

if TYPE_CHECKING:
    from ._eigensolvers import Request, Solution
    from ._hessians import Hessian

Which: TypeAlias = Literal["both", "largest", "smallest"]
Method: TypeAlias = Literal["auto", "dense", "lanczos"]

PRODUCTS = 2000
"""With the Hessian, for each of the k eigenvalues, after which Lanczos gives up."""

SMALLEST_TOLERANCE = 1e-14
"""Below it the residuals are rounding."""


@dataclass(frozen=True, eq=False)
class Eigenvalues(Result, Generic[Number_co]):
    """The k largest and the k smallest eigenvalues of the Hessian; None for what was not asked for.

    Arrays have the batch's axes in front. Printing shows a table.

    Attributes
    ----------
    largest, smallest : array of shape (..., k), or None
        From the end inwards: ``largest[..., 0]`` is λ_max, ``smallest[..., 0]`` is λ_min.
    largest_residuals, smallest_residuals : array of shape (..., k), or None
        ‖Hv − λv‖ for the unit vector v that was found: H has an eigenvalue this close to λ.
    largest_lower, largest_upper, smallest_lower, smallest_upper : float or array, or None
        The Wolkowicz-Styan bounds of λ_max and λ_min, as in ``Sharpness``, with ``certify=True``
        or where H was built.
    largest_vectors, smallest_vectors : array of shape (..., P, k), or None
        Eigenvectors of unit norm in the order of ``net.theta``, with ``vectors=True``.
    n_products : int or array
        Products with the Hessian; 0 where it was built.
    method : str
        "dense" or "lanczos".
    tolerance : float
        What residuals were to reach, relative to the largest absolute eigenvalue.
    n_parameters : int
        P, or the number of parameters in the block.
    reduction : str
        "sum" or "mean": the loss whose Hessian this is.
    block : str or int, or None
        Which block of the Hessian it is.
    l2 : L2, or None
        The penalty that is part of the loss.
    """

    largest: Array | None
    smallest: Array | None
    largest_residuals: Array | None
    smallest_residuals: Array | None
    largest_lower: Number_co | None
    largest_upper: Number_co | None
    smallest_lower: Number_co | None
    smallest_upper: Number_co | None
    largest_vectors: Array | None
    smallest_vectors: Array | None
    n_products: int | NDArray[np.int64]
    method: str
    tolerance: float
    n_parameters: int
    reduction: Reduction
    block: Part | None
    l2: L2 | None = None

    def _table(self) -> _tables.Table:
        return _tables.eigenvalues(vars(self))


def extreme_eigenvalues(
    net: Network[Number] | MLP[Number],
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    k: int = 1,
    which: Which = "both",
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "sum",
    l2: float | L2 = 0.0,
    block: Part | None = None,
    tolerance: float = 1e-8,
    method: Method = "auto",
    vectors: bool = False,
    certify: bool | None = None,
    max_products: int | None = None,
) -> Eigenvalues[Number]:
    r"""Compute the k largest and the k smallest eigenvalues of the Hessian of the loss.

    Parameters
    ----------
    net : Network or MLP
        One network, or a batch of them.
    X : array_like, shape (N, d), or Dataset
        Inputs, one sample per row, *without* the column of ones. A ``hessbound.Dataset`` stands for
        X, y and sample_weight together.
    y : array_like, shape (N,), of an ``MLP`` also (N, K)
        Labels that ``net.loss`` takes; in [0, 1], a soft label is the probability of class 1. Of
        softmax classes 0 to K − 1, (N,), or rows of probabilities, (N, K).
    sample_weight : array_like, shape (N,), optional
        Weights ω, none negative; an integer weight equals repeating the sample. Default: ones.
    reduction : {"sum", "mean"}
        The sum over the samples (the paper's convention), or the sum divided by Σω.
    l2 : float or L2
        Add ½ l2 times the sum of the squared weights, without biases, whatever the reduction is;
        a ``hessbound.L2`` has a number for each layer, and can count biases. Default: 0.
    block : {"hidden", "output"}, int or str, optional
        Of a block of the Hessian: the rows and columns of the hidden layers, or of the output (of a
        ``Network`` A or w); of an ``MLP`` also of a layer by its number, 1 to L + 1, or of "W1",
        "b1", "W2", ….
    k : int
        How many at each end, 1 to P.
    which : {"both", "largest", "smallest"}
        The ends of the spectrum. Both cost no more than the harder one.
    tolerance : float
        Lanczos ends when every residual :math:`\|Hv - \lambda v\|` is at most ``tolerance`` times
        the largest :math:`|\lambda|`; at least 1e-14. The error of an eigenvalue that is apart
        from the others is about the square of that.
    method : {"auto", "dense", "lanczos"}
        Build H and decompose it, or multiply with it; by default what is cheaper.
    vectors : bool
        Return the eigenvectors too.
    certify : bool, optional
        Add the bounds of ``hessbound.sharpness`` and check the eigenvalues against them; a block of
        a ``Network`` has none. Default: where H is built, which gives them for nothing. Beside
        Lanczos they cost tr H², as much as all of its products or more; without them the residuals
        stand alone.
    max_products : int, optional
        Lanczos gives up after so many products with H. Default: 2000 k.

    Returns
    -------
    Eigenvalues
        Values, residuals and bounds; arrays for a batch of networks.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite or out of range, features have other names
        than net's, or the result overflows, or a dense Hessian needs
        more than 2 GiB; if the bounds of an ``MLP`` would take hours. Of a batch a note says which
        network it is.
    TypeError
        If net is no network, an array does not hold real numbers, or vectors or certify is neither
        true nor false.
    RuntimeError
        If Lanczos has not converged after ``max_products``, or if the computation has gone wrong:
        a residual is larger than Lanczos took it for, or an eigenvalue outside of its bounds, by
        more than rounding.

    Notes
    -----
    Lanczos with thick restarts on the compiled operator: 10 to 150 products of time O(N d m) each
    and memory 33 P, or some more where k > 1, from the start vector
    ``np.random.default_rng(0).standard_normal(P)``, so results are the same in every run. A
    residual proves that an eigenvalue is near λ, not that none is beyond it; that Lanczos misses
    the end of a spectrum is possible and unlikely. Repeated eigenvalues are listed as often as they
    are repeated: where k > 1, about half as many products again confirm, from a random vector in
    the complement of what was found, that none is missing.

    Examples
    --------
    With all weights zero, f = tanh and these samples, H has the eigenvalues 1/2, 1/2, 0 and −1/2:

    >>> net = Network([[0.0, 0.0]], [0.0, 0.0], activation="tanh")
    >>> found = extreme_eigenvalues(net, [[0.0], [1.0]], [0, 1], k=2)
    >>> np.round(found.largest, 12).tolist()
    [0.5, 0.5]
    >>> bool(found.largest_lower < found.largest[0] < found.largest_upper)
    True
    """
    from . import _eigensolvers, _hessians  # import SciPy, which most callers never need

    vectors = _checks.flag("vectors", vectors)
    certify = None if certify is None else _checks.flag("certify", certify)
    problem: Problem | DeepProblem
    part, bounded = None, True
    if isinstance(net, MLP):
        whole = DeepProblem.of(net, X, y, sample_weight, reduction, l2)
        problem = _parts.of_block(whole, block)
        P = problem.net.n_parameters
    else:
        problem, part = Problem.of(net, X, y, sample_weight, reduction, l2), of_layer(block)
        span, bounded = net._span(part), part is None
        P = span.stop - (span.start or 0)
    k = _at_most(_checks.size("k", k), P, block)
    limit = PRODUCTS * k if max_products is None else _checks.size("max_products", max_products)
    request = _eigensolvers.Request(
        k=k, ends=_ends(which), tolerance=_tolerance(tolerance), max_products=limit
    )
    chosen = _chosen(problem, method, request, P, bool(certify) and bounded)
    certified = (chosen == "dense" if certify is None else certify) and bounded
    if certified and chosen == "lanczos":
        _hessians.require_moments(problem)

    def solved(one: "Hessian") -> dict[str, Any]:
        dense = chosen == "dense"
        found = _eigensolvers.dense(*one.dense(), request) if dense else None
        solution = found or _eigensolvers.lanczos(one.operator(), request)
        return _row(one, solution, vectors, certified)

    rows = []
    networks = _hessians.of(problem, part)
    for place, one in zip(np.ndindex(net.batch_shape), networks, strict=True):
        with _named(place):
            rows.append(solved(one))
    shapes = _shapes(request, P, vectors, certified)
    values: dict[str, Any] = dict.fromkeys(_OPTIONAL)
    values |= {name: _gathered(rows, name, net, shape) for name, shape in shapes.items()}
    return Eigenvalues(
        **values,
        method=chosen,
        tolerance=request.tolerance,
        n_parameters=P,
        reduction=reduction,
        block=block if isinstance(block, str | None) else int(block),
        l2=problem.l2,
    )


@contextmanager
def _named(place: tuple[int, ...]) -> Iterator[None]:
    """Say in an error which network of the batch it is of."""
    try:
        yield
    except (ValueError, RuntimeError) as cause:
        if place:
            cause.add_note(f"This is of net[{', '.join(map(str, place))}].")
        raise


_OPTIONAL = tuple(
    f"{end}{what}"
    for end in ("largest", "smallest")
    for what in ("", "_residuals", "_lower", "_upper", "_vectors")
)


def _shapes(request: "Request", P: int, vectors: bool, certify: bool) -> dict[str, tuple[int, ...]]:
    """Return the shape, for one network, of everything that is asked for."""
    shapes: dict[str, tuple[int, ...]] = {"n_products": ()}
    for end in request.ends:
        shapes |= {end: (request.k,), f"{end}_residuals": (request.k,)}
        shapes |= {f"{end}_vectors": (P, request.k)} if vectors else {}
        shapes |= {f"{end}_{side}": () for side in _certificate.SIDES} if certify else {}
    return shapes


def _row(hessian: "Hessian", solution: "Solution", vectors: bool, certify: bool) -> dict[str, Any]:
    """Return what is known of one network, under the names of ``Eigenvalues``."""
    row: dict[str, Any] = {"n_products": solution.n_products}
    for end, pairs in solution.pairs.items():
        row[end] = np.ldexp(pairs.values, solution.exponent)
        row[f"{end}_residuals"] = np.ldexp(pairs.residuals, solution.exponent)
        if vectors:
            row[f"{end}_vectors"] = pairs.vectors
    if certify:
        certificate = _certificate.Certificate.of(
            solution.moments or hessian.moments(), hessian.n_parameters
        )
        for end in solution.pairs:
            for side in _certificate.SIDES:
                row[f"{end}_{side}"] = certificate.bounds[f"{end}_{side}"]
            certificate.check(end, row[end][0], row[f"{end}_residuals"][0])
    return row


def _gathered(
    rows: Sequence[Mapping[str, Any]],
    name: str,
    net: Network[Any] | MLP[Any],
    shape: tuple[int, ...],
) -> Any:
    """Return what the networks have under a name, with the batch's axes in front."""
    batch, values = net.batch_shape, [row[name] for row in rows]
    if not batch:
        return values[0]
    dtype = np.int64 if name == "n_products" else np.float64
    return np.asarray(values, dtype).reshape(*batch, *shape)


def _chosen(
    problem: Problem | DeepProblem, method: Method, request: "Request", P: int, certify: bool
) -> str:
    from ._hessians import cheaper

    _checks.one_of("method", method, get_args(Method))
    if method == "dense":
        fits_in_memory(problem.net)
    if method != "auto":
        return method
    return cheaper(problem, P=P, k=request.k, ends=len(request.ends), with_traces=certify)


def _ends(which: Which) -> tuple[str, ...]:
    _checks.one_of("which", which, get_args(Which))
    return ("smallest", "largest") if which == "both" else (which,)


def _at_most(k: int, P: int, block: Part | None) -> int:
    if k > P:
        what = f"the {_tables.part(block)} block's size" if block else "net.n_parameters"
        message = f"k must be at most {what} = {P}, got {k}"
        raise ValueError(message)
    return k


def _tolerance(value: float) -> float:
    number = float(_checks.floats("tolerance", value))
    if not SMALLEST_TOLERANCE <= number < 1:
        message = f"tolerance must be at least {SMALLEST_TOLERANCE} and below 1, got {value}"
        raise ValueError(message)
    return number
