"""Elements of MathML as text, for ``mathml``."""

import re
from html import escape

from .mathml_names import BRACKETS

THIN = '<mspace width="0.167em"></mspace>'
EMPTY = "<mrow></mrow>"


def mo(text: str, attributes: str = "") -> str:
    """Write an operator."""
    return f"<mo{attributes}>{escape(text)}</mo>"


def fence(text: str) -> str:
    """Write a bracket or bar that keeps its height."""
    bar = ' lspace="0" rspace="0"' * (text in ("|", "‖"))
    return mo(text, f' stretchy="false"{bar}')


def bold(text: str) -> str:
    """Write letters and digits in mathematical bold, which MathML Core has as characters only."""
    starts = (("0", 0x1D7CE), ("A", 0x1D400), ("a", 0x1D41A))

    def one(c: str) -> str:
        if not (c.isascii() and c.isalnum()):
            return c
        first, start = starts[0 if c.isdigit() else 1 if c.isupper() else 2]
        return chr(start + ord(c) - ord(first))

    return "".join(map(one, text))


def table(name: str, rows: list[list[str]]) -> str:
    """Write an environment's rows; those of ``aligned`` go by its relation signs."""
    align = name.startswith("align")
    lines = "".join(
        "<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in row) + "</mtr>" for row in rows
    )
    kind = ' class="aligned"' if align else ' class="cases"' if name == "cases" else ""
    start = ' displaystyle="true"' if align else ""
    brackets = BRACKETS.get(name, "")
    left, right = (mo(x) if x else "" for x in (brackets[:1], brackets[1:]))
    body = f"<mtable{kind}{start}>{lines}</mtable>"
    return f"<mrow>{left}{body}{right}</mrow>" if brackets else body


def together(scripts: list[str]) -> str:
    """Join what stands in one place, and leave out what is empty."""
    full = [x for x in scripts if x != EMPTY]
    return f"<mrow>{''.join(full)}</mrow>" if len(full) > 1 else "".join(full)


def is_single(xml: str) -> bool:
    """Return whether the MathML is one element without children, or one row."""
    return bool(re.fullmatch(r"<(m[a-z]+)[^>]*>[^<]*</\1>", xml))


def scripts(base: str, low: str, high: str, *, limits: bool) -> str:
    """Put sub- and superscript on a base."""
    if not low and not high:
        return base
    if base.endswith("</mspace>"):  # the space behind an operator stays behind its scripts
        cut = base.index("<mspace")
        return scripts(base[:cut], low, high, limits=limits) + base[cut:]
    names = {(True, True): "under over", (True, False): "under", (False, True): "over"}
    name = names[bool(low), bool(high)].replace(" ", "")
    if not limits:
        name = name.replace("under", "sub").replace("over", "sup")
    return f"<m{name}>{base}{low}{high}</m{name}>"
