"""LaTeX to MathML, for the LaTeX that ``typeset``, ``show`` and SymPy write.

The output is MathML Core, which browsers draw without scripts or fonts of our own, and is always
well formed: braces and environments that do not match, and unknown commands, are errors.
"""

import re
from collections.abc import Callable
from html import escape

from .mathml_elements import EMPTY, THIN, bold, fence, is_single, mo, scripts, table, together
from .mathml_names import (
    ACCENTS,
    BIG,
    DOUBLE,
    FENCES,
    FUNCTIONS,
    LIMITS,
    OPERATORS,
    SPACES,
    SYMBOLS,
)

TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[0-9]+(?:\.[0-9]+)?|\s+|'+|.", re.DOTALL)
APPLIED = FUNCTIONS | {"operatorname", "min", "max", "sup", "inf", "lim"}
# What a minus sign follows that is a sign and no difference.
BEFORE_SIGN = tuple(
    f">{x}</mo>" for x in ("=", "≤", "≥", "≈", "→", "(", "[", "{", ",", "&lt;", "&gt;")
)
PRIMES = "′″‴⁗"
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
                parts.append(mo("−", ' form="prefix"'))
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
                high.append(mo(PRIMES[min(len(token), 4) - 1], ' lspace="0" rspace="0"'))
        return scripts(base, together(low), together(high), limits=limits)

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
        return inside if is_single(inside) else f"<mrow>{inside}</mrow>"

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
            return fence(token)
        if token == "-":
            return mo("−")
        return f"<mi>{token}</mi>" if token.isalpha() else mo(token)

    def command(self, name: str) -> str:
        """Read a command."""
        tables: tuple[tuple[dict[str, str], Callable[[str], str]], ...] = (
            (SYMBOLS, lambda x: f"<mi>{x}</mi>"),
            (OPERATORS, mo),
            (FENCES, fence),
            (SPACES, lambda x: f'<mspace width="{x}"></mspace>'),
        )
        for names, write in tables:
            if name in names:
                return write(names[name])
        if name in ("sum", "prod"):
            return mo(LIMITS[name], ' movablelimits="true"')
        if name in LIMITS:
            return f"<mi>{LIMITS[name]}</mi>{self.applied()}"
        if name in FUNCTIONS:
            return f"<mi>{name}</mi>{self.applied()}"
        if name in ACCENTS:
            return f'<mover accent="true">{self.argument()}{fence(ACCENTS[name])}</mover>'
        if name in BIG:
            size = f' stretchy="true" symmetric="true" minsize="{BIG[name]}" maxsize="{BIG[name]}"'
            return mo(FENCES[self.take().removeprefix("\\")], size)
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
        return f"<mi>{escape(bold(self.text() if self.peek() == '{' else self.take()))}</mi>"

    def do_mathbb(self) -> str:
        """Read the name of a set of numbers."""
        return f"<mi>{DOUBLE[self.text()]}</mi>"

    def do_text(self) -> str:
        """Read words."""
        return f"<mtext>{escape(self.text()).replace(' ', chr(0xA0))}</mtext>"

    def do_left(self) -> str:
        """Read up to the bracket that closes this one."""
        opening = self.take()
        inside = self.row()
        self.take("\\right")
        closing = self.take()
        sides = ("" if x == "." else mo(FENCES[x.removeprefix("\\")]) for x in (opening, closing))
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
        return table(name, [row for row in rows if any(row)])
