"""From a checkout to its generated files: prove, then write (the driver of stage 5)."""

from collections.abc import Callable, Iterable
from pathlib import Path

import hessbound.derive
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.statements import (
    Checked,
    Claim,
    Definition,
    Identity,
    Induction,
    ScalarIdentity,
)
from hessbound.derive.proof.verdicts import Result, Verdict

from . import files, spectrum

Track = Callable[[Iterable[Claim]], Iterable[Claim]]
BASIS = (Definition, Identity, Induction, ScalarIdentity, Checked)  # what kernels rest on


class NotProvedError(RuntimeError):
    """Claims that stand in the way of writing kernels; ``results`` are the prover's."""

    def __init__(self, results: list[Result]) -> None:
        self.results = results
        super().__init__(
            f"{len(results)} claims are not proved: {', '.join(r.claim.name for r in results)}"
        )


def checkout(root: Path) -> Path:
    """Return the root of a checkout whose derivation is the one in use; ValueError if it is not."""
    root = root.resolve()
    needed = ("pyproject.toml", "derive", "generated", "templates")
    missing = [name for name in needed if not (root / name).exists()]
    if missing:
        rule = "a checkout of hessbound with derive/, generated/ and templates/"
        msg = f"--root must be {rule}, {root} has no {missing[0]}"
        raise ValueError(msg)
    in_use = Path(hessbound.derive.__file__).resolve().parent
    if in_use != root / "derive":
        msg = f"--root must be the checkout that is installed, {in_use.parent}, got {root}"
        raise ValueError(msg)
    return root


def bounds() -> spectrum.Bounds:
    """Return the claims about a spectrum whose boundary is emitted."""
    from hessbound.derive.claims import spectrum as claims

    return claims.outer, claims.inner


def differences(root: Path) -> dict[str, str]:
    """Compare generated/ of a checkout with what would be written, as ``files.differences``."""
    return files.differences(root, bounds())


def _is_basis(claim: Claim, emitted: spectrum.Bounds) -> bool:
    """Say whether a kernel rests on a claim; of the bounds, only those that are emitted."""
    if claim.expected is Verdict.REFUTED or not getattr(claim, "in_kernels", True):
        return False
    return isinstance(claim, BASIS) or getattr(claim, "function", None) in emitted


def generate(root: Path, put: files.Write, track: Track = iter) -> dict[str, str]:
    """Prove every identity, and the bounds that are emitted, then bring generated/ in step.

    Parameters
    ----------
    root : Path
        The checkout to write to.
    put : callable
        Writes a text to a path, as a whole or not at all.
    track : callable, optional
        Passes the claims on one by one, for instance to show progress.

    Returns
    -------
    dict
        The files that were out of step, as ``files.differences`` gives them.

    Raises
    ------
    NotProvedError
        If a claim is not proved; nothing is written then.

    Examples
    --------
    A claim that is not proved stops it:

    >>> from dataclasses import replace
    >>> from hessbound.derive import claims
    >>> wrong = replace(claims.find("trace"), function=lambda q: (q.H.trace(), 2 * q.H.trace()))
    >>> generate(Path("checkout"), Path.write_text, track=lambda every: [wrong])
    Traceback (most recent call last):
    hessbound.derive.emission.generate.NotProvedError: 1 claims are not proved: trace
    """
    from hessbound.derive import claims

    emitted = bounds()
    needed = [claim for claim in claims.every() if _is_basis(claim, emitted)]
    results = [prove(claim) for claim in track(needed)]
    failed = [r for r in results if r.verdict not in (Verdict.PROVED, Verdict.DEFINITION)]
    if failed:
        raise NotProvedError(failed)
    return files.write(root, emitted, put)
