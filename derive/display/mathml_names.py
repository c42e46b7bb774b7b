"""What LaTeX's commands are called in Unicode, for ``mathml``."""

SYMBOLS = {
    **dict(
        zip(
            ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"],
            "αβγδεζηθ",
            strict=True,
        )
    ),
    **dict(
        zip(
            ["kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau"],
            "κλμνξπρστ",
            strict=True,
        )
    ),
    **dict(zip(["phi", "varphi", "chi", "psi", "omega", "ell", "infty"], "φφχψωℓ∞", strict=True)),
    **dict(
        zip(
            ["Gamma", "Delta", "Theta", "Lambda", "Sigma", "Phi", "Psi", "Omega"],
            "ΓΔΘΛΣΦΨΩ",
            strict=True,
        )
    ),
}
OPERATORS = {
    **dict(zip(["circ", "otimes", "cdot", "times", "pm", "mp", "in"], "∘⊗⋅×±∓∈", strict=True)),
    **dict(
        zip(["le", "leq", "ge", "geq", "ne", "neq", "lt", "gt", "approx"], "≤≤≥≥≠≠<>≈", strict=True)
    ),
    **dict(
        zip(
            ["to", "mapsto", "Rightarrow", "iff", "propto", "preceq", "succeq"],
            "→↦⇒⇔∝⪯⪰",
            strict=True,
        )
    ),
    **{"partial": "∂", "nabla": "∇", "dots": "…", "cdots": "⋯", "top": "\N{DOWN TACK}"},
}
FENCES = {
    "lVert": "‖",
    "Vert": "‖",
    "rVert": "‖",
    "|": "‖",
    "langle": "⟨",
    "rangle": "⟩",
    "{": "{",
    "}": "}",
}
FENCES |= {"lvert": "|", "rvert": "|", "lfloor": "⌊", "rfloor": "⌋"}
FENCES |= {x: x for x in "()[]|"}
SPACES = {",": "0.167em", ":": "0.222em", ";": "0.278em", " ": "0.25em", "!": "-0.167em"}
SPACES |= {"quad": "1em", "qquad": "2em"}
FUNCTIONS = set(["log", "exp", "tanh", "sinh", "cosh", "sin", "cos", "erf", "erfc"])
LIMITS = {"sum": "∑", "prod": "∏", "min": "min", "max": "max", "sup": "sup", "inf": "inf"}
LIMITS |= {"lim": "lim"}
ACCENTS = {"bar": "¯", "hat": "^", "tilde": "~", "overline": "¯"}
BIG = {"big": "1.2em", "bigl": "1.2em", "bigr": "1.2em", "Big": "1.8em"}
BRACKETS = {"pmatrix": "()", "bmatrix": "[]", "cases": "{", "vmatrix": "||"}
DOUBLE = {"R": "\N{DOUBLE-STRUCK CAPITAL R}", "N": "\N{DOUBLE-STRUCK CAPITAL N}"}
