"""Binaries: flags to a configuration to one call of the library."""

import os
import time

# TensorFlow's start-up notes on CPU features and missing GPUs are no news to a user.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Whatever other programs of this user run Keras on.
os.environ["KERAS_BACKEND"] = "tensorflow"

# The start of the program but for Python's own; the slow imports are still to come.
STARTED = time.perf_counter()
