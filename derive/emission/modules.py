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

from hessbound.derive import activations
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.losses.cross_entropy import CROSS_ENTROPY
from hessbound.derive.lowering import programs
from hessbound.templates import environment

from . import layers, spectrum
from .numba import forward, kernels
from .numba.elementary import elementary_code
from .numba.scalars import FunctionCode, function_code

COPIED = ("_compile", "_products")
"""Modules that hold no formula: templates that are copied as they are."""


@dataclass(frozen=True)
class Module:
    """A module to generate: what it is made from, a template, and what that lays out."""

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
    """List the generated modules that one imports.

    >>> siblings("from ._compile import jit; import numpy as np")
    ['_compile']
    """
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    return sorted({node.module for node in nodes if node.level == 1 and node.module})


def sha256(text: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def modules(bounds: spectrum.Bounds) -> Iterator[Module]:
    """Yield all modules, each after those that it imports."""
    for name in COPIED:
        template = f"numba/{name}.py"
        yield Module(name, f"templates/{template}", template, {})
    source = "derive/emission/numba/elementary.py"
    yield Module("_elementary", source, "numba/elementary.py.jinja", vars(elementary_code()))
    yield _loss()
    source = "derive/emission/layers.py"
    steps = {"steps": [layers.step_code(step) for step in layers.STEPS]}
    steps |= {"softmax": layers.softmax_code()}
    yield Module("_layers", source, "numpy/layers.py.jinja", steps)
    source = "derive/emission/spectrum.py"
    code = spectrum.extremes_code(bounds)._asdict()
    yield Module("_spectrum", source, "numba/spectrum.py.jinja", code)
    functions = {name: activations.load(name) for name in activations.names()}
    variants = {programs.numbers(function): name for name, function in reversed(functions.items())}
    for constants in sorted(variants, key=kernels.name_of_variant):
        name, source = kernels.name_of_variant(constants), "derive/lowering/programs.py"
        yield Module(name, source, "numba/kernels.py.jinja", kernels.fields(variants[constants]))
    for name, function in functions.items():
        yield _activation(name, function)


def _activation(name: str, function: ScalarFunction) -> Module:
    """Print the functions of an activation that kernels call."""
    constants = programs.numbers(function)
    varying = [x for x in programs.FEATURES if x not in dict(constants)]
    orders = {x: programs.FEATURES.index(x) for x in varying}
    functions = [
        function_code(function, "unit", {x: orders[x] for x in varying[: n + 1]})
        for n in range(len(varying))
    ]
    own = {"name": name, "kernels": kernels.name_of_variant(constants)}
    own |= {"numbers": kernels.stated(constants)}
    source = f"derive/activations/{name}.py"
    return Module(name, source, "numba/activation.py.jinja", _called(functions) | own)


def _loss() -> Module:
    """Print the functions of the loss that kernels call."""
    functions = [
        function_code(CROSS_ENTROPY, "sample", {name: forward.SLOPES[name] for name in names})
        for names in forward.SAMPLES
    ]
    source = "derive/losses/cross_entropy.py"
    return Module("_cross_entropy", source, "numba/loss.py.jinja", _called(functions))


def _called(functions: list[FunctionCode]) -> dict[str, Any]:
    """Return functions with what their lines call."""
    lines = [line for code in functions for line in (*code.lines, *code.results)]
    called = {name for line in lines for name in re.findall(r"\b_\w+(?=\()", line)}
    return {
        "functions": functions,
        "meanings": kernels.MEANINGS,
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
