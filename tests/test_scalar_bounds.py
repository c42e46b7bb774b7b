"""Inequalities in u that users state: exact ranges prove, points refute, the rest is sampled."""

import pytest
import sympy as sp

from hessbound.derive import activations, at_most, f, f1, f2, f3, prove_at_most, u
from hessbound.derive.display import statements, steps
from hessbound.derive.frontend import files
from hessbound.derive.functions import balls
from hessbound.derive.functions.ranges import range_of
from hessbound.derive.functions.scalar import Atom, ScalarFunction
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict

a = sp.Symbol("a", positive=True)
z = sp.Symbol("z", real=True)


@pytest.mark.parametrize(
    ("small", "large", "activation"),
    [
        (f1, sp.Rational(1, 4), "sigmoid"),
        (sp.Abs(f2), sp.sqrt(3) / 18, "sigmoid"),
        (sp.Abs(f3), 2, "tanh"),
        (f**2, 1, "tanh"),
        (u, f, "softplus"),
        (0, f1 + sp.Rational(129, 1000), "gelu"),
        (f1, 1, "linear"),
        (-sp.Rational(17, 100), f, "gelu"),
        (f1, sp.Rational("1.09984"), "silu"),
        (sp.sin(u), 1, None),
        (sp.tanh(u) ** 2, 1, None),
        (1 / (1 + sp.exp(-u)), 1, None),
        (1, sp.cosh(u), None),
        (1 + u, sp.exp(u), None),
        (2 * u, 1 + u**2, None),
    ],
)
def test_true_inequality_is_proved(small, large, activation):
    """The exact infimum of the difference is not negative, and its pieces are the steps."""
    result = prove_at_most(small, large, activation=activation)
    assert result.verdict is Verdict.PROVED, result
    assert result.method.startswith("exact range of the difference: infimum")
    assert len(result.steps) >= 2


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", activations.names())
def test_exact_constant_is_proved_and_less_is_refuted(name, order):
    """Sup f′ and sup f″ bound as they are; with 1e-9 less, the extremum itself is a witness."""
    highest = range_of(activations.load(name), order).highest.value
    slope = (f1, f2)[order - 1]
    if not highest.is_finite:
        assert prove_at_most(slope, 10**9, activation=name).verdict is Verdict.REFUTED
        return
    if highest.has(balls.Enclosed):  # no number that anybody writes
        highest = sp.Rational(str(highest.n(30))) + sp.Rational(1, 10**25)
    assert prove_at_most(slope, highest, activation=name).verdict is Verdict.PROVED
    result = prove_at_most(slope, highest - sp.Rational(1, 10**9), activation=name)
    assert result.verdict is Verdict.REFUTED
    assert sp.N(result.witness.lhs, 30) > sp.N(result.witness.rhs, 30)


@pytest.mark.parametrize(
    ("small", "large", "activation"),
    [
        (f1, sp.Rational(9, 8), "gelu"),
        (sp.tanh(u), u, None),
        (u**2, 10**9, None),
        (2 * u, u**2 + sp.Rational(99, 100), None),
    ],
)
def test_false_inequality_has_a_witness_that_runs(small, large, activation):
    """The snippet prints both values, the first one above."""
    witness = prove_at_most(small, large, activation=activation).witness
    printed = []
    exec(witness.snippet, {"print": lambda *values: printed.extend(values)})
    left, right = printed
    assert left > right
    assert witness.sign == ">"


@pytest.mark.parametrize(
    ("small", "large", "activation"),
    [
        (a * sp.tanh(u), a, None),
        (sp.tanh(u), sp.Abs(u), None),
        (f, sp.Abs(u) + sp.log(2), "softplus"),
        (sp.exp(-(u**2)), 1, None),
        (u / sp.sqrt(1 + u**2), 1, None),
        (sp.Max(u, 0), sp.log(1 + sp.exp(u)), None),
        (0, sp.Piecewise((u**2, u < 1), (u, True)), None),
    ],
)
def test_true_inequality_is_proved_piece_by_piece(small, large, activation):
    """What has no range that we find may still have no negative value on any piece."""
    result = prove_at_most(small, large, activation=activation)
    assert result.verdict is Verdict.PROVED, result
    assert result.method == "signs of the difference, piece by piece"


@pytest.mark.parametrize(
    ("small", "large", "activation"),
    [
        (sp.sin(u**2), 1, None),
        (-1, sp.sin(u) * sp.cos(sp.sqrt(2) * u), None),
    ],
)
def test_undecided_inequality_is_only_sampled(small, large, activation):
    """True or not, what the ranges do not decide is never called proved."""
    assert prove_at_most(small, large, activation=activation).verdict is Verdict.SAMPLED


def test_pole_is_no_monotone_piece():
    """1/(z − 2)³ falls without bound before z = 2: a point beside the pole refutes."""
    result = prove_at_most(-(10**6), 1 / (sp.exp(u) - 2) ** 3)
    assert result.verdict is Verdict.REFUTED
    assert result.witness.where.endswith("+ log(2)")


def test_range_of_a_rational_function():
    """Of z/(1+z)² with z = e^u, which is f′ of the sigmoid."""
    atom = Atom(z, sp.exp(u), z, sp.exp(u))
    rational = ScalarFunction(z / (1 + z) ** 2, sp.exp(u) / (1 + sp.exp(u)) ** 2, (atom,))
    assert range_of(rational, 0).interval == sp.Interval.Lopen(0, sp.Rational(1, 4))


@pytest.mark.parametrize(
    ("small", "large", "message"),
    [
        (f1, 1, "f1 needs an activation"),
        (sp.Symbol("f1"), 1, "f1 is another symbol here: write `from hessbound.derive import f1`"),
        (u, 0.5, "numbers must be exact: write Rational\\('0.5"),
    ],
)
def test_statement_that_means_nothing_is_refused(small, large, message):
    """Derivatives of no activation, another symbol of that name, and floats."""
    with pytest.raises(ValueError, match=message):
        at_most("no", small, large)


def test_readers_see_pieces_and_formula():
    """The statement in LaTeX, and every monotone piece of the difference with raised powers."""
    result = prove_at_most(sp.Abs(f2), 2 * f1, activation="tanh")
    latex = statements.statement(result.claim).latex
    assert latex == r"\left|{{f''}}\right| \le 2 {f'} \qquad (f = \text{tanh})"
    lines = [line.text for line in steps.explain(result)]
    assert "Slope 2·q·(q - 2·t² - 2·t) = (positive) × (2·(t - 1)·(t + 1)²·(3·t - 1))" in lines[1]
    assert lines[2] == "Rising for t between -1 and 1/3."


def test_file_states_it(tmp_path):
    """The claim is collected with its place; two of one name are refused as elsewhere."""
    path = tmp_path / "mine.py"
    line = "at_most('slope', f1, 1, activation='tanh')\n"
    path.write_text(f"from hessbound.derive import at_most, f1\n{line}", encoding="utf-8")
    (claim,) = files.load(path)
    assert str(claim.place) == "mine.py:2"
    assert prove(claim).verdict is Verdict.PROVED
    path.write_text(f"from hessbound.derive import at_most, f1\n{line}{line}", encoding="utf-8")
    with pytest.raises(files.FileError, match="two claims are named 'slope'"):
        files.load(path)
