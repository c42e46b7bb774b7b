"""The gradient of the bound: third derivatives two ways, in atoms, in plain loops, over a step."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import flint
import pytest

from hessbound.derive import Quantities, activations, claims
from hessbound.derive.algebra.matrices import COL, ROW
from hessbound.derive.model import derivatives, product_rule
from hessbound.derive.model.parameters import NAMES, at
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements.draws import draw
from hessbound.derive.statements.normal import Normal
from hessbound.derive.statements.numbers import Numbers

from .soundness.plain import Plain, differs

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
    q, normal = Quantities(), Normal()
    factor = {1: q.eye("θ"), 2: q.H, 3: q.H @ q.H}[power]
    by_product_rule = product_rule.trace_gradient(power)
    assert normal.read(power * q.over(lambda i: q.third(i, factor))) == by_product_rule
    assert normal.read(q.trace_gradient(power)) == by_product_rule
    if terms:
        assert [len(x) for x in by_product_rule.entries.values()] == terms


def test_identity_of_all_parameters():
    """I has trace P = m(d + 2) + 1 and changes nothing, for all sizes and at given ones."""
    q, normal, numbers = Quantities(), Normal(), Numbers(draw((2, 1, 2)))
    identity = q.eye("θ")
    assert str(normal.read(identity.trace()).poly) == "1 + d·m + 2·m"
    assert normal.same(identity @ q.H, q.H)
    assert numbers.read(identity.trace()).array[0, 0] == len(numbers.read(q.H).array)


@pytest.mark.slow
@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("closed", ["trace_gradient_hidden", "trace_squared_gradient_hidden"])
def test_gradients_hold_in_atoms(name, closed):
    """With an activation's own f′ to f‴ put in, the closed forms are PROVED as well."""
    result = prove(replace(claims.find(closed), activation=name))
    assert result.verdict is Verdict.PROVED, (result.method, result.witness)


@pytest.mark.parametrize("name", CLOSED)
def test_gradients_hold_in_plain_loops(name):
    """With any numbers for f‴ and ∂p/∂v, both sides are equal, entry by entry."""
    lhs, rhs, _ = claims.find(name).sides
    for sizes in ((1, 1, 2), (2, 1, 1)):
        assert not differs(lhs, rhs, Plain(*sizes, name))


def moved(network, place, step):
    """Return the network with one parameter moved; f and ℓ are Taylor polynomials about the old."""
    _, d, m = network.sizes
    theta = network.theta.copy()
    theta[place] += step
    A, w = theta[: m * (d + 1)].reshape(d + 1, m).T, theta[m * (d + 1) :]
    hidden = shifted(network.hidden, network.X @ (A - network.A).T)
    before = network.w[0] + network.hidden[0] @ network.w[1:]
    output = shifted([0 * before, *network.output], w[0] + hidden[0] @ w[1:] - before)[1:]
    return replace(network, A=A, w=w, hidden=hidden, output=output, _kept={})


def shifted(slopes, h):
    """Return the value and derivatives of Taylor polynomials at a distance h, entry by entry."""
    return tuple(
        sum(x * h**k / math.factorial(k) for k, x in enumerate(slopes[n:]))
        for n in range(len(slopes))
    )


@pytest.mark.parametrize("power", [1, 2])
def test_gradient_is_the_slope_of_the_trace(power):
    """A central difference of the exact tr Hⁿ over a step of 10⁻⁸ comes within 10⁻⁹ of ∇tr Hⁿ.

    No third derivative is involved: both traces are of the moved network's second derivatives.
    """
    q, sizes, step = Quantities(), (2, 1, 2), Fraction(1, 10**8)
    trace = {1: q.H.trace(), 2: (q.H @ q.H).trace()}[power]
    gradient = Numbers(draw(sizes)).read(q.trace_gradient(power)).array[:, 0]
    h = flint.fmpq(step.numerator, step.denominator)
    for place, expected in enumerate(gradient):
        ends = [
            Numbers(moved(draw(sizes), place, sign * h)).read(trace).array[0, 0] for sign in (1, -1)
        ]
        slope = (ends[0] - ends[1]) / (2 * h)
        assert abs(slope - expected) < abs(expected) / 10**9
