"""Results for readers: the last stage of the symbolic side, which decides nothing.

In come claims, the prover's results and normal forms; out go texts: LaTeX and MathML of statements,
the steps to a verdict, plots, a page in HTML, records in JSON, and the derivation in Markdown.
"""
