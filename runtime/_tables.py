"""Tables: what ``print`` and notebooks show for a result."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np

_ROWS = (
    ("tr H", "trace"),
    ("  hidden part, tr H_AA", "trace_hidden"),
    ("  output part, tr H_ww", "trace_output"),
    ("tr H²", "trace_squared"),
    ("mean of the eigenvalues", "mean"),
    ("standard deviation", "std"),
    ("‖H‖_F", "frobenius_norm"),
    ("‖θ‖", "theta_norm"),
)
_PARTS = ("trace_hidden", "trace_output")
_EXTREMES = ("largest", "smallest")
_SIDES = ("lower", "upper")
_LOSS = {"sum": "summed", "mean": "mean"}


class Table(NamedTuple):
    """A title, and rows of a label and numbers; a row without a label heads those below it."""

    title: str
    rows: list[Sequence[str]]

    def text(self) -> str:
        """Put labels to the left, numbers to the right, two spaces between columns."""
        width, *widths = (max(map(len, column)) for column in zip(*self.rows, strict=True))
        lines = [self.title]
        for label, *cells in self.rows:
            numbers = [cell.rjust(w) for cell, w in zip(cells, widths, strict=True)]
            lines.append("  ".join([label.ljust(width), *numbers]).rstrip())
        return "\n".join(lines)

    def html(self) -> str:
        """Set no colours, so that it has those of the page; otherwise as the text."""
        rows = "".join(f"<tr>{self._cells(*row)}</tr>" for row in self.rows)
        caption = f'<caption style="text-align: left">{escape(self.title)}</caption>'
        return f"<table>{caption}<tbody>{rows}</tbody></table>"

    @staticmethod
    def _cells(label: str, *numbers: str) -> str:
        kind = "td" if label else "th"
        cells = (f'<{kind} style="text-align: right">{escape(x)}</{kind}>' for x in numbers)
        return (
            f'<th style="text-align: left; white-space: pre">{escape(label)}</th>{"".join(cells)}'
        )


def sharpness(values: Mapping[str, Any]) -> Table:
    """Return a table of the fields of ``Sharpness``; of the ranges, for a batch."""
    batch = np.shape(values["trace"])
    return _table(_title(values), batch, (_range_rows if batch else _single_rows)(values))


def part(block: int | str) -> str:
    """Say which block of the Hessian it is."""
    return block if isinstance(block, str) else f"layer {block}"


def eigenvalues(values: Mapping[str, Any]) -> Table:
    """Return a table of the fields of ``Eigenvalues``; of the ranges, for a batch."""
    ends = [end for end in _EXTREMES if values[end] is not None]
    batch = np.shape(values[ends[0]])[:-1]
    block = values["block"]
    title = f"{part(block)} block of the " if block else ""
    title += f"{_title(values)}, {values['method']}"
    if values["method"] == "lanczos":
        title += f" with {np.sum(values['n_products'])} products"
    rows = _eigenvalue_ranges if batch else _eigenvalue_rows
    return _table(title, batch, rows(values, ends))


def _title(values: Mapping[str, Any]) -> str:
    loss = f"{_LOSS[values['reduction']]} loss" + (f" with {values['l2']}" if values["l2"] else "")
    return f"Hessian of the {loss}, {values['n_parameters']} parameters"


def _eigenvalue_rows(values: Mapping[str, Any], ends: Sequence[str]) -> Iterable[Sequence[str]]:
    certified = values[f"{ends[0]}_lower"] is not None
    yield "", "value", "residual", "lower bound", "upper bound"
    for end in ends:
        limits = [_number(values[name]) if certified else "" for name in _sides(end)]
        pairs = zip(values[end], values[f"{end}_residuals"], strict=True)
        for place, (value, residual) in enumerate(pairs):
            label = f"{end} eigenvalue" if place == 0 else f"  number {place + 1}"
            sides = limits if place == 0 else ["", ""]
            yield label, _number(value), f"{residual:.1e}", *sides


def _eigenvalue_ranges(values: Mapping[str, Any], ends: Sequence[str]) -> Iterable[Sequence[str]]:
    yield "", "min", "median", "max"
    for end in ends:
        for place in range(np.shape(values[end])[-1]):
            label = f"{end} eigenvalue" if place == 0 else f"  number {place + 1}"
            yield label, *_range(np.asarray(values[end])[..., place])
        yield "  residual", *_range(values[f"{end}_residuals"])
        for side, name in zip(_SIDES, _sides(end), strict=True):
            if values[name] is not None:
                yield f"  {side} bound", *_range(values[name])


def _single_rows(values: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    yield "", "lower bound", "upper bound"
    for end in _EXTREMES:
        yield f"{end} eigenvalue", *(_number(values[name]) for name in _sides(end))
    yield "", "", "value"
    for label, name in _ROWS:
        if (layers := values.get("trace_per_layer")) is None or name not in _PARTS:
            yield label, "", _number(values[name])
        elif name == _PARTS[0]:
            for n, value in enumerate(layers, start=1):
                yield f"  layer {n}", "", _number(value)


def _range_rows(values: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    yield "", "min", "median", "max"
    for end in _EXTREMES:
        for side, name in zip(_SIDES, _sides(end), strict=True):
            yield f"{end} eigenvalue, {side} bound", *_range(values[name])
    for label, name in _ROWS:
        if (layers := values.get("trace_per_layer")) is None or name not in _PARTS:
            yield label, *_range(values[name])
        elif name == _PARTS[0]:
            for n in range(layers.shape[-1]):
                yield f"  layer {n + 1}", *_range(layers[..., n])


def _sides(end: str) -> list[str]:
    return [f"{end}_{side}" for side in _SIDES]


def _range(values: Any) -> tuple[str, ...]:
    array = np.asarray(values)
    if not array.size:
        return ("-", "-", "-")
    return tuple(_number(f(array)) for f in (np.min, np.median, np.max))


def _number(value: float) -> str:
    return f"{value:.6g}"


def _table(title: str, batch: tuple[int, ...], rows: Iterable[Sequence[str]]) -> Table:
    return Table(title + (f", batch of shape {batch}" if batch else ""), list(rows))
