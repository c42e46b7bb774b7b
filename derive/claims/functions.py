"""Each activation and the loss: atoms, f to f‴ (Eqs. 36-50, 53), and the traces once more."""

from dataclasses import replace

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.functions.scalar import Enclosure, ScalarFunction
from hessbound.derive.losses.cross_entropy import CROSS_ENTROPY
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.scalar_identities import rules
from hessbound.derive.proof.statements import Claim, Identity, RangeClaim, ScalarIdentity

from . import traces

PRIMES = ("", "′", "″", "‴")


def _atoms(function: ScalarFunction, name: str, activation: str | None) -> ScalarIdentity:
    """Every atom's derivative, relation and emitted form follow from its definition."""
    shown = ", ".join(f"{a.symbol}′ = {a.derivative}" for a in function.atoms) or "none"
    return ScalarIdentity(
        f"{name}_atoms",
        f"atoms of {name}: {shown}",
        pairs=tuple(rules(function)),
        function=function,
        activation=activation,
    )


def _derivative(
    function: ScalarFunction, symbol: str, name: str, order: int, activation: str | None
) -> ScalarIdentity:
    """The derivative in atoms, and the textbook's if there is one, follow from the definition."""
    x, value = function.variable, function.derivative(order)
    derived = sp.diff(function.definition, x, order)
    pairs = [(derived, value)]
    equation, closed = function.closed.get(order, ("-", value))
    if order in function.closed:
        pairs.append((derived, closed))
    statement = f"{name}: {symbol}{PRIMES[order]} = {value}"
    return ScalarIdentity(
        f"{name}_d{order}",
        statement,
        equation=equation,
        pairs=tuple(pairs),
        function=function,
        activation=activation,
    )


def _interval(values: sp.Set) -> str:
    """Write a set as readers do, (0, 1/4]."""
    if isinstance(values, sp.FiniteSet):
        return str(values)
    if isinstance(values, Enclosure):
        return f"[{float(values.inf)}, {float(values.sup)}], which holds it"
    left, right = "(" if values.left_open else "[", ")" if values.right_open else "]"
    return f"{left}{values.inf}, {values.sup}{right}"


def _of_activation(name: str) -> list[Claim]:
    function = activations.load(name)
    rows: list[Claim] = [_atoms(function, name, name)]
    rows += [_derivative(function, "f", name, order, name) for order in range(4)]
    for claim in traces.CLAIMS:
        if isinstance(claim, Identity) and claim.name in ("trace", "trace_summed", "trace_squared"):
            statement = f"{name}: {claim.statement}"
            rows.append(
                replace(claim, name=f"{claim.name}_{name}", statement=statement, activation=name)
            )
    for order, (equation, values) in function.ranges.items():
        is_ = "is within 1e-12 of" if isinstance(values, Enclosure) else "is"
        shown = f"{name}: the range of f{PRIMES[order]} {is_} {_interval(values)}"
        rows.append(
            RangeClaim(
                f"{name}_range{order}",
                shown,
                equation=equation,
                function=function,
                derivative=order,
                values=values,
                activation=name,
            )
        )
    return rows


CLAIMS = Register()
CLAIMS.extend([_atoms(CROSS_ENTROPY, "loss", None)])
CLAIMS.extend([_derivative(CROSS_ENTROPY, "ℓ", "loss", order, None) for order in (1, 2, 3)])
CLAIMS.extend([row for name in activations.names() for row in _of_activation(name)])
