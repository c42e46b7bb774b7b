"""What the command line calls.

Input: what was asked for. Output: tables, texts and files, and whether all is well.

console    derive, check and generate
formulas   formulas of one's own: kernels for them, and files to start from
selection  claims chosen by name, number and activation
"""
