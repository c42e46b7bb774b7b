"""A wrong formula: tr H² takes the cross block once, but H has it twice."""

from hessbound.derive import identity


@identity("tr H² by blocks")
def squared(q):
    """‖H‖² = ‖H_AA‖² + ‖H_Aw‖² + ‖H_ww‖²."""
    blocks = (("A", "A"), ("A", "w"), ("w", "w"))
    norms = [(q.part(q.H, *sides) ** 2).sum() for sides in blocks]
    return (q.H @ q.H).trace(), sum(norms, 0 * norms[0])
