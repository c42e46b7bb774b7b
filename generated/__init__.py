"""Kernels emitted by ``hessbound generate``, never edited by hand; shared ones at the top."""
