"""Binaries: flags to a configuration to one call of the library."""

import os

# TensorFlow's start-up notes on CPU features and missing GPUs are no news to a user.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
