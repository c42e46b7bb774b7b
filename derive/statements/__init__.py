"""What is claimed, as trees, and three ways to read a tree.

Input: a claim's function, called once with symbols. Output: the tree's normal form for all sizes,
its value in numbers of any field, and its LaTeX.

trees           nodes, symbols, sums that bind; what cannot be said is refused
network         the network's quantities as nodes: the notation of claims
layers          the quantities of neighbouring layers, for networks of any depth
steps           the steps of a layer, which claims state and emission prints
notation        which of the two a claim is stated in, and its readings
places          file and line
interpreter     one rule for each operation
normal          trees in normal form
numbers         trees in numbers
latex           trees as formulas
layer_latex     those on layers
layer_readings  trees on layers, in normal form and in numbers
plain           the same as plain text
arrays          matrices of numbers
fields          rationals, residues, balls
draws           networks in numbers
layer_draws     neighbouring layers in numbers
unrolled        what is stated of one layer, at a layer of a whole network
one_layer       the same, of the network with one hidden layer, as trees in its notation
jets            derivatives in numbers, by truncated Taylor series
formulas        formulas that write themselves down
"""
