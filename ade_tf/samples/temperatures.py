"""The same samples at several temperatures."""

import numpy as np

from ade_tf.samples.request import Grid, Request

__all__ = ["draw_temperatures"]


def draw_temperatures(request: Request) -> Grid:
    """Returns a row for each temperature, of samples from the same draws.

    As many stand in a row as `num_samples` in all allow, at least one.

    Raises:
      ValueError: If a temperature of its own is asked for besides.
    """
    options = request.options
    if options.temperature != 1.0:
        raise ValueError(
            "mode `temperatures` has a row for each of temperatures; temperature must "
            f"be left at 1. Received: temperature={options.temperature}"
        )
    columns = max(1, options.num_samples // len(options.temperatures))
    rows = [request.samples(columns, value) for value in options.temperatures]
    return Grid(np.concatenate(rows), columns)
