"""Scalar functions, and what is certain about them (stage 1).

Input: expressions of one variable in SymPy, from a file of ``activations/`` or a user's. Output:
differential algebras for the stages after it, and what is decided: whether two expressions are
equal, where one is nonnegative, where one vanishes, what values it takes.

- ``scalar``: what an activation or a loss is: an expression, its atoms, its derivatives.
- ``catalogue``, ``symbols``: functions found by file, and what they may be made of.
- ``logistic``: the atoms of σ and softplus, which activations and losses share.
- ``softmax``: its shares, what they lack to 1 and the loss, in terms that lose no digits.
- ``special``: functions that kernels compute with, and what they are in exact arithmetic.
- ``balls``: values that are certain, to any precision.
- ``pieces``, ``roots``, ``signs``: an expression split where it changes, its zeros, obvious signs.
- ``generators``, ``zero``: whether two expressions are equal.
- ``order``, ``ranges``: whether one is nonnegative; the range of a function.
- ``descents``: whether one is nonnegative by its derivatives in turn, as the normal tail's bounds.
- ``between``, ``tails``: zeros that are no exact numbers, and bounds for all u from a place on.
- ``suprema``: of the slope and the curvature of a loss, which ``loss`` describes.
- ``degrees``: which polynomials are short enough for arithmetic.
- ``rounding``, ``points``: what errors of rounding may do, and where one looks at numbers.
- ``needs``, ``places``, ``smooth``: real and smooth everywhere, and where it is not.
- ``bends``: activations that are refused by name, since they are not smooth.
"""
