"""LaTeX to MathML, for the LaTeX that ``typeset``, ``show`` and SymPy write.

The output is MathML Core, which browsers draw without scripts or fonts of our own, and is always
well formed: braces and environments that do not match, and unknown commands, are errors.
"""

import re
from collections.abc import Callable
from html import escape

from .mathml_names import (
    ACCENTS,
    BIG,
    BRACKETS,
    FENCES,
    FUNCTIONS,
    LIMITS,
    OPERATORS,
    SPACES,
    SYMBOLS,
)

TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[0-9]+(?:\.[0-9]+)?|\s+|'+|.", re.DOTALL)
THIN = '<mspace width="0.167em"></mspace>'
APPLIED = FUNCTIONS | {"operatorname", "min", "max", "sup", "inf", "lim"}
# What a minus sign follows that is a sign and no difference.
BEFORE_SIGN = tuple(
    f">{x}</mo>" for x in ("=", "≤", "≥", "≈", "→", "(", "[", "{", ",", "&lt;", "&gt;")
)
PRIMES, EMPTY = "′″‴⁗", "<mrow></mrow>"
PRIMED = re.compile(
    f"(?:<mrow>)?<msup>(<mi>[^<]*</mi>)(<mo[^>]*>[{PRIMES}]</mo>)</msup>(?:</mrow>)?"
)


def convert(latex: str, *, display: bool = False, label: str = "") -> str:
    """Return a ``math`` element; ``label`` is what a screen reader may say instead.

    ValueError, with the command, for LaTeX beyond what is known here.

    >>> convert("x^2")
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'
    >>> convert(r"H_{AA} < 1", display=True)  # doctest: +ELLIPSIS
    '<math display="block"><msub><mi>H</mi><mrow><mi>A</mi><mi>A</mi></mrow></msub><mo>&lt;</mo>...
    """
    attributes = ' display="block"' if display else ""
    if label:
        attributes += f' alttext="{escape(label)}"'
    parser = _Parser(TOKEN.findall(latex))
    body = parser.row()
    if parser.peek():
        msg = f"{parser.peek()} closes nothing in {latex}"
        raise ValueError(msg)
    return f"<math{attributes}>{body}</math>"


def _mo(text: str, attributes: str = "") -> str:
    return f"<mo{attributes}>{escape(text)}</mo>"


def _fence(text: str) -> str:
    bar = ' lspace="0" rspace="0"' * (text in ("|", "‖"))
    return _mo(text, f' stretchy="false"{bar}')


def _bold(text: str) -> str:
    """Write letters and digits in mathematical bold, which MathML Core has as characters only."""
    starts = (("0", 0x1D7CE), ("A", 0x1D400), ("a", 0x1D41A))

    def one(c: str) -> str:
        if not (c.isascii() and c.isalnum()):
            return c
        first, start = starts[0 if c.isdigit() else 1 if c.isupper() else 2]
        return chr(start + ord(c) - ord(first))

    return "".join(map(one, text))


class _Parser:
    """A recursive descent over tokens; every method returns MathML."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self) -> str:
        """Return the next token, or the empty string at the end."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        """Return the next token and go on behind it."""
        token = self.peek()
        if not token or (expected and token != expected):
            msg = f"expected {expected or 'more'}, got {token or 'the end'}"
            raise ValueError(msg)
        self.at += 1
        return token

    def row(self, *ends: str) -> str:
        """Read up to a token that ends the row."""
        parts: list[str] = []
        while (token := self.peek()) and token not in ends and token not in ("}", "&", "\\\\"):
            if token in ("\\right", "\\end"):
                break
            if token == "-" and (not parts or parts[-1].endswith(BEFORE_SIGN)):
                self.take()
                parts.append(_mo("−", ' form="prefix"'))
                continue
            if parts and token[1:] in APPLIED and not parts[-1].endswith(("</mo>", "</mspace>")):
                parts.append(THIN)
            parts.append(self.scripted())
        return "".join(parts)

    def scripted(self) -> str:
        """Read an atom with its primes, subscript and superscript."""
        limits = self.peek().removeprefix("\\") in LIMITS and self.peek().startswith("\\")
        base = self.atom() if self.peek() not in ("^", "_") else EMPTY
        low, high = list[str](), list[str]()
        if match := PRIMED.fullmatch(base):  # {f'}_i has its index below the prime
            base, high = match[1], [match[2]]
        while self.peek() in ("^", "_") or self.peek().startswith("'"):
            token = self.take()
            if token == "_":
                low.append(self.argument())
            elif token == "^":
                high.append(self.argument())
            else:
                high.append(_mo(PRIMES[min(len(token), 4) - 1], ' lspace="0" rspace="0"'))
        return _scripts(base, _together(low), _together(high), limits=limits)

    def argument(self) -> str:
        """Read one token or a group."""
        if self.peek() == "{":
            return self.group()
        return self.atom()

    def group(self) -> str:
        """Read what stands between braces, as one element."""
        self.take("{")
        inside = self.row()
        self.take("}")
        return inside if _is_single(inside) else f"<mrow>{inside}</mrow>"

    def text(self) -> str:
        """Read what stands between braces as it is."""
        self.take("{")
        start, depth = self.at, 1
        while depth and self.at < len(self.tokens):
            depth += {"{": 1, "}": -1}.get(self.tokens[self.at], 0)
            self.at += 1
        if depth:
            msg = "a brace is not closed"
            raise ValueError(msg)
        return "".join(self.tokens[start : self.at - 1])

    def atom(self) -> str:
        """Read a symbol, a number, a group or a command with its arguments."""
        token = self.take()
        if token == "{":
            self.at -= 1
            return self.group()
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token in FENCES:
            return _fence(token)
        if token == "-":
            return _mo("−")
        return f"<mi>{token}</mi>" if token.isalpha() else _mo(token)

    def command(self, name: str) -> str:
        """Read a command."""
        tables: tuple[tuple[dict[str, str], Callable[[str], str]], ...] = (
            (SYMBOLS, lambda x: f"<mi>{x}</mi>"),
            (OPERATORS, _mo),
            (FENCES, _fence),
            (SPACES, lambda x: f'<mspace width="{x}"></mspace>'),
        )
        for table, write in tables:
            if name in table:
                return write(table[name])
        if name in ("sum", "prod"):
            return _mo(LIMITS[name], ' movablelimits="true"')
        if name in LIMITS:
            return f"<mi>{LIMITS[name]}</mi>{self.applied()}"
        if name in FUNCTIONS:
            return f"<mi>{name}</mi>{self.applied()}"
        if name in ACCENTS:
            return f'<mover accent="true">{self.argument()}{_fence(ACCENTS[name])}</mover>'
        if name in BIG:
            size = f' stretchy="true" symmetric="true" minsize="{BIG[name]}" maxsize="{BIG[name]}"'
            return _mo(FENCES[self.take().removeprefix("\\")], size)
        method: Callable[[], str] | None = getattr(self, f"do_{name.rstrip('*')}", None)
        if method is None:
            msg = f"no MathML for \\{name}"
            raise ValueError(msg)
        return method()

    def applied(self) -> str:
        """Return the space behind a function, unless a bracket follows."""
        return "" if self.peek() in ("(", "{", "\\left") else THIN

    def do_frac(self) -> str:
        """Read a fraction."""
        return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"

    do_tfrac = do_dfrac = do_frac

    def do_sqrt(self) -> str:
        """Read a square root."""
        return f"<msqrt>{self.argument()}</msqrt>"

    def do_operatorname(self) -> str:
        """Read the name of an operator."""
        return f"<mi>{escape(self.text())}</mi>{self.applied()}"

    def do_mathrm(self) -> str:
        """Read upright letters."""
        text = self.text()
        upright = ' mathvariant="normal"' if len(text) == 1 else ""
        return f"<mi{upright}>{escape(text)}</mi>"

    def do_mathbf(self) -> str:
        """Read bold letters, with braces or without."""
        return f"<mi>{escape(_bold(self.text() if self.peek() == '{' else self.take()))}</mi>"

    def do_mathbb(self) -> str:
        """Read the name of a set of numbers."""
        return f"<mi>{ {'R': 'ℝ', 'N': 'ℕ'}[self.text()] }</mi>"

    def do_text(self) -> str:
        """Read words."""
        return f"<mtext>{escape(self.text()).replace(' ', chr(0xA0))}</mtext>"

    def do_left(self) -> str:
        """Read up to the bracket that closes this one."""
        opening = self.take()
        inside = self.row()
        self.take("\\right")
        closing = self.take()
        sides = ("" if x == "." else _mo(FENCES[x.removeprefix("\\")]) for x in (opening, closing))
        left, right = sides
        return f"<mrow>{left}{inside}{right}</mrow>"

    def do_begin(self) -> str:
        """Read an environment, as a table."""
        name = self.text()
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(self.row())
            token = self.take()
            if token == "\\end":
                break
            if token == "\\\\":
                rows.append([])
        if (closing := self.text()) != name:
            msg = f"{name} ends as {closing}"
            raise ValueError(msg)
        return _table(name, [row for row in rows if any(row)])


def _table(name: str, rows: list[list[str]]) -> str:
    """Write an environment's rows; those of ``aligned`` go by its relation signs."""
    align = name.startswith("align")
    lines = "".join(
        "<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in row) + "</mtr>" for row in rows
    )
    kind = ' class="aligned"' if align else ' class="cases"' if name == "cases" else ""
    start = ' displaystyle="true"' if align else ""
    brackets = BRACKETS.get(name, "")
    left, right = (_mo(x) if x else "" for x in (brackets[:1], brackets[1:]))
    table = f"<mtable{kind}{start}>{lines}</mtable>"
    return f"<mrow>{left}{table}{right}</mrow>" if brackets else table


def _together(scripts: list[str]) -> str:
    """Join what stands in one place, and leave out what is empty."""
    full = [x for x in scripts if x != EMPTY]
    return f"<mrow>{''.join(full)}</mrow>" if len(full) > 1 else "".join(full)


def _is_single(xml: str) -> bool:
    """Return whether the MathML is one element without children, or one row."""
    return bool(re.fullmatch(r"<(m[a-z]+)[^>]*>[^<]*</\1>", xml))


def _scripts(base: str, low: str, high: str, *, limits: bool) -> str:
    """Put sub- and superscript on a base."""
    if not low and not high:
        return base
    if base.endswith("</mspace>"):  # the space behind an operator stays behind its scripts
        cut = base.index("<mspace")
        return _scripts(base[:cut], low, high, limits=limits) + base[cut:]
    names = {(True, True): "under over", (True, False): "under", (False, True): "over"}
    name = names[bool(low), bool(high)].replace(" ", "")
    if not limits:
        name = name.replace("under", "sub").replace("over", "sup")
    return f"<m{name}>{base}{low}{high}</m{name}>"
