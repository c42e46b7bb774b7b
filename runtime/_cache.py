"""Numba's cache of compiled kernels, forgiving: it saves time, so it must not cost a result.

To numba a full disk, or a file that a crash has cut short, is an error of the call. Here a kernel
that cannot be read is compiled again, and one that cannot be kept is lost with the process.
"""

import importlib
import sys
from contextlib import suppress
from functools import cache
from typing import Any


@cache
def forgive() -> None:
    """From now on, let no file of the cache end a call of this package's functions."""
    caching: Any = importlib.import_module("numba.core.caching")
    load, save = caching.FunctionCache.load_overload, caching.FunctionCache.save_overload

    def load_overload(self: Any, signature: Any, context: Any) -> Any:
        try:
            return load(self, signature, context)
        except Exception as cause:  # whatever comes of unpickling bytes that are no pickle
            if not _is_ours(self):
                raise
            _say("has damaged files", "they are compiled again", self.cache_path, cause)
            with suppress(OSError):
                self.flush()

    def save_overload(self: Any, signature: Any, data: Any) -> None:
        try:
            save(self, signature, data)
        except OSError as cause:
            if not _is_ours(self):
                raise
            lost = "what is compiled is lost with this process"
            _say("cannot be written to", lost, self.cache_path, cause.strerror)

    caching.FunctionCache.load_overload = load_overload
    caching.FunctionCache.save_overload = save_overload


def _is_ours(function: Any) -> bool:
    return (function._py_func.__module__ or "").startswith("hessbound.")


_said: set[str] = set()


def _say(what: str, then: str, path: str, why: object) -> None:
    """Say so on stderr, once."""
    if what not in _said:
        _said.add(what)
        print(f"hessbound: numba's cache in {path} {what} ({why}); {then}", file=sys.stderr)
