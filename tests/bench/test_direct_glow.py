import re

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.bijectors import Coupling
from ade_tf.models import build_model
from experiments.bench import DirectGlow, direct_calls
from experiments.bench.model_calls import model_calls
from experiments.bench.references import check_reference
from tests.bench.cases import config, images, operations, small_model

NETWORKS = ["Conv2D", "MatMul"]
GRADIENTS = ["Conv2DBackpropFilter", "Conv2DBackpropInput"]


def only(names, counts):
    return {name: counts.get(name, 0) for name in names}


@pytest.mark.parametrize("learned_prior", [False, True])
def test_has_the_density_of_the_model(learned_prior):
    model, x = small_model(learned_prior=learned_prior), images(5)
    expected = model.image_distribution().log_prob(x).numpy()
    assert np.std(expected) > 1
    np.testing.assert_allclose(DirectGlow(model).log_prob(x), expected, rtol=2e-6)


@pytest.mark.parametrize("learned_prior", [False, True])
def test_has_the_gradients_of_the_model(learned_prior):
    model = small_model(learned_prior=learned_prior)
    x = tf.constant(images(5))
    glow = DirectGlow(model)
    ours = [v.value for v in model.generator_variables]
    with tf.GradientTape(persistent=True) as tape:
        here = tf.reduce_mean(model.image_distribution().log_prob(x))
        there = tf.reduce_mean(glow.log_prob(x))
    # In any order, and with no variable forgotten.
    here = sorted(float(tf.norm(g)) for g in tape.gradient(here, ours))
    there = sorted(float(tf.norm(g)) for g in tape.gradient(there, glow.variables))
    np.testing.assert_allclose(there, here, rtol=1e-3)


@pytest.mark.parametrize("learned_prior", [False, True])
def test_samples_by_the_inverse_of_its_density(learned_prior):
    model, x = small_model(learned_prior=learned_prior), images(5)
    glow = DirectGlow(model)
    features, _ = glow.features(x)
    np.testing.assert_allclose(glow.images(features), x, atol=256e-5)
    drawn = glow.sample(4)
    assert drawn.shape == (4, 8, 8, 3)
    assert np.all(np.isin(drawn, np.arange(256)))


def test_log_prob_of_the_reference_runs_each_network_once():
    model = build_model(config(), (32, 32, 3), 256)
    x = tf.constant(images(32, (32, 32, 3)))
    modules = model.feature_map.bijector.submodules
    couplings = sum(isinstance(module, Coupling) for module in modules)
    assert couplings == 24
    counts = operations(lambda x: model.image_distribution().log_prob(x), x)
    # A network is two 3x3 convolutions around a product of matrices.
    assert counts["Conv2D"] == 2 * couplings
    direct = operations(DirectGlow(model).log_prob, x)
    assert only(NETWORKS, counts) == only(NETWORKS, direct)


@pytest.mark.parametrize("mode", ["train", "log_prob", "sample"])
def test_is_timed_on_as_many_products_as_the_model(mode):
    model, x = small_model(), tf.constant(np.floor(images(3)))
    kinds = [*NETWORKS, *GRADIENTS] if mode == "train" else NETWORKS
    sides = [calls(model, x)[mode] for calls in (model_calls, direct_calls)]
    ours, direct = (only(kinds, operations(call)) for call in sides)
    assert ours == direct
    assert ours["Conv2D"] == 2 * 3


def test_trains():
    model, x = small_model(learning_rate=0.01), tf.constant(np.floor(images(3)))
    train = direct_calls(model, x)["train"]
    first = float(train())
    for _ in range(20):
        last = float(train())
    assert last < first


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"preset": "v_ade", "coupling": "spline", "learned_prior": True},
            "preset='v_ade', coupling='spline'",
        ),
        ({"clip_norm": 1.0}, "trained with.*Received: clip_norm=1.0"),
        ({"optimizer": "adamax"}, "trained with.*Received: optimizer='adamax'"),
    ],
)
def test_refuses_what_it_does_not_stand_for(settings, message):
    with pytest.raises(ValueError, match=message):
        check_reference("direct", config(**settings), "python3")


def test_refuses_another_model():
    model = small_model(mixing="dense")
    with pytest.raises(ValueError, match=re.escape("Received: mixing='dense'")):
        DirectGlow(model)
