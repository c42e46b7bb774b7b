"""jinja2 templates: the layout of emitted kernels, and no mathematics."""
