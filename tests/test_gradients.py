"""The gradient of the bound: third derivatives two ways, in atoms, at sizes, and over a step."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from hessbound.derive import activations, claims
from hessbound.derive.algebra.matrices import COL, ROW
from hessbound.derive.model import derivatives, product_rule
from hessbound.derive.model.parameters import NAMES, at
from hessbound.derive.proof.prove import Verdict, prove
from hessbound.derive.statements.at_sizes import PolynomialQuantities
from hessbound.derive.statements.explicit import ExplicitQuantities, Sizes, draw
from hessbound.derive.statements.symbolic import Symbolic

CLOSED = [
    f"{trace}_gradient_{block}"
    for trace in ("trace", "trace_squared")
    for block in ("bias", "output", "hidden")
]


def test_third_derivatives_do_not_depend_on_the_order():
    """∂³ℓ/∂θ_r∂θ_c∂θ_n is the same with any two of the three parameters swapped."""
    found = derivatives.third()
    tags = (ROW, COL, derivatives.DEPTH)
    for blocks in itertools.product(NAMES, repeat=3):
        for order in itertools.permutations(range(3)):
            swapped = found[tuple(blocks[n] for n in order)]
            names = {
                here: there
                for place, n in enumerate(order)
                for here, there in zip(
                    at(blocks[n], tags[place]),
                    at(blocks[n], tags[n]),
                    strict=True,
                )
            }
            assert swapped.rename(names) == found[blocks]


@pytest.mark.parametrize(("power", "terms"), [(1, [7, 4, 6]), (2, [25, 12, 18]), (3, None)])
def test_two_derivations_of_the_gradient_agree(power, terms):
    """n⟨Hⁿ⁻¹, ∂H/∂θ⟩ by SymPy is what the product rule makes of the normal form of tr Hⁿ."""
    q = Symbolic()
    factor = {1: q.eye("θ"), 2: q.H, 3: q.H @ q.H}[power]
    by_product_rule = product_rule.trace_gradient(power)
    assert power * q.over(lambda i: q.third(i, factor)) == by_product_rule
    if terms:
        assert [len(x) for x in by_product_rule.entries.values()] == terms


def test_identity_of_all_parameters():
    """I has trace P = m(d + 2) + 1 and changes nothing, for all sizes and at given ones."""
    q, numbers = Symbolic(), draw(2, 1, 2)
    assert str(q.eye("θ").trace().poly) == "1 + d·m + 2·m"
    assert q.eye("θ") @ q.H == q.H
    assert numbers.eye("θ").trace().array[0, 0] == len(numbers.H.array)


@pytest.mark.slow
@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("closed", ["trace_gradient_hidden", "trace_squared_gradient_hidden"])
def test_gradients_hold_in_atoms(name, closed):
    """With an activation's own f′ to f‴ put in, the closed forms are PROVED as well."""
    result = prove(replace(claims.find(closed), activation=name))
    assert result.verdict is Verdict.PROVED, (result.method, result.witness)


@pytest.mark.parametrize("name", CLOSED)
def test_gradients_are_equal_polynomials(name):
    """At sizes, with symbols for f‴ and ∂p/∂v, both sides have the same coefficients."""
    for sizes in (Sizes(1, 1, 2), Sizes(2, 1, 1)):
        lhs, rhs = claims.find(name).function(PolynomialQuantities(sizes))
        assert all(x.is_zero for x in (lhs - rhs).array.ravel())


class _Moved(ExplicitQuantities):
    """A network with one parameter moved by a step."""

    def __init__(self, sizes, seed, place, step):
        self._place, self._step, self._count = place, step, 0
        super().__init__(sizes, seed)

    def _parameter(self, symbol):
        self._count += 1
        moved = self._step if self._count == self._place + 1 else 0
        return super()._parameter(symbol) + moved


@pytest.mark.parametrize("power", [1, 2])
def test_gradient_is_the_slope_of_the_trace(power):
    """A central difference of the exact tr Hⁿ over a step of 10⁻⁸ comes within 10⁻⁹ of ∇tr Hⁿ.

    No third derivative is involved: both traces are of ``sympy.hessian`` of the moved network.
    """
    sizes, step = Sizes(2, 1, 2), Fraction(1, 10**8)
    gradient = draw(*sizes).trace_gradient(power).array[:, 0]
    slopes = []
    for place in range(len(gradient)):
        ends = []
        for sign in (1, -1):
            H = _Moved(sizes, 0, place, sign * step).H
            ends.append(np.trace(np.linalg.matrix_power(H.array, power)))
        slopes.append((ends[0] - ends[1]) / (2 * step))
    errors = [abs(a - b) / abs(b) for a, b in zip(slopes, gradient, strict=True)]
    assert max(errors) < 1e-9
