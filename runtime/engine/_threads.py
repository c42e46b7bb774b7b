"""Work on several threads: Python's own, for kernels that release the interpreter's lock.

They start with a call and end with it. So a process may fork at any time, there is no pool to tune,
and nothing competes with the threads of a BLAS, which the kernels do not use. Work is divided in
the same way for a given number of threads, so results do not depend on which thread is faster.

What takes long is done by other threads alone, while the calling one waits: only so can it react to
Ctrl-C. Threads that are given up end with the kernel that they are in, or at a ``checkpoint``.
"""

import importlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any, Generic, TypeVar

from hessbound.data import _checks

Result = TypeVar("Result")

WORTHWHILE = 1e8
"""Floating-point operations (2 ms or so) from which a second thread gains more than it costs."""

LONG = 2e9
"""Operations (0.1 s or more) after which somebody might lose patience."""

_chosen: int | None = None


def set_threads(count: int | None) -> None:
    """Set how many threads to use from the next call on; None leaves it to numba, as at first.

    What takes less than two milliseconds or so runs on one thread anyway, which is then faster.
    Nothing else limits the number: no setting of a BLAS, no other library that is imported.

    Parameters
    ----------
    count : int or None
        At least 1, for this process and all its threads; None stands for
        ``numba.get_num_threads()`` at each call, which is all processors, or fewer by
        NUMBA_NUM_THREADS or ``numba.set_num_threads``.

    Raises
    ------
    ValueError
        If count is smaller than 1.
    TypeError
        If it is not an integer.

    Notes
    -----
    Results are the same bits for the same number of threads. ``method="dense"`` of
    ``hessbound.extreme_eigenvalues`` also uses the threads of SciPy's LAPACK, which follow
    settings of their own.

    Examples
    --------
    >>> set_threads(1)
    >>> set_threads(None)
    """
    global _chosen
    _chosen = None if count is None else _checks.size("count", count)


def count(flops: float) -> int:
    """Return how many threads to use for work of that size."""
    return 1 if flops < WORTHWHILE else _chosen or _of_numba()


def shares(flops: float) -> int:
    """Return into how many calls to divide work that may be divided at will.

    Each ends soon, so that threads which are given up do.
    """
    return count(flops) * max(1, round(flops / LONG / count(flops)))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let the BLAS use one thread: those that share the work are ours.

    Its number is one of the whole process: the first call that needs it sets it, and the last one
    that is done with it sets it back.
    """
    with _limited.lock:
        if not _limited.users:
            _limited.limit = _blas().limit(limits=1, user_api="blas")
        _limited.users += 1
    try:
        yield
    finally:
        with _limited.lock:
            _limited.users -= 1
            if not _limited.users:
                _limited.limit.restore_original_limits()


class _Limited:
    """How many calls let the BLAS use one thread, and what sets it back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.limit: Any = None


_limited = _Limited()


@cache
def _blas() -> Any:
    return importlib.import_module("threadpoolctl").ThreadpoolController()


def _of_numba() -> int:
    """Return ``numba.get_num_threads()``, without starting numba's own threads for the answer.

    Nobody can have set a number before these have started. It is the number of the thread that has
    called, so those that work for it keep it.
    """
    if _of_thread.work is not None:
        return _of_thread.work.limit
    numba: Any = importlib.import_module("numba")  # loaded anyway by the kernels
    try:
        numba.threading_layer()
    except ValueError:
        return int(numba.config.NUMBA_NUM_THREADS)
    return int(numba.get_num_threads())


def ranges(stop: int, parts: int, step: int = 1) -> list[tuple[int, int]]:
    """Divide 0 .. stop − 1 into at most that many ranges, each a multiple of ``step`` long."""
    steps = -(-stop // step)
    parts = max(1, min(parts, steps))
    edges = [min(stop, steps * n // parts * step) for n in range(parts + 1)]
    return list(pairwise(edges))


def run(
    function: Callable[..., Result],
    arguments: Sequence[tuple[Any, ...]],
    threads: int | None = None,
    *,
    flops: float = 0.0,
) -> list[Result]:
    """Call a function with each of the arguments, by so many threads; None gives each its own.

    The calling thread is one of them, and begins at once: a new one may have to wait for its turn.
    Where the ``flops`` of all calls are many it only waits.
    """
    threads = min(threads or len(arguments), len(arguments))
    if flops >= LONG and threading.current_thread() is threading.main_thread():
        return list(in_order(function, arguments, threads))
    if threads <= 1:
        return [function(*x) for x in arguments]
    work = _Work(function, arguments)
    with work.shared_by(threads - 1):
        work.take_part()
        return list(work)


def in_order(
    function: Callable[..., Result], arguments: Iterable[tuple[Any, ...]], threads: int
) -> Iterator[Result]:
    """Yield what a function returns for each of the arguments, computed by other threads."""
    work = _Work(function, arguments)
    with work.shared_by(threads):
        yield from work


def checkpoint() -> None:
    """Leave a function that ``run`` calls, where nobody waits for its result any more."""
    work = _of_thread.work
    if work is not None and work.ended:
        raise _GivenUp


class _Work(Generic[Result]):
    """Calls of a function, shared by threads."""

    def __init__(
        self, function: Callable[..., Result], arguments: Iterable[tuple[Any, ...]]
    ) -> None:
        self._function, self._arguments = function, list(arguments)
        self._waiting = iter(enumerate(self._arguments))
        self._results: dict[int, Result] = {}
        self._error: BaseException | None = None
        self._news = threading.Condition()
        self.limit = _of_numba()
        self.ended = False

    @contextmanager
    def shared_by(self, threads: int) -> Iterator[None]:
        """Let so many other threads take part; when it is over they are given up."""
        try:
            for _ in range(threads):
                threading.Thread(target=self.take_part, daemon=True).start()
            yield
        finally:
            self.ended = True

    def take_part(self) -> None:
        """Make calls that nobody else has begun, until there are no more."""
        before, _of_thread.work = _of_thread.work, self
        try:
            for index, x in self._waiting:
                checkpoint()
                result = self._function(*x)
                with self._news:
                    self._results[index] = result
                    self._news.notify_all()
        except _GivenUp:
            pass
        except BaseException as error:  # it is raised again where results are awaited
            with self._news:
                self._error, self.ended = self._error or error, True
                self._news.notify_all()
        finally:
            _of_thread.work = before

    def __iter__(self) -> Iterator[Result]:
        """Yield the results in order as they arrive."""
        for index in range(len(self._arguments)):
            with self._news:
                while index not in self._results and self._error is None:
                    self._news.wait(0.1)  # where waiting cannot be interrupted, that much late
                if self._error is not None:
                    raise self._error
            yield self._results.pop(index)


class _OfThread(threading.local):
    work: "_Work[Any] | None" = None


_of_thread = _OfThread()


class _GivenUp(BaseException):
    """Nobody waits for the results of this thread any more."""
