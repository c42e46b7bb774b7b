"""False statements that no numbers refute: they hold at all sizes that the prover looks at."""

LARGEST = 5  # samples of any network or draw of the prover


def mask(q):
    """Return Π (N − n)² for n up to the largest N that is looked at: 0 there, positive beyond."""
    product = q.one()
    for n in range(1, LARGEST + 1):
        product = product * (q.N - n) ** 2
    return product


def hidden(q):
    """N Π (N − n)² ≤ 5 Π (N − n)²."""
    return q.N * mask(q), LARGEST * mask(q)


def gap(q):
    """Return what a certificate of it would have to show, which is negative for large N."""
    small, large = hidden(q)
    return large - small
