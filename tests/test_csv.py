"""Tables read by NumPy and cell by cell are the same."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from hessbound.data import _csv

NUMBERS = st.floats(0, 1).map(repr) | st.sampled_from([" 1", "1 ", "+1", "1e-3", ".5", "0x1p-3"])
CELLS = NUMBERS | st.text("01.eE+-_#'\" \t\r\n,;naif٣", max_size=4)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2) | st.lists(CELLS, max_size=3), max_size=4))
@example([["1", "0"], ["# 1", "1"]])
@example([["1_0", "0"]])
@example([["1", "1"], [], ["2", "0"]])
def test_either_way(tmp_path_factory, rows):
    """What NumPy reads is what Python reads, or is left to it; then errors are those of before."""
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    text = "x,y\n" + "\n".join(map(",".join, rows)) + "\n"
    path.write_text(text, encoding="utf-8", newline="")

    def attempt():
        try:
            table = _csv.read(path, label="y")
        except ValueError as error:
            return str(error)
        return np.column_stack([table.X, table.y])

    found, plain = attempt(), _csv._plain
    try:
        _csv._plain = lambda columns, lines: None
        slow = attempt()
    finally:
        _csv._plain = plain
    if isinstance(slow, str):
        assert found == slow
    else:
        assert_array_equal(found, slow)
