"""A module per loss: the functions of its own that kernels call by their address."""
