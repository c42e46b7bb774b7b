"""Where in a user's file an error comes from, in one line."""

from __future__ import annotations

import ast
import difflib
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from hessbound.derive.statements.network import Quantities, Sample
from hessbound.derive.statements.places import Place
from hessbound.derive.statements.trees import Node

from .kernel import Slack

NOTATION = {Quantities: "q", Sample: "a sample", Node: "a matrix", Slack: "a slack"}


class FileError(ValueError):
    """A file of claims cannot be used; the message starts with file and line."""


def place_of(function: Callable[..., Any]) -> Place:
    """Return where a function is written."""
    code = inspect.unwrap(function).__code__
    return Place(code.co_filename, code.co_firstlineno)


def code_of(function: Callable[..., Any]) -> str:
    """Return code for a function: its name, or the text of a lambda.

    >>> code_of(lambda q: (q.H, q.H.T))
    'lambda q: (q.H, q.H.T)'
    """
    return _lambda(function)[0] if function.__name__ == "<lambda>" else function.__name__


def body_of(function: Callable[..., Any]) -> str:
    """Return what to call a function's value: its docstring, its name or the body of a lambda."""
    if function.__name__ == "<lambda>":
        return _lambda(function)[1]
    return " ".join((function.__doc__ or function.__name__).split()).rstrip(".")


def _lambda(function: Callable[..., Any]) -> tuple[str, str]:
    """Return the text of a lambda, and of its body; "..." where it cannot be found."""
    try:
        lines, _ = inspect.findsource(function)
        text = "".join(lines)
        tree = ast.parse(text)
    except (OSError, SyntaxError):
        return "...", "..."
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Lambda))
    found = [node for node in nodes if _is_code_of(node, function.__code__)]
    if not found:
        return "...", "..."
    node = max(found, key=lambda node: (node.lineno, node.col_offset))  # the innermost
    return tuple(ast.get_source_segment(text, x) or "..." for x in (node, node.body))  # type: ignore[return-value]


def _is_code_of(node: ast.Lambda, code: CodeType) -> bool:
    """Whether a lambda takes the arguments of some code, and holds all its instructions."""
    names = [x.arg for x in (*node.args.posonlyargs, *node.args.args)]
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    places = [p for p in code.co_positions() if None not in p and p[2] != p[3]]
    inside = all(start <= (p[0], p[2]) and (p[1], p[3]) <= end for p in places)
    return inside and bool(places) and names == [*code.co_varnames[: code.co_argcount]]


def blame(error: BaseException, place: Place) -> str:
    """Return file, line and message of an error: the innermost line of that place's file.

    >>> def claim(q):
    ...     return q.hesian(0), 0
    >>> try:
    ...     claim(Quantities())
    ... except AttributeError as error:
    ...     print(blame(error, place_of(claim)).partition(": ")[2])
    q has no attribute 'hesian'; did you mean 'hessian'?
    """
    if isinstance(error, SystemExit):
        text = f"the claim ends Python: SystemExit({error.code!r})"
        error = ValueError(text).with_traceback(error.__traceback__)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if f.filename == place.file]
    return f"{Place(place.file, (lines or [place.line])[-1] or 0)}: {_message(error)}"


def of_sympy(error: Exception) -> str:
    """Return kind and message of an error with which SymPy gives up.

    >>> of_sympy(RecursionError("maximum recursion depth exceeded"))
    'RecursionError: something is nested too deep, or calls itself'
    """
    return _plainly(error) or f"{type(error).__name__}: {error}"


def _plainly(error: BaseException) -> str:
    """Return what is meant by errors whose own text helps nobody."""
    if isinstance(error, RecursionError):
        return "RecursionError: something is nested too deep, or calls itself"
    if isinstance(error, ValueError) and str(error).startswith("Exceeds the limit ("):
        return "a number has more digits than are written here"
    return ""


def _message(error: BaseException) -> str:
    if plainly := _plainly(error):
        return plainly
    text = " ".join(str(error).split())
    if isinstance(error, AttributeError) and (kind := _kind(error.obj)):
        names = {name.lower(): name for name in vocabulary(kind)}
        near = difflib.get_close_matches(str(error.name).lower(), names, 1)
        hint = f"; did you mean {names[near[0]]!r}?" if near else ""
        return f"{NOTATION[kind]} has no attribute {error.name!r}{hint}"
    plain = isinstance(error, AttributeError | TypeError | ValueError) and text
    return text if plain else f"{type(error).__name__}: {text}".rstrip(": ")


def _kind(value: object) -> Any:
    return next((kind for kind in NOTATION if isinstance(value, kind)), None)


def vocabulary(kind: type) -> list[str]:
    """List the public names of the quantities, of a sample or of a matrix.

    >>> vocabulary(Sample)
    ['b', 'c', 'e', 'f1', 'f2', 'f3', 'g', 'h', 'p', 'p1', 'u', 'x']
    """
    names = {*dir(kind), *getattr(kind, "__annotations__", ())}.difference(dir(tuple))
    return sorted(name for name in names if not name.startswith("_"))


def file_error(error: BaseException, path: Path) -> FileError:
    """Return the error that a file raises while it is read, as one with file and line."""
    if isinstance(error, OSError) and error.filename:
        return FileError(f"{error.filename}: {error.strerror}")
    if isinstance(error, SyntaxError) and error.filename:
        where, text = f"{error.filename}:{error.lineno}", error.msg
        return FileError(f"{where}: {type(error).__name__}: {text}")
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if f.filename == str(path)]
    where = f"{path}:{lines[-1]}" if lines else str(path)
    if isinstance(error, SystemExit):
        return FileError(f"{where}: the file ends Python: SystemExit({error.code!r})")
    return FileError(f"{where}: {_message(error)}")
