"""How kernels are compiled, and how they call functions that they are not compiled with.

What depends on the activation or on the loss is a few functions, which kernels call by their
address once per block of samples. So there is one set of kernels for all of them, which numba keeps
on disk: an address is a number, where a function in its place would be a type of its own.
"""

import functools
import threading

import numpy as np
from llvmlite import ir
from numba import cfunc, config, njit, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

PAD = 24  # columns that must be there beyond the samples, with any numbers in them


def _kept(compiler, function, **options):
    """Compile, with numba's cache on disk where there is a place for it."""
    options.update(error_model="numpy")
    try:
        return compiler(cache=True, **options)(function)
    except RuntimeError:
        return compiler(**options)(function)


def jit(function):
    """Compile, exactly as written.

    That is said explicitly, since a callee inherits what its first caller allows.
    """
    return _kept(njit, function, nogil=True, fastmath=False)


def jit_loops(function):
    """Compile, with sums in any order: a sum over samples then runs in vector registers.

    NaN and infinity are kept.
    """
    return _kept(njit, function, nogil=True, fastmath={"reassoc", "contract", "nsz"})


def inlined(function):
    """Compile into callers, so that loops around the function can be vectorised."""
    return njit(forceinline=True, fastmath=False, error_model="numpy")(function)


class ByAddress:
    """A function of whole numbers, and after them of arrays, that kernels call by its address.

    It is compiled, exactly as written, when the address is first asked for. That is one of this
    process and of its forks.
    """

    _lock = threading.Lock()

    def __init__(self, numbers, function):
        functools.update_wrapper(self, function)
        arrays = function.__code__.co_argcount - numbers
        kinds = [types.int64] * numbers + [types.CPointer(types.float64)] * arrays
        self.signature = types.void(*kinds)
        self._compiled = None

    def __call__(self, *arguments):
        """Compute without numba."""
        self.__wrapped__(*arguments)

    @property
    def compiled(self):
        """The function as one of C."""
        with self._lock:
            if self._compiled is None:
                compiler = functools.partial(cfunc, self.signature)
                self._compiled = _kept(compiler, self.__wrapped__, fastmath=False)
        return self._compiled

    @property
    def address(self):
        """What kernels take; where numba's compiler is switched off, the function itself."""
        return self if config.DISABLE_JIT else self.compiled.address


def of_units(function):
    """Let kernels call a function of m, n, the lengths of rows of U and of features, and these."""
    return ByAddress(4, function)


def of_samples(function):
    """Let kernels call a function of n numbers."""
    return ByAddress(1, function)


def fill_rows(function, n, U, *features):
    """Let a function of units compute the first n numbers in rows of features, from those of U."""
    m, length = features[0].shape
    function(m, n, U.shape[1], length, *(array.reshape(-1) for array in (U, *features)))


def fill_row(function, n, *vectors):
    """Let a function of samples compute n numbers."""
    function(n, *vectors)


def _calling(numbers_of):
    """Make an intrinsic that calls by an address, with whole numbers and where arrays begin."""

    def typed(context, function, n, *arrays):
        if any(array.layout != "C" for array in arrays):
            message = f"arrays must be contiguous, got {arrays}"
            raise TypingError(message)
        return types.void(types.int64, types.int64, types.Tuple(arrays)), lower

    def lower(context, builder, signature, arguments):
        address, n, packed = arguments
        parts = (builder.extract_value(packed, place) for place in range(len(signature.args[2])))
        arrays = [
            context.make_array(kind)(context, builder, part)
            for kind, part in zip(signature.args[2], parts)
        ]
        given = [*numbers_of(builder, n, *arrays), *(array.data for array in arrays)]
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in given])
        builder.call(builder.inttoptr(address, kind.as_pointer()), given)
        return context.get_dummy_value()

    return intrinsic(typed)


def _numbers_of_rows(builder, n, U, features, *others):
    (_, width), (m, length) = (
        [builder.extract_value(array.shape, axis) for axis in range(2)] for array in (U, features)
    )
    return m, n, width, length


if not config.DISABLE_JIT:
    fill_rows = _calling(_numbers_of_rows)
    fill_row = _calling(lambda builder, n, *vectors: (n,))


@jit
def room(rows, columns):
    """Allocate a matrix that begins with a cache line of eight numbers.

    Then no register is filled from two.
    """
    size = rows * columns
    room = np.empty(size + 8)
    first = -(np.int64(room.ctypes.data) // 8) % 8
    return room[first : first + size].reshape((rows, columns))
