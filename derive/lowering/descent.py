"""A step of gradient descent (stage 4)."""

from collections.abc import Iterable, Mapping

import sympy as sp

from hessbound.derive.algebra.matrices import ROW, Matrix
from hessbound.derive.algebra.polynomials import atom
from hessbound.derive.model.parameters import NAMES, at, entry

from .ir import NETWORK, Assign, Input, Program, array, total
from .sums import LETTERS
from .values import Array

RATE = "rate"
PARAMETERS = {"A": "A", "w0": "w0", "b": "w"}  # what the IR calls them
KINDS_OF = {x.name: x.kinds for x in NETWORK}


def own(block: str) -> tuple[sp.Symbol, ...]:
    """Return the indices of a parameter of a block, as the IR has them."""
    return tuple(LETTERS[kind] for kind in KINDS_OF[PARAMETERS[block]])


def step(
    name: str = "descent",
    of: str = "L",
    more: Mapping[str, sp.Expr] | None = None,
    given: Iterable[Input] = (),
) -> Program:
    """Compute θ − rate ∇L, block by block, and ‖∇L‖² from the gradient.

    ``more`` is what else there is to the gradient, from what is ``given``.
    """
    square, steps = sp.Integer(0), []
    for block in NAMES:
        slope = array(f"out_{block}", *(LETTERS[x.kind] for x in at(block, ROW)))
        slope += (more or {}).get(block, 0)
        square += total(slope**2, *own(block))
        value = array(PARAMETERS[block], *own(block)) - sp.Symbol(RATE) * slope
        steps.append(Assign(array(f"next_{block}", *own(block)), value))
    gradient = (Input(f"out_{x}", tuple(y.kind for y in at(x, ROW))) for x in NAMES)
    return Program(
        name,
        f"θ − rate ∇{of}, and ‖∇{of}‖²",
        ("square", *(f"next_{block}" for block in NAMES)),
        constants=(Assign(sp.Symbol("square"), square), *steps),
    ).taking(*gradient, Input(RATE, ()), *given)


def claim(gradient: Matrix) -> dict[str, Array]:
    """Return what a step computes, given the gradient's normal form."""
    moved = {}
    for block in NAMES:
        slots = sorted(at(block, ROW), key=lambda x: KINDS_OF[PARAMETERS[block]].index(x.kind))
        here = atom(PARAMETERS[block], *slots)
        moved[f"next_{block}"] = Array(tuple(slots), here - atom(RATE) * entry(gradient, block))
    return {"square": Array((), (gradient * gradient).sum().poly), **moved}
