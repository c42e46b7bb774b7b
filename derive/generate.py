"""From a checkout to its generated files: prove every claim, then write (the driver of stage 5)."""

from collections.abc import Callable, Iterable
from pathlib import Path

import hessbound.derive
from hessbound.derive import claims, emit
from hessbound.derive.prove import Result, Verdict, prove
from hessbound.derive.statements import Claim

Track = Callable[[Iterable[Claim]], Iterable[Claim]]


class NotProvedError(RuntimeError):
    """Claims that stand in the way of writing kernels."""

    def __init__(self, results: list[Result]) -> None:
        self.results = results
        super().__init__(
            f"{len(results)} claims are not proved: {', '.join(r.claim.name for r in results)}"
        )


def checkout(root: Path) -> Path:
    """The root of a checkout whose derivation is the one in use; a ValueError where it is not."""
    root = root.resolve()
    missing = [
        name
        for name in ("pyproject.toml", "derive", "generated", "templates")
        if not (root / name).exists()
    ]
    if missing:
        msg = f"--root must be a checkout of hessbound with derive/, generated/ and templates/, {root} has no {missing[0]}"
        raise ValueError(msg)
    in_use = Path(hessbound.derive.__file__).resolve().parent
    if in_use != root / "derive":
        msg = f"--root must be the checkout that is installed, {in_use.parent}, got {root}"
        raise ValueError(msg)
    return root


def generate(root: Path, track: Track = iter) -> dict[str, str]:
    """Prove every claim, then bring generated/ in step; NotProvedError, and nothing written, if one is not proved."""
    results = [prove(claim) for claim in track(claims.every())]
    failed = [r for r in results if r.verdict not in (Verdict.PROVED, Verdict.DEFINITION)]
    if failed:
        raise NotProvedError(failed)
    return emit.write(root)
