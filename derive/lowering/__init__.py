"""Normal forms as programs, and back (stage 4).

In: polynomials of the index algebra (``model``). Out: programs of the IR (``ir``), each proved to
compute its normal form (``programs``), for ``emission`` to print. ``sums`` lowers sums over the
samples, ``blocks`` the Hessian and what is made of it, ``gram`` and ``pairs`` tr H² over pairs of
samples, ``contractions`` the gradient of the bounds, ``descent`` a step; ``readback`` (with
``values``) is their inverse, and knows none of them.
"""
