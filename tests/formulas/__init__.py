"""Activations that are a user's: each of these files could lie in any folder."""
