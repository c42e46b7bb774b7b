"""The text of the generated modules (stage 5).

Input: programs and functions; output: texts by name. What does not depend on the activation stands
once. numba's cache does not see that an imported file has changed, so each module carries the
hashes of those that it imports in its header: then it changes with them.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import jinja2.meta
import sympy as sp

from hessbound.derive import activations, losses
from hessbound.derive.functions.loss import Loss
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.lowering import programs
from hessbound.templates import environment

from . import layers, spectrum
from .numba import forward, kernels
from .numba.elementary import elementary_code
from .numba.scalars import FunctionCode, function_code

SHARED = "hessbound.generated."
"""Where formulas that are generated elsewhere find what is generated once."""
COPIED = ("_compile", "_products")
"""Modules that hold no formula: templates that are copied as they are."""


@dataclass(frozen=True)
class Module:
    """A module to generate: what it is made from, a template, and what that lays out.

    A name is a place in generated/, without its end: ``activations/tanh``.
    """

    name: str
    source: str
    template: str
    fields: Mapping[str, Any]

    def body(self) -> str:
        """Return the text without the header."""
        if not self.template.endswith(".jinja"):
            return files("hessbound.templates").joinpath(self.template).read_text(encoding="utf-8")
        _require_all_used(self.template, self.fields)
        return environment().get_template(self.template).render(self.fields)


def texts(bounds: spectrum.Bounds) -> dict[str, str]:
    """Return the text of every generated module, by name; ``bounds`` are those that are emitted.

    ReadBackError if a program does not compute what it claims to, LayoutError if no template lays
    it out.
    """
    return rendered(modules(bounds))


def rendered(those: Iterator[Module]) -> dict[str, str]:
    """Return the texts of modules, each of which imports only from those before.

    >>> one = Module("_compile", "nowhere", "numba/_compile.py", {})
    >>> rendered(iter([one]))["_compile"].splitlines()[1]
    '# from:        nowhere'
    """
    found: dict[str, str] = {}
    for module in those:
        body = module.body()
        imports = [(name, sha256(found[name])) for name in siblings(body)]
        header = environment().get_template("numba/_header.jinja")
        fields = {"source": module.source, "template": module.template, "imports": imports}
        found[module.name] = header.render(fields) + body
    return found


def siblings(text: str) -> list[str]:
    """List the generated modules that one imports: beside it, above it, or from elsewhere.

    >>> siblings("from ._compile import jit; from hessbound.generated._elementary import _exp")
    ['_compile', '_elementary']
    """
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    names = ["." * node.level + (node.module or "") for node in nodes]
    found = {re.fullmatch(rf"(\.\.?|{re.escape(SHARED)})(\w+)", name) for name in names}
    return sorted(match[2] for match in found if match)


def sha256(text: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def modules(bounds: spectrum.Bounds) -> Iterator[Module]:
    """Yield all modules, each after those that it imports."""
    yield from shared(bounds)
    for name in activations.names():
        function = activations.load(name)
        source = f"derive/activations/{name}.py"
        place = f"activations/{name}"
        yield activation(place, name, function, programs.numbers(function), source, "..")


def shared(bounds: spectrum.Bounds) -> Iterator[Module]:
    """Yield those that do not depend on the activation."""
    for name in COPIED:
        template = f"numba/{name}.py"
        yield Module(name, f"templates/{template}", template, {})
    source = "derive/emission/numba/elementary.py"
    yield Module("_elementary", source, "numba/elementary.py.jinja", vars(elementary_code()))
    source = "derive/emission/layers.py"
    yield Module("_layers", source, "numpy/layers.py.jinja", layers.fields())
    for name in losses.names():
        yield loss(f"losses/{name}", name, losses.load(name), f"derive/losses/{name}.py", "..")
    source = "derive/emission/spectrum.py"
    code = spectrum.extremes_code(bounds)._asdict()
    yield Module("_spectrum", source, "numba/spectrum.py.jinja", code)
    source = "derive/lowering/penalty.py"
    yield Module("_penalty", source, "numba/penalty.py.jinja", kernels.penalty_fields())
    for constants, first in variants().items():
        name, source = kernels.name_of_variant(constants), "derive/lowering/programs.py"
        yield Module(name, source, "numba/kernels.py.jinja", kernels.fields(first))


def variants() -> dict[programs.Numbers, str]:
    """Return the constant derivatives that kernels are made for, and an activation with each.

    >>> list(variants().values())
    ['gelu', 'linear']
    """
    names = reversed(activations.names())
    found = {programs.numbers(activations.load(name)): name for name in names}
    return {x: found[x] for x in sorted(found, key=kernels.name_of_variant)}


def activation(
    place: str,
    name: str,
    function: ScalarFunction,
    constants: programs.Numbers,
    source: str,
    shared: str,
) -> Module:
    """Print the functions of an activation that kernels for these constants call.

    ``place`` is where the module goes, and ``shared`` what it imports from: a package's name with a
    dot, or dots alone.
    """
    varying = [x for x in programs.FEATURES if x not in dict(constants)]
    orders = {x: programs.FEATURES.index(x) for x in varying}
    functions = [
        function_code(function, "unit", {x: orders[x] for x in varying[: n + 1]})
        for n in range(len(varying))
    ]
    own = {
        "name": name,
        "kernels": kernels.name_of_variant(constants),
        "numbers": kernels.stated(constants),
        "constants": {x: float(value) for x, value in constants},
        "shared": shared,
    }
    return Module(place, source, "numba/activation.py.jinja", _called(functions) | own)


def loss(place: str, name: str, function: Loss, source: str, shared: str) -> Module:
    """Print the functions of a loss that kernels call, and what the runtime asks of it.

    ``place`` and ``shared`` are as for ``activation``.
    """
    functions = [
        function_code(function, "sample", {name: forward.SLOPES[name] for name in names})
        for names in forward.SAMPLES
    ]
    if function.probabilities:
        negative, positive = function.probabilities
        both: dict[str, int | sp.Expr] = {"class_0": negative, "class_1": positive}
        functions.append(function_code(function, "probabilities", both))
    called = _called(functions)
    ends = [_end(x) for x in (function.labels.inf, function.labels.sup)]
    own = {
        "name": name,
        "labels": ", ".join(ends),
        "integers": function.integers,
        "merges": function.merges,
        "probabilistic": function.probabilities is not None,
        "shared": shared,
        "math": called["math"] or any("math." in end for end in ends),
    }
    return Module(place, source, "numba/loss.py.jinja", called | own)


def _end(value: sp.Expr) -> str:
    return repr(float(value)) if value.is_finite else "math.inf" if value > 0 else "-math.inf"


def _called(functions: list[FunctionCode]) -> dict[str, Any]:
    """Return functions with what their lines call."""
    lines = [line for code in functions for line in (*code.lines, *code.results)]
    called = {name for line in lines for name in re.findall(r"\b_\w+(?=\()", line)}
    return {
        "functions": functions,
        "meanings": kernels.MEANINGS | {"class_0": "P(y = 0)", "class_1": "P(y = 1)"},
        "elementary": sorted(called),
        "math": any("math." in line for line in lines),
    }


def _require_all_used(template: str, fields: Mapping[str, object]) -> None:
    """Raise an error for unused data: StrictUndefined only catches the other direction."""
    env, used, waiting = environment(), set[str](), [template]
    while waiting:
        source, _, _ = env.loader.get_source(env, waiting.pop())  # type: ignore[union-attr]  # it has one
        tree = env.parse(source)
        used |= jinja2.meta.find_undeclared_variables(tree)
        waiting += [name for name in jinja2.meta.find_referenced_templates(tree) if name]
    if unused := fields.keys() - used:
        msg = f"{template} does not use {', '.join(sorted(unused))}"
        raise ValueError(msg)
