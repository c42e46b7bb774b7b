"""Plain text to LaTeX, for statements that are not functions: 'tr H² = pᵀKp for all x̄'.

It knows Unicode's mathematics and SymPy's way to write powers and products; other words stay words.
"""

import itertools
import re
import unicodedata

LOWER = "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau"
UPPER = "Gamma Delta Theta Lambda Xi Pi Phi Psi Omega"
COMMANDS = [*LOWER.split(), "varphi", "chi", "psi", "omega", *UPPER.split()]
GREEK = dict(zip("αβγδεζηθκλμνξπρστφχψωΓΔΘΛΞΠΦΨΩ", COMMANDS, strict=True))
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
    rf"|(?P<own>\\tfrac\{{\d+\}}\{{\d+\}})|(?P<root>√(?:\([^()]*\)|\w))|(?P<word>{WORD})|(?P<number>[0-9]+)|(?P<space>\s+)|(?P<sign>.)",
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
    """Write an accent before its letter, and what is raised, lowered or a fraction as such."""
    accents = f"(.)([{''.join(ACCENTS)}])"
    plain = re.sub(accents, lambda m: ACCENTS[m[2]] + m[1], unicodedata.normalize("NFD", text))
    runs = itertools.groupby(plain, lambda c: unicodedata.decomposition(c).partition(" ")[0])
    return "".join(_run(form, "".join(characters)) for form, characters in runs)


def _run(form: str, text: str) -> str:
    """Write characters that have one form, as Unicode calls it."""
    plain = unicodedata.normalize("NFKC", text)
    if form == "<super>":
        return f"^({plain.replace('T', TOP).replace('−', '-')})"
    if form == "<fraction>":
        return re.sub(r"(\d)\u2044(\d+)", r"\\tfrac{\1}{\2}", plain)
    return f"_{{{plain}}}" if form == "<sub>" else text


def _token(match: re.Match[str]) -> str:
    text, kind = match[0], match.lastgroup
    if kind == "low":
        low = text[1:].strip("{}")
        return rf"_{{\mathrm{{{low}}}}}" if low in NAMES else f"_{{{low}}}"
    if kind == "root":
        return rf"\sqrt{{{_formula(text[1:].strip('()'))}}}"
    if kind == "power":
        inside = text.removeprefix("**").removeprefix("^").strip("()")
        return f"^{{{_formula(inside)}}} "
    if kind == "word":
        return _word(text)
    if kind == "sign":
        return _sign(text)
    return " " if kind == "space" else text


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
