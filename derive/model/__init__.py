"""The network and its loss, and their derivatives (stages 1 and 2).

Input: an activation and a loss as differential algebras, opaque ones by default. Output: gradient,
Hessian, third derivatives and traces as matrices of the index algebra.

network       SymPy's expressions of the model, with symbolic N, d and m
parameters    the blocks of θ by name
convert       such expressions read into normal form
derivatives   SymPy's derivatives by the parameters
jacobians     SymPy's derivatives between neighbouring variables
product_rule  a second derivation, inside the algebra
traces        traces of powers of the Hessian
layer_rules   what moves at a layer of a network of any depth, and how it is differentiated
layers        one such layer, and what lies above it
layer_traces  the trace of the whole Hessian from layer to layer, and its slopes
softmax       softmax cross-entropy of the outputs
deep          a whole network of a few layers, which knows nothing of these
"""
