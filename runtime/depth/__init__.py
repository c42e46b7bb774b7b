"""Networks of any depth and number of outputs.

- ``_passes``: passes through the layers, by generated steps
- ``_slopes``: the gradient of tr H of a block of samples, by generated steps
- ``_deep``: loss, gradient, traces and products, summed over blocks of samples.
"""
