"""jinja2 templates: the layout of kernels, pages and texts, and no mathematics."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


@cache
def environment(*, escape: bool = False) -> "jinja2.Environment":
    """Return the templates' environment; with ``escape``, text becomes HTML's.

    >>> environment(escape=True).from_string("{{ x }}").render(x="a < b")
    'a &lt; b'
    """
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("hessbound.templates", ""),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=escape,
    )
