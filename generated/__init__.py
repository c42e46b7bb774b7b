"""Kernels emitted by ``hessbound generate``: a module per activation, never edited by hand."""
