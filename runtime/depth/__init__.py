"""Networks of any depth and number of outputs.

- ``_passes``: passes through the layers, by generated steps
- ``_slopes``: the gradient of tr H of a block of samples, by generated steps
- ``_deep``: loss, gradient, traces and products, summed over blocks of samples
- ``_products``: products with the Hessian, or its Gauss-Newton part
- ``_parts``: the same question about some of the parameters
- ``_penalty``: what a quadratic penalty adds to them
- ``_blocks``: what the blocks of the Hessian are made of
- ``_columns``: these blocks themselves, some columns at a time
- ``_pairs``: their squares without them, by pairs of samples
- ``_costs``: how long the two ways take
- ``_squares``: tr H², each block in the cheaper way.
"""
