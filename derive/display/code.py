"""The formulas as a Python module that runs on NumPy arrays (input: an activation's name).

It stands alone: a reader can paste it anywhere. Formulas are printed as they were derived, plainly;
kernels have forms that keep their digits everywhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from textwrap import indent

import sympy as sp
from sympy.printing.numpy import SciPyPrinter

from hessbound.derive import activations, losses
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.model import derivatives

from . import terms
from .equations import Equation, equations

GIVEN = "X, y, A, w, omega"
FEATURES = ("h", "f1", "f2", "f3")
SLOPES = {"e": 1, "p": 2}
HEAD = '''\
"""Gradient, Hessian and traces of the {loss} loss of a network with {units}.

L = Σ_i ℓ_i, θ = [vec A; w_0; w_1..w_m], e = ∂ℓ/∂v, p = ∂²ℓ/∂v². Functions take X (N, d) without a
column of ones, labels y (N,){labels}, A (m, d + 1) with the biases in column 0, w (m + 1,) with
the bias first, and sample weights omega, (N,) or a number; all of them NumPy arrays.
"""
'''
OPAQUE = """raise NotImplementedError("choose one with --activation, or write yours here")"""


def module(activation: str | None = None, loss: str = "cross_entropy") -> str:
    """Return the text of the module; without an activation there is one left to write.

    >>> scope = {}
    >>> exec(module("tanh"), scope)
    >>> X, A = scope["np"].ones((5, 2)), scope["np"].ones((4, 3))
    >>> scope["hessian_AA"](X, X[:, 0], A, A[0].repeat(2)[:5]).shape
    (3, 4, 3, 4)
    """
    imports: set[str] = {"numpy"}
    parts = [
        _activation(activations.load(activation) if activation else None, imports),
        _loss(loss, imports),
        _features(),
        *map(_equation, equations(activation)),
    ]
    lines = [f"import {name}" + " as np" * (name == "numpy") for name in sorted(imports)]
    units = f"{activation} units" if activation else "hidden units"
    labels = losses.load(loss).labels
    shown = "" if labels == sp.S.Reals else f" in [{labels.inf}, {labels.sup}]"
    head = HEAD.format(
        units=units, loss=loss.replace("cross_entropy", "cross-entropy"), labels=shown
    )
    return "\n".join([head, *lines]) + "\n\n\n" + "\n\n\n".join(parts) + "\n"


def _definition(name: str, arguments: str, says: str, lines: Iterable[str]) -> str:
    return f'def {name}({arguments}):\n    """{says}"""\n' + indent("\n".join(lines), "    ")


def _activation(function: ScalarFunction | None, imports: set[str]) -> str:
    lines = [OPAQUE] if function is None else _lines(function, dict(enumerate(FEATURES)), imports)
    return _definition("activation", "u", "Return f, f′, f″ and f‴ at an array u.", lines)


def _loss(name: str, imports: set[str]) -> str:
    lines = _lines(losses.load(name), {order: name for name, order in SLOPES.items()}, imports)
    return _definition("slopes", "v, y, omega", "Return e and p at arrays v and y.", lines)


def _lines(function: ScalarFunction, orders: Mapping[int, str], imports: set[str]) -> Iterator[str]:
    """Yield the atoms, then what is returned; a number becomes an array of it."""
    results = {name: function.derivative(order) for order, name in orders.items()}
    used = {s for x in results.values() for s in x.free_symbols}
    steps = [(a.symbol, a.definition) for a in function.atoms if a.symbol in used]
    steps += [(s, value) for s, value in function.constants.items() if s in used]
    for symbol, value in steps:
        yield f"{symbol} = {_numpy(value, imports)}"
    shape = f"np.shape({function.variable})"
    for name, value in results.items():
        code = _numpy(value, imports)
        yield f"{name} = {code if value.free_symbols else f'np.full({shape}, {code})'}"
    yield f"return {', '.join(results)}"


def _numpy(expr: sp.Expr, imports: set[str]) -> str:
    """Print an expression of arrays, and note what it imports."""
    printer = SciPyPrinter()
    code = str(printer.doprint(sp.Float(float(expr)) if expr.is_number else expr))
    code = code.replace("scipy.constants.pi", "numpy.pi")
    imports |= {name for name in printer.module_imports if name in code}
    return code.replace("numpy.", "np.")


def _features() -> str:
    u, v = derivatives.forward()
    lines = (
        "X = np.column_stack([np.ones(len(X)), X])",
        f"{', '.join(FEATURES)} = activation({terms.python(u, 'ik')})",
        f"{', '.join(SLOPES)} = slopes({terms.python(v, 'i')}, y, omega)",
        f"return X, {', '.join(FEATURES[:3])}, {', '.join(SLOPES)}",
    )
    return _definition("features", GIVEN, "Return X with its ones, h, f′, f″, e and p.", lines)


def _equation(equation: Equation) -> str:
    axes = "".join(x.name for x in equation.free)
    lines = (
        f"X, {', '.join(FEATURES[:3])}, {', '.join(SLOPES)} = features({GIVEN})",
        f"return {terms.python(equation.poly, axes)}",
    )
    says = f"Return {equation.name}{f', axes {axes}' if axes else ''} (Eqs. {equation.number})."
    return _definition(equation.python, f"{GIVEN}=1.0", says, lines)
