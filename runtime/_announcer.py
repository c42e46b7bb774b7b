"""Telling a user who waits that kernels are being compiled."""

import sys
import threading
from pathlib import Path
from typing import Any

from numba.core import event

PATIENCE = 2.0
"""Seconds after which a compilation says that it is one."""

announced: set[str] = set()
"""The modules of which it has been said, or that do not need it."""


class Announcer(event.Listener):
    """Says on stderr what is going on when compiling hessbound's kernels takes a while."""

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._depth = 0
        self._timer: threading.Timer | None = None

    def on_start(self, event: Any) -> None:
        """Wait for a while before saying anything; a kernel compiles others on the way."""
        if _is_ours(event.data["dispatcher"]):
            self._depth += 1
            if self._depth == 1:
                self._timer = threading.Timer(PATIENCE, _announce, [event.data["dispatcher"]])
                self._timer.daemon = True
                self._timer.start()

    def on_end(self, event: Any) -> None:
        """Say nothing if it was quick."""
        if _is_ours(event.data["dispatcher"]):
            self._depth -= 1
            if self._depth == 0 and self._timer is not None:
                self._timer.cancel()


def _is_ours(dispatcher: Any) -> bool:
    """Say whether a function is one of this package; what is only a part of others does not count.

    A function that was made by exec is in no module.
    """
    inlined = dispatcher.targetoptions.get("forceinline", False)
    return not inlined and (dispatcher.py_func.__module__ or "").startswith("hessbound.")


def _announce(dispatcher: Any) -> None:
    module = dispatcher.py_func.__module__
    if module in announced:
        return
    announced.add(module)
    name, where = module.rpartition(".")[2].lstrip("_"), cache_folder(dispatcher)
    kept = f"kept in {where}" if where else "and lost with this process, as no folder is writable"
    print(
        f"hessbound: compiling {name}, once for this machine; {kept}. "
        "To do it all ahead of time: hessbound compile",
        file=sys.stderr,
        flush=True,
    )


def cache_folder(dispatcher: Any) -> Path | None:
    """Return where numba keeps the compiled code of a kernel, if anywhere."""
    path = getattr(getattr(dispatcher, "stats", None), "cache_path", None)
    return Path(path) if path else None


def listen() -> None:
    """From now on, announce a compilation that takes long."""
    event.register("numba:compile", Announcer())  # type: ignore[no-untyped-call]
