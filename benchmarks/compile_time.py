"""What kernels cost to compile: python benchmarks/compile_time.py [ACTIVATION ...].

CPU seconds with an empty cache, first of a whole activation and then of its functions, without what
they call. One after the other, so that the second activation finds what the first has left.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import config, event

LIMIT = 0.1  # CPU seconds; functions that took less are left out


class Clock(event.Listener):
    """Adds up what compiling takes, by function."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self.spent: dict[str, float] = {}
        self._within: list[float] = []  # when each began, later by what it called

    def on_start(self, event: Any) -> None:
        """Begin with a function."""
        self._within.append(time.process_time())

    def on_end(self, event: Any) -> None:
        """Count it, and not again for its caller."""
        function = event.data["dispatcher"].py_func
        own = time.process_time() - self._within.pop()
        name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        self.spent[name] = self.spent.get(name, 0.0) + own
        self._within = [start + own for start in self._within]


@contextmanager
def clock() -> Iterator[Clock]:
    """Listen to numba for a while."""
    found = Clock()
    event.register("numba:compile", found)  # type: ignore[no-untyped-call]
    try:
        yield found
    finally:
        event.unregister("numba:compile", found)  # type: ignore[no-untyped-call]


def main(activations: list[str]) -> None:
    """Compile all kernels of each activation, and print a table."""
    from hessbound.compilation import compile_all

    for activation in activations:
        start = time.process_time()
        with clock() as found:
            for _ in compile_all(activation):
                pass
        print(f"{activation}: {time.process_time() - start:.1f} CPU seconds")
        for name, spent in sorted(found.spent.items(), key=lambda item: -item[1]):
            if spent >= LIMIT:
                print(f"  {spent:5.2f}  {name}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        config.reload_config()  # type: ignore[no-untyped-call]
        main(sys.argv[1:] or ["tanh", "sigmoid", "linear"])
