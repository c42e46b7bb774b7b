"""What no template has a place for is refused, and a line of code says what it computes."""

from dataclasses import replace

import pytest
import sympy as sp

from hessbound.derive.emission import modules
from hessbound.derive.emission.numba.forward import forward_code, names_in
from hessbound.derive.emission.numba.gram import gram_code
from hessbound.derive.emission.numba.loops import LayoutError
from hessbound.derive.emission.numba.notes import noted, text
from hessbound.derive.emission.numba.pairs import blocks_terms, pairs_code
from hessbound.derive.emission.numba.programs import blocks_code, program_code
from hessbound.derive.lowering import programs
from hessbound.derive.lowering.ir import (
    Assign,
    Product,
    a,
    array,
    equal,
    i,
    j,
    k,
    l,
    name_of,
    total,
)

MODULE = programs.build("tanh").module
OF_PAIRS, OF_BLOCKS = MODULE["contractions"], MODULE["contractions_of_blocks"]
GRAM, GRADIENT, BLOCKS = MODULE["traces_gram"], MODULE["gradient"], MODULE["blocks"]
X, h = array("X", i, a), array("h", i, k)

ANY = Assign(sp.Symbol("c0"), total(array("w", k), k))
PAIR = Assign(sp.Symbol("trace_squared"), array("K", i, j), add=True)
MISPLACED = [
    (program_code, replace(GRADIENT, constants=(ANY,))),
    (program_code, replace(GRADIENT, after=(*GRADIENT.after, ANY))),
    (program_code, replace(GRADIENT, tiles=GRAM.tiles)),
    (program_code, replace(GRADIENT, pairs=GRAM.pairs)),
    (program_code, replace(GRADIENT, contracted=OF_PAIRS.contracted)),
    (gram_code, replace(GRAM, contracted=OF_PAIRS.contracted)),
    (pairs_code, replace(OF_PAIRS, constants=(ANY,))),
    (blocks_terms, replace(OF_BLOCKS, pairs=(PAIR,))),
]
UNSYMMETRIC = Product(array("V", i, j), array("q0", i, k), array("g", j, k), k, add=True)
SHAPES = [
    # a sum within a value, a statement over two indices, a product that is over something else
    (program_code, replace(GRADIENT, samples=(Assign(array("R", i, k), 1 + total(h, k)),))),
    (program_code, replace(GRADIENT, samples=(Assign(array("R", i, k, l), h),))),
    (program_code, replace(GRADIENT, after=(Product(array("out_A", i, k), X, h, a),))),
    # two sums over pairs, none, one that half of the pairs do not give, twice
    (gram_code, replace(GRAM, pairs=(*GRAM.pairs, PAIR))),
    (gram_code, replace(GRAM, pairs=())),
    (gram_code, replace(GRAM, tiles=(*GRAM.tiles, UNSYMMETRIC))),
    (gram_code, replace(GRAM, pairs=(replace(PAIR, value=array("p", i)),))),
    # a third product over the samples' sum, and one of three arrays
    (gram_code, replace(GRAM, after=(*GRAM.after, GRAM.after[-1]))),
    (gram_code, replace(GRAM, after=(*GRAM.after[:-1], replace(GRAM.after[-1], value=h**3)))),
    # no sum over pairs, a product over units, one that is added to another
    (pairs_code, replace(OF_PAIRS, contracted=OF_PAIRS.contracted[:-4])),
    (pairs_code, replace(OF_PAIRS, contracted=(Product(h, h, h, k), *OF_PAIRS.contracted))),
    (
        pairs_code,
        replace(OF_PAIRS, contracted=tuple(replace(s, add=True) for s in OF_PAIRS.contracted)),
    ),
    (blocks_terms, replace(OF_BLOCKS, samples=(Assign(array("gamma", i, k), total(h, k)),))),
]


@pytest.mark.parametrize(("print_", "program"), [*MISPLACED, *SHAPES])
def test_what_has_no_place_is_refused(print_, program):
    """A statement in a stage, or of a form, that a template does not print is an error."""
    with pytest.raises(LayoutError):
        print_(program)


@pytest.mark.parametrize(
    ("name", "value"), [("XX", X), ("R_Aw0", equal(k, l)), ("H_bb", equal(k, l) + h)]
)
def test_a_block_that_has_no_place_is_refused(name, value):
    """Only two blocks have a part for equal units, and each has its own inputs."""
    samples = (replace(s, value=value) if name_of(s.target) == name else s for s in BLOCKS.samples)
    with pytest.raises(LayoutError, match="no template lays out a block"):
        blocks_code(replace(BLOCKS, samples=tuple(samples)))


def test_what_is_there_has_a_place():
    """The same functions print what is derived."""
    for name in modules.LOOPS:
        program_code(MODULE[name], {"constants", "before", "samples", "products"})
    assert gram_code(GRAM).inner == ("l0_X", "r0_X")
    assert pairs_code(OF_PAIRS).pair_total == "T_r[s]"
    assert set(blocks_terms(OF_BLOCKS)) == {"alpha", "beta", "gamma", "tau", "beta0"}


def test_only_what_is_used_is_asked_for():
    """The gradient uses f′ and e, and asks for no f″ and no p; p alone comes with e."""
    used = names_in(GRADIENT)
    assert forward_code(used, ()).functions == ("unit_h_f1", "sample_e")
    assert forward_code({"p"}, ("f1", "f2", "f3")).functions == ("unit_h", "sample_e_p")
    assert forward_code({"f2"}, ()).functions == ("unit_h_f1_f2",)
    with pytest.raises(LayoutError, match="no function of the loss fills loss, p1 together"):
        forward_code({"loss", "p1"}, ())


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (array("e", i) * array("f1", i, k) * array("w", k), "e f′ w"),
        (array("f1", i, l) * array("w", l) - 2 * h**2, "f′_l w_l − 2 h²"),
        ((h + 1) ** 2 * array("p", j), "(h + 1)² p_j"),
        (array("K", i, j) ** 2, "K_ij²"),
        (total(array("T", i, l, k) * h, l), "Σ_l T_lk h"),
        (array("p", i) * total(h * array("w", k), k), "p Σ_k h w"),
        (total(h, k) * total(array("w", k), k), "(Σ_k h) Σ_k w"),
        (array("g_g", i, j) / 2, "1/2 (g·g)_ij"),
    ],
)
def test_notes(expr, expected):
    """Own indices are left out, others are subscripts; no two products read alike."""
    assert text(expr) == expected


def test_notes_name_what_is_added_up():
    """A total has its name and its sum; sums with no name of their own stand in their place."""
    s = Assign(sp.Symbol("trace_output"), (sp.Symbol("n0") + 1) * array("p", i), add=True)
    line = noted("part0 += (n0[r] + 1)*p[r]", s, {"n0": total(h**2, k)})
    assert line.endswith("  # tr H_ww = Σ_i (Σ_k h² + 1) p")
    assert noted("x = y", Assign(sp.Symbol("x"), sp.Symbol("y"))) == "x = y"
