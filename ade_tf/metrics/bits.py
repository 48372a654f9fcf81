"""Bits per dimension: the one place where nats become bits."""

import math

import numpy as np

__all__ = ["bits_per_dim", "mean_and_standard_error", "share_standard_error"]


def bits_per_dim(log_prob_nats, dims: int):
    """Converts a log-density of images to bits per dimension.

        bits_per_dim = -ln p(x) / (D ln 2)

    The density is that of the dequantised image on `[0, levels)^D`. Values spaced one
    apart need no correction for scale: with uniform noise this is an upper bound on the
    bits per value of the quantised image (arXiv 1511.01844, section 3.1). A bound on
    -ln p gives a bound on the bits.

    Args:
      log_prob_nats: Number, array or Tensor of any shape, in nats per image.
      dims: D, values in an image, H * W * C, at least 1.

    Returns:
      The same shape, in bits per dimension.

    Raises:
      ValueError: If `dims` is below 1.
    """
    if dims < 1:
        raise ValueError(f"An image has at least 1 dimension. Received: dims={dims}")
    return -log_prob_nats / (dims * math.log(2.0))


def mean_and_standard_error(values, name: str) -> tuple[float, float | None]:
    """Averages a metric over examples and refuses to average over a failure.

        mean = sum_i v_i / n,   standard error = sqrt(sum_i (v_i - mean)^2 / (n (n-1)))

    Args:
      values: Numbers, `[n]`, n at least 1; summed in float64.
      name: The metric's name, for the error.

    Returns:
      The mean and its standard error, None for a single value.

    Raises:
      ValueError: If there are no values, or one of them is not finite.
    """
    values = np.asarray(values, np.float64).reshape(-1)
    if not values.size:
        raise ValueError(f"{name} needs at least one value. Received: none")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ValueError(
            f"Every value of {name} must be finite. Received: {name}[{bad[0]}]="
            f"{values[bad[0]]}, and {bad.size} of {values.size} values not finite"
        )
    if values.size == 1:
        return float(values[0]), None
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size))


def share_standard_error(share: float, count: int) -> float:
    """Returns the standard error of a share of independent examples.

        sqrt(share (1 - share) / count)

    Args:
      share: In [0, 1].
      count: Number of the examples.
    """
    return math.sqrt(share * (1.0 - share) / count)
