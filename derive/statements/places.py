"""Where something is written: a line of a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

_OURS = tuple(str(Path(__file__).resolve().parents[1] / name) for name in ("statements", "proof"))


class Place(NamedTuple):
    """A line of a file; shown as the name of the file and the line."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line}"


NOWHERE = Place()


def here() -> Place:
    """Return the line that is being run outside of this package and of ``proof``."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)
