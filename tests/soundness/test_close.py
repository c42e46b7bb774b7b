"""Numbers that agree in very many digits: which of them is less, digits alone never decide."""

import pytest
import sympy as sp

from hessbound.derive import f, prove_at_most, u
from hessbound.derive.functions.generators import vanishes
from hessbound.derive.functions.logistic import logistic
from hessbound.derive.functions.places import Place
from hessbound.derive.functions.ranges import Extremum, largest_modulus, outermost
from hessbound.derive.functions.roots import UndecidedError, compare
from hessbound.derive.functions.scalar import ScalarFunction
from hessbound.derive.proof.verdicts import Verdict

R = sp.Rational
SECOND = R(21, 13)
DIGITS = (80, 110, 140, 250, 300)
z = sp.Symbol("z", real=True)
LOGISTIC = tuple(logistic(u).values())


def touching(x, digits, second=SECOND):
    """0 at x = 1/3, negative by 10^−digits at another place, and positive nearly everywhere."""
    return (x - R(1, 3)) ** 2 * ((x - second) ** 2 - R(1, 10**digits))


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize("factor", [1, 10**400])
def test_lowest_of_two_minima_is_found(digits, factor):
    """One of them is 0, and the other one is below by fewer than digits show."""
    result = prove_at_most(0, factor * touching(u, digits))
    assert result.verdict is Verdict.REFUTED, result
    assert result.witness.lhs > result.witness.rhs


@pytest.mark.parametrize(
    ("inner", "second", "activation"),
    [
        (f, R(11, 13), "tanh"),
        (f, R(11, 13), "sigmoid"),
        (sp.exp(u), R(21, 13), None),
        (sp.tanh(u), R(11, 13), None),
        (sp.sqrt(1 + u**2), R(21, 13), None),
        (sp.Abs(u), R(21, 13), None),
        (sp.Max(u, 0), R(21, 13), None),
        (sp.exp(u**2), R(21, 13), None),
        (-u, R(21, 13), None),
    ],
)
@pytest.mark.parametrize("digits", [80, 250])
def test_lowest_is_found_in_other_functions(inner, second, activation, digits):
    """In an atom, in exponentials and roots, in moduli and maxima."""
    result = prove_at_most(0, touching(inner, digits, second), activation=activation)
    assert result.verdict is Verdict.REFUTED, result


def test_statement_without_common_factor_is_no_exception():
    """Both sides as sums."""
    line = 2 * u * (u - R(1, 3)) ** 2 / 10**250
    result = prove_at_most(sp.expand(line), sp.expand(line + touching(u, 250)))
    assert result.verdict is Verdict.REFUTED, result


@pytest.mark.parametrize("digits", DIGITS)
def test_true_one_beside_it_is_proved(digits):
    """With the other sign of the tiny number."""
    large = (u - R(1, 3)) ** 2 * ((u - R(21, 13)) ** 2 + R(1, 10**digits))
    assert prove_at_most(0, large).verdict is Verdict.PROVED
    assert prove_at_most(R(1, 10 ** (digits + 1)) * sp.tanh(u), R(1, 10**digits)).verdict is (
        Verdict.PROVED
    )


@pytest.mark.parametrize("digits", DIGITS)
def test_extrema_are_compared_for_certain(digits):
    """Algebraic numbers that SymPy's digits take for equal, and roots that are no radicals."""
    tiny = sp.sqrt(1 + R(1, 10**digits)) - 1
    root = sp.CRootOf(z**5 - z - 1, 0)
    other = sp.CRootOf(z**5 - z - 1 - R(1, 10**digits), 0)
    for low, high in ((sp.Integer(0), tiny), (-tiny, sp.Integer(0)), (root, other)):
        found = [Extremum(x, sp.Integer(0), attained=True) for x in (high, low)]
        assert compare(low, high) == -1
        assert outermost(found, -1).value == low
        assert outermost(found, 1).value == high
        assert Place(low, high).holds(Place(low, high).between())


def test_equal_numbers_in_other_words():
    """Of equal values an attained one wins; what is not known to be equal is not decided."""
    two = sp.sqrt(2) * sp.sqrt(3) - sp.sqrt(6) + 2
    limit = Extremum(sp.Integer(2), sp.oo, attained=False)
    point = Extremum(two, sp.Integer(0), attained=True)
    assert outermost([limit, point], 1).attained
    assert outermost([point, limit], -1).attained
    sines = Extremum(sp.sin(1) ** 2, sp.Integer(0), attained=True)
    cosines = Extremum((1 - sp.cos(2)) / 2, sp.Integer(1), attained=True)
    with pytest.raises(UndecidedError):
        outermost([sines, cosines], 1)


def test_large_modulus_is_the_larger_one():
    """Though the other one is as large in 200 digits."""
    s = logistic(u)["s"]
    for way in (1, -1):
        value = way * ((2 + R(1, 10**200)) * s.symbol - 1)
        function = ScalarFunction(value, value.subs(s.symbol, s.definition), LOGISTIC)
        assert largest_modulus(function, 0) == 1 + R(1, 10**200)


def test_large_numbers_are_not_factored():
    """√n of a product of two primes that nobody finds, at once."""
    p, q = sp.Integer(10) ** 60 + 7, sp.Integer(10) ** 61 + 31
    assert vanishes(sp.sqrt(p * q) ** 2 - p * q)
    assert vanishes(sp.sqrt(2 * p * q) - sp.sqrt(2) * sp.sqrt(p * q))
    assert not vanishes(sp.sqrt(p * q) - sp.sqrt(p * q + 1))
