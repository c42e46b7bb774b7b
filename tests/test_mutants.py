"""The checker refutes wrong formulas: every closed form, changed in one place after the other."""

from collections import Counter
from dataclasses import replace

import pytest
import sympy as sp

from hessbound.derive import claims
from hessbound.derive.activations import names
from hessbound.derive.lowering import programs
from hessbound.derive.lowering.ir import Assign, Product
from hessbound.derive.lowering.readback import ReadBackError, read_program
from hessbound.derive.proof.prove import Verdict, prove
from hessbound.derive.proof.statements import Bound, Identity, ScalarIdentity

from .mutants import mutants

COUNTS: Counter[str] = Counter()  # over the module
BOUNDS = [c for c in claims.every() if isinstance(c, Bound) and not c.name.endswith("_2")]
IDENTITIES = [c for c in claims.every() if isinstance(c, Identity) and c.activation is None]
SCALARS = [c for c in claims.every() if isinstance(c, ScalarIdentity)]

HARMLESS = {"hessian_is_symmetric": {"transpose in q.H.T"}}  # what is true all the same


@pytest.mark.parametrize("claim", IDENTITIES, ids=lambda c: c.name)
def test_changed_identity_is_refuted(claim):
    """Every well-formed change but the listed harmless ones ends REFUTED, with a witness."""
    found = Counter()
    for label, function in mutants(claim.function):
        result = prove(replace(claim, function=function))
        if result.verdict is Verdict.UNCHECKED:
            assert result.method.startswith("not a statement"), label
            found["not a statement"] += 1
        elif result.verdict is Verdict.PROVED:
            assert label in HARMLESS.get(claim.name, ()), label
            found["true all the same"] += 1
        else:
            assert result.witness is not None, label
            assert result.witness.lhs != result.witness.rhs, label
            found["refuted"] += 1
    assert found["refuted"] > 0
    COUNTS.update(found)


@pytest.mark.parametrize("claim", SCALARS, ids=lambda c: c.name)
def test_changed_scalar_identity_is_refuted(claim):
    """A sign, a factor, a small constant or another atom in any pair is refuted at a point."""
    atoms = [a.symbol for a in claim.function.atoms]
    for n, (lhs, rhs) in enumerate(claim.pairs):
        wrong = [rhs + sp.Rational(1, 10**6)]
        if rhs != 0:
            wrong += [-rhs, 2 * rhs, rhs * sp.Rational(101, 100)]
        used = [a for a in atoms if a in rhs.free_symbols]
        wrong += [rhs.xreplace({a: b}) for a in used for b in atoms if a != b]
        for other in wrong:
            pairs = (*claim.pairs[:n], (lhs, other), *claim.pairs[n + 1 :])
            result = prove(replace(claim, pairs=pairs))
            assert result.verdict is Verdict.REFUTED, (lhs, other)
            COUNTS["refuted"] += 1


@pytest.mark.slow
@pytest.mark.parametrize("claim", BOUNDS, ids=lambda c: c.name)
def test_changed_inequality_is_never_proved(claim):
    """Changed in one place, a bound is refuted, or its certificate no longer closes."""
    for label, function in mutants(claim.function):
        try:
            result = prove(replace(claim, function=function))
        except (AttributeError, IndexError, TypeError):  # a factor that is no matrix any more
            continue
        assert result.verdict in (Verdict.REFUTED, Verdict.UNCHECKED), label
        if result.verdict is Verdict.REFUTED:
            COUNTS["refuted"] += 1
        elif result.method.startswith("not a statement"):
            COUNTS["not a statement"] += 1
        else:
            COUNTS[_unrefuted(claim, function)] += 1


def _unrefuted(claim, function):
    """Whether a bound is looser than the proved one wherever we look, hence true, or open."""
    looser = all(
        function(q)[1].array[0, 0] >= claim.function(q)[1].array[0, 0]
        for _, q, _ in claim.setting.examples(thorough=True)
    )
    return "looser bounds, true" if looser else "certificate broken, no witness"


def test_counts_of_the_suite(record_property):
    """Print the counts; of all that is not known to be true, at least 95 % are refuted."""
    if not COUNTS["certificate broken, no witness"]:
        pytest.skip("the whole module has not been run")
    open_ = COUNTS["certificate broken, no witness"]
    record_property("mutants", ", ".join(f"{n} {what}" for what, n in COUNTS.most_common()))
    assert COUNTS["refuted"] > 300
    assert COUNTS["refuted"] >= 0.95 * (COUNTS["refuted"] + open_)


def test_witness_can_be_pasted():
    """The snippet of a refuted identity runs and shows both values."""
    claim = claims.find("trace_squared")
    wrong = replace(claim, function=lambda q: (claim.function(q)[0], 2 * claim.function(q)[1]))
    witness = prove(wrong).witness
    shown: list[object] = []
    exec(witness.snippet, {"print": lambda *values: shown.extend(values)})
    assert shown == [witness.lhs, witness.lhs]  # the snippet names the claim itself, which is right


def test_smallest_witness_comes_first():
    """A claim that is false everywhere is refuted at one sample, one input and one hidden unit."""
    claim = claims.find("trace_hidden")
    wrong = replace(claim, function=lambda q: (claim.function(q)[0], 2 * claim.function(q)[1]))
    assert "N=1, d=1, m=1" in prove(wrong).witness.where


def _changed_programs(program):
    """The program with one statement wrong."""
    for stage in ("constants", "before", "samples", "after", "tiles", "pairs", "contracted"):
        statements = getattr(program, stage)
        for n, statement in enumerate(statements):
            if isinstance(statement, Product):
                other = replace(statement, target=statement.target, left=2 * statement.left)
            else:
                assert isinstance(statement, Assign)
                other = replace(statement, value=2 * statement.value)
            yield (
                statement,
                replace(program, **{stage: (*statements[:n], other, *statements[n + 1 :])}),
            )


@pytest.mark.parametrize("activation", names())
def test_changed_program_does_not_read_back(activation):
    """A factor 2 in any statement of any kernel changes what the program reads back as."""
    module = programs.build(activation).module
    for program in module.programs:
        right = read_program(program)
        for statement, wrong in _changed_programs(program):
            try:
                found = read_program(wrong)
            except ReadBackError:  # a side of a product that is no array
                continue
            assert found != right, (program.name, statement)
