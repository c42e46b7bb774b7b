"""The checker refutes wrong formulas: every statement, changed in one place after the other.

A run looks at a part of the mutants, chosen by its seed; `make test-all` looks at all of them.
"""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
import sympy as sp

from hessbound.derive import claims
from hessbound.derive.activations import names
from hessbound.derive.frontend import files
from hessbound.derive.lowering import programs
from hessbound.derive.lowering.ir import Assign, Product
from hessbound.derive.lowering.readback import ReadBackError, read_program
from hessbound.derive.proof.inequalities import certify
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import Identity, Inequality, ScalarIdentity
from hessbound.derive.proof.verdicts import Verdict
from hessbound.derive.statements import trees
from hessbound.derive.statements.notation import LAYERS

from .link_tree import ROOT
from .mutants import LAYERS as ALIKE
from .mutants import OTHERS, mutants
from .soundness.plain import Plain, PlainLayers, differs

COUNTS: Counter[str] = Counter()  # over the module
FEW = {"identity": 24, "inequality": 1, "scalar": 5}  # of one claim
LONG = 900  # of the mutants of a long claim there are a quarter as many
FILES = sorted((ROOT / "docs" / "examples").glob("*.py"))
FILES.append(ROOT / "tests" / "soundness" / "vocabulary.py")
USERS = [claim for path in FILES for claim in files.load(path)]
RIGHT = [*claims.every(), *(c for c in USERS if c.name not in ("tr H² by blocks", "a fifth"))]
IDENTITIES = [c for c in RIGHT if isinstance(c, Identity)]
INEQUALITIES = [c for c in RIGHT if isinstance(c, Inequality) and not c.name.endswith("_2")]
SCALARS = [c for c in claims.every() if isinstance(c, ScalarIdentity)]


def changed(claim, rhs):
    """The claim with another right side; its symbols are the new claim's."""
    sides = claim.sides

    def function(q, *at):
        own = dict(zip(sides.symbols, at, strict=True))
        return trees.substitute(sides.lhs, own), trees.substitute(rhs, own)

    function.__doc__ = claim.statement
    return replace(claim, function=function)


@pytest.mark.parametrize("claim", IDENTITIES, ids=lambda c: c.name)
def test_changed_identity_is_refuted(claim, sampled):
    """What plain loops say is false ends REFUTED, with a witness; what they do not, is true."""
    found, sides = Counter(), claim.sides
    if claim.notation is LAYERS:  # what is derived has the right side's value
        left, others = sides.rhs, ALIKE
        plain = [PlainLayers(), PlainLayers((3, 2, 1, 3, 2, 1, 3, 2), 7)]
    else:
        left, others = sides.lhs, OTHERS
        plain = [Plain(*sizes, seed, claim.activation) for seed, sizes in enumerate([(2, 2, 2)])]
        plain += [Plain(3, 1, 2, 7, claim.activation)]
    doubled, *every = mutants(sides.rhs, sides.symbols, others)
    most = FEW["identity"] // (4 if len(every) > LONG else 1)
    for label, rhs in (doubled, *sampled(every, most, claim.name)):
        result = prove(changed(claim, rhs))
        if result.verdict is Verdict.REFUTED:
            assert result.witness.lhs != result.witness.rhs, label
            found["refuted"] += 1
        else:
            wrong = any(differs(left, rhs, values, sides.symbols) for values in plain)
            assert not wrong, (label, result)
            by_definition = claim.notation is LAYERS and result.verdict is Verdict.SAMPLED
            assert result.verdict is Verdict.PROVED or by_definition, (label, result)
            found["true by definition" if by_definition else "true all the same"] += 1
    assert found["refuted"] > 0
    COUNTS.update(found)


def wrong_pairs(claim):
    """Yield (place, left side, wrong right side): a sign, a factor, a constant, another atom."""
    atoms = [a.symbol for a in claim.function.atoms]
    for n, (lhs, rhs) in enumerate(claim.pairs):
        yield n, lhs, rhs + sp.Rational(1, 10**6)
        if rhs != 0:
            yield from ((n, lhs, factor * rhs) for factor in (-1, 2, sp.Rational(101, 100)))
        used = [a for a in atoms if a in rhs.free_symbols]
        yield from ((n, lhs, rhs.xreplace({a: b})) for a in used for b in atoms if a != b)


@pytest.mark.parametrize("claim", SCALARS, ids=lambda c: c.name)
def test_changed_scalar_identity_is_refuted(claim, sampled):
    """A pair that is changed is refuted at a point, by itself; the first one in its place, too."""
    for k, (n, *pair) in enumerate(sampled(wrong_pairs(claim), FEW["scalar"], claim.name)):
        alone = (tuple(pair),)
        for pairs in (alone, (*claim.pairs[:n], *alone, *claim.pairs[n + 1 :]))[: 1 + (k == 0)]:
            result = prove(replace(claim, pairs=pairs))
            assert result.verdict is Verdict.REFUTED, pair
        COUNTS["refuted"] += 1


@pytest.mark.parametrize("claim", INEQUALITIES, ids=lambda c: c.name)
def test_changed_inequality_is_never_proved(claim, sampled):
    """Changed in one place, a bound is refuted, or its certificate no longer closes."""
    sides, found = claim.sides, Counter()
    for label, rhs in sampled(mutants(sides.rhs), FEW["inequality"], claim.name):
        result = prove(changed(claim, rhs))
        match result.verdict:
            case Verdict.REFUTED:
                found["refuted"] += 1
            case Verdict.PROVED:
                assert _differences(claim, rhs) == {0}, label
                found["true all the same"] += 1
            case Verdict.UNCHECKED:
                looser = min(_differences(claim, rhs)) >= 0
                found["looser bounds, true" if looser else "left open"] += 1
            case _:
                pytest.fail(f"{label}: {result}")
    COUNTS.update(found)


def _differences(claim, rhs):
    """The changed larger side minus the right one, in exact numbers that obey what is assumed."""
    drawn = (claim.setting.abstract(seed) for seed in range(20, 60))
    values = [Plain.of(x) for x in drawn if x is not None]
    assert values
    return {x.read(rhs)[0][0] - x.read(claim.sides.rhs)[0][0] for x in values}


def test_changed_certificate_is_not_accepted():
    """A slack dropped or doubled: the certificate of a bound no longer closes."""
    for claim in INEQUALITIES:
        if claim.certificate is None:
            continue
        for n, factor in product(range(len(claim.steps)), (0, 2)):
            steps = [
                (why, slack * factor if k == n else slack)
                for k, (why, slack) in enumerate(claim.steps)
            ]
            closed = certify(replace(claim, certificate=lambda q, steps=steps: iter(steps)))
            assert closed.fault == "the certificate does not close", (claim.name, n, factor)
            COUNTS["certificates that do not close"] += 1


def test_counts_of_the_suite(record_property):
    """Print the counts; of all that is not known to be true, at least 95 % are refuted."""
    if COUNTS["refuted"] < 1000:
        pytest.skip("the whole module has not been run")
    left = COUNTS["left open"]
    share = COUNTS["refuted"] / (COUNTS["refuted"] + left)
    text = ", ".join(f"{n:,} {what}" for what, n in COUNTS.most_common())
    record_property(
        "mutants of the claims", f"{text}: {share:.1%} of the false ones refuted, none proved"
    )
    assert share >= 0.95


def test_witness_can_be_pasted():
    """The snippet of a refuted identity runs and shows both values."""
    claim = claims.find("trace_squared")
    wrong = changed(claim, 2 * claim.sides.rhs)
    witness = prove(wrong).witness
    shown: list[object] = []
    exec(witness.snippet, {"print": lambda *values: shown.extend(values)})
    assert shown == [witness.lhs, witness.lhs]  # the snippet names the claim itself, which is right


def test_smallest_witness_comes_first():
    """A claim that is false everywhere is refuted at one sample, one input and one hidden unit."""
    claim = claims.find("trace_hidden")
    assert "N=1, d=1, m=1" in prove(changed(claim, 2 * claim.sides.rhs)).witness.where


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


KINDS = {programs.build(name).module.programs: name for name in names()}  # one for those alike


@pytest.mark.parametrize("activation", KINDS.values())
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
