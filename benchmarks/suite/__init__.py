"""What ``benchmarks/run.py`` and ``benchmarks/cost_model.py`` are made of.

``problems`` draws networks and data, ``reference`` computes what is right, ``ours``, ``by_numpy``,
``by_numba``, ``by_jax`` and ``by_torch`` hold the contenders, ``tasks`` says who competes where,
``timing`` has the stopwatches, ``measure`` takes times, ``fits`` their exponents, ``report`` and
``plots`` write the results.
"""
