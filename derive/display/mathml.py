"""LaTeX to MathML Core, which browsers draw without scripts or fonts of our own.

latex2mathml reads the LaTeX. What is mended here are attributes that browsers have dropped since,
signs that are no identifiers, and the space that TeX puts around names.
"""

import re
import unicodedata
from html import unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter

THIN = "0.167em"
PRIMES, ACCENTS = tuple("′″‴"), tuple("¯^~")
ORDINARY = ("∞", "\N{DOWN TACK}")  # no operators
BARS, OPENING, CLOSING = tuple("|‖"), tuple("([{⟨"), tuple(")]}⟩")
BEFORE_SIGN = (*"=≤≥≈→<>,", *OPENING)  # a minus sign behind one of these is no difference
LIMITS = ("∑", "∏", "min", "max", "sup", "inf", "lim")
BELOW = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
PARTS = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}


def convert(latex: str, *, display: bool = False, label: str = "") -> str:
    """Return a ``math`` element; ``label`` is what a screen reader may say instead.

    ValueError for LaTeX that is not well formed, or that latex2mathml does not know.

    >>> convert("x^2")
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'
    >>> convert(r"H_{AA} < 1", display=True)  # doctest: +ELLIPSIS
    '<math display="block"><msub><mi>H</mi><mrow><mi>A</mi><mi>A</mi></mrow></msub><mo>&lt;</mo>...
    """
    math = Element("math", {"display": "block"} if display else {})
    if label:
        math.set("alttext", label)
    inside = _mended(_read(latex))
    math.extend(inside if inside.tag == "mrow" else [inside])
    return tostring(math, encoding="unicode")


def _read(latex: str) -> Element:
    """Return the library's elements; an environment needs braces to take scripts as a whole."""
    grouped = latex.replace(r"\begin{", r"{\begin{").replace("{aligned}", "{split}")
    grouped = re.sub(r"(\\end\{\w+\})", r"\1}", grouped)
    braces = re.sub(r"\\[{}]", "", latex)
    if braces.count("{") != braces.count("}"):
        msg = f"no MathML for {latex}: a brace is not closed"
        raise ValueError(msg)
    try:
        (row,) = Converter().convert_to_element(grouped)
    except Exception as error:  # the library's exceptions have no base of their own
        msg = f"no MathML for {latex}: {type(error).__name__}"
        raise ValueError(msg) from error
    return row


def _mended(element: Element) -> Element:
    """Mend an element from the inside out, and return what stands in its place."""
    _mend_text(element)
    element[:] = [_mended(x) for x in element if x.tag != "mo" or x.text]  # \left. is empty
    if len(element) != PARTS.get(element.tag, len(element)):
        msg = f"no MathML for {element.tag} of {len(element)} parts"
        raise ValueError(msg)
    if element.tag in BELOW:
        _mend_scripts(element)
    elif element.tag == "mover" and element[1].text in ACCENTS:
        element.set("accent", "true")
        element[1].set("stretchy", "false")
    elif element.tag in ("mrow", "mtd", "msqrt"):
        _mend_row(element)
    return element[0] if element.tag == "mrow" and len(element) == 1 else element


def _mend_text(leaf: Element) -> None:
    """Write characters as themselves, signs as operators, and bold letters as characters."""
    if leaf.tag == "mi" and re.match(r"\\|[{}&]$", leaf.text or ""):
        msg = f"no MathML for {leaf.text}"
        raise ValueError(msg)
    leaf.text = text = unescape(leaf.text or "")
    if len(text) == 1 and leaf.tag in ("mi", "mo"):
        leaf.tag = "mi" if text.isalpha() or text in ORDINARY else "mo"
    if text in ("⟨", "⟩", "‖"):
        leaf.attrib.setdefault("stretchy", "false")
    if text in BARS + PRIMES:
        leaf.attrib.update(lspace="0", rspace="0")
    if leaf.attrib.get("mathvariant") == "bold":
        del leaf.attrib["mathvariant"]
        leaf.text = re.sub("[A-Za-z0-9]", lambda m: _bold(m[0]), text)


def _bold(character: str) -> str:
    name = re.sub("LATIN | LETTER", "", unicodedata.name(character))
    return unicodedata.lookup(f"MATHEMATICAL BOLD {name}")


def _mend_scripts(element: Element) -> None:
    """Put limits below, and an index below the prime of its letter."""
    base, *scripts = element
    if base.text in LIMITS:
        element.tag = BELOW[element.tag]
        base.set("movablelimits", "true")
    elif base.tag == "msup" and base[1].text in PRIMES:
        letter, prime = base
        low = scripts[: element.tag != "msup"]
        high = Element("mrow")
        high.extend([prime, *scripts[len(low) :]])
        element.tag = "msubsup" if low else "msup"
        element[:] = [letter, *low, high]


def _mend_row(row: Element) -> None:
    """Tell signs from differences, and put a thin space around names as TeX does."""
    for before, x, after in zip([None, *row], row, [*row[1:], None], strict=False):
        sign = before.text if before is not None and before.tag == "mo" else ""
        if x.text == "−" and sign in BEFORE_SIGN:
            x.set("form", "prefix")
        name = _base(x)
        if name.tag in ("mi", "mo") and re.fullmatch("[A-Za-z]{2,}", name.text or ""):
            name.tag = "mo"
            bracket = after is None or _leftmost(after) in OPENING
            apart = before is None or (before.tag in ("mo", "mspace") and sign not in CLOSING)
            name.set("lspace", "0" if apart else THIN)
            name.set("rspace", "0" if bracket else THIN)


def _base(element: Element) -> Element:
    while element.tag in (*BELOW, *BELOW.values()):
        element = element[0]
    return element


def _leftmost(element: Element) -> str:
    while len(element):
        element = element[0]
    return element.text or ""
