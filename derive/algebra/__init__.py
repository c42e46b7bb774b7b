"""Polynomials in indexed factors, for all sizes at once; knows of no network (stage 3).

Input: factors with typed indices, or SymPy's expressions. Output: normal forms, which are equal
exactly where two polynomials are, for every size and value.

classes        which numbers are exact, and of a known class
kinds          what indices there are: sizes, ranges, letters
labels         the smallest labelling of what sums tie together
monomials      products of such components, deltas contracted
polynomials    sums of them: the normal form
differentials  the product rule over their factors
ring           operators that follow from + and ·
constants      irrational numbers as factors
sympy          SymPy's arithmetic read into polynomials
sides          sides of matrices, and how shapes combine
matrices       matrices of polynomials
"""
