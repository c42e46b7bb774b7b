"""Extreme eigenvalues, by either method, against all eigenvalues of the dense Hessian."""

import json
from dataclasses import FrozenInstanceError, replace
from functools import cache

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

import hessbound as hb
from hessbound.engine._plan import eigensolver
from hessbound.spectrum import _lanczos, _lapack

from .cases import CASES, assert_same
from .cases import problem as draw
from .strategies import problems, reductions

ANY = hb.activations()[0]
METHODS = ["dense", "lanczos"]
methods = pytest.mark.parametrize("method", METHODS)


@cache
def larger(activation):
    """Draw a network with more parameters than Lanczos holds vectors, P = 91, and samples."""
    rng = np.random.default_rng(7)
    net = hb.Network(rng.normal(size=(9, 9)), rng.normal(size=10), activation=activation)
    return net, rng.normal(size=(60, 8)), rng.integers(0, 2, 60).astype(float)


def spectrum(*arguments, **options):
    """Return all eigenvalues in ascending order."""
    return np.linalg.eigvalsh(hb.hessian(*arguments, **options))


@methods
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_values_against_the_dense_spectrum(problem, method, reduction):
    """Both ends are those of the dense Hessian, with weights, for the sum and the mean."""
    arguments = problem.net, problem.X, problem.y
    options = {"sample_weight": problem.weight, "reduction": reduction}
    exact = spectrum(*arguments, **options)
    found = hb.extreme_eigenvalues(*arguments, method=method, **options)
    atol = 1e-12 * np.abs(exact).max()
    assert_allclose(found.largest, exact[-1:], rtol=1e-11, atol=atol)
    assert_allclose(found.smallest, exact[:1], rtol=1e-11, atol=atol)


@methods
@pytest.mark.parametrize("k", [1, 2, 5])
def test_several_from_each_end(activation, method, k):
    """The k outermost eigenvalues come from the end inwards."""
    arguments = larger(activation)
    exact = spectrum(*arguments)
    found = hb.extreme_eigenvalues(*arguments, k=k, method=method, tolerance=1e-12)
    assert_same(found.largest, exact[::-1][:k])
    assert_same(found.smallest, exact[:k])
    assert (found.n_products > 0) == (method == "lanczos")


@methods
@pytest.mark.parametrize(("which", "other"), [("largest", "smallest"), ("smallest", "largest")])
def test_one_end(activation, method, which, other):
    """What is not asked for is None, and the rest is as for both ends."""
    arguments = larger(activation)
    found = hb.extreme_eigenvalues(*arguments, which=which, method=method)
    both = hb.extreme_eigenvalues(*arguments, method=method)
    assert_same(getattr(found, which), getattr(both, which))
    for side in ("lower", "upper"):
        assert getattr(found, f"{which}_{side}") == getattr(both, f"{which}_{side}")
    for name in ("", "_residuals", "_lower", "_upper", "_vectors"):
        assert getattr(found, other + name) is None
    assert other not in str(found)


@methods
def test_every_eigenvalue(method):
    """With k = P both methods give the whole spectrum, whatever its multiplicities."""
    net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation=ANY)
    arguments = net, [[0.0], [1.0]], [0, 1]
    exact = spectrum(*arguments)
    found = hb.extreme_eigenvalues(*arguments, k=4, method=method)
    assert_allclose(found.smallest, exact, rtol=0, atol=1e-14)
    assert_allclose(found.largest, exact[::-1], rtol=0, atol=1e-14)


@methods
def test_vectors_and_residuals(activation, method):
    """Vectors have unit norm and are orthogonal; residuals are ‖Hv − λv‖, and small enough."""
    arguments = larger(activation)
    H = hb.hessian(*arguments)
    found = hb.extreme_eigenvalues(*arguments, k=3, method=method, vectors=True, tolerance=1e-6)
    size = np.abs(np.linalg.eigvalsh(H)).max()
    for values, vectors, residuals in (
        (found.largest, found.largest_vectors, found.largest_residuals),
        (found.smallest, found.smallest_vectors, found.smallest_residuals),
    ):
        assert_allclose(vectors.T @ vectors, np.eye(3), rtol=0, atol=1e-12)
        actual = np.linalg.norm(H @ vectors - vectors * values, axis=0)
        assert_allclose(residuals, actual, rtol=1e-6, atol=1e-12 * size)
        assert (residuals <= 1.01e-6 * size).all()
    assert hb.extreme_eigenvalues(*arguments, method=method).largest_vectors is None


@methods
def test_residuals_bound_the_error(activation, method):
    """Within its residual of each value there is an eigenvalue, at a loose tolerance too."""
    arguments = larger(activation)
    exact = spectrum(*arguments)
    found = hb.extreme_eigenvalues(*arguments, method=method, tolerance=1e-2)
    rounding = 1e-12 * np.abs(exact).max()
    for values, residuals in (
        (found.largest, found.largest_residuals),
        (found.smallest, found.smallest_residuals),
    ):
        assert np.abs(exact - values[0]).min() <= residuals[0] + rounding


@methods
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_bounds_are_those_of_sharpness(activation, method, reduction):
    """The certificate is the Wolkowicz-Styan bounds, and holds what was found."""
    arguments = larger(activation)
    found = hb.extreme_eigenvalues(*arguments, method=method, reduction=reduction, certify=True)
    s = hb.sharpness(*arguments, reduction=reduction)
    for name in ("largest_lower", "largest_upper", "smallest_lower", "smallest_upper"):
        assert_same(getattr(found, name), getattr(s, name))
    assert s.largest_lower <= found.largest[0] <= s.largest_upper
    assert s.smallest_lower <= found.smallest[0] <= s.smallest_upper
    plain = hb.extreme_eigenvalues(*arguments, method=method, certify=False)
    assert plain.largest_upper is plain.smallest_lower is None


@given(problems(), reductions)
def test_any_network(p, reduction):
    """Extreme weights and data neither break the certificate nor separate the methods."""
    options = {"sample_weight": p.weight, "reduction": reduction}
    dense, lanczos = (
        hb.extreme_eigenvalues(p.net, p.X, p.y, method=method, certify=True, **options)
        for method in METHODS
    )
    size = max(np.abs(dense.largest[0]), np.abs(dense.smallest[0]))
    for end in ("largest", "smallest"):
        assert_allclose(getattr(lanczos, end), getattr(dense, end), rtol=1e-9, atol=1e-9 * size)


@methods
def test_tiny_curvature(method):
    """Where |v| is 400 the Hessian is near 1e-174, and its square is not a number; all holds."""
    net = hb.Network([[0.3, 1.0, -0.5], [0.1, 0.2, 0.4]], [400.0, 1.0, -2.0], activation=ANY)
    X, y = np.array([[1.0, 2.0], [-1.0, 0.5], [0.3, 0.2]]), np.ones(3)
    exact = np.linalg.eigvalsh(np.ldexp(hb.hessian(net, X, y), 576))
    found = hb.extreme_eigenvalues(net, X, y, method=method, certify=True)
    assert 0 < found.largest[0] < 1e-160
    assert_allclose(np.ldexp(found.largest, 576), exact[-1:], rtol=1e-10, atol=0)
    assert found.largest_lower <= found.largest[0]
    assert found.largest[0] <= found.largest_upper * (1 + 1e-11)


@methods
def test_huge_curvature(method):
    """Weights of 1e200 multiply the eigenvalues, whose squares are beyond float64."""
    net, X, y = larger(ANY)
    options = {"method": method, "certify": False}
    plain = hb.extreme_eigenvalues(net, X, y, **options)
    found = hb.extreme_eigenvalues(net, X, y, sample_weight=np.full(60, 1e200), **options)
    assert_allclose(found.largest, 1e200 * plain.largest, rtol=1e-11, atol=0)
    assert_allclose(found.smallest, 1e200 * plain.smallest, rtol=1e-11, atol=0)


@methods
def test_zero_hessian(method):
    """A network whose loss is flat has only the eigenvalue 0."""
    net = hb.Network([[0.0, 1.0]], [1e4, 0.0], activation="linear")
    found = hb.extreme_eigenvalues(net, [[1.0]], [1.0], method=method)
    assert_array_equal(found.largest, [0.0])
    assert_array_equal(found.smallest, [0.0])


@methods
@pytest.mark.parametrize("batch", [(3,), (2, 2), (0,)])
def test_batches(method, batch):
    """For a batch, arrays have its axes; each network is treated as alone."""
    _, X, y = larger(ANY)
    rng = np.random.default_rng(0)
    A, w = rng.normal(size=(*batch, 9, 9)), rng.normal(size=(*batch, 10))
    nets = hb.Network(A, w, activation=ANY)
    options = {"k": 2, "method": method, "certify": True}
    found = hb.extreme_eigenvalues(nets, X, y, vectors=True, **options)
    assert found.largest.shape == found.smallest_residuals.shape == (*batch, 2)
    assert found.largest_vectors.shape == (*batch, 91, 2)
    assert found.largest_upper.shape == found.n_products.shape == batch
    for index in np.ndindex(*batch):
        one = hb.Network(A[index], w[index], activation=ANY)
        alone = hb.extreme_eigenvalues(one, X, y, **options)
        assert_array_equal(found.largest[index], alone.largest)
        assert found.smallest_lower[index] == alone.smallest_lower
        assert found.n_products[index] == alone.n_products


@methods
def test_dataset(method):
    """A Dataset stands for the samples, here with a column of zeros, which it may leave out."""
    net, X, y = larger(ANY)
    X = np.where(np.arange(8) == 2, 0.0, X)
    found = hb.extreme_eigenvalues(net, hb.Dataset(X, y), method=method)
    exact = spectrum(net, X, y)
    assert_same(found.largest, exact[-1:])
    assert_same(found.smallest, exact[:1])


@methods
def test_deterministic(activation, method):
    """The same call gives the same bits."""
    arguments = larger(activation)
    first, second = (
        hb.extreme_eigenvalues(*arguments, k=2, method=method, vectors=True) for _ in range(2)
    )
    assert first == second
    assert first != hb.extreme_eigenvalues(*arguments, k=3, method=method)
    assert first != 1


def test_looser_tolerance_takes_fewer_products():
    """The tolerance is what Lanczos works for."""
    arguments = larger(ANY)
    loose, tight = (
        hb.extreme_eigenvalues(*arguments, method="lanczos", tolerance=x) for x in (1e-3, 1e-12)
    )
    assert loose.n_products < tight.n_products


def test_no_convergence():
    """A run that is cut short says what it has, how good that is, and what to change."""
    arguments = larger(ANY)
    with pytest.raises(RuntimeError) as failure:
        hb.extreme_eigenvalues(*arguments, method="lanczos", max_products=6)
    message = str(failure.value)
    assert message.startswith("Lanczos has not converged after 6 products with the Hessian: 0 of 2")
    assert message.count("(residual ") == 2
    assert message.endswith("Raise max_products or tolerance, or use method='dense' if P is small")


def test_values_outside_of_their_bounds(monkeypatch):
    """An eigenvalue that contradicts the closed form is reported, not returned."""
    net, X, y = larger(ANY)
    honest = _lanczos.extreme

    def other_end(apply, start, k, ends, **options):
        return honest(apply, start, k, ends[::-1], **options)

    monkeypatch.setattr(_lanczos, "extreme", other_end)
    with pytest.raises(RuntimeError, match=r"outside of its bounds \[.*the computation has gone"):
        hb.extreme_eigenvalues(net, X, y, which="largest", method="lanczos", certify=True)


def test_bounds_come_where_they_cost_nothing():
    """By default the dense Hessian brings them; beside Lanczos, and of a block, there are none."""
    arguments = larger(ANY)
    dense, lanczos = (hb.extreme_eigenvalues(*arguments, method=method) for method in METHODS)
    assert dense == hb.extreme_eigenvalues(*arguments, method="dense", certify=True)
    assert lanczos == hb.extreme_eigenvalues(*arguments, method="lanczos", certify=False)
    assert hb.extreme_eigenvalues(*arguments, block="hidden", certify=True).largest_upper is None


def test_vectors_that_are_none(monkeypatch):
    """Residuals are of products made at the end: those that Lanczos believes in do not count."""
    honest = _lanczos.extreme

    def turned(*arguments, **options):
        ritz = honest(*arguments, **options)
        return replace(ritz, vectors=np.roll(ritz.vectors, 1, axis=1))

    monkeypatch.setattr(_lanczos, "extreme", turned)
    with pytest.raises(RuntimeError, match=r"a residual is .* the computation has gone wrong"):
        hb.extreme_eigenvalues(*larger(ANY), method="lanczos")


@pytest.mark.parametrize(
    ("options", "error", "expected"),
    [
        ({"k": 0}, ValueError, "k must be at least 1, got 0"),
        ({"k": 12}, ValueError, "k must be at most net.n_parameters = 11, got 12"),
        ({"k": 1.5}, TypeError, "k must be an integer, got 1.5"),
        ({"which": "top"}, ValueError, "which must be 'both', 'largest' or 'smallest', got 'top'"),
        ({"method": "qr"}, ValueError, "method must be 'auto', 'dense' or 'lanczos', got 'qr'"),
        (
            {"tolerance": 0.0},
            ValueError,
            "tolerance must be at least 1e-14 and below 1, got 0.0",
        ),
        ({"tolerance": np.nan}, ValueError, "tolerance must be finite, got nan"),
        ({"max_products": 0}, ValueError, "max_products must be at least 1, got 0"),
        ({"reduction": "max"}, ValueError, "reduction must be 'sum' or 'mean', got 'max'"),
    ],
)
def test_bad_options(options, error, expected):
    """Each option is checked, and the message says the rule."""
    p = draw(CASES[0], ANY)
    with pytest.raises(error) as refusal:
        hb.extreme_eigenvalues(p.net, p.X, p.y, **options)
    assert str(refusal.value) == expected


def test_dense_beyond_memory():
    """A dense Hessian that is too large is refused before it is built."""
    net = hb.Network(np.zeros((200, 101)), np.zeros(201), activation=ANY)
    with pytest.raises(ValueError, match="hessian builds at most 2 GiB"):
        hb.extreme_eigenvalues(net, np.ones((1, 100)), [1.0], method="dense")


@pytest.mark.parametrize(
    ("N", "d", "m", "expected"),
    [
        (200, 2, 3, "dense"),
        (1000, 2, 10, "dense"),
        (60_000, 10, 16, "dense"),
        (569, 30, 16, "lanczos"),
        (2000, 64, 64, "lanczos"),
        (5000, 784, 512, "lanczos"),
    ],
)
def test_choice_of_method(N, d, m, expected):
    """Few parameters go dense, however many samples; many parameters go by products."""
    assert (
        eigensolver("tanh", N, d, m, P=m * (d + 2) + 1, k=1, ends=2, with_traces=True) == expected
    )


def test_table():
    """Printing shows values, residuals and bounds, a row for each eigenvalue."""
    net = hb.Network([[0.0, 0.0]], [0.0, 0.0], activation="linear")
    found = hb.extreme_eigenvalues(net, [[0.0]], [0.5], k=2, which="largest")
    assert str(found).splitlines() == [
        "Hessian of the summed loss, 4 parameters, dense",
        "                    value  residual  lower bound  upper bound",
        "largest eigenvalue   0.25   0.0e+00        0.125         0.25",
        "  number 2              0   0.0e+00",
    ]


def test_table_of_a_batch():
    """For a batch the table gives ranges, and how many products it took in all."""
    net, X, y = larger(ANY)
    nets = hb.Network(np.stack([net.A] * 2), np.stack([net.w, 2 * net.w]), activation=ANY)
    found = hb.extreme_eigenvalues(nets, X, y, method="lanczos")
    lines = str(found).splitlines()
    products = found.n_products.sum()
    assert lines[0] == (
        f"Hessian of the summed loss, 91 parameters, lanczos with {products} products, "
        "batch of shape (2,)"
    )
    assert lines[2].split()[-3:] == [f"{f(found.largest):.6g}" for f in (np.min, np.median, np.max)]


def test_to_dict_is_json():
    """to_dict holds plain numbers and lists, and None for what was not asked for."""
    arguments = larger(ANY)
    found = hb.extreme_eigenvalues(*arguments, which="largest")
    values = found.to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["largest"] == found.largest.tolist()
    assert values["smallest"] is None
    with pytest.raises(FrozenInstanceError):
        found.largest = None


def test_certificate_where_the_trace_of_the_square_overflows():
    """Eigenvalues of 1e178 have bounds, though tr H² is no float64."""
    X = 1e90 * np.random.default_rng(0).standard_normal((5, 2))
    net = hb.Network(
        [[0.5, 1e-90, -1e-90], [0.1, 2e-90, 1e-90]], [0.1, 1.0, -2.0], activation="tanh"
    )
    y = [0, 1, 0, 1, 1]
    found = hb.extreme_eigenvalues(net, X, y, method="dense")
    assert found.largest_lower <= found.largest[0] <= found.largest_upper
    assert found.largest[0] > 1e170
    with pytest.raises(ValueError, match="tr H² overflows"):
        hb.trace_squared(net, X, y)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (3, 3), (88, 90)])
def test_lapack_by_its_address_is_scipys(first, last):
    """The routine that does not hold the interpreter's lock gives the same bits."""
    H = hb.hessian(*larger(ANY))
    copy, expected = H.copy(), scipy.linalg.eigh(H, subset_by_index=(first, last))
    for one, other in zip(_lapack.extreme_pairs(H, first, last), expected, strict=True):
        assert_array_equal(one, other)
    assert_array_equal(H, copy)
