"""Reading a table of numbers from a CSV file, with errors that name file, line and column."""

import csv
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ._typing import Array


@dataclass(frozen=True)
class Table:
    """Features (N, d) in the order of the file's columns, labels (N,) and weights (N,) or None."""

    X: Array
    y: Array
    sample_weight: Array | None
    features: tuple[str, ...]


def read(path: str | os.PathLike[str], *, label: str, weight: str | None = None) -> Table:
    """Read a CSV file with a header row; every column but label and weight is a feature.

    Raises ValueError, naming file, line and column, if the file is not such a table; OSError if it
    cannot be read.
    """
    name = os.fspath(path)
    if label == weight:
        message = f"label and weight must be different columns, got {label!r} for both"
        raise ValueError(message)
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        rows = _rows(name, file)
        header = _header(name, next(rows, (0, []))[1])
        special = {label: _label}
        if weight is not None:
            special[weight] = _weight
        for column in special:
            _present(name, column, header)
        lines, numbers = [], []
        for line, row in rows:
            lines.append(line)
            numbers.append(_numbers(name, line, header, row, special))
    if not numbers:
        message = f"{name} holds no samples, only a header row"
        raise ValueError(message)
    table = np.array(numbers)
    _labels(name, label, lines, table[:, header.index(label)])
    features = [index for index, column in enumerate(header) if column not in special]
    return Table(
        X=table[:, features],
        y=table[:, header.index(label)],
        sample_weight=None if weight is None else table[:, header.index(weight)],
        features=tuple(header[index] for index in features),
    )


def _rows(name: str, file: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row that is not blank."""
    reader = csv.reader(file, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, [cell.strip() for cell in row]
    except UnicodeDecodeError as cause:
        message = f"{name} is not UTF-8 text: {cause}"
        raise ValueError(message) from None
    except csv.Error as cause:
        message = f"{name}, line {reader.line_num}: {cause}"
        raise ValueError(message) from None


def _header(name: str, header: list[str]) -> list[str]:
    if not header:
        message = f"{name} is empty: it needs a header row with the columns' names"
        raise ValueError(message)
    separators = [mark for mark in ";\t|" if len(header) == 1 and mark in header[0]]
    if separators:
        message = (
            f"{name} must have commas between its cells, but line 1 has {separators[0]!r}; convert "
            f"it, for example by pandas.read_csv(path, sep={separators[0]!r}) and "
            "to_csv(path, index=False)"
        )
        raise ValueError(message)
    if all(_is_number(cell) for cell in header):
        message = f"{name} has no header row: line 1 holds only numbers"
        raise ValueError(message)
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        message = f"{name} has two columns {repeated[0]!r}"
        raise ValueError(message)
    return header


def _present(name: str, column: str, header: Sequence[str]) -> None:
    if column not in header:
        message = f"{name} has no column {column!r}; it has {', '.join(header)}"
        raise ValueError(message)


def _numbers(
    name: str,
    line: int,
    header: Sequence[str],
    row: Sequence[str],
    special: Mapping[str, Callable[[float], str]],
) -> list[float]:
    """Convert a row; say where the first wrong cell is."""
    if len(row) != len(header):
        message = f"{name}, line {line} has {len(row)} cells, but the header has {len(header)}"
        raise ValueError(message)
    values = []
    for column, cell in zip(header, row, strict=True):
        value = float(cell) if _is_number(cell) else math.nan
        wrong = special.get(column, _finite)(value)
        if wrong:
            message = f"{name}, line {line}, column {column!r}: {wrong}, got {cell!r}"
            raise ValueError(message)
        values.append(value)
    return values


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python's own notation, 1_000


def _finite(value: float) -> str:
    return "" if math.isfinite(value) else "must be a finite number"


def _label(value: float) -> str:
    return "" if math.isfinite(value) else "a label must be a number in [0, 1]"


def _labels(name: str, column: str, lines: Sequence[int], y: Array) -> None:
    """Refuse labels that are no probabilities; of two kinds say how to write them."""
    wrong = np.flatnonzero((y < 0) | (y > 1))
    if len(wrong):
        first, values = wrong[0], np.unique(y)
        hint = "; write 0 for {:g} and 1 for {:g}".format(*values) if len(values) == 2 else ""
        message = (
            f"{name}, line {lines[first]}, column {column!r}: a label must be a number in [0, 1], "
            f"got '{y[first]:g}'{hint}"
        )
        raise ValueError(message)


def _weight(value: float) -> str:
    return "" if 0 <= value < math.inf else "a weight must be a finite number, not negative"
