"""What a network computes: outputs, loss, gradient, descent.

- ``_outputs``: hidden outputs and logits
- ``_losses``: loss and gradient
- ``_descent``: gradient descent.
"""
