"""Architectures and precision of networks."""

__all__ = ["NETWORKS", "PRECISIONS", "SIGMAS"]

NETWORKS = ("conv", "residual", "mlp")

SIGMAS = ("scalar", "channel", "pixel", "from_z")

# Name -> Keras dtype policy. With `bfloat16`, kernels and activations are bfloat16
# inside a network; variables, and so the optimiser's state, and what a network puts out
# stay float32.
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
