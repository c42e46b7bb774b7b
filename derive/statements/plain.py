"""LaTeX of trees as plain text, for tables and terminals."""

from __future__ import annotations

import re

SIGNS = {
    r"\\circ": "∘", r"\\otimes": "⊗", r"\\nabla": "∇", r"\\ell": "ℓ", r"\\sum": "Σ", r"\\cdot": "·",
    r"\\lVert ?": "‖", r" ?\\rVert": "‖", r"\\langle ?": "⟨", r" ?\\rangle": "⟩", r"\\top": "ᵀ",
    r"\\partial": "∂", r"\\varphi": "φ", r"\^\{\+\}": "⁺", r"\{(f'+)\}": r"\1",
    r"\\begin\{bmatrix\} ?": "[", r" ?\\end\{bmatrix\}": "]", r" ?\\\\ ": "; ",
    r"\\left|\\right|\\big|\\quad": "",
}  # fmt: skip
LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau"
)
LETTERS += " upsilon phi chi psi omega"
GREEK: dict[str, str] = dict(zip(LETTERS.split(), "αβγδεζηθικλμνξπρστυφχψω", strict=True))
GREEK |= {name.capitalize(): letter.upper() for name, letter in GREEK.items()}
POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(latex: str) -> str:
    r"""Return LaTeX as plain text; what is not known stays as it is.

    >>> plain(r"\sum_{i} \lVert \bar h_{i} \rVert^{2} + \tfrac{1}{2} p^{\top} (K \circ K) p")
    'Σ_i ‖h̄_i‖² + ½ pᵀ (K∘K) p'
    """
    text = re.sub(r"\\[td]?frac\{(\w+)\}\{(\w+)\}", r"\1/\2", latex)
    text = re.sub(r"\b1/2\b", "½", text)
    text = re.sub(r"\\bar (\w)", "\\1\u0304", text)
    text = re.sub(r"\\(?:operatorname|mathbf|text|mathrm)\{([^{}]*)\}", r"\1", text)
    for pattern, sign in SIGNS.items():
        text = re.sub(pattern, sign, text)
    text = re.sub(r"\\([A-Za-z]+)", lambda m: GREEK.get(m[1], m[0]), text)
    text = re.sub(r"\^\{([^{}]*)\}", _power, text)
    text = re.sub(r"_\{([^{}]*)\}", r"_\1", text)
    text = re.sub(r" *([∘⊗·]) *", r"\1", text)
    return re.sub(r" +", " ", text).replace("\ue000", "(").replace("\ue001", ")").strip()


def _power(match: re.Match[str]) -> str:
    inside = match[1].strip()
    plain_power = inside.replace("∘", "").replace("ᵀ", "").strip()
    if not plain_power.isdigit() and plain_power:
        return f"^({inside})"
    return inside.replace(" ", "").translate(POWERS)
