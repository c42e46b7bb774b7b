"""Activations of every form lower and read back; a term without a place is an error, never lost."""

import pytest
import sympy as sp

from hessbound.derive import activations
from hessbound.derive.algebra.labels import Index
from hessbound.derive.algebra.matrices import COL, ROW
from hessbound.derive.algebra.polynomials import atom, delta
from hessbound.derive.emission.numba import kernels
from hessbound.derive.functions.logistic import logistic
from hessbound.derive.functions.scalar import Atom, ScalarFunction, u
from hessbound.derive.lowering import blocks, gram, pairs, programs, sums
from hessbound.derive.lowering.ir import ProgramError, name_of
from hessbound.derive.lowering.pieces import NoPlaceError
from hessbound.derive.lowering.readback import read_program
from hessbound.derive.model import derivatives, traces
from hessbound.derive.model.parameters import at, column, entry, square

i, j, k, r = Index("sample", "i"), Index("sample", "j"), Index("hidden", "k"), Index("hidden", "r")
a, b = Index("input", "a"), Index("input", "b")
x, y, c = sp.symbols("x1 y1 c1", real=True)
STRAIGHT = Atom(x, u, sp.Integer(1), u)


def plain(value, definition, *atoms):
    """An activation from a polynomial in atoms."""
    return ScalarFunction(value=value, definition=definition, atoms=atoms)


root = 1 / sp.sqrt(1 + u**2)
bell = sp.exp(-(u**2) / 2)
FORMS = {
    "half_square": plain(x**2 / 2, u**2 / 2, STRAIGHT),
    "cube": plain(x**3, u**3, STRAIGHT),
    "isru": plain(x * y, u * root, STRAIGHT, Atom(y, root, -x * y**3, root)),
    "sine": plain(
        y, sp.sin(u), Atom(y, sp.sin(u), c, sp.sin(u)), Atom(c, sp.cos(u), -y, sp.cos(u))
    ),
    "gaussian": plain(y, bell, STRAIGHT, Atom(y, bell, -x * y, bell)),
    "silu": plain(
        x * sp.Symbol("s", real=True), u / (1 + sp.exp(-u)), STRAIGHT, *logistic(u).values()
    ),
    "affine": plain(2 * u + 1, 2 * u + 1),
    "irrational": plain(sp.sqrt(2) * u, sp.sqrt(2) * u),
    "constant": plain(sp.Integer(1), sp.Integer(1)),
    "zero": plain(sp.Integer(0), sp.Integer(0)),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_activation_lowers_and_reads_back(name):
    """Derivatives that are numbers, or zero, leave programs that are proved like the others."""
    built = programs.lowered(programs.numbers(FORMS[name]))
    assert built.claims.keys() == {program.name for program in built.module.programs}
    assert "h" in built.features


def test_a_square_needs_no_tile_of_its_own():
    """With f″ = 1 the signed squares are products of scalars, which K² alone multiplies."""
    program = programs.lowered(programs.numbers(FORMS["half_square"])).module["traces_gram"]
    assert [name_of(s.target) for s in program.tiles] == ["K", "g_g", "h_h"]


@pytest.mark.parametrize("name", ["constant", "zero"])
def test_what_the_templates_cannot_lay_out_is_refused(name, monkeypatch):
    """The error names activation and program; nothing is written."""
    monkeypatch.setattr(activations, "load", FORMS.get)
    with pytest.raises(ProgramError, match=f"{name}: traces_gram has one inner product"):
        kernels.fields(name)


def test_an_error_names_activation_and_program(monkeypatch):
    """A normal form with a term more has no place, and is not written without it."""
    squared = traces.trace(2)
    programs.lowered.cache_clear()
    tied = atom("X", i, a) * atom("A", k, a) * atom("h", j, k) * atom("e", i)
    monkeypatch.setattr(traces, "trace", lambda power: squared + tied.sum(i, j, a, k))
    with pytest.raises(NoPlaceError, match="tanh: traces_gram: no Gram form"):
        programs.build("tanh")


def vector(**changed):
    """The gradient's shape, with other entries."""
    own = {name: entry(derivatives.gradient(), name).sum(i) for name in ("A", "w0", "b")}
    return column(own | changed)


(hidden,) = at("b", ROW)
row_input, row_hidden = at("A", ROW)
e, p, h = atom("e", i), atom("p", i), atom("h", i, k)
OF_A = atom("X", i, row_input) * e


@pytest.mark.parametrize(
    "make",
    [
        lambda: sums.sums("s", "", {"s": (e * atom("e", j)).sum(i, j)}),
        lambda: sums.sums("s", "", {"s": atom("w0")}),
        lambda: sums.sums("s", "", {"s": (e * atom("z", k, r) * h * atom("h", i, r)).sum(i, k, r)}),
        lambda: sums.sums("s", "", {"s": (e * atom("X", i, a)).sum(i)}),
        lambda: sums.sums("s", "", {"s": (e * delta(k, r)).sum(i)}),
        lambda: sums.vector("g", "", vector(A=(e * atom("f1", i, row_hidden)).sum(i))),
        lambda: sums.vector("g", "", vector(b=(e * (atom("z", hidden, k) * h).sum(k)).sum(i))),
        lambda: sums.vector("g", "", vector(b=e)),
        lambda: sums.forward(atom("U", i, k), atom("v", i)),
        lambda: sums.forward((atom("X", i, a) * atom("A", k, a)).sum(a) * 2, atom("v", i)),
        lambda: gram.readings(next(gram.terms(e.sum(i)))),
        lambda: pairs.arrange((atom("K2", i, j) * e * atom("e", j)).sum(i, j)),
        lambda: pairs.arrange(
            (atom("h", i, k) * atom("f1", j, k) * atom("h", i, r) * atom("f1", j, r)).sum(
                i, j, k, r
            )
        ),
        lambda: blocks.blocks(hessian(("A", "A"), lambda value: value + row_block)),
        lambda: blocks.blocks(hessian(("A", "b"), lambda value: value * delta(*INPUTS))),
        lambda: blocks.blocks(hessian(("w0", "w0"), lambda value: value * (h * h).sum(k))),
        lambda: blocks.blocks(hessian(("w0", "w0"), lambda value: value + 1)),
    ],
)
def test_terms_without_a_place_are_errors(make):
    """Two samples, none, a sum over two indices, an index left over, a delta: none is dropped."""
    with pytest.raises(NoPlaceError):
        make()


INPUTS = at("A", ROW)[0], at("A", COL)[0]
row_block = (e * atom("X", i, at("A", ROW)[0])).sum(i)


def hessian(place, change):
    """The Hessian with one block changed."""
    H = derivatives.summed(derivatives.hessian())
    entries = {
        (row, col): entry(H, row, col) for row in ("A", "w0", "b") for col in ("A", "w0", "b")
    }
    return square(entries | {place: change(entries[place])})


def test_a_block_that_is_not_symmetric_does_not_read_back():
    """Upper triangles do not say it all then."""
    wrong = hessian(("b", "b"), lambda value: value + (atom("h", i, at("b", ROW)[0]) * p).sum(i))
    with pytest.raises(ProgramError, match="not symmetric in k and l"):
        read_program(blocks.blocks(wrong))


def test_a_form_with_a_zero_diagonal_is_written_in_squares():
    """2 x·y = ((x + y)² − (x − y)²)/2."""
    first, second = gram.Vector((), ("f1",)), gram.Vector((), ("h",))
    found = pairs.signed_squares([(sp.Integer(2), first, second)])
    form = sp.zeros(2)
    for sign, combination in found:
        row = sp.Matrix([[combination.get(first, 0), combination.get(second, 0)]])
        form += sign * row.T * row
    assert form == sp.Matrix([[0, 1], [1, 0]])
