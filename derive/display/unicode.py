"""Plain text to LaTeX, for statements that are not functions: 'tr H² = pᵀKp for all x̄'.

It knows Unicode's mathematics and SymPy's way to write powers and products; other words stay words.
"""

import re
import unicodedata

LOWER = "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau"
UPPER = "Gamma Delta Theta Lambda Xi Pi Phi Psi Omega"
GREEK = {
    **dict(zip("αβγδεζηθκλμνξπρστ", LOWER.split(), strict=True)),
    **{"φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega"},
    **dict(zip("ΓΔΘΛΞΠΦΨΩ", UPPER.split(), strict=True)),
}
SIGNS = {
    "∘": r"\circ", "⊗": r"\otimes", "·": r"\cdot", "∇": r"\nabla", "ℓ": r"\ell", "∂": r"\partial",
    "−": "-", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "∞": r"\infty", "±": r"\pm",
    "‖": r"\Vert", "⟨": r"\langle", "⟩": r"\rangle", "∈": r"\in", "→": r"\to", "…": r"\dots",
    "⪯": r"\preceq", "⪰": r"\succeq", "×": r"\times", "Σ": r"\sum", "∑": r"\sum", "≈": r"\approx",
    "′": "'", "″": "''", "‴": "'''", "⇒": r"\Rightarrow", "⇔": r"\iff",
}  # fmt: skip
ACCENTS = {"\u0304": "\ue004", "\u0305": "\ue004", "\u0302": "\ue002", "\u0303": "\ue003"}
SIGNS |= {"\ue002": r"\hat", "\ue003": r"\tilde", "\ue004": r"\bar"}
TOP = "\N{DOWN TACK}"
RELATIONS = "=≤≥≠<>⪯⪰∈→"
NAMES = {"tr", "diag", "vec", "sup", "inf", "max", "min", "lim", "erf", "erfc", "rank", "sech"}
NAMES |= {"log", "exp", "tanh", "sqrt"}
OWN = {"sup", "inf", "max", "min", "lim", "log", "exp", "tanh"}  # have a command of their own
SPELT = set(GREEK.values()) | {"phi"}
WORD = r"[A-Za-z]{2,}(?:[-'][a-z]+)*"
TOKEN = re.compile(
    rf"(?P<low>_(?:\{{[^}}]*\}}|[A-Za-z0-9]+(?:,[a-z]\b)?))"
    rf"|(?P<power>(?:\*\*|\^)(?:\([^()]*\)|-?[A-Za-z0-9]+|∘[0-9]))"
    rf"|(?P<own>\\tfrac\{{.\}}\{{.\}})|(?P<root>√(?:\([^()]*\)|\w))|(?P<word>{WORD})|(?P<number>[0-9]+)|(?P<space>\s+)|(?P<sign>.)",
    re.DOTALL,
)


def latex(text: str) -> str:
    r"""Return plain text as LaTeX.

    >>> print(latex("tr H_AA = ((X̄∘X̄)1)ᵀp"))
    \operatorname{tr} H_{AA} = ((\bar X\circ \bar X)1)^{\top} p
    >>> print(latex("f = -2*t*q**2 for all u"))
    f = -2 t q^{2} \text{ for all } u
    """
    if not any(sign in text for sign in RELATIONS):
        return rf"\text{{{re.sub(r'[#%&$_{}]', '', text)}}}"
    return r";\quad ".join(_formula(part) for part in re.split(r";\s+(?![^\[]*\])", text))


def _formula(text: str) -> str:
    joined = "".join(_token(match) for match in TOKEN.finditer(_decomposed(text)))
    while (again := _merge_words(joined)) != joined:
        joined = again
    return re.sub(r" +", " ", joined).strip()


def _merge_words(text: str) -> str:
    return re.sub(r"\\text\{ ?([^{}]*?) ?\}\s*\\text\{ ?([^{}]*?) ?\}", r"\\text{ \1 \2 }", text)


def _decomposed(text: str) -> str:
    """Write an accent before its letter, and superscripts as powers."""
    out, raised = "", ""
    for c in unicodedata.normalize("NFD", text):
        form = unicodedata.decomposition(c)
        if c in ACCENTS and out:
            out = out[:-1] + ACCENTS[c] + out[-1]
            continue
        if form.startswith("<super>"):
            raised += chr(int(form.split()[1], 16))
            continue
        if raised:
            out, raised = out + _raised(raised), ""
        out += _lowered(form) or c
    return out + (_raised(raised) if raised else "")


def _lowered(form: str) -> str:
    """Write Unicode's subscripts and fractions, given their decomposition."""
    kind, *codes = form.split() or [""]
    if kind == "<fraction>":
        above, below = "".join(chr(int(code, 16)) for code in codes).split("\u2044")
        return rf"\tfrac{{{above}}}{{{below}}}"
    return f"_{{{chr(int(codes[0], 16))}}}" if kind == "<sub>" else ""


def _raised(text: str) -> str:
    return "^(" + text.replace("T", TOP).replace("−", "-") + ")"


def _token(match: re.Match[str]) -> str:
    text, kind = match[0], match.lastgroup
    if kind == "low":
        low = text[1:].strip("{}")
        return rf"_{{\mathrm{{{low}}}}}" if low in NAMES else f"_{{{low}}}"
    if kind == "root":
        return rf"\sqrt{{{_formula(text[1:].strip('()'))}}}"
    if kind == "power":
        return _power(text)
    if kind == "word":
        return _word(text)
    if kind == "sign":
        return _sign(text)
    return " " if kind == "space" else text


def _power(text: str) -> str:
    inside = text.removeprefix("**").removeprefix("^").strip("()")
    return f"^{{{_formula(inside)}}} "


def _word(text: str) -> str:
    if text in NAMES:
        return f"\\{text} " if text in OWN else f"\\operatorname{{{text}}} "
    if text in SPELT:
        return f"\\{text} "
    if text.isupper() and len(text) == 2:
        return text
    return f"\\text{{ {text} }}"


def _sign(text: str) -> str:
    if text == TOP:
        return r"\top"
    if text in GREEK:
        return f"\\{GREEK[text]} "
    if text in SIGNS:
        return SIGNS[text] + (" " if SIGNS[text].startswith("\\") else "")
    return {"*": " ", "%": r"\text{ % }", "#": r"\text{#}", "&": r"\text{&}"}.get(text, text)


def width(formula: str) -> int:
    r"""Return about how many symbols a formula in LaTeX has side by side.

    >>> width(r"\operatorname{tr} H_{AA} = \frac{a}{b}")
    9
    """
    shown = re.sub(r"\\(?:operatorname|mathbf|text|big|left|right)", "", formula)
    shown = re.sub(r"\\[A-Za-z]+", "x", shown)
    return len(re.sub(r"[\s{}^_\\&]", "", shown))
