"""Each activation: atoms, f to f‴ (Eqs. 36-50), and the traces once more."""

from dataclasses import replace

import sympy as sp

from hessbound.derive import activations
from hessbound.derive.functions.scalar import Enclosure, ScalarFunction
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.scalar_identities import rules
from hessbound.derive.proof.statements import Claim, Identity, RangeClaim, ScalarIdentity

from . import traces

PRIMES = ("", "′", "″", "‴")


def atoms(function: ScalarFunction, name: str, activation: str | None) -> ScalarIdentity:
    """Every atom's derivative, relation and emitted form follow from its definition."""
    shown = ", ".join(f"{a.symbol}′ = {a.derivative}" for a in function.atoms) or "none"
    return ScalarIdentity(
        f"{name}_atoms",
        f"atoms of {name}: {shown}",
        pairs=tuple(rules(function)),
        function=function,
        activation=activation,
    )


def derivative(
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


def of_activation(name: str) -> list[Claim]:
    """List what is claimed of an activation itself, which is found by its name.

    >>> [claim.name for claim in of_activation("linear")][:3]
    ['linear_atoms', 'linear_d0', 'linear_d1']
    """
    function = activations.load(name)
    rows: list[Claim] = [atoms(function, name, name)]
    rows += [derivative(function, "f", name, order, name) for order in range(4)]
    return rows + _ranges(function, name)


def _ranges(function: ScalarFunction, name: str) -> list[Claim]:
    rows: list[Claim] = []
    for order, (equation, values) in function.ranges.items():
        is_ = "is within 1e-12 of" if isinstance(values, Enclosure) else "is"
        rows.append(
            RangeClaim(
                f"{name}_range{order}",
                f"{name}: the range of f{PRIMES[order]} {is_} {_interval(values)}",
                equation=equation,
                function=function,
                derivative=order,
                values=values,
                activation=name,
            )
        )
    return rows


def _traces(name: str) -> list[Claim]:
    """List the traces once more, with this activation."""
    wanted = ("trace", "trace_summed", "trace_squared")
    return [
        replace(
            claim,
            name=f"{claim.name}_{name}",
            statement=f"{name}: {claim.statement}",
            activation=name,
        )
        for claim in traces.CLAIMS
        if isinstance(claim, Identity) and claim.name in wanted
    ]


CLAIMS = Register()
CLAIMS.extend(
    [row for name in activations.names() for row in (*of_activation(name), *_traces(name))]
)
