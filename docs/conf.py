"""The documentation site: make docs."""

import re
from importlib import metadata

from docutils import nodes

from hessbound.derive.display.mathml import convert

project = "hessbound"
author = "The hessbound developers"
release = metadata.version("hessbound")
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_nb"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"navbar_center": [], "navigation_with_keys": False}
html_sidebars = {"**": ["pages"]}
html_title = f"hessbound {release}"
templates_path = ["templates"]
html_show_sourcelink = False

autodoc_typehints = "none"  # shapes and reductions are what matters, and docstrings tell them
autosummary_filename_map = {  # beside hessbound.sharpness, where a file system has one case
    "hessbound.Sharpness": "hessbound.Sharpness_class",
}
numpydoc_show_class_members = False  # autosummary lists them

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_output_stderr = "remove"
nb_merge_streams = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300  # seconds for a cell: a new machine compiles in the first

html_math_renderer = "mathml"  # needs no script and no network, and is what the report shows


def mathml(node, **options):
    r"""Convert a formula; names like vec are written with \mathop, which few readers know."""
    return convert(
        re.sub(r"\\mathop{\\mathrm{(\w+)}}", r"\\operatorname{\1}", node.astext()), **options
    )


def inline(translator, node):
    """Write a formula in a line."""
    translator.body.append(mathml(node))
    raise nodes.SkipNode


def display(translator, node):
    """Write a formula of its own, which may be wider than the page."""
    formula = mathml(node, display=True)
    translator.body.append(f'<div style="overflow: auto hidden; margin: 1em 0">{formula}</div>')
    raise nodes.SkipNode


def setup(app):
    """Have formulas written as MathML."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
