"""The derivation: counts, two ways to derive, the factorisation rule, activations in atoms."""

import itertools
import re
from dataclasses import replace

import pytest
import sympy as sp

from hessbound.derive import activations, claims
from hessbound.derive.algebra.labels import Index
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.losses.cross_entropy import LOSS as CROSS_ENTROPY
from hessbound.derive.lowering import pairs, programs
from hessbound.derive.lowering.ir import name_of
from hessbound.derive.model import derivatives, product_rule, traces
from hessbound.derive.model.network import model_of
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Verdict

i, k = Index("sample", "i"), Index("hidden", "k")


@pytest.mark.parametrize(("power", "terms"), [(1, 4), (2, 10), (3, 22), (4, 60)])
def test_traces_have_the_known_number_of_terms(power, terms):
    """tr H to tr H⁴ in normal form, from SymPy's derivatives, for all sizes at once."""
    assert len(traces.trace(power)) == terms


def test_two_derivations_agree():
    """SymPy's derivatives and the algebra's own product rule give the same gradient and Hessian."""
    assert derivatives.gradient() == product_rule.gradient()
    assert derivatives.hessian() == product_rule.hessian()


def test_the_loss_is_differentiated_as_one_sum():
    """Differentiating Σ_i ℓ_i gives the sum of the samples' derivatives (Eq. 5)."""
    assert derivatives.total_hessian() == derivatives.summed(derivatives.hessian())


def test_factorisation_finds_the_cheapest_form():
    """The stated rule alone ends in one square, two signed squares and one thin product."""
    arranged = pairs.arrange(traces.trace(2))
    ((scalars, core),) = arranged.core.items()
    assert [str(s) for s in scalars] == ["p[i]"]
    K, g, h = (sp.IndexedBase(n)[sp.symbols("i j", integer=True)] for n in ("K", "g_g", "h_h"))
    assert core == (K * g + h + 1) ** 2
    assert [sign for sign, _ in arranged.squares] == [1, -1]
    assert [len(combined) for _, combined in arranged.squares] == [2, 1]
    assert [(len(left), len(right)) for left, right in arranged.thin] == [(1, 2)]


def test_zero_terms_vanish_for_the_linear_activation():
    """f″ = 0 and f′ = 1 leave 8 of 10 terms of tr H², and no feature but h."""
    built = programs.build("linear")
    assert built.features == ("h",)
    (of_units,) = (s for s in built.module["blocks"].samples if name_of(s.target) == "R_AA")
    assert not of_units.value.has(sp.KroneckerDelta)
    squared = traces.trace(2).rewrite(*programs.constants(activations.load("linear")))
    assert len(squared) == 8
    assert squared.names() == {"X", "e", "h", "m", "p", "w"}


@pytest.mark.parametrize("name", activations.names())
def test_activation_models_differentiate_in_atoms(name):
    """Derived with the activation's own atoms, tr H² holds nothing but atoms of the activation."""
    function = activations.load(name)
    found = traces.trace(2, model_of(function)).names()
    atoms = {a.symbol.name for a in function.atoms}
    assert found <= atoms | {"X", "e", "m", "p", "u", "w"}


def test_every_listed_equation_is_claimed():
    """The equations of the paper up to (90) that are identities or definitions all have a row."""
    listed = [
        *range(1, 7),
        *range(11, 22),
        *range(25, 29),
        *range(35, 40),
        42,
        43,
        44,
        45,
        46,
        47,
        48,
        49,
        50,
    ]
    listed += [51, 52, 53, 54, 57, 64, 65, 66, *range(68, 91)]
    numbers = set()
    for claim in claims.every():
        ends = [int(n) for n in re.findall(r"\d+", claim.equation)]
        numbers |= set(range(ends[0], ends[-1] + 1)) if ends else set()
    assert set(listed) <= numbers | {40, 41}, sorted(set(listed) - numbers)


@pytest.mark.parametrize("claim", claims.every(), ids=lambda c: c.name)
def test_claim_is_proved(claim):
    """Each claim is PROVED, a DEFINITION, or REFUTED where it is known to be false."""
    result = prove(claim)
    good = (claim.expected, Verdict.DEFINITION)
    assert result.verdict in good, (result.method, result.witness)


def test_claim_names_are_unique():
    """A name finds one claim."""
    names = [claim.name for claim in claims.every()]
    assert len(set(names)) == len(names)


def test_each_activation_is_claimed_alike():
    """Atoms, f to f‴, traces and kernels have a row for each activation that is discovered."""
    by_activation = {
        name: {
            c.name.replace(name, "")
            for c in claims.every()
            if getattr(c, "activation", None) == name
        }
        for name in activations.names()
    }
    for one, other in itertools.pairwise(by_activation.values()):
        assert one == other


def test_wrong_atom_rule_is_refuted():
    """tanh with q′ = −tq instead of −2tq."""
    right = activations.load("tanh")
    wrong = replace(
        right,
        atoms=(right.atoms[0], replace(right.atoms[1], derivative=-sp.Symbol("t", real=True))),
    )
    claim = claims.find("tanh_atoms")
    pairs = ((sp.diff(a.definition, u), a.derivative) for a in wrong.atoms)
    assert prove(replace(claim, pairs=tuple(pairs), function=wrong)).verdict is Verdict.REFUTED


def test_emitted_forms_keep_their_digits():
    """1 − s never stands for r, and r − s is −τ: the forms that are emitted do not cancel."""
    s, r, tau = sp.symbols("s r tau", real=True)
    assert activations.load("sigmoid").derivative(1) == s * r
    assert activations.load("sigmoid").derivative(2) == -s * r * tau
    y, y_bar, omega = sp.symbols("y ybar omega", real=True)
    assert sp.expand(CROSS_ENTROPY.derivative(1) - omega * (y_bar * s - y * r)) == 0
    assert CROSS_ENTROPY.derivative(2) == omega * s * r


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lambda", "an atom's name must be a Python identifier, got 'lambda'"),
        ("a-b", "an atom's name must be a Python identifier, got 'a-b'"),
        ("omega", "an atom's name must be its own, not 'omega', which is taken"),
        ("t0", "an atom's name must be its own, not 't0', which is taken"),
    ],
)
def test_atom_names_are_validated(name, message):
    """Names that would break the emitted code, or mean something else there, are refused."""
    symbol = sp.Symbol(name, real=True)
    with pytest.raises(ValueError, match=message):
        ScalarFunction(symbol, sp.sin(u), (Atom(symbol, sp.sin(u), sp.cos(u), sp.sin(u)),))


def test_decimal_numbers_are_refused():
    """A float in an activation is no exact number; the message says what to write."""
    with pytest.raises(ValueError, match=r"numbers must be exact: write Rational\('1.7"):
        ScalarFunction(1.7 * u, sp.Rational("1.7") * u)


def test_unknown_activation_lists_the_known():
    """The error names what there is."""
    known = ", ".join(activations.names())
    with pytest.raises(ValueError, match=f"activation must be one of {known}, got 'cosine'"):
        activations.load("cosine")
