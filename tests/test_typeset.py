"""Claims as mathematics: the formula on display is the function that is proved."""

import functools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive import activations, claims
from hessbound.derive.display import derivation, equations, mathml, statements, unicode
from hessbound.derive.proof.statements import Identity, Inequality
from hessbound.derive.statements.formulas import Formula
from hessbound.derive.statements.latex import Latex
from hessbound.derive.statements.network import Quantities

ROOT = Path(__file__).resolve().parent.parent
EVERY = claims.every()
x, y = (Formula(name, "hidden") for name in "xy")
A, B = (Formula(name, "hidden", "hidden") for name in "AB")
a, b = Formula("a"), Formula("b")


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        (A @ B + A, "A B + A"),
        ((A + B) @ x, "(A + B) x"),
        ((A @ x).T, r"(A x)^{\top}"),
        (A.T.T, "A"),
        (A @ (A @ A), "A^{3}"),
        (A * B @ A, r"(A \circ B) A"),
        ((A @ B) * A, r"A B \circ A"),
        (x * y, r"x \circ y"),
        (A**2, r"A^{\circ 2}"),
        (a**2, "a^{2}"),
        ((a + b) * a, "(a + b) a"),
        (a - (b - a), "a - b + a"),
        (-(a + b), "-a - b"),
        (2 * (x.T @ A @ y), r"2 x^{\top} A y"),
        ((x.T @ y) * a, r"(x^{\top} y) a"),
        (Fraction(1, 2) * A, r"\tfrac{1}{2} A"),
        (a * 3 * x, "3 a x"),
        (a * (b * (a * x)), "a^{2} b x"),
        (x * A, r"\operatorname{diag}(x) A"),
        (A * y.T, r"A \operatorname{diag}(y)"),
        (x.kron(A + B), r"x \otimes (A + B)"),
        (a * x.kron(y), r"a (x \otimes y)"),
        (A.trace() * B.trace(), r"\operatorname{tr} A \cdot \operatorname{tr} B"),
        ((A + B).trace(), r"\operatorname{tr} (A + B)"),
        (x.sum(), r"\mathbf{1}^{\top} x"),
        (A.sum(), r"\mathbf{1}^{\top} A \mathbf{1}"),
        (x + 0 * y, "x"),
    ],
)
def test_brackets_are_where_they_are_needed(formula, latex):
    """Each operator binds as a reader expects, and nothing is bracketed twice."""
    bare = formula.latex.translate({0xE000: "(", 0xE001: ")"})
    assert bare == latex


@pytest.mark.parametrize("claim", EVERY, ids=lambda claim: claim.name)
def test_every_claim_is_written_and_rendered(claim):
    """A claim has LaTeX with balanced braces, and well-formed MathML that says as much."""
    latex = statements.statement(claim).latex
    assert latex.count("{") == latex.count("}")
    assert not re.search(r"[^\x00-\x7f]", re.sub(r"\\text\{[^}]*\}", "", latex)), latex
    root = ET.fromstring(mathml.convert(latex, display=True, label=claim.statement))
    assert root.get("alttext") == claim.statement
    assert "".join(root.itertext()).strip()


@pytest.mark.parametrize("claim", [c for c in EVERY if isinstance(c, Identity | Inequality)][::3])
def test_statement_follows_the_function(claim):
    """A claim with another left side is written differently: nothing comes from its text."""

    def tripled(*at):
        lhs, rhs = claim.function(*at)
        return 2 * lhs + lhs, rhs

    wrong = replace(claim, function=functools.update_wrapper(tripled, claim.function))
    assert statements.statement(wrong).latex != statements.statement(claim).latex


def test_long_sums_are_broken_and_abbreviated():
    """Tr H⁴ has a line for each term, names for what recurs, and no line beyond the page."""
    lines = statements.statement(claims.find("trace_fourth")).lines
    assert len(lines) > 20
    assert max(map(unicode.width, lines)) < 2 * statements.WIDE
    assert any(line.startswith("T_{ij} &= K_{ij} G_{ij} + Q_{ij}") for line in lines)


def test_nested_sums_have_indices_of_their_own():
    """Inside a sum over i, another runs over j."""
    q = Quantities()
    inner = q.over(lambda i: q.at(i).e * q.over(lambda j: q.at(j).p))
    assert Latex().read(inner).latex == r"\sum_{i} e_{i} \left(\sum_{j} p_{j}\right)"


@pytest.mark.parametrize(
    "latex",
    [
        "{",
        "a}",
        r"\unknown",
        r"\frac{1}",
        r"=\limits",
        r"\begin{aligned} a",
        r"\left( a",
        r"\begin{cases} \end{aligned}",
    ],
)
def test_bad_latex_is_an_error(latex):
    """What cannot be rendered is refused, never shown half."""
    with pytest.raises(ValueError, match="no MathML for"):
        mathml.convert(latex)


def test_words_stay_words():
    """What a user's statement says is text, however much it looks like markup."""
    found = ET.fromstring(mathml.convert(r"\text{a < b & <script>}", label='"<b>&'))
    assert "".join(found.itertext()) == "a < b & <script>".replace(" ", "\N{NO-BREAK SPACE}")
    assert found.get("alttext") == '"<b>&'


@pytest.mark.parametrize(
    ("latex", "xml"),
    [
        (r"\mathbf{1}", "<mn>\N{MATHEMATICAL BOLD DIGIT ONE}</mn>"),
        (r"{f'}_{i}^{2}", "<msubsup><mi>f</mi><mi>i</mi><mrow>{prime}<mn>2</mn></mrow></msubsup>"),
        ("a = -b", '<mi>a</mi><mo>=</mo><mo form="prefix">−</mo><mi>b</mi>'),
        (r"a \pm b", "<mi>a</mi><mo>±</mo><mi>b</mi>"),
        (r"(\infty)", '<mo stretchy="false">(</mo><mi>∞</mi><mo stretchy="false">)</mo>'),
        (r"\log x", '<mo lspace="0" rspace="0.167em">log</mo><mi>x</mi>'),
        (r"2 \exp(x)", '<mn>2</mn><mo lspace="0.167em" rspace="0">exp</mo>{(}<mi>x</mi>{)}'),
        (
            r"\begin{bmatrix} a \end{bmatrix}^{2}",
            "<msup><mrow><mo>[</mo><mtable><mtr><mtd><mi>a</mi></mtd></mtr></mtable><mo>]</mo></mrow>"
            "<mn>2</mn></msup>",
        ),
    ],
)
def test_what_the_library_leaves_is_mended(latex, xml):
    """Bold, primes, signs and names are as browsers need them and as TeX would space them."""
    parts = {"{prime}": '<mo lspace="0" rspace="0">′</mo>'}
    parts |= {f"{{{x}}}": f'<mo stretchy="false">{x}</mo>' for x in "()"}
    for name, part in parts.items():
        xml = xml.replace(name, part)
    assert mathml.convert(latex) == f"<math>{xml}</math>"


@pytest.mark.parametrize("name", activations.names())
def test_functions_in_latex_render(name):
    """SymPy's LaTeX of every activation is within what the converter knows."""
    for line in equations.functions(name, "latex"):
        ET.fromstring(mathml.convert(line.removesuffix(r" \\").replace("&", "")))


def test_derivation_is_what_the_code_derives():
    """docs/derivation.md is the output of ``hessbound derive --format markdown``, byte for byte."""
    printed = CliRunner().invoke(app, ["derive", "--format", "markdown"]).output
    stored = (ROOT / "docs" / "derivation.md").read_text(encoding="utf-8")
    again = "write it again: hessbound derive --format markdown > docs/derivation.md"
    assert printed == derivation.derivation()
    assert stored == printed, again


def test_derivation_renders():
    """Every display in docs/derivation.md has balanced braces and environments."""
    found = re.findall(r"\$\$\n(.*?)\n\$\$", derivation.derivation(), re.DOTALL)
    assert len(found) > 30
    for display in found:
        latex = re.sub(r"\\mathop\{\\mathrm\{([a-z]+)\}\}", r"\\operatorname{\1}", display)
        ET.fromstring(mathml.convert(latex))
