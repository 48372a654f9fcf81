"""Models that grow by resolution: resumed, saved, sampled, and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models import build_model
from ade_tf.networks.growth import enlarge, halve
from ade_tf.randomness import BatchDraws
from tests.helpers.models import digits, sample, tiny_config, tiny_model

# Alone until step 4, in the fade until step 8.
GROWING = dict(preset="gan", growth_steps=4, num_steps=20)


def grown(model):
    return float(model.growth.value.numpy())


def test_training_from_the_middle_of_a_fade_goes_on_bit_by_bit(tmp_path):
    settings = dict(GROWING, penalty="r1", minibatch_statistics="stddev")
    images = digits().train.images
    model = tiny_model(**settings)
    model.fit(images, steps_per_epoch=6, verbose=0)
    assert grown(model) == 0.25
    path = tf.train.Checkpoint(model=model).save(tmp_path / "checkpoint")
    other = tiny_model(**settings, perturbed=False)
    tf.train.Checkpoint(model=other).restore(path).assert_consumed()
    assert grown(other) == 0.25
    for one in (model, other):
        one.fit(images, steps_per_epoch=3, verbose=0)
    assert grown(model) == 1.0
    for here, there in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(here.numpy(), there.numpy(), err_msg=here.path)


@pytest.mark.parametrize("preset", ["gan", "av_ade"])
def test_games_are_of_what_has_grown(preset):
    model = tiny_model(**{**GROWING, "preset": preset, "flow_steps": (1,)})
    images = digits().train.images[:8]

    def real():
        side = model.games[0].real(model.batch(images), BatchDraws(0, 8))
        return side[0].numpy()

    np.testing.assert_allclose(real(), enlarge(halve(real())), atol=1e-6)
    if preset == "gan":
        found = sample(model, 4, 1.0, 0)
        np.testing.assert_array_equal(found, enlarge(found[:, ::2, ::2]))
    history = model.fit(images, steps_per_epoch=10, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert grown(model) == 1.0
    assert np.abs(real() - enlarge(halve(real()))).max() > 0.1
    found = sample(model, 4, 1.0, 0)
    assert np.any(found != enlarge(found[:, ::2, ::2]))


def test_a_saved_model_has_grown_as_far(tmp_path):
    model = tiny_model(**GROWING)
    model.fit(digits().train.images, steps_per_epoch=7, verbose=0)
    model.save(tmp_path / "half.keras")
    other = keras.saving.load_model(tmp_path / "half.keras")
    assert grown(other) == grown(model) == 0.5
    np.testing.assert_array_equal(sample(other, 3, 1.0, 0), sample(model, 3, 1.0, 0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(preset="gan", network="mlp"), "needs network conv or residual"),
        (dict(preset="gan", games=("pair",)), r"needs games \('image',\). Received"),
        (dict(preset="gan", discriminator="mlp"), "needs discriminator dcgan or"),
        (dict(preset="vae", latent_levels=(1,)), "needs latent_levels"),
        (dict(preset="flow"), "growth_steps needs a preset with a z"),
    ],
    ids=str,
)
def test_what_cannot_grow_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flat({"growth_steps": 2, **settings})


def test_growth_ends_before_training_does():
    config = tiny_config(**{**GROWING, "num_steps": 8})
    with pytest.raises(ValueError, match="must be above .* 8. Received: num_steps=8"):
        build_model(config, (8, 8, 1), 17)
    with pytest.raises(ValueError, match="sides can be halved. Received: image_shape"):
        build_model(tiny_config(**GROWING), (7, 7, 1), 17)
