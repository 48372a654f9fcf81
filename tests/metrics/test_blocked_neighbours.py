"""Tests of the search in blocks: brute force finds the same."""

import numpy as np
import pytest

from ade_tf.metrics import neighbours
from ade_tf.metrics.neighbours import nearest_images


@pytest.mark.parametrize("block", [2**23, 24 * 7, 24 * 2, 1])
def test_brute_force_finds_the_same(monkeypatch, block):
    monkeypatch.setattr(neighbours, "_BLOCK", block)
    generator = np.random.default_rng(0)
    references = generator.integers(0, 256, (50, 4, 3, 2)).astype(np.uint8)
    queries = generator.integers(0, 256, (6, 4, 3, 2)).astype(np.float32)
    squares = np.square(queries[:, None] - references.astype(float)).sum((2, 3, 4))
    distances, rows = nearest_images(queries, references, 3)
    np.testing.assert_allclose(distances, np.sqrt(np.sort(squares, 1)[:, :3]))
    np.testing.assert_array_equal(rows, np.argsort(squares, 1, kind="stable")[:, :3])


@pytest.mark.parametrize("k", [0, 6])
def test_impossible_numbers_are_refused(k):
    images = np.zeros((5, 2, 2, 1))
    with pytest.raises(ValueError, match=f"Received: k={k} of 5"):
        nearest_images(images, images, k)
