"""The command line. Exit codes: 0 good, 1 refuted or out of date, 2 bad usage or bad input.

Each command is a module, which takes options, calls what does the work, and imports it only then
where that takes long. ``app`` has what they share.
"""

import io
import sys

from . import check, compile, derive, generate, new, reproduce, sharpness
from .app import app

__all__ = ["app", "main"]

for _module in (sharpness, compile, derive, check, generate, new, reproduce):  # as help lists them
    app.command(_module.__name__.rpartition(".")[2])(_module.command)


def main() -> None:
    """Run the command line; letters that a terminal does not have are written as code points."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()
