"""Networks of any depth and number of outputs.

- ``_passes``: passes through the layers, by generated steps
- ``_deep``: loss, gradient, traces and products, summed over blocks of samples.
"""
