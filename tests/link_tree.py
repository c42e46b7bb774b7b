"""Lay out the packages under build/types by import name: type checkers follow no import hooks."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREE = ROOT / "build" / "types"


def settings() -> dict:
    """Return the table [tool.setuptools] of pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["tool"]["setuptools"]


def packages() -> dict[str, Path]:
    """Return the folder of each package that pyproject.toml lists, subpackages included."""
    mapped = settings()["package-dir"]
    found = {}
    for name in settings()["packages"]:
        head = max((m for m in mapped if f"{name}.".startswith(f"{m}.")), key=len)
        found[name] = ROOT.joinpath(mapped[head], *name.removeprefix(head).split(".")[1:])
    return found


def build() -> Path:
    """Bring build/types up to date and return it; links that stay are never absent meanwhile.

    Directories are real: pyright checks no file behind a linked one.
    """
    for name, folder in packages().items():
        package = TREE.joinpath(*name.split("."))
        package.mkdir(parents=True, exist_ok=True)
        for link in package.iterdir():
            if link.is_symlink() and not link.exists():
                link.unlink()
        for path in folder.iterdir():
            link = package / path.name
            if path.is_file() and not link.is_symlink():
                link.symlink_to(path)
    return TREE


if __name__ == "__main__":
    build()
