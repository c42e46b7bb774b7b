"""What generated modules of NumPy's functions are laid out by."""
