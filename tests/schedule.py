"""Two processes share the tests, each from its own end of one list of files.

What a process derives and compiles serves its other tests. So one begins with the files that need
the derivation, one with those that need kernels alone, and they meet where files are short.
"""

import inspect
from collections import Counter

SLOW = 100  # as many tests as one that is marked so


def in_order(items):
    """Return the tests, file by file: long files are at the ends, derivations at the beginning."""
    weights = Counter()
    for item in items:
        weights[item.module] += SLOW if item.get_closest_marker("slow") else 1
    places = {
        module: -weight if "hessbound.derive" in inspect.getsource(module) else weight
        for module, weight in weights.items()
    }
    return sorted(items, key=lambda item: (places[item.module], str(item.path)))


def two_ends():
    """Return xdist's way to share files, but that every other process takes them from the end."""
    from xdist.scheduler import LoadFileScheduling

    class TwoEnds(LoadFileScheduling):
        def _assign_work_unit(self, node):
            if self.nodes.index(node) % 2:
                self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
            super()._assign_work_unit(node)

    return TwoEnds
