"""Tests of whether samples and real images are of one distribution.

Functions of features, see `ade_tf.evaluation.quality`.
"""

import numpy as np

from ade_tf.metrics.two_sample import classifier_test, kernel_test

__all__ = ["classifier", "kernel"]

# The kernel matrix of both sets takes 128 MB.
_KERNEL_ROWS = 2000
_PERMUTATIONS = 999


def classifier(real, generated, parts, seed):
    """Returns the held-out accuracy of a classifier, and its p-value."""
    del parts
    count = min(len(real), len(generated))
    found = classifier_test(real.features, generated.features, seed)
    return found, {"held_out": 2 * (count - count // 2)}


def kernel(real, generated, parts, seed):
    """Returns the maximum mean discrepancy, and its p-value."""
    del parts
    generator = np.random.default_rng(seed)
    drawn = [
        rows.features[generator.permutation(len(rows))[:_KERNEL_ROWS]]
        for rows in (real, generated)
    ]
    found = kernel_test(*drawn, permutations=_PERMUTATIONS, seed=seed)
    rows = [len(part) for part in drawn]
    return found, {"permutations": _PERMUTATIONS, "rows": rows}
