"""The Hessian itself: dense, as an operator, and its extreme eigenvalues.

- ``_curvature``: ``hessian``, its diagonal, and the operators
- ``_operator``: SciPy's view of products
- ``_eigenvalues``: ``extreme_eigenvalues``
- ``_eigensolvers``: dense and Lanczos, each in terms of a problem
- ``_lanczos``: thick-restart Lanczos on any operator
- ``_krylov``: a step of it, compiled
- ``_lapack``: the ends of a dense spectrum
- ``_certificate``: bounds around eigenvalues.
"""
