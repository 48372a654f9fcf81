"""Hybrid generative image models: adaptive density estimation in TensorFlow."""

__version__ = "0.1.0"
