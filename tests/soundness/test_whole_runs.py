"""One claim that is too long, too steep or cannot be printed does not end the run on the others."""

import sys
import time

import pytest
import sympy as sp
from sympy import exp, tanh
from typer.testing import CliRunner

from hessbound.cli import app
from hessbound.derive import u
from hessbound.derive.proof.numerals import long_numbers
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.scalars import scalar_inequality
from hessbound.derive.proof.verdicts import Verdict, Witness

FILE = """
import sympy as sp
from hessbound.derive import scalar, u
third = sp.Rational(1, 3)
scalar("spike", u + sp.exp(-(10**60) * (u - third) ** 2), u)
scalar("large", u + 10**5000, 10**5000)
scalar("larger", u + 10**210000, 10**210000)
scalar("another", u, u)
"""
STEEP = {  # each of them ran on, past its time limit
    "by a million": (tanh(10**6 * u) - tanh(u), 1),
    "rates": (exp(u) + 1 / (1 + exp(-100000 * u)), exp(2 * u) + 1),
    "power": (u**99999, u**100000 + 1),
    "power of an atom": (tanh(u) ** 90000, 1),
}


def test_other_claims_are_still_decided(tmp_path):
    """A value of 10^(−10^58) is printed; numbers of thousands of digits are cut in statements."""
    path = tmp_path / "claims.py"
    path.write_text(FILE, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(path)])
    assert done.exit_code == 1, done.output
    assert "1 PROVED, 2 SAMPLED, 1 REFUTED" in done.stdout
    assert "spike is refuted: u = 0: 2.27733025041558" in done.stdout
    assert "<5001 digits>" in done.stdout


@pytest.mark.parametrize("name", STEEP)
def test_no_polynomial_runs_past_the_limit(name):
    """No arithmetic is done with one of a high degree, which an alarm does not end."""
    start = time.perf_counter()
    result = prove(scalar_inequality("steep", STEEP[name]), 20)
    assert result.verdict in (Verdict.SAMPLED, Verdict.UNCHECKED, Verdict.PROVED)
    assert time.perf_counter() - start < 25


def test_witness_of_a_tiny_number_is_text():
    """SymPy's numbers with exponents beyond those of decimals have no format."""
    tiny = sp.Float("1e-10") ** (10**57)
    assert "≠ 0" in str(Witness("u = 0", tiny, sp.Integer(0), ""))


def test_limit_of_digits_is_as_before():
    """Within the block longer ones are written; afterwards the limit is what it was."""
    before = sys.get_int_max_str_digits()
    with long_numbers():
        assert len(str(10**5000)) == 5001
    assert sys.get_int_max_str_digits() == before
