"""Inequalities in u alone: slopes of activations, and one that is false."""

import sympy as sp

from hessbound.derive import at_most, f1, f2, u

at_most("slope of sigmoid", f1, sp.Rational(1, 4), activation="sigmoid")
at_most("curvature by slope", sp.Abs(f2), 2 * f1, activation="tanh")
at_most("tangent", 1 + u, sp.exp(u))
at_most("slope of GELU", f1, sp.Rational(9, 8), activation="gelu")
