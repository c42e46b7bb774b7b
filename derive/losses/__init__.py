"""One file per loss.

Input: textbook formulas. Output: a ``ScalarFunction`` of the network's output, with its label and
weight, in atoms that lose no digits.
"""
