"""Binaries: flags to a configuration to one call of the library."""

import os
import time

from experiments.quiet import quieten_tensorflow

quieten_tensorflow()
# Whatever other programs of this user run Keras on.
os.environ["KERAS_BACKEND"] = "tensorflow"

# The start of the program but for Python's own; the slow imports are still to come.
STARTED = time.perf_counter()
