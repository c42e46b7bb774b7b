"""Telling a user who waits that kernels are being compiled.

It is a warning of the logger "hessbound": Python shows warnings on stderr where no logging was set
up, so that a script, a notebook and the command line say why the first call takes long.
"""

import logging
import threading
from pathlib import Path
from typing import Any

from numba.core import event

PATIENCE = 2.0
"""Seconds after which a compilation says that it is one."""

said = threading.Event()
"""Set once it has been said, or where it need not be."""


class Announcer(event.Listener):
    """Gives each compilation of hessbound's kernels a while, in which it may end unnoticed."""

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._timers: list[threading.Timer] = []

    def on_start(self, event: Any) -> None:
        """Wait; a kernel compiles others on the way."""
        dispatcher = event.data["dispatcher"]
        timer = threading.Timer(PATIENCE, _announce, [dispatcher])
        timer.daemon = True
        self._timers.append(timer)
        if (dispatcher.py_func.__module__ or "").startswith("hessbound.") and not said.is_set():
            timer.start()

    def on_end(self, event: Any) -> None:
        """Say nothing if it was quick."""
        self._timers.pop().cancel()


def _announce(dispatcher: Any) -> None:
    if said.is_set():
        return
    said.set()
    where = cache_folder(dispatcher)
    logging.getLogger("hessbound").warning(
        "hessbound compiles its kernels, once for this machine; %s. "
        "To do it all ahead of time: hessbound compile",
        f"kept in {where}" if where else "and lost with this process, as no folder is writable",
    )


def cache_folder(dispatcher: Any) -> Path | None:
    """Return where numba keeps the compiled code of a kernel, if anywhere."""
    path = getattr(getattr(dispatcher, "stats", None), "cache_path", None)
    return Path(path) if path else None


def listen() -> None:
    """From now on, announce a compilation that takes long."""
    event.register("numba:compile", Announcer())  # type: ignore[no-untyped-call]
