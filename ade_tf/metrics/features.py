"""The check that every metric of features begins with."""

import numpy as np

__all__ = ["check_features"]


def check_features(features, name: str = "features", *, dims: int | None = None):
    """Returns features as an array of rows, or says what is wrong with them.

    A row that is not finite would vanish in a sort or spread through a mean, so it
    stops the metric here.

    Args:
      features: Numbers, `[N, d]`: one row per image, N and d at least 1.
      name: What the features are called in an error.
      dims: The d they must have; None allows any.

    Returns:
      The features as an array of their own dtype, not copied if they are one already.

    Raises:
      ValueError: If they are not rows of numbers of the right size, or not finite.
    """
    features = np.asarray(features)
    if features.ndim != 2 or not features.size or features.dtype.kind not in "buif":
        raise ValueError(
            f"Features are a non-empty array [N, d] of real numbers. "
            f"Received: {name} of shape {features.shape} and type {features.dtype}"
        )
    if dims is not None and features.shape[1] != dims:
        raise ValueError(
            f"Features that are compared have one size. "
            f"Received: {name} of size {features.shape[1]}, not {dims}"
        )
    finite = np.isfinite(features)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise ValueError(
            f"Every feature must be finite. Received: {name}[{row}, {column}]="
            f"{features[row, column]}, and {np.sum(~finite.all(1))} of "
            f"{len(features)} rows not finite"
        )
    return features
