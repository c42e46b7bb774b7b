"""What generated numba modules are laid out by; what holds no formula is copied as it is."""
