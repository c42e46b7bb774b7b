"""What no template has a place for is refused, and a line of code says what it computes."""

import itertools
from dataclasses import replace

import pytest
import sympy as sp

from hessbound.derive.emission.numba.forward import forward_code
from hessbound.derive.emission.numba.loops import BlockPrinter, loops
from hessbound.derive.emission.numba.nests import constants_code, dense_code
from hessbound.derive.emission.numba.notes import noted, text
from hessbound.derive.emission.numba.pairs import gram_code, pairs_code
from hessbound.derive.emission.numba.places import LayoutError, place
from hessbound.derive.emission.numba.programs import given_code, program_code
from hessbound.derive.emission.numba.scopes import views
from hessbound.derive.lowering import blocks, programs
from hessbound.derive.lowering.ir import (
    KINDS,
    Assign,
    Product,
    a,
    a_,
    array,
    i,
    indices_of,
    j,
    k,
    l,
    m,
    total,
)
from hessbound.derive.lowering.readback import ReadBackError, read_program

MODULE = programs.build("tanh").module
OF_PAIRS, OF_BLOCKS = MODULE["contractions"], MODULE["contractions_of_blocks"]
GRAM, GRADIENT, BLOCKS = MODULE["traces_gram"], MODULE["gradient"], MODULE["blocks"]
SQUARES, DENSE, DESCENT = MODULE["squares"], MODULE["dense"], MODULE["descent"]
X, h, R = array("X", i, a), array("h", i, k), array("R", i, k)
w, out_A = array("w", k), array("out_A", a, k)

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
    (given_code, replace(OF_BLOCKS, pairs=(PAIR,))),
]
UNSYMMETRIC = Product(array("V", i, j), array("q0", i, k), array("g", j, k), k, add=True)


def sampled(*samples):
    """A program with these statements of one sample."""
    return program_code, replace(GRADIENT, samples=samples)


def before(*statements):
    """A program with these statements before the samples."""
    return given_code, replace(OF_BLOCKS, before=statements)


def constant(program, *constants):
    """A program with these statements of no sample, after its own."""
    return constants_code, replace(program, constants=(*program.constants, *constants))


INPUTS, OF_Y, OF_T, _ = OF_BLOCKS.before
NEXT = Assign(array("next_A", k, a), array("A", k, a))
SUM = sp.Symbol("c1")
SHAPES = [
    # sums in a product, in each other, over an index of the target, and from the second unit on
    sampled(Assign(R, h * total(w, k))),
    sampled(Assign(array("n0", i), total(h * total(array("w", l), l), k))),
    sampled(Assign(R, 1 + total(h, k))),
    sampled(Assign(array("n0", i), sp.Sum(h, (k, 2, m)))),
    # two units, or a pair of them, that there is no room for
    sampled(Assign(array("R", i, k, l), h)),
    sampled(Assign(array("R", i, k, l), h, symmetric=((k, l),))),
    # products that are over something else, or turned
    (program_code, replace(GRADIENT, after=(Product(array("out_A", i, k), X, h, a),))),
    (program_code, replace(GRADIENT, after=(Product(array("out_A", k, a), X, R, i),))),
    before(INPUTS, replace(OF_Y, over=a)),
    before(INPUTS, replace(OF_Y, add=True)),
    before(INPUTS, replace(OF_T, target=array("T", i, l, k))),
    # assignments that come late, or have no room
    before(OF_T, INPUTS),
    before(replace(INPUTS, target=array("X2", i, a, a_))),
    (given_code, replace(BLOCKS, samples=(*BLOCKS.samples, Assign(R, h)))),
    # two sums over pairs, and none
    (gram_code, replace(GRAM, pairs=(*GRAM.pairs, PAIR))),
    (gram_code, replace(GRAM, pairs=())),
    # a third product over the samples' sum, and one of three arrays
    (gram_code, replace(GRAM, after=(*GRAM.after, GRAM.after[-1]))),
    (gram_code, replace(GRAM, after=(*GRAM.after[:-1], replace(GRAM.after[-1], value=h**3)))),
    # no sum over pairs, a product over units, sums that are added to others, another last output
    (pairs_code, replace(OF_PAIRS, contracted=OF_PAIRS.contracted[:-4])),
    (pairs_code, replace(OF_PAIRS, contracted=(Product(h, h, h, k), *OF_PAIRS.contracted))),
    (
        pairs_code,
        replace(OF_PAIRS, contracted=tuple(replace(s, add=True) for s in OF_PAIRS.contracted)),
    ),
    (pairs_code, replace(OF_PAIRS, pairs=(*OF_PAIRS.pairs, PAIR))),
    (pairs_code, replace(OF_PAIRS, outputs=OF_PAIRS.outputs[::-1])),
    # sums in a product, of sums, of what is not known yet, of a part for other units
    constant(SQUARES, Assign(SUM, total(w, k) * total(w, k))),
    constant(SQUARES, Assign(SUM, total(w * total(array("w", l), l), k))),
    constant(SQUARES, Assign(SUM, sp.Symbol("trace_output") * total(array("H_w0b", k), k))),
    constant(SQUARES, Assign(SUM, total(array("row", k, l), k, l))),
    constant(SQUARES, Assign(SUM, total(array("row", k, k), k))),
    # what a step reads has been overwritten
    constant(DESCENT, replace(NEXT, value=array("A", k, a) + w)),
    constant(DESCENT, replace(NEXT, value=array("A", k, a_))),
    constant(DESCENT, Assign(sp.Symbol("next_w0"), sp.Symbol("w0") + total(w, k))),
    # an entry of H that is not stored
    (dense_code, replace(DENSE, constants=(Assign(out_A, 2 * array("H_Aw0", k, a)),))),
]


@pytest.mark.parametrize(("print_", "program"), [*MISPLACED, *SHAPES])
def test_what_has_no_place_is_refused(print_, program):
    """A statement in a stage, or of a form, that a template does not print is an error."""
    with pytest.raises(LayoutError):
        print_(program)


@pytest.mark.parametrize(
    "changes",
    [{"tiles": (*GRAM.tiles, UNSYMMETRIC)}, {"pairs": (replace(PAIR, value=array("p", i)),)}],
)
def test_what_half_of_the_pairs_do_not_give_is_refused(changes):
    """Kernels add up half of the pairs; sums for which that will not do do not read back."""
    with pytest.raises(ReadBackError, match="not symmetric in i and j"):
        read_program(replace(GRAM, **changes))


def test_a_loop_is_not_shared_with_what_it_has_not_computed_yet():
    """A statement that reads other units' entries comes after the loop that computes them."""
    of_pairs = Assign(array("R_Ab", i, k, l), array("h", i, k))
    turned = Assign(array("T", i, k, l), array("R_Ab", i, l, k))
    lines = loops([of_pairs, turned], BlockPrinter())
    assert lines.count("for k in range(m):") == 2


def test_what_is_there_has_a_place():
    """The same functions print what is derived."""
    assert gram_code(GRAM).inner == ("l0_X", "r0_X")
    assert pairs_code(OF_PAIRS).pair_total == "T_r[s]"
    assert given_code(BLOCKS).totals[0] == "H_w0w0 = 0.0"
    assert given_code(OF_BLOCKS).results == ("alpha", "beta", "gamma", "tau", "beta0")


def test_every_stored_entry_has_a_place_of_its_own():
    """Places of blocks are distinct and fill their arrays; a pair has one in either order."""
    D, count = 4, 3
    sizes, found = {"hidden": count, "input": D}, {"AA": {}, "Aw": {}, "ww": {}}
    for names, x in zip(blocks.UPPER, blocks.inputs(), strict=True):
        entry = blocks.stored(*names)
        at = indices_of(entry)
        for values in itertools.product(*(range(sizes[KINDS[y]]) for y in at)):
            scope = {"m": count, "D": D} | dict(zip(map(str, at), values, strict=True))
            exec("\n".join(views([entry], [])), scope)
            where = tuple(eval(number, scope) for number in place(entry).at)
            mine = {n for pair in x.symmetric for n in pair}
            pairs = [tuple(sorted(values[n] for n in pair)) for pair in x.symmetric]
            one = (x.name, *pairs, *(v for n, v in enumerate(values) if n not in mine))
            if x.name != "H_bb" or values == pairs[0]:  # mirrored where it is read
                assert found[place(entry).array].setdefault(where, one) == one
    pairs, triangle = count * (count + 1) // 2, (count + 1) * (count + 2) // 2
    assert {name: len(places) for name, places in found.items()} == {
        "AA": pairs * D * (D + 1) // 2,
        "Aw": 2 * pairs * D,
        "ww": triangle,
    }


def test_only_what_is_used_is_asked_for():
    """The gradient uses f′ and e, and asks for no f″ and no p; p alone comes with e."""
    used = {x.name for x in GRADIENT.inputs}
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
    line = noted("part0 += (n0[r] + 1)*p[r]", s, {sp.Symbol("n0"): total(h**2, k)})
    assert line.endswith("  # tr H_ww = Σ_i (Σ_k h² + 1) p")
    assert noted("x = y", Assign(sp.Symbol("x"), sp.Symbol("y"))) == "x = y"
