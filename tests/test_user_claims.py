"""Claims that users state: the ladder of verdicts, errors with file and line, the documentation."""

import doctest
import inspect
import re
from fractions import Fraction

import pytest
import sympy as sp
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive import Quantities, prove_bound, prove_equal, u
from hessbound.derive.frontend import files
from hessbound.derive.proof.blame import FileError, vocabulary
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements.at_sizes import Entry, PolynomialQuantities, Undecided
from hessbound.derive.statements.exact import Explicit
from hessbound.derive.statements.explicit import Sizes
from hessbound.derive.statements.quantities import Sample

from .link_tree import ROOT

GUIDE = ROOT / "docs" / "claims.md"
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))


def squared(q):
    """tr H² = ‖H‖²"""
    return (q.H @ q.H).trace(), (q.H * q.H).sum()


def loop(q):
    """tr H_ww as a loop over the samples"""
    total = 0 * q.one()
    for i in range(q.sizes.N):
        total = total + q.at(i).p * (1 + q.at(i).h.T @ q.at(i).h)
    return q.part(q.H, "w", "w").trace(), total


def wrong_loop(q):
    """a loop that forgets the last sample"""
    total = 0 * q.one()
    for i in range(q.sizes.N - 1):
        total = total + q.at(i).p * (1 + q.at(i).h.T @ q.at(i).h)
    return q.part(q.H, "w", "w").trace(), total


def block_product(q, i):
    """a Kronecker product by blocks, which the algebra for all sizes does not have"""
    s = q.at(i)
    both = s.x.kron(q.h_bar(s))
    return both.T @ both, (s.x.T @ s.x) * (q.h_bar(s).T @ q.h_bar(s))


def divided(q):
    """a quotient of entries"""
    trace, norm = q.H.trace(), (q.X * q.X).sum()
    ratio = q.one() * (trace.array[0, 0] / norm.array[0, 0])
    return ratio * norm, trace


def irrational(q):
    """√2 twice"""
    return sp.sqrt(2) * q.H.trace() * sp.sqrt(2), 2 * q.H.trace()


def small_only(q):
    """a determinant of three vectors of length two, which is zero; with m = 3 it is not"""
    M = q.free("M", "hidden", "feature")
    gram = M @ M.T
    trace = gram.trace()
    square, cube = (gram @ gram).trace(), (gram @ gram @ gram).trace()
    return trace**3 - 3 * trace * square + 2 * cube, 0


@pytest.mark.parametrize(
    ("function", "verdict", "method"),
    [
        (squared, Verdict.PROVED, "normal form; exact at 2·1·2, 3·2·2"),
        (loop, Verdict.PROVED_AT_SIZES, "equal polynomials at 2·1·2, 1·2·2, 3·1·1"),
        (block_product, Verdict.PROVED_AT_SIZES, "cannot multiply a side input by the blocks"),
        (divided, Verdict.SAMPLED, "draws agree, error 0"),
        (irrational, Verdict.SAMPLED, "draws agree, error 0"),
        (wrong_loop, Verdict.REFUTED, "exact numbers differ"),
    ],
)
def test_identity_stands_on_its_rung(function, verdict, method):
    """What the algebra cannot say is proved at sizes, sampled, or refuted; never called proved."""
    result = prove_equal(function)
    assert result.verdict is verdict, result
    assert method in result.method


def test_identity_that_holds_at_small_sizes_is_not_called_proved():
    """At d ≤ 2 the third elementary symmetric function of MMᵀ vanishes, at d = 3 it does not."""
    result = prove_equal(small_only)
    assert result.verdict in (Verdict.PROVED_AT_SIZES, Verdict.REFUTED)
    if result.verdict is Verdict.PROVED_AT_SIZES:
        assert "the normal forms differ" in result.method


def test_reason_names_the_line():
    """The method says which line of the function is not for all sizes."""
    line = inspect.getsourcelines(loop)[1] + 3
    assert f"test_user_claims.py:{line}: .sizes exists at explicit sizes only" in (
        prove_equal(loop).method
    )


def test_polynomials_agree_with_the_derivation():
    """At sizes, the Hessian with symbols for entries is the sum of its two parts."""
    q = PolynomialQuantities(Sizes(2, 1, 2))
    difference = q.H - q.gauss_newton - q.residual
    assert all(entry.is_zero for entry in difference.array.flat)
    assert not any(entry.is_zero for entry in q.H.array[0, :2])


@pytest.mark.parametrize(
    "operation",
    [
        lambda a: a == a,
        lambda a: a < 1,
        lambda a: bool(a),
        lambda a: max(a, a),
        lambda a: 1 / a,
        lambda a: a / a,
        lambda a: a ** Fraction(1, 2),
        abs,
        float,
    ],
)
def test_polynomials_refuse_what_is_no_polynomial(operation):
    """A branch or a quotient would prove the claim for a part of the values only."""
    with pytest.raises(Undecided):
        operation(Entry.symbol("a"))


@pytest.mark.parametrize(
    ("lhs", "rhs", "verdict"),
    [
        (sp.diff(sp.tanh(u), u), 1 - sp.tanh(u) ** 2, Verdict.PROVED),
        (sp.log(1 + sp.exp(u)) - sp.log(1 + sp.exp(-u)), u, Verdict.PROVED),
        (sp.Abs(u), sp.Max(u, -u), Verdict.PROVED),
        (sp.sin(u) ** 2 + sp.cos(u) ** 2, 1, Verdict.PROVED),
        (sp.sin(u / 2) ** 2, (1 - sp.cos(u)) / 2, Verdict.SAMPLED),
        (sp.Piecewise((sp.log(2), u >= 50), (0, True)), 0, Verdict.REFUTED),
        (u + u * sp.exp(-1000), u, Verdict.REFUTED),
        (u + u * sp.exp(-100000), u, Verdict.SAMPLED),
        (u + u * sp.exp(-60), u, Verdict.REFUTED),
        (sp.sqrt(-1 - u**2), 0, Verdict.UNCHECKED),
    ],
)
def test_scalar_identity_stands_on_its_rung(lhs, rhs, verdict):
    """What is not decided is sampled; so is what our digits do not show, false or not."""
    assert prove_equal(lhs, rhs).verdict is verdict


def test_scalar_witness_is_simple_and_exact():
    """The first point is 0, where both sides are algebraic and shown as such."""
    beta = sp.Symbol("beta", positive=True)
    witness = prove_equal(sp.sqrt(beta + 1) * sp.exp(u), sp.exp(u)).witness
    assert str(witness) == "u = 0, beta = 1: sqrt(2) ≠ 1"
    printed = []
    exec(witness.snippet, {"print": lambda *values: printed.extend(values)})
    assert [round(float(x), 6) for x in printed] == [1.414214, 1.0]


def test_pair_of_functions():
    """Two functions of q, or one and a number; the witness of lambdas can be pasted."""
    assert prove_equal(lambda q: q.H.trace(), lambda q: q.H.T.trace()).verdict is Verdict.PROVED
    result = prove_equal(lambda q, i: q.at(i).e, 0)
    assert result.verdict is Verdict.REFUTED
    assert "lambda q, i: q.at(i).e" in result.witness.snippet
    printed = []
    exec(result.witness.snippet, {"print": lambda *values: printed.extend(values)})
    assert printed == [result.witness.lhs, 0]


def test_sides_with_different_arguments_are_refused():
    """One side for each sample and one for the sum is no statement."""
    with pytest.raises(ValueError, match="the sides must take the same arguments"):
        prove_equal(lambda q, i: q.at(i).e, lambda q: q.H.trace())


ERRORS = {
    "return q.Hess.trace(), 0": "q has no attribute 'Hess'",
    "return q.hesian(0), 0": "q has no attribute 'hesian'; did you mean 'hessian'?",
    "return q.h @ q.h, 0": "not a statement: my_claims.py:5: cannot multiply sample × hidden",
    "return q.H, q.A": "the sides are input·hidden+1+hidden × input·hidden+1+hidden",
    "return q.H": "the function must return a pair (left side, right side), got one matrix",
    "q.H": "the function must return a pair (left side, right side), got None",
    "return q.H, 'no'": "a side must be a matrix made from q, or a rational number, got str 'no'",
    "return q.H.trace() * 0.5, 0": "numbers must be exact: write Fraction(1, 10) instead of 0.1",
    "return q.at(7).e, 0": "IndexError: samples run from 0 to",
    "return 1 / 0, 0": "ZeroDivisionError: division by zero",
}


@pytest.mark.parametrize("line", ERRORS)
def test_error_in_a_claim_is_its_own(line, tmp_path):
    """The row is UNCHECKED, with file and line; the next claim is still proved."""
    path = tmp_path / "my_claims.py"
    path.write_text(
        f"from hessbound.derive import identity\n\n@identity('one')\ndef one(q):\n    {line}\n\n"
        "@identity('two')\ndef two(q):\n    return q.H.trace(), q.H.T.trace()\n",
        encoding="utf-8",
    )
    first, second = map(prove, files.load(path))
    assert first.verdict is Verdict.UNCHECKED
    assert ERRORS[line] in first.method
    assert re.search(r"my_claims\.py:[35]: ", first.method)
    assert second.verdict is Verdict.PROVED


BROKEN = {
    "def one(q:\n": ":1: SyntaxError: ",
    "\n\n1 / 0\n": ":3: ZeroDivisionError: division by zero",
    "import hessbound.nowhere\n": ":1: ModuleNotFoundError: ",
    "raise SystemExit(3)\n": ":1: the file ends Python: SystemExit(3)",
    "x = 1\n": ": states no claim",
    "from hessbound.derive import identity\n@identity\ndef one(q): ...\n": (
        ':2: write @identity() or @identity("its name"), with parentheses'
    ),
    "from hessbound.derive import identity\n@identity(activation='relu')\ndef one(q): ...\n": (
        ":2: activation must be one of gelu"
    ),
    "from hessbound.derive import identity\n@identity('one')\ndef one(): ...\n": (
        ":2: one must take q, and then up to"
    ),
    "from hessbound.derive import scalar, u\nscalar('a', u, 0.1)\n": (
        ":2: numbers must be exact: write Rational('0.1"
    ),
    "from hessbound.derive import scalar\nimport sympy as sp\nscalar('a', sp.Symbol('u'), 1)\n": (
        ":3: u is another symbol here: write `from hessbound.derive import u`"
    ),
    "from hessbound.derive import scalar, u\nscalar('a', u, u)\nscalar('a', 1, 1)\n": (
        ":3: two claims are named 'a', at my_claims.py:2 and at my_claims.py:3"
    ),
    "from hessbound.derive import certificate\n@certificate(print)\ndef proof(q): ...\n": (
        ":2: print is not stated as a bound above its certificate"
    ),
}


@pytest.mark.parametrize("text", BROKEN)
def test_error_of_the_file_is_one_line(text, tmp_path):
    """File, line and what is wrong; exit code 2 and no traceback."""
    path = tmp_path / "my_claims.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        files.load(path)
    assert str(caught.value).startswith(f"{path}{BROKEN[text]}")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_file_may_import_its_neighbours(tmp_path):
    """A module beside the file is found, and the search path is as before afterwards."""
    (tmp_path / "beside_claims.py").write_text("TWO = 2\n", encoding="utf-8")
    path = tmp_path / "my_claims.py"
    path.write_text(
        "from beside_claims import TWO\nfrom hessbound.derive import scalar, u\n"
        "scalar('twice', u + u, TWO * u)\n",
        encoding="utf-8",
    )
    (claim,) = files.load(path)
    assert prove(claim).verdict is Verdict.PROVED


QUARTER = Fraction(1, 4)


def output_bound(q):
    """tr H_ww ≤ ¼ ‖H̄‖²"""
    norm = q.one("sample").sum() + (q.h * q.h).sum()
    return q.part(q.H, "w", "w").trace(), QUARTER * norm


def test_certificate_is_made_by_the_rules():
    """A slack that is only declared, or no slack at all, leaves the bound UNCHECKED."""
    from hessbound.derive.proof import nonnegative

    def declared(q):
        small, large = output_bound(q)
        yield "by itself", nonnegative.fact(large - small)

    def no_slack(q):
        yield "nothing", q.H

    results = [prove_bound(output_bound, proof) for proof in (declared, no_slack)]
    assert {result.verdict for result in results} == {Verdict.UNCHECKED}
    assert "a certificate cannot use `fact`" in results[0].method
    assert "a certificate yields (reason, slack)" in results[1].method


def shown(text):
    """Drop what differs between two runs: times, the checkout's path, padding."""
    text = text.replace(str(ROOT), "/home/you/hessbound")
    lines = [
        re.sub(r"  +\d+\.\d\d$|in \d+\.\d s$", "", line.rstrip()) for line in text.splitlines()
    ]
    return [re.sub(r"  +", "  ", re.sub(r" +s$", "", line)).rstrip() for line in lines]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example_is_as_the_guide_shows(path):
    """File and output in docs/claims.md are the file and the output."""
    guide = GUIDE.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    assert path.read_text(encoding="utf-8") in guide
    (printed,) = re.findall(rf"\$ hessbound check {re.escape(name)}\n(.*?)```", guide, re.DOTALL)
    result = CliRunner().invoke(app, ["check", str(path)])
    assert shown(result.stdout) == shown(printed)


def test_guide_examples():
    """Every ``>>>`` block in docs/claims.md, in one session."""
    result = doctest.testfile(str(GUIDE), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


def test_guide_names_the_whole_vocabulary():
    """Every public name of the quantities, of a sample and of a matrix is in docs/claims.md."""
    guide = GUIDE.read_text(encoding="utf-8")
    code = " ".join(re.findall(r"`([^`\n]+)`", guide))
    names = {*vocabulary(Quantities), *vocabulary(Sample), *vocabulary(Explicit)}
    assert {name for name in names if not re.search(rf"\b{name}\b", code)} == set()
