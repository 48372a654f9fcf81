"""The drawn shapes: their factors, and that images show them."""

import numpy as np
import pytest

from ade_tf.data import load_dataset
from ade_tf.data.shapes import FACTORS, shape_factors


@pytest.fixture(scope="module", name="data")
def _data():
    return load_dataset("shapes")


def test_facts(data):
    assert data.image_shape == (16, 16, 1) and data.levels == 17
    assert data.class_names == ("ellipse", "rectangle")
    sizes = {"train": 2696, "validation": 400, "test": 1000}
    factors, together = shape_factors(), []
    for name, size in sizes.items():
        split = getattr(data, name)
        assert len(split) == size and factors[name].shape == (size, 5)
        np.testing.assert_array_equal(split.labels, factors[name][:, 0])
        assert split.images.dtype == np.uint8 and split.images.max() == 16
        together.append(factors[name])
    # Every combination once.
    assert len(np.unique(np.concatenate(together), axis=0)) == 4096
    again = load_dataset("shapes")
    np.testing.assert_array_equal(again.test.images, data.test.images)


def test_images_show_their_factors(data):
    factors = shape_factors()["test"]
    images = data.test.images[..., 0].astype(float)
    mass = images.sum(axis=(1, 2))
    centres = np.arange(16) + 0.5
    x, y = images.sum(1) @ centres / mass, images.sum(2) @ centres / mass
    # A shape is whole, in its place and of its area.
    np.testing.assert_allclose(x, np.take(FACTORS["x"], factors[:, 1]), atol=0.06)
    np.testing.assert_allclose(y, np.take(FACTORS["y"], factors[:, 2]), atol=0.06)
    half = np.take(FACTORS["size"], factors[:, 3])
    area = np.where(factors[:, 0] == 0, np.pi / 2, 2.0) * half**2
    np.testing.assert_allclose(mass / 16, area, rtol=0.1)
    # Second moments turn by twice the angle.
    across, down = centres - x[:, None], centres - y[:, None]
    xx = np.einsum("nyx,nx->n", images, across**2)
    yy = np.einsum("nyx,ny->n", images, down**2)
    xy = np.einsum("nyx,nx,ny->n", images, across, down)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    expected = np.take(FACTORS["orientation"], factors[:, 4])
    apart = np.abs(np.exp(2j * angle) - np.exp(2j * expected))
    assert apart.max() < 0.15


def test_argument_is_refused():
    with pytest.raises(ValueError, match="takes no argument. Received: 'large'"):
        load_dataset("shapes:large")
