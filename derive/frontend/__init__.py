"""What users write.

Input: files of claims or of formulas, or arguments of a call. Output: claims like the paper's, and
formulas like the shipped ones.

files     files of claims, and how they are read
formulas  folders of formulas, a file for each
calls     proofs of single statements, for notebooks and scripts
"""
