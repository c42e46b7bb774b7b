"""An end to what would take too long, by the operating system's alarm."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WRITING = 10.0  # seconds that it may take to write down what a claim says
AGAIN = 1.0  # seconds until the next alarm, for code that lets nothing through

_limits: list[float] = []  # the one that is running


class TooLongError(KeyboardInterrupt):
    """A time limit is over; like Ctrl-C, it passes through whoever catches errors of SymPy."""


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Raise TooLongError in the block after so many seconds; None is no limit.

    There is none either outside of the main thread, and where the system has no alarm. Within
    another limit, that one holds on.

    >>> try:
    ...     with deadline(0.01):
    ...         while True:
    ...             pass
    ... except TooLongError as error:
    ...     print(error)
    took longer than 0.01 s
    """
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "setitimer") or _limits:
        yield
        return
    running = True
    _limits.append(seconds)

    def stop(*_: object) -> None:
        if running:
            msg = f"took longer than {seconds:g} s"
            raise TooLongError(msg)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        running = False
        _limits.pop()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
