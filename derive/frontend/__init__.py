"""What users write.

Input: files of claims, or arguments of a call. Output: claims like the paper's.

files  files of claims, and how they are read
calls  proofs of single statements, for notebooks and scripts
"""
