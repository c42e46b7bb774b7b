"""What callers bring: networks and samples, checked, and their files.

- ``_checks``: every rule about input, with its message
- ``_features``: names of features
- ``_batches``: leading axes of networks
- ``_network``: ``Network``
- ``_layers``: what an ``MLP`` is made of, checked
- ``_mlp``: ``MLP``
- ``_mlp_files``: its files
- ``_bends``: activations that are refused by name, since they are not smooth
- ``_dataset``: ``Dataset``
- ``_samples``: samples in the kernels' layouts
- ``_merging``: equal samples made one
- ``_interop``: networks of other libraries
- ``_files``: files, written whole or not at all; .npz
- ``_csv``: tables of numbers.
"""
