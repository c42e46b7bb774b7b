"""What generated numba modules are laid out by; those that hold no formula are copied as they are."""
