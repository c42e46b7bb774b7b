"""tr H and tr H² without forming H, and what follows from them.

- ``_moments``: both traces, scaled so that nothing underflows
- ``_bounds``: what they say about the spectrum
- ``_traces``: ``trace`` and ``trace_squared``
- ``_sharpness``: ``sharpness``
- ``_gradients``: ``sharpness_gradient``
- ``_trace_gradients``: ``trace_gradient``.
"""
