"""A third reading of all statements: plain loops in exact numbers, with textbook derivatives."""

import pytest

from hessbound.derive import claims
from hessbound.derive.frontend import files
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import Identity, Inequality
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements import trees
from hessbound.derive.statements.draws import draw
from hessbound.derive.statements.network import Quantities
from hessbound.derive.statements.notation import NETWORK
from hessbound.derive.statements.numbers import Numbers
from tests.link_tree import ROOT

from .plain import Plain, differs

USERS = list(files.load(ROOT / "tests" / "soundness" / "vocabulary.py"))
IDENTITIES = [
    c for c in (*claims.every(), *USERS) if isinstance(c, Identity) and c.notation is NETWORK
]
INEQUALITIES = [c for c in (*claims.every(), *USERS) if isinstance(c, Inequality)]


@pytest.mark.parametrize("claim", IDENTITIES, ids=lambda c: c.name)
def test_identity_holds_in_plain_numbers(claim):
    """The paper's and users' identities, each in a network of its own."""
    lhs, rhs, symbols = claim.sides
    values = Plain(2, 1, 3, claim.name, claim.activation)
    assert not differs(lhs, rhs, values, symbols)
    assert differs(lhs, rhs + trees.make("ones", (), rhs.shape), values, symbols)


@pytest.mark.parametrize("claim", INEQUALITIES, ids=lambda c: c.name)
def test_inequality_holds_in_plain_numbers(claim):
    """Over exact numbers that obey what is assumed and nothing else."""
    drawn = [x for seed in range(30, 50) if (x := claim.setting.abstract(seed)) is not None]
    assert drawn
    for values in map(Plain.of, drawn):
        small, large = (values.read(side)[0][0] for side in claim.sides[:2])
        assert small == large if claim.equal else small <= large


@pytest.mark.parametrize("claim", USERS, ids=lambda c: c.name)
def test_right_statement_of_a_user_is_proved(claim):
    """The whole notation is within reach of the prover."""
    result = prove(claim)
    assert result.verdict is Verdict.PROVED, result


def test_derivatives_of_two_readings_agree():
    """Plain loops give what jets give: up to third derivatives of one network."""
    q, network = Quantities(), draw((2, 2, 2), seed=3)
    plain, numbers = Plain.of(network), Numbers(network)
    for tree in (q.H, q.residual, q.total_gradient(), q.trace_gradient(2)):
        rows = [[str(x) for x in row] for row in numbers.read(tree).array]
        assert [[str(x) for x in row] for row in plain.read(tree)] == rows
