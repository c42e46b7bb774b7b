"""A module per activation: the functions of its own that kernels call by their address."""
