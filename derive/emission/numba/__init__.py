"""emission.numba."""
