"""The two emitted matrix products agree with NumPy's at every remainder of their blocks."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hessbound.engine import _memory
from hessbound.engine._layout import PAD
from hessbound.generated import _compile, _products

from .cases import SAME

room, add_dots, clear, panels, store, transposed = (
    getattr(x, "__wrapped__", x)  # other kernels may call it, and what it wraps Python
    for x in (
        _compile.room,
        _products.add_dots,
        _products.clear,
        _products.panels,
        _products.store,
        _products.transposed,
    )
)
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 16, 17, 24, 27)


@pytest.mark.parametrize("n", [1, 7, 8, 21, 300])
def test_sums_over_a_long_index(n):
    """Rows times rows, added to what is there, whichever of the two sides fills the lanes."""
    rng = np.random.default_rng(n)
    for E in SIZES:
        for F in SIZES:
            Z, Y, C = rng.normal(size=(E, n + 3)), rng.normal(size=(F, n + 5)), np.ones((E, F))
            add_dots(Z, np.int64(2), Y, np.int64(4), n, C)
            expected = 1 + Z[:, 2 : 2 + n] @ Y[:, 4 : 4 + n].T
            scale = 1 + np.abs(Z).max() * np.abs(Y).max() * n
            assert_allclose(C, expected, rtol=SAME, atol=1e-15 * scale, err_msg=f"{E, F}")


@pytest.mark.parametrize("n", [1, 2, 31, 300])
@pytest.mark.parametrize("add", [0, 1])
def test_sums_over_a_short_index(n, add):
    """Columns times columns, written or added, with nothing wrong among the entries asked for."""
    rng = np.random.default_rng(n)
    for rows in SIZES:
        for columns in (*SIZES, 150):
            F, G = (rng.normal(size=(n, size + 2 + PAD)) for size in (rows, columns))
            C = np.ones((rows + 7, columns + PAD))
            places = np.int64(1), rows, G, np.int64(2), columns, n
            panels(F, *places, C, np.int64(add), np.int64(0))
            expected = add + F[:, 1 : 1 + rows].T @ G[:, 2 : 2 + columns]
            scale = 1 + np.abs(F).max() * np.abs(G).max() * n
            actual, wrong = C[:rows, :columns], f"{rows, columns}"
            assert_allclose(actual, expected, rtol=SAME, atol=1e-15 * scale, err_msg=wrong)


@pytest.mark.parametrize(("m", "D"), [(1, 1), (3, 5), (8, 2), (17, 4), (40, 9)])
def test_transposed(m, D):
    """The weights by columns, with zeros up to a multiple of eight."""
    A = np.random.default_rng(0).normal(size=(m, D))
    A_T = np.full((D, -(-m // 8) * 8), np.nan)
    transposed(A, A_T)
    assert_array_equal(A_T[:, :m], A.T)
    assert not A_T[:, m:].any()


def test_a_block_is_stored_and_cleared():
    """Its first columns, at their place among those of all samples."""
    block, rows = np.arange(12.0).reshape(3, 4), np.zeros((3, 9))
    store(block, 2, rows, np.int64(5))
    assert_array_equal(rows[:, 5:7], block[:, :2])
    assert rows.sum() == block[:, :2].sum()
    clear(block)
    assert not block.any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 7), (64, 256)])
def test_workspaces_begin_with_a_cache_line(shape):
    """Those that kernels allocate for themselves too."""
    several = [room(*shape) for _ in range(8)]
    assert all(x.shape == shape and x.ctypes.data % 64 == 0 for x in several)
    assert not any(np.shares_memory(several[0], other) for other in several[1:])


@pytest.mark.parametrize("shape", [(2**15,), (3, 2**14), (7, 11, 500)])
def test_large_arrays_begin_with_a_cache_line(shape):
    """They can be written to, are contiguous, and begin at a multiple of 64 bytes."""
    several = [_memory.empty(*shape) for _ in range(8)]
    for array in several:
        assert array.shape == shape
        assert array.flags.carray
        assert array.ctypes.data % 64 == 0
    assert not any(np.shares_memory(several[0], other) for other in several[1:])


@pytest.mark.parametrize("shape", [(0,), (3,), (0, 5), (4, 6)])
def test_small_arrays_have_their_shape(shape):
    """For them, finding the beginning of a line is not worth it."""
    assert _memory.empty(*shape).shape == shape
