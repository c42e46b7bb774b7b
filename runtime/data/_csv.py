"""Reading a table of numbers from a CSV file, with errors that name file, line and column."""

import csv
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hessbound._typing import Array
from hessbound.engine import _kernels

from . import _checks

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """What the numbers of a column must be."""

    holds: Callable[[Array], Mask]
    message: str
    two_classes: bool = False


@dataclass(frozen=True)
class Table:
    """Features (N, d) in the order of the file's columns, labels (N,) and weights (N,) or None."""

    X: Array
    y: Array
    sample_weight: Array | None
    features: tuple[str, ...]


def read(
    path: str | os.PathLike[str],
    *,
    label: str,
    weight: str | None = None,
    loss: str = _kernels.DEFAULT_LOSS,
    n_outputs: int = 1,
) -> Table:
    """Read a CSV file with a header row; every column but label and weight is a feature.

    Labels are those that the loss takes.

    Raises ValueError, naming file, line and column, if the file is not such a table; OSError if it
    cannot be read.
    """
    name = os.fspath(path)
    if label == weight:
        message = f"label and weight must be different columns, got {label!r} for both"
        raise ValueError(message)
    special = {label: _label(loss, n_outputs)} | ({} if weight is None else {weight: _weight})
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        header = _header(name, next(_rows(name, file), (0, []))[1])
        for column in special:
            _present(name, column, header)
        table = _plain(len(header), file)
    if table is None:
        table = np.array([_numbers(name, header, *row) for row in _samples(name)])
    if not len(table):
        message = f"{name} holds no samples, only a header row"
        raise ValueError(message)
    _check(name, header, table, special)
    features = [index for index, column in enumerate(header) if column not in special]
    return Table(
        X=table[:, features],
        y=table[:, header.index(label)],
        sample_weight=None if weight is None else table[:, header.index(weight)],
        features=tuple(header[index] for index in features),
    )


def _plain(columns: int, lines: Iterable[str]) -> Array | None:
    """Read what is only numbers and commas by NumPy, five times as fast; None for anything else.

    A row of zeros in front says how many columns there must be, and that some data is there.
    """
    try:
        zeros = ",".join("0" * columns)
        return np.loadtxt(chain([zeros], lines), delimiter=",", comments=None, ndmin=2)[1:]
    except ValueError:
        return None


def _samples(name: str) -> Iterator[tuple[int, list[str]]]:
    with Path(name).open(encoding="utf-8-sig", newline="") as file:
        yield from islice(_rows(name, file), 1, None)


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
    if not any(math.isnan(_number(cell)) for cell in header):
        message = f"{name} has no header row: line 1 holds only numbers"
        raise ValueError(message)
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        message = f"{name} has two columns {repeated[0]!r}"
        raise ValueError(message)
    return header


def _present(name: str, column: str, header: Sequence[str]) -> None:
    if column not in header:
        hint = _checks.near(column, header)
        message = f"{name} has no column {column!r}; it has {', '.join(header)}{hint}"
        raise ValueError(message)


def _numbers(name: str, header: Sequence[str], line: int, row: Sequence[str]) -> list[float]:
    if len(row) != len(header):
        message = f"{name}, line {line} has {len(row)} cells, but the header has {len(header)}"
        raise ValueError(message)
    return [_number(cell) for cell in row]


def _number(cell: str) -> float:
    """Return a cell's number, NaN where it is none; 1_000 is one in Python alone."""
    try:
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


_finite = Rule(np.isfinite, "must be a finite number")
_weight = Rule(
    lambda values: (values >= 0) & (values < np.inf),
    "a weight must be a finite number, not negative",
)


def _label(loss: str, n_outputs: int) -> Rule:
    if loss == "softmax":
        last = n_outputs - 1
        return Rule(
            lambda y: (y >= 0) & (y <= last) & (y == np.floor(y)),
            f"a label must be a class, 0 to {last}",
        )
    rule = _checks.label_rule(loss)
    unit = rule == _checks.UNIT
    said = "a number in [0, 1]" if unit else f"a finite number, and {rule.removeprefix('be ')}"
    return Rule(lambda y: _checks.valid_labels(y, loss), f"a label must be {said}", unit)


def _check(name: str, header: Sequence[str], table: Array, special: Mapping[str, Rule]) -> None:
    """Refuse cells that are not what they must be, the first of them by its place and text."""
    rules = [special.get(column, _finite) for column in header]
    wrong = ~np.column_stack(
        [rule.holds(values) for rule, values in zip(rules, table.T, strict=True)]
    )
    if not wrong.any():
        return
    row, column = divmod(int(wrong.argmax()), len(header))
    line, cells = next(islice(_samples(name), row, None))
    what, values = rules[column].message, np.unique(table[:, column])
    hint = ""
    if rules[column].two_classes and len(values) == 2 and np.isfinite(values).all():
        hint = "; write 0 for {:g} and 1 for {:g}".format(*values)
    place = f"{name}, line {line}, column {header[column]!r}"
    message = f"{place}: {what}, got {cells[column]!r}{hint}"
    raise ValueError(message)
