"""The product rule over the factors of a polynomial (stage 3)."""

from collections import Counter
from collections.abc import Callable

from .monomials import unbind
from .polynomials import Poly, atom, product


def differentiate(poly: Poly, slope: Callable[..., Poly]) -> Poly:
    """Return the derivative of a polynomial, given that of a factor by its name and indices.

    >>> from .labels import Index
    >>> i, k = Index("sample", "i"), Index("hidden", "k")
    >>> squared = (atom("x", i) * atom("x", i)).sum(i)
    >>> print(differentiate(squared, lambda name, i: atom("dx", i, k)))
    2·Σ_i(dx[i,k] x[i])
    """
    total = Poly()
    for key, c in poly.terms.items():
        factors, names = unbind(key)
        for factor, n in factors.items():
            rest = factors - Counter([factor])
            others = product(atom(*other) ** power for other, power in rest.items())
            total += (others * slope(*factor) * (c * n)).sum(*names)
    return total
