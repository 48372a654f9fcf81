"""Images drawn anew from their z, or from a level of it on."""

import numpy as np
import pytest

from ade_tf.models import resample
from ade_tf.randomness import BatchDraws
from tests.helpers.models import batch, digits, encode, tiny_model

PIXELS = dict(decoder="pixel_cnn", pixel_width=6, pixel_blocks=1)
GRID = dict(PIXELS, latent_levels=(1, 1), latent_size=1)
MODELS = {
    "pixel_vae": ("vae", PIXELS),
    "grid": ("vae", dict(GRID, prior="autoregressive", prior_steps=1, prior_width=6)),
    "recurrent": ("vae", dict(decoder="recurrent", network="mlp", latent_size=2)),
    "v_ade": ("v_ade", dict(flow_steps=(1,), latent_levels=(1, 1), latent_size=1)),
}
# Values of z above each level.
KEPT = {"pixel_vae": [4], "grid": [80, 0, 16], "v_ade": [80, 0, 16]}
KEPT["recurrent"] = [16, 0, 2]


@pytest.mark.parametrize("name", MODELS)
def test_what_lies_above_the_level_is_kept_to_the_bit(name):
    preset, settings = MODELS[name]
    model = tiny_model(preset, **settings)
    images = batch(3)["image"]
    codes = encode(model, images).numpy()
    for level, kept in enumerate(KEPT[name]):
        found = [
            resample(model, model.batch(images), level, False, BatchDraws(seed, 3))
            for seed in (1, 2)
        ]
        (one, z), (other, again) = [(x.numpy(), z.numpy()) for x, z in found]
        assert one.shape == (3, 8, 8, 1) and np.any(one != other)
        assert ((one == np.floor(one)) & (one >= 0) & (one <= 16)).all()
        for found in (z, again):
            np.testing.assert_array_equal(found[:, :kept], codes[:, :kept])
        assert np.all(z[:, kept:] != again[:, kept:])


def test_redraws_of_arrays_and_what_is_refused():
    model, images = tiny_model("vae", **PIXELS), digits().test.images[:3]
    found = model.resample(images, num=4, seed=1)
    assert found.shape == (3, 4, 8, 8, 1) and found.dtype == np.uint8
    assert np.any(found[:, 0] != found[:, 1])
    # A redraw does not depend on the images beside it.
    np.testing.assert_array_equal(model.resample(images[:2], num=4, seed=1), found[:2])
    with pytest.raises(ValueError, match="1 to 1 can be drawn anew.*level=2"):
        model.resample(images, 2)
    plain = tiny_model("pixel_cnn", pixel_width=6, pixel_blocks=1)
    with pytest.raises(ValueError, match="needs an encoder.*preset='pixel_cnn'"):
        plain.resample(images)


def test_a_level_follows_its_prior_given_the_level_above():
    """Under a prior that is not normal, the second level's noise is normal again."""
    preset, settings = MODELS["grid"]
    model, count = tiny_model(preset, **settings), 500
    images = np.repeat(batch(1)["image"], count, 0)
    given = model.batch(images)
    _, z = resample(model, given, 2, False, BatchDraws(0, count))
    above, below = model.decoder.split(z)
    noise, _ = model.prior.flows[1].inverse_and_log_det(below, above)
    expected = BatchDraws(0, count).of("level_1").normal(below.shape[1:])
    np.testing.assert_allclose(noise, expected, atol=1e-4)
    assert np.any(np.abs(noise - below) > 1e-3)
