"""Results for readers: the last stage of the symbolic side, which decides nothing (stage 6).

Input: claims, the prover's results and normal forms. Output: texts.

- ``equations``, ``code``, ``derivation``: what ``derive`` prints, as a module of Python, and the
  derivation of the paper's results.
- ``statements``, ``terms``, ``unicode``: claims, polynomials and prose as LaTeX and as text.
- ``steps``, ``recomputed``: how a verdict was reached.
- ``plots``, ``mathml``, ``page``: curves as SVG, formulas as MathML, and the page that holds them.
- ``records``: results as JSON.
"""
