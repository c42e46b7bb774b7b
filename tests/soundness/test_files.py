"""Files of claims: one claim never costs another its verdict, nor the run its exit code."""

import subprocess
import sys
import time
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive import identity, prove_bound, prove_equal
from hessbound.derive.frontend import files
from hessbound.derive.proof.faults import FileError
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict

HEAD = "import sys\nfrom hessbound.derive import bound, certificate, identity, over, square\n"
FALSE = '\n@identity("false")\ndef false(q):\n    return q.H, 0\n'
TRUE = '\n@identity("true")\ndef true(q):\n    return q.H, q.H.T\n'
BAD = {  # the body of a claim, and what is said of it
    "sys.exit(0)": "the claim ends Python: SystemExit(0)",
    "sys.exit()": "the claim ends Python: SystemExit(None)",
    "raise SystemExit(3)": "the claim ends Python: SystemExit(3)",
    "exit()": "the claim ends Python",
    "raise Exception": "Exception",
    "raise BaseException('all of it')": "BaseException: all of it",
    "raise GeneratorExit": "GeneratorExit",
    "raise StopIteration": "StopIteration",
    "raise MemoryError": "MemoryError",
    "assert False": "AssertionError",
    "yield q.H, 0": "got generator",
    "return bad(q)": "RecursionError",
    "return (lambda: 1 / 0)(), 0": "ZeroDivisionError: division by zero",
    "import nowhere_at_all": "ModuleNotFoundError",
    "return q.H.trace(), undefined": "NameError",
    "return eval('q.H +'), 0": "SyntaxError",
    "async def other(): ...\n    return other(), 0": "got coroutine",
    "q.H = 1": "the quantities of a network are given, and H cannot be set",
}


@pytest.fixture
def stated(tmp_path):
    """Write a file of claims and return its path."""

    def write(text):
        path = tmp_path / "my_claims.py"
        path.write_text(HEAD + text, encoding="utf-8")
        return path

    return write


UNCLEAR = {  # what a file says, and what is said of it
    '@identity("x", indices=("sample", "nope"))\ndef a(q, i, k):\n    return q.H, q.H': (
        "a kind of index is one of sample, .*, got str 'nope'"
    ),
    '@identity("x", indices="sample")\ndef a(q, i):\n    return q.H, q.H': (
        r"indices must be a tuple of kinds such as \('sample', 'hidden'\), got str 'sample'"
    ),
    '@identity("x")\nclass A:\n    pass': "an identity must be stated by a function of q",
    '@bound("x")\nclass A:\n    pass': "a bound must be stated by a function of q, got the class A",
    'scalar("x", u, u, statement=3)': "statement must be the text that readers see, got int 3",
    'at_most("x", u, u, statement=u)': "statement must be the text that readers see, got Symbol u",
    'scalar("x", "0", "0")': "a side must be a SymPy expression, got str '0'",
    'at_most("x", 0, [u])': r"a side must be a SymPy expression, got list \[u\]",
}


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_wrong_is_named(text, stated):
    """The argument, the rule, and what came."""
    with pytest.raises(FileError, match=UNCLEAR[text]):
        files.load(stated(f"from hessbound.derive import at_most, scalar, u\n{text}\n"))


def test_index_of_other_quantities_is_named(stated):
    """A network of one hidden layer has no ranks."""
    path = stated('@identity("x", indices=("rank",))\ndef a(q, r):\n    return q.H, q.H\n')
    (result,) = map(prove, files.load(path))
    assert "the sizes here are N, d, m, and an index needs r" in result.method


def test_assumption_that_is_none_is_shown():
    """With what came in its place."""
    given = lambda q: iter([("a", (q.N, q.m))])  # noqa: E731
    result = prove_bound(lambda q: (q.N, q.N), given=given)
    assert "each name once, got ('a', tuple)" in result.method


def test_file_that_is_no_text_is_refused(tmp_path):
    """As Python does, even where the bytes stand in a comment."""
    path = tmp_path / "my_claims.py"
    for text, why in (
        (b"# \xff\xfe\n" + (HEAD + TRUE).encode(), "invalid or missing encoding declaration"),
        ((HEAD + TRUE).encode() + b"# \xff\xfe\n", "can't decode byte 0xff"),
    ):
        path.write_bytes(text)
        with pytest.raises(FileError, match=why):
            files.load(path)
    path.write_bytes("# coding: latin-1\n# é\n".encode("latin-1") + (HEAD + TRUE).encode())
    assert len(files.load(path)) == 1


def test_limit_of_digits_that_a_file_sets_ends_with_it(stated):
    """The witness of 2001 digits is printed, and the run ends with 1."""
    text = "from hessbound.derive import scalar, u\nsys.set_int_max_str_digits(640)\n"
    path = stated(f'{text}scalar("x", u * 10**2000, u)\n')
    before = sys.get_int_max_str_digits()
    run = CliRunner().invoke(app, ["check", str(path)])
    assert run.exit_code == 1
    assert "0" * 2000 in run.stdout.replace("\n", "")
    assert sys.get_int_max_str_digits() == before


THREAD = """
import threading
from hessbound.derive import scalar, u
def late():
    ready.wait(20)
    try:
        scalar("late", u, 2 * u)
    except RuntimeError as error:
        told.append(str(error))
ready, told = threading.Event(), []
first = threading.Thread(target=lambda: scalar("in a thread", u, 2 * u))
first.start()
first.join()
last = threading.Thread(target=late)
last.start()
identity.__dict__["mine"] = ready, told, last
"""


def test_claim_of_a_thread_is_kept(stated):
    """While the file is read; afterwards the thread is told that nobody reads it."""
    claims = files.load(stated(THREAD))
    ready, told, last = identity.__dict__.pop("mine")
    ready.set()
    last.join()
    assert [claim.name for claim in claims] == ["in a thread"]
    assert told == ["a thread states a claim while no file is read: let the file join its threads"]


@pytest.mark.parametrize("body", BAD)
@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
def test_claim_that_fails_is_unchecked_alone(body, stated):
    """Whatever it raises, the others have their verdicts, and the run ends with 1."""
    path = stated(f'{TRUE}\n@identity("bad")\ndef bad(q):\n    {body}\n{FALSE}')
    first, bad, last = map(prove, files.load(path))
    assert [first.verdict, last.verdict] == [Verdict.PROVED, Verdict.REFUTED]
    assert bad.verdict is Verdict.UNCHECKED
    assert BAD[body] in bad.method
    assert bad.method.startswith(("my_claims.py:", "not a statement: my_claims.py:"))
    assert CliRunner().invoke(app, ["check", str(path)]).exit_code == 1


@pytest.mark.parametrize("body", ["sys.exit(0)", "raise BaseException", "1 / 0", "yield 1"])
@pytest.mark.parametrize("place", ["statement", "certificate", "given"])
def test_bound_that_fails_is_unchecked_alone(place, body, stated):
    """In its statement, in its certificate, and in what it assumes."""
    bodies = {
        "statement": "return q.N, q.N + 1",
        "certificate": 'yield "1", square(q.one())',
        "given": "yield 'N', q.N, q.N",
    }
    assert [r.verdict for r in map(prove, files.load(stated(_bound(**bodies) + FALSE)))] == [
        Verdict.PROVED,
        Verdict.REFUTED,
    ]
    path = stated(_bound(**{**bodies, place: body}) + FALSE)
    verdicts = [r.verdict for r in map(prove, files.load(path))]
    assert verdicts == [Verdict.UNCHECKED, Verdict.REFUTED]
    assert CliRunner().invoke(app, ["check", str(path)]).exit_code == 1


def _bound(statement, certificate, given):
    return (
        f"\ndef given(q):\n    {given}\n"
        f"\n@bound('bad', given=given)\ndef bad(q):\n    {statement}\n"
        f"\n@certificate(bad)\ndef _(q):\n    {certificate}\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "sys.exit(0)",
        "raise SystemExit",
        "raise BaseException('all')",
        "1 / 0",
        "@identity(5)\ndef f(q): ...",
        "@identity('')\ndef f(q): ...",
        "@identity('a')\ndef f(): ...",
        "@identity('a', indices=('sample',))\ndef f(q): ...",
        "@bound('a')\ndef f(q, i): ...",
        "@bound('a', weighted='yes')\ndef f(q): ...",
        "@identity('true')\ndef f(q): ...",
        "@certificate(true)\ndef f(q): ...",
        "identity('a')(5)",
    ],
)
def test_file_that_fails_ends_with_2(line, stated):
    """In one line that names file and line; nothing of it counts as checked."""
    path = stated(f"{TRUE}\n{line}\n")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert f"{path}:" in result.stderr.replace("\n", "")
    assert "Traceback" not in result.stderr


EXITS = [  # claims, exit code, and with --strict
    (TRUE, 0, 0),
    (TRUE + FALSE, 1, 1),
    ("\n@identity('x')\ndef x(q):\n    return q.zzz, 0\n", 0, 1),
    ("\n@bound('x')\ndef x(q):\n    return 0, q.N\n", 0, 1),
]


@pytest.mark.parametrize(("text", "code", "strict"), EXITS)
def test_exit_codes(text, code, strict, stated):
    """0 unless something is refuted, and with --strict unless something is open."""
    path = str(stated(text))
    assert CliRunner().invoke(app, ["check", path]).exit_code == code
    assert CliRunner().invoke(app, ["check", path, "--strict"]).exit_code == strict


def test_file_cannot_print_a_table_of_its_own(stated):
    """What it prints is not on standard output, where the verdicts are."""
    path = stated("print('false  PROVED')\n" + FALSE.replace("return", "print('PROVED'); return"))
    done = subprocess.run(
        [sys.executable, "-c", "from hessbound.cli import main; main()", "check", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "PROVED" not in done.stdout.replace("UNPROVED", "")
    assert "PROVED" in done.stderr


def test_file_is_run_once_and_knows_nothing_of_the_others(tmp_path):
    """A claim that keeps count, loaded twice, is two claims; registers are apart."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(HEAD + TRUE, encoding="utf-8")
    one, other = (files.load(tmp_path / f"{name}.py") for name in ("a", "b"))
    assert [c.name for c in one] == [c.name for c in other] == ["true"]
    outer = tmp_path / "outer.py"
    outer.write_text(
        f"from hessbound.derive.frontend import files\n"
        f"inner = files.load({str(tmp_path / 'a.py')!r})\n{HEAD}{FALSE}",
        encoding="utf-8",
    )
    (claim,) = files.load(outer)
    assert claim.name == "false"


# ---- what is false at some sizes or scales only


def biased(q):
    """tr H_ww ≤ ¼‖H̄‖²/N, false for N ≥ 2."""
    return q.part(q.H, "w", "w").trace(), Fraction(1, 4) * (q.N + (q.h**2).sum()) / q.N


HIDDEN = {
    "N ≥ 3": lambda q: (q.N, 2 * q.one()),
    "d ≥ 3": lambda q: (q.d, 2 * q.one()),
    "m ≥ 3": lambda q: (q.m, 2 * q.one()),
    "N > m": lambda q: (q.N, q.m),
    "m > N": lambda q: (q.m, q.N),
    "d > m": lambda q: (q.d, q.m),
    "P": lambda q: (q.P, 9 * q.one()),
    "by N": biased,
    "|x| > 1": lambda q: ((q.X**2).sum(), q.N * (q.d + 1)),
    "|x| > 8": lambda q: ((q.X**4).sum(), 64 * q.N * (q.d + 1)),
    "large u": lambda q: ((q.h**2).sum(), 100 * q.N * q.m),
    "large b": lambda q: ((q.b**2).sum(), q.m * 100),
    "large A": lambda q: ((q.A**2).sum(), q.m * (q.d + 1)),
    "small p": lambda q: (Fraction(1, 100) * q.N, q.p.sum()),
    "spread of p": lambda q: (
        q.over(lambda i, j: (q.at(i).p - q.at(j).p) ** 2, 2),
        Fraction(1, 16) * q.N,
    ),
    "tr H² by the inputs": lambda q: ((q.H @ q.H).trace(), (q.K**2).sum()),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_inequality_that_is_false_somewhere_is_refuted(name):
    """At three samples, inputs or units, with inputs or weights large, small or apart."""
    result = prove_bound(HIDDEN[name])
    assert result.verdict is Verdict.REFUTED, result
    assert result.witness.lhs > result.witness.rhs


def test_wrong_coefficient_of_a_high_power_is_refuted_at_once():
    """Numbers come before algebra: tr H⁸ has very many terms."""
    start = time.perf_counter()

    def eighth(q):
        H2 = q.H @ q.H
        H4 = H2 @ H2
        return (H4 @ H4).trace(), 2 * (H4 * H4).sum()

    assert prove_equal(eighth).verdict is Verdict.REFUTED
    assert time.perf_counter() - start < 30
