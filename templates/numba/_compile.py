"""How kernels are compiled, and how they call functions that they are not compiled with.

What depends on the activation or on the loss is a few functions, which kernels call by their
address once per block of samples. So there is one set of kernels for all of them, which numba keeps
on disk: an address is a number, where a function in its place would be a type of its own.
"""

import ctypes
import functools
import logging
import threading
from contextlib import suppress

import numpy as np
from llvmlite import ir
from llvmlite.binding import add_symbol
from numba import config, njit, types
from numba.core import cgutils
from numba.core.caching import FunctionCache
from numba.core.ccallback import CFunc
from numba.core.errors import TypingError
from numba.core.sigutils import normalize_signature
from numba.extending import intrinsic

VECTOR, MATRIX = "f8[::1]", "f8[:, ::1]"  # the kinds of arrays that kernels take
PAD = 24  # columns that must be there beyond the samples, with any numbers in them


_said = set()


class _Cache(FunctionCache):
    """Numba's cache on disk, forgiving: it saves time, so it must not cost a result.

    To numba a full disk, or a file that a crash has cut short, is an error of the call. Here what
    cannot be read is compiled again, and what cannot be kept is lost with the process.
    """

    def load_overload(self, signature, context):
        """Return what was kept, if it can be read."""
        try:
            return super().load_overload(signature, context)
        except Exception as cause:  # whatever comes of unpickling bytes that are no pickle
            self._say("has damaged files", cause, "they are compiled again")
            with suppress(OSError):
                self.flush()

    def save_overload(self, signature, data):
        """Keep what was compiled, if it can be written."""
        try:
            super().save_overload(signature, data)
        except OSError as cause:
            lost = "what is compiled is lost with this process"
            self._say("cannot be written to", cause.strerror, lost)

    def _say(self, what, why, then):
        """Warn, once."""
        if what not in _said:
            _said.add(what)
            message = "hessbound: numba's cache in %s %s (%s); %s"
            logging.getLogger("hessbound").warning(message, self.cache_path, what, why, then)


def _kept(compiled, function):
    """Give what numba makes of a function its cache, where there is a place for one."""
    with suppress(RuntimeError):
        compiled._cache = _Cache(function)
    return compiled


def _compiled(function, fastmath):
    if config.DISABLE_JIT:
        return function
    return _kept(njit(nogil=True, error_model="numpy", fastmath=fastmath)(function), function)


def jit(function):
    """Compile, exactly as written.

    That is said explicitly, since a callee inherits what its first caller allows.
    """
    return _compiled(function, False)


def jit_loops(function):
    """Compile, with sums in any order: a sum over samples then runs in vector registers.

    NaN and infinity are kept.
    """
    return _compiled(function, {"reassoc", "contract", "nsz"})


def inlined(function):
    """Compile into callers, so that loops around the function can be vectorised."""
    return njit(forceinline=True, fastmath=False, error_model="numpy")(function)


def apart(signature):
    """Let kernels call a compiled function without taking in its code; numbers become those stated.

    Otherwise what they call is optimised and translated again with each of them. They find it by a
    symbol, which must be known before one is loaded: hence the function is compiled at once. Python
    may call what is ``__wrapped__``.
    """

    def decorated(compiled):
        if config.DISABLE_JIT:
            return compiled
        kinds, _ = normalize_signature(signature)
        compiled.compile(kinds)
        found = compiled.overloads[kinds]
        symbol = f"{compiled.py_func.__module__}.{compiled.py_func.__qualname__}"
        add_symbol(symbol, found.library.get_pointer_to_function(found.fndesc.llvm_func_name))
        result = found.signature.return_type

        def lower(context, builder, signature, arguments):
            kind = context.call_conv.get_function_type(result, kinds)
            target = cgutils.get_or_insert_function(builder.module, kind, symbol)
            given = cgutils.unpack_tuple(builder, *arguments)
            status, value = context.call_conv.call_function(builder, target, result, kinds, given)
            with cgutils.if_unlikely(builder, status.is_error):
                context.call_conv.return_status_propagate(builder, status)
            return value

        @intrinsic
        def called(context, *arguments):
            return result(types.Tuple(kinds)), lower

        return functools.update_wrapper(called, compiled)

    return decorated


_DOUBLES = ctypes.POINTER(ctypes.c_double)


class ByAddress:
    """A function of whole numbers, and after them of arrays, that kernels call by its address.

    It is compiled, exactly as written, when the address is first asked for. That is one of this
    process and of its forks.
    """

    _lock = threading.Lock()

    def __init__(self, numbers, function):
        functools.update_wrapper(self, function)
        arrays = function.__code__.co_argcount - numbers
        self._kinds = (types.int64,) * numbers + (types.CPointer(types.float64),) * arrays
        self._compiled = None

    def __call__(self, *arguments):
        """Compute, for who has numbers and contiguous arrays of float64, as kernels do."""
        if config.DISABLE_JIT:
            self.__wrapped__(*arguments)
            return
        arrays = (x.ctypes.data_as(_DOUBLES) if isinstance(x, np.ndarray) else x for x in arguments)
        self.compiled.ctypes(*arrays)

    @property
    def compiled(self):
        """The function as one of C."""
        with self._lock:
            if self._compiled is None:
                options = {"error_model": "numpy", "fastmath": False}
                compiled = CFunc(self.__wrapped__, (self._kinds, types.void), {}, options)
                _kept(compiled, self.__wrapped__).compile()
                self._compiled = compiled
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


@apart(f"{MATRIX}(i8, i8)")
@jit
def room(rows, columns):
    """Allocate a matrix that begins with a cache line of eight numbers.

    Then no register is filled from two.
    """
    size = rows * columns
    room = np.empty(size + 8)
    first = -(np.int64(room.ctypes.data) // 8) % 8
    return room[first : first + size].reshape((rows, columns))
