"""A program that is wrong does not read back as its claim: by hand, and damaged place by place."""

import random
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from hessbound.derive.activations import names
from hessbound.derive.lowering import programs
from hessbound.derive.lowering.ir import Assign, Module, array, total
from hessbound.derive.lowering.readback import ReadBackError, read_module, read_program

from .damage import damaged
from .interpreter import PRIME, drawn, evaluate, run
from .random_programs import draw
from .wrong_programs import WRONG, A, X, a

COUNTS = Counter()  # over the module
SIZES = (3, 1, 2), (2, 2, 3)  # N, d and m
EACH = 40  # damaged versions of a program of the kernels, in a run that takes samples
MODULES = {programs.build(name).module.programs: name for name in names()}  # one for those alike
PROGRAMS = [(name, program.name) for module, name in MODULES.items() for program in module]


class Right:
    """A program that is right: its claim, and what it gives in numbers."""

    def __init__(self, program, claim, given, inputs):
        self.program, self.claim, self.given, self.inputs = program, claim, given, inputs
        self.outputs = [run(program, size, own) for size, own in zip(SIZES, inputs, strict=True)]

    def decide(self, wrong):
        """Say what becomes of a damaged version; AssertionError where it is accepted and wrong."""
        try:
            found = read_program(wrong, self.given)
        except ReadBackError:
            return "refused"
        if any(name not in found or not found[name].same(x) for name, x in self.claim.items()):
            return "something else"
        for size, inputs, outputs in zip(SIZES, self.inputs, self.outputs, strict=True):
            actual = run(wrong, size, inputs)
            assert {name: actual[name] for name in self.claim} == outputs
        return "the same program"


@cache
def read(activation):
    """What all programs of an activation read back as."""
    return read_module(programs.build(activation).module)


@cache
def numbers(activation, name, size):
    """Random inputs of a program; those that other programs compute, as these compute them."""
    module = programs.build(activation).module
    own = {}
    for program in module.programs:  # each draws what is new, so that they share the rest
        own = {**drawn(program, size, 1), **own}
    for source in module.takes[name]:
        own |= run(module[source], size, numbers(activation, source, size))
    return {x.name: own[x.name] for x in module[name].inputs}


@cache
def right(activation, name):
    """A program of the kernels."""
    built = programs.build(activation)
    taken = (read(activation)[source] for source in built.module.takes[name])
    given = {x: found for source in taken for x, found in source.items()}
    inputs = [numbers(activation, name, size) for size in SIZES]
    return Right(built.module[name], built.claims[name], given, inputs)


@pytest.mark.parametrize(("activation", "name"), PROGRAMS)
def test_right_programs_compute_what_they_read_back_as(activation, name):
    """Run entry by entry, a program gives its polynomials' values."""
    one = right(activation, name)
    everything = {}
    for program in programs.build(activation).module.programs:
        everything |= numbers(activation, program.name, SIZES[0])
    for output, found in read(activation)[name].items():
        for at, value in one.outputs[0][output].items():
            assert evaluate(found, SIZES[0], everything, at) == value % PRIME, output


@pytest.mark.parametrize(("activation", "name"), PROGRAMS)
def test_damaged_programs_do_not_read_back(activation, name, sampled):
    """Changed in one place, a program is refused, something else, or does the same in numbers."""
    one = right(activation, name)
    for what, wrong in sampled(damaged(one.program), EACH, f"{activation} {name}"):
        COUNTS[_decided(one, what, wrong)] += 1


@pytest.mark.parametrize("seed", range(30))
def test_damaged_random_programs_do_not_read_back(seed):
    """The same for small programs of every stage, drawn at random."""
    program = draw(random.Random(seed))
    claim = read_program(program)
    one = Right(program, claim, {}, [drawn(program, size, seed) for size in SIZES])
    for name, found in claim.items():
        for at, value in one.outputs[0][name].items():
            assert evaluate(found, SIZES[0], one.inputs[0], at) == value % PRIME, name
    found = list(damaged(program))
    for what, wrong in random.Random(seed).sample(found, 60):
        COUNTS[_decided(one, what, wrong)] += 1


def _decided(one, what, wrong):
    try:
        return one.decide(wrong)
    except (AssertionError, LookupError, TypeError) as error:  # whatever the interpreter stops at
        pytest.fail(f"{one.program.name} reads back as its claim, {what}: {error!r}")


@pytest.mark.parametrize("what", WRONG)
def test_wrong_programs_do_not_read_back(what):
    """Each of these is refused, or read as something else."""
    program, claim = WRONG[what]
    try:
        found = read_program(program)
    except ReadBackError:
        COUNTS["refused"] += 1
        return
    assert any(not found[name].same(x) for name, x in claim.items()), found
    COUNTS["something else"] += 1


def test_counts_of_the_suite(record_property):
    """Print the counts; hardly a change of one place leaves a program what it is."""
    if COUNTS.total() < 1000:
        pytest.skip("the whole module has not been run")
    text = ", ".join(f"{n:,} {x}" for x, n in COUNTS.most_common())
    record_property("damaged programs", text)
    assert COUNTS["the same program"] < 0.05 * COUNTS.total()


MODULE = programs.build("sigmoid").module


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Module(MODULE.programs[::-1], MODULE.takes), "which comes later"),
        (Module((MODULE["trace"], MODULE["trace"])), "trace stands twice"),
        (
            Module(MODULE.programs, {**MODULE.takes, "moments": ("trace", "traces_gram")}),
            "gives the same twice",
        ),
        (
            Module(
                (replace(MODULE["blocks"], name="other"), MODULE["dense"]), {"dense": ("blocks",)}
            ),
            "dense takes blocks",
        ),
    ],
)
def test_modules_that_do_not_fit_are_refused(module, message):
    """A program takes what one earlier program gives."""
    with pytest.raises(ReadBackError, match=message):
        read_module(module)


def test_what_is_given_must_be_of_the_declared_form():
    """Blocks that are stored whole are none that are stored by halves."""
    whole = {name: replace(x, symmetric=()) for name, x in read("tanh")["blocks"].items()}
    with pytest.raises(ReadBackError, match=r"squares: inputs: Input\(name='H_AA'"):
        read_program(MODULE["squares"], whole)


def test_a_module_without_a_call_proves_nothing():
    """The squares of any blocks are not tr H²."""
    found = read_program(MODULE["squares"])
    assert not found["trace_squared"].same(
        programs.build("sigmoid").claims["squares"]["trace_squared"]
    )


def test_errors_name_program_stage_and_statement():
    """The message leads to the place."""
    program = MODULE["forward"]
    wrong = replace(program, samples=(Assign(array("v"), total(A * X, a)), *program.samples))
    rule = r"forward: samples: .*: the index k of A\[k, a\] is not of the statement"
    with pytest.raises(ReadBackError, match=rule):
        read_program(wrong)
