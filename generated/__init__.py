"""Kernels emitted by `hessbound generate`, one self-contained module per activation; never edited by hand."""
