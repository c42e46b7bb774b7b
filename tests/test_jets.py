"""Jets, the witness of all that is derived, against SymPy's derivatives and finite differences."""

import itertools
from fractions import Fraction

import flint
import mpmath
import pytest
import sympy as sp

from hessbound.derive import activations
from hessbound.derive.statements.draws import Sizes, draw
from hessbound.derive.statements.fields import BALLS, RATIONALS, RESIDUES
from hessbound.derive.statements.jets import Jet, variables
from hessbound.derive.statements.network import Quantities
from hessbound.derive.statements.numbers import Numbers
from hessbound.derive.statements.trees import Symbol

SIZES = [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (2, 1, 2)]
q = Quantities()


def rational(x):
    return sp.Rational(int(x.p), int(x.q))


class Explicit:
    """A network as an explicit function of its parameters, with the values and slopes of a draw.

    f at each unit's input, and ℓ at each output, are Taylor polynomials with those derivatives.
    """

    def __init__(self, network):
        self.network = network
        N, d, m = network.sizes
        self.A = sp.Matrix(m, d + 1, lambda k, a: sp.Symbol(f"A{k}{a}"))
        self.w = sp.symbols(f"w:{m + 1}")
        self.theta = [*self.A.T.reshape(m * (d + 1), 1), *self.w]
        self.at = dict(zip(self.theta, map(rational, network.theta), strict=True))
        self.outputs = [self._output(i) for i in range(N)]
        self.losses = [self._taylor(self.outputs[i], self._slopes(i)) for i in range(N)]

    def _taylor(self, x, slopes):
        away = x - x.subs(self.at)
        return sum(s * away**n / sp.factorial(n) for n, s in enumerate(slopes))

    def _slopes(self, i):
        return [0, *(rational(x[i]) for x in self.network.output)]

    def _output(self, i):
        v = self.w[0]
        for k in range(self.network.sizes.m):
            u = sum(a * rational(x) for a, x in zip(self.A.row(k), self.network.X[i], strict=True))
            v += self.w[k + 1] * self._taylor(u, [rational(f[i, k]) for f in self.network.hidden])
        return v

    def hessian(self, f):
        return sp.hessian(f, self.theta).subs(self.at)

    def third(self, f, *places):
        return sp.diff(f, *(self.theta[n] for n in places)).subs(self.at)


@pytest.fixture(scope="module", params=SIZES, ids=str)
def explicit(request):
    """One of a few small networks."""
    return Explicit(draw(request.param, seed=4))


def entries(matrix):
    return [[rational(x) for x in row] for row in matrix]


def test_hessians_are_sympys(explicit):
    """∇²ℓ_i and ∇²v_i of every sample, and H, are ``sympy.hessian`` of the explicit function."""
    network = explicit.network
    for i, (v, loss) in enumerate(zip(explicit.outputs, explicit.losses, strict=True)):
        output, whole = network.jets(i, 2)
        assert sp.Matrix(entries(output.slopes[1])) == explicit.hessian(v)
        assert sp.Matrix(entries(whole.slopes[1])) == explicit.hessian(loss)
        gradient = [sp.diff(loss, x).subs(explicit.at) for x in explicit.theta]
        assert [rational(x) for x in whole.slopes[0]] == gradient
    H = Numbers(network).read(q.H).array
    assert sp.Matrix(entries(H)) == explicit.hessian(sum(explicit.losses))


def test_third_derivatives_are_sympys(explicit):
    """All ∂³ℓ/∂θ³ of the first sample, and of its output."""
    P = explicit.network.sizes.P
    for f, jet in zip(
        (explicit.outputs[0], explicit.losses[0]), explicit.network.jets(0, 3), strict=True
    ):
        tensor = jet.slopes[2]
        for places in itertools.combinations_with_replacement(range(P), 3):
            found = {rational(tensor[order]) for order in itertools.permutations(places)}
            assert found == {explicit.third(f, *places)}


def test_trace_gradient_is_the_slope_of_the_trace():
    """∇tr H² is SymPy's gradient of the trace of the square of the explicit Hessian."""
    explicit = Explicit(draw((2, 1, 1), seed=4))
    H = sp.hessian(sum(explicit.losses), explicit.theta)
    trace = sum(x**2 for x in H)
    slopes = [sp.diff(trace, x).subs(explicit.at) for x in explicit.theta]
    numbers = Numbers(explicit.network)
    assert [rational(x) for (x,) in numbers.read(q.trace_gradient(2)).array] == slopes


@pytest.mark.parametrize("activation", ["tanh", "gelu", "softplus"])
def test_derivatives_are_limits_of_differences(activation):
    """Central differences of v in a network's own activation come within the step's square."""
    function = activations.load(activation)
    f = sp.lambdify(function.variable, function.definition, "mpmath")
    network = draw((2, 1, 2), 3, BALLS, activation)
    mpmath.mp.dps, step = 60, mpmath.mpf(10) ** -12
    try:
        X, A, w = (_decimals(x) for x in (network.X, network.A, [network.w]))
        theta = [A[k][a] for a in range(2) for k in range(2)] + w[0]

        def v(theta):
            u = [theta[k] + theta[2 + k] * X[0][1] for k in range(2)]
            return theta[4] + sum(theta[5 + k] * f(u[k]) for k in range(2))

        def moved(*signs):
            by = {}
            for place, sign in signs:
                by[place] = by.get(place, 0) + sign * step
            return v([x + by.get(n, 0) for n, x in enumerate(theta)])

        with BALLS.working():
            output = network.jets(0, 3)[0]
        for places in [(0,), (5,), (0, 0), (0, 2), (2, 5), (0, 0, 2), (2, 2, 5), (1, 3, 6)]:
            total = 0
            for signs in itertools.product((1, -1), repeat=len(places)):
                sign = mpmath.mpf(1)
                for s in signs:
                    sign *= s
                total += sign * moved(*zip(places, signs, strict=True))
            slope = total / (2 * step) ** len(places)
            found = _decimal(output.slopes[len(places) - 1][places])
            assert abs(slope - found) < mpmath.mpf(10) ** -18 * (1 + abs(found)), places
    finally:
        mpmath.mp.dps = 15


def _decimals(rows):
    return [[_decimal(x) for x in row] for row in rows]


def _decimal(x):
    with BALLS.working():
        return mpmath.mpf(x.mid().str(60, radius=False))


@pytest.mark.parametrize("field", [RATIONALS, RESIDUES, BALLS], ids=lambda f: f.name)
def test_jets_of_a_polynomial(field):
    """x²y at (3, 5): derivatives by hand, in every field."""
    x, y = variables([field.of(Fraction(3)), field.of(Fraction(5))], 3)
    jet = x * x * y
    of = lambda n: field.of(Fraction(n))  # noqa: E731
    assert field.same(jet.value, of(45))
    first, second, third = jet.slopes
    assert all(map(field.same, first, (of(30), of(9))))
    assert all(map(field.same, second.ravel(), map(of, (10, 6, 6, 0))))
    assert all(map(field.same, third.ravel(), map(of, (0, 2, 2, 0, 2, 0, 0, 0))))
    squared = x.through([of(9), of(6), of(2), of(0)])  # x² by its derivatives at 3
    plain = x * x
    for a, b in zip(squared.slopes, plain.slopes, strict=True):
        assert all(map(field.same, a.ravel(), b.ravel()))


def test_jets_are_of_the_order_that_is_asked_for():
    """Sums, products and multiples keep it, and only what is needed is computed."""
    x, y = variables([flint.fmpq(1), flint.fmpq(2)], 2)
    for jet in (x + y, x * y, x.scaled(3), x.through([1, 1, 1, 1])):
        assert isinstance(jet, Jet)
        assert jet.order == 2


def test_draws_are_reproducible():
    """Equal arguments draw equal networks, other seeds others; all fields draw the same sizes."""
    one, same, other = (draw((2, 1, 2), seed) for seed in (0, 0, 1))
    assert (one.X == same.X).all()
    assert (one.theta != other.theta).any()
    assert one.sizes == Sizes(2, 1, 2) == draw((2, 1, 2), field=RESIDUES).sizes


def test_symbols_stand_for_samples():
    """A sample's Hessian is read for the sample that a symbol stands for, and H is their sum."""
    network, i = draw((3, 1, 1)), Symbol("sample")
    numbers = Numbers(network)
    each = [numbers.read(q.hessian(i), {i: n}).array for n in range(3)]
    assert (sum(each) == numbers.read(q.H).array).all()
    assert (each[0] != each[1]).any()
