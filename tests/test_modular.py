"""Derived normal forms, evaluated over a prime field, are what jets give in the same network."""

import pytest

from hessbound.derive import activations
from hessbound.derive.model import derivatives, jacobians, product_rule, traces
from hessbound.derive.model.network import GENERIC, model_of
from hessbound.derive.statements.network import JACOBIANS, Quantities
from hessbound.derive.statements.numbers import Numbers
from hessbound.derive.statements.trees import Symbol

from .modular import Modular

SIZES = [(2, 1, 2), (3, 2, 1), (2, 2, 3)]
NAMES = [None, *activations.names()]
q, i = Quantities(), Symbol("sample")


@pytest.fixture(scope="module", params=NAMES, ids=str)
def field(request):
    """Residues at the first sizes, for any activation and for each."""
    return request.param, Modular(SIZES[0], 1, request.param)


def model(name):
    return model_of(activations.load(name)) if name else GENERIC


def same(numbers, tree, matrix, field):
    """Whether a tree in jets is that matrix of normal forms, for the last sample."""
    last = field.sizes.N - 1
    return (numbers.read(tree, {i: last}).array == field.evaluate(matrix, last)).all()


def test_derivatives_are_those_of_jets(field):
    """∇ℓ, ∇²ℓ, ∇v, ∇²v, ∇L and ∇²L, with any activation and in each one's atoms."""
    name, values = field
    numbers, own = Numbers(values.network), model(name)
    pairs = {
        q.gradient(i): derivatives.gradient(own),
        q.hessian(i): derivatives.hessian(own),
        q.output_gradient(i): derivatives.output_gradient(own),
        q.output_hessian(i): derivatives.output_hessian(own),
        q.total_gradient(): derivatives.total_gradient(own),
        q.total_hessian(): derivatives.total_hessian(own),
        q.third(i, q.eye("θ")): derivatives.along(_identity(), model=own),
        q.H.trace(): _scalar(traces.trace(1, own)),
        (q.H @ q.H).trace(): _scalar(traces.trace(2, own)),
    }
    for tree, matrix in pairs.items():
        assert same(numbers, tree, matrix, values), tree.args[0]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_second_derivation_is_that_of_jets(sizes):
    """The product rule inside the algebra: ∇²ℓ, ∇tr H, ∇tr H², and the Jacobians."""
    field = Modular(sizes, 5)
    numbers = Numbers(field.network)
    assert same(numbers, q.second_hessian(i), product_rule.hessian(), field)
    for n in (1, 2):
        assert same(numbers, q.trace_gradient(n), product_rule.trace_gradient(n), field)
    for of, by in JACOBIANS:
        assert same(numbers, q.jacobian(of, by, i), jacobians.jacobian(of, by), field)


@pytest.mark.parametrize("name", [n for n in activations.names() if activations.load(n).relations])
def test_broken_relation_is_noticed(name):
    """Atoms that do not obey their relation give another f′, and so another Hessian."""
    field = Modular(SIZES[0], 1, name)
    for atom in activations.load(name).atoms:
        if atom.relation is not None:
            values = field.values[atom.symbol.name]
            values[:] = [[field.one() for _ in row] for row in values]
    assert not same(Numbers(field.network), q.hessian(i), derivatives.hessian(model(name)), field)


def test_wrong_normal_form_is_noticed():
    """The comparison can fail: twice the Hessian is another matrix, in every sample."""
    field = Modular(SIZES[0], 1)
    assert not same(Numbers(field.network), 2 * q.hessian(i), derivatives.hessian(), field)


def _identity():
    from hessbound.derive.algebra.matrices import identity
    from hessbound.derive.model.parameters import THETA

    return identity(*THETA)


def _scalar(poly):
    from hessbound.derive.algebra.matrices import scalar

    return scalar(poly)
