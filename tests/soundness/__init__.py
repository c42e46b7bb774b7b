"""Attacks on the prover: nothing false may come out PROVED, and what is right must."""
