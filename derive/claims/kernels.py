"""Each activation's kernels: their programs, read back, are their formulas."""

from functools import partial

from hessbound.derive import activations
from hessbound.derive.lowering import programs
from hessbound.derive.lowering.ir import ProgramError
from hessbound.derive.proof.register import Register
from hessbound.derive.proof.statements import Checked
from hessbound.derive.proof.verdicts import Decision, Verdict


def _read_back(name: str) -> Decision:
    try:
        built = programs.build(name)
    except ProgramError as error:
        return Decision(Verdict.UNCHECKED, str(error))
    count = sum(map(len, built.claims.values()))
    return Decision(Verdict.PROVED, f"normal form; {count} read-backs")


CLAIMS = Register()
CLAIMS.extend(
    [
        Checked(
            f"kernels_{name}",
            f"{name}: each kernel's program, read back, is its formula",
            check=partial(_read_back, name),
            activation=name,
        )
        for name in activations.names()
    ]
)
