"""Every discriminator with every adversary, in the model's own updates."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.models import build_model
from ade_tf.models.updates import clip_weights
from ade_tf.networks import DISCRIMINATORS
from ade_tf.objectives import ADVERSARIES, MixedBatch, SeparateBatch
from ade_tf.strategies import make_strategy
from tests.helpers.eager import eagerly
from tests.helpers.models import (
    batch,
    gradients_of,
    tiny_config,
    tiny_model,
    train_discriminator,
)

pytestmark = pytest.mark.usefixtures("eager")

PAIRS = [
    (adversary, name, group)
    for adversary in ADVERSARIES
    for name in DISCRIMINATORS
    for group in (1, 4)
    if group == 1 or not ADVERSARIES[adversary].paired
]


@pytest.mark.parametrize(("adversary", "name", "group"), PAIRS)
def test_every_discriminator_learns_by_every_adversary(adversary, name, group):
    """A toy: bright images against dark ones, both noisy."""
    game = ADVERSARIES[adversary]
    network = DISCRIMINATORS[name]((4, 4, 1), width=4, group=group)
    noise = tf.random.normal([2, 8, 4, 4, 1])
    real, fake = noise[0] + 0.3, noise[1] - 0.3
    batch = SeparateBatch()
    if group > 1:
        batch = MixedBatch(tf.random.uniform([8, 2]), group)
    variables = network.trainable_variables
    optimizer = keras.optimizers.SGD(0.01)
    optimizer.build(variables)
    losses = []
    for _ in range(4):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fake)
            logits = batch.split(network(batch.join(real, fake)))
            loss = batch.discriminator_loss(game, *logits)
            generated = batch.generator_loss(game, logits[1], logits[0])
        gradients = tape.gradient(loss, [v.value for v in variables])
        to_samples = tape.gradient(generated, fake)
        optimizer.apply(gradients, variables)
        losses.append(float(loss))
    assert np.isfinite(losses).all() and losses[-1] < losses[0] - 1e-4
    assert np.isfinite(generated) and np.isfinite(to_samples).all()
    assert np.any(to_samples)
    for variable, gradient in zip(variables, gradients, strict=True):
        assert gradient is not None and np.isfinite(gradient).all(), variable.path
        # The last bias adds one constant to all logits: some games do not feel it.
        assert np.any(gradient) or variable.shape == (1,), variable.path


def test_the_generator_of_a_paired_adversary_sees_real_images():
    images = tf.constant(batch()["image"])
    for adversary, sees in (("relativistic", True), ("non_saturating", False)):
        model = tiny_model("gan", adversary=adversary)
        found = []
        for shift in (0.0, 3.0):
            gradients = gradients_of(model, "adversarial", images + shift)
            gradients = [np.ravel(g) for g in gradients if g is not None]
            found.append(np.concatenate(gradients))
        assert np.array_equal(*found) != sees


def test_clipping_keeps_every_weight_in_bounds():
    model = tiny_model("gan", adversary="wasserstein", discriminator_clip=0.03)
    weights = model.discriminator.trainable_variables
    assert max(np.abs(v.numpy()).max() for v in weights) > 0.1
    train_discriminator(model, batch()["image"])
    for weight in weights:
        assert np.abs(weight.numpy()).max() <= np.float32(0.03)
        assert len(weight.shape) == 1 or np.any(np.abs(weight.numpy()) < 0.029)


def test_clipping_leaves_replicas_equal(in_graphs):
    strategy = make_strategy("mirrored", 2)
    with strategy.scope():
        variable = keras.Variable(np.float32([-3.0, -0.1, 0.2, 7.0]))

    @tf.function
    def clip():
        strategy.run(lambda: clip_weights([variable], 0.5))

    clip()
    for value in strategy.experimental_local_results(variable.value):
        np.testing.assert_array_equal(value, np.float32([-0.5, -0.1, 0.2, 0.5]))


@pytest.mark.parametrize(
    "settings",
    [
        dict(discriminator_batch="mixed", mixed_group=2, spectral_norm=True),
        pytest.param(
            dict(adversary="relativistic", penalty="r1_r2"), marks=pytest.mark.long
        ),
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_two_replicas_judge_as_one(settings):
    config = tiny_config("gan", network="mlp", discriminator="mlp", **settings)
    found = []
    for strategy in (make_strategy("single", 1), make_strategy("mirrored", 2)):
        with strategy.scope():
            model = build_model(config, (8, 8, 1), 17)
            # Adam's first step makes 1e-3 of a gradient of 1e-9, rounding included.
            model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        replicas = strategy.num_replicas_in_sync
        parts = [tf.constant(x) for x in np.split(batch()["image"], replicas)]
        images = strategy.experimental_distribute_values_from_function(
            lambda context, parts=parts: parts[context.replica_id_in_sync_group]
        )
        before = [v.numpy() for v in model.trainable_variables]

        @tf.function
        def step(images, strategy=strategy, model=model):
            def replica(images):
                logs = train_discriminator(model, images)
                (update,) = model.updates()
                model._train(update, model.batch(images), logs)

            strategy.run(replica, args=(images,))

        # The replicas stand in a graph, as in a run.
        with eagerly(replicas == 1):
            step(images)
        found.append([v.numpy() for v in model.trainable_variables])
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)
    moved = [np.abs(a - b).max() for a, b in zip(before, found[0], strict=True)]
    assert np.median(moved) > 5e-4


def test_flow_gan_without_likelihood_is_trained_by_the_adversary_alone():
    model = tiny_model("flow_gan", train_likelihood=False, flow_steps=(1,))
    logs = model.train_step(batch())
    assert "likelihood_gradient_norm" not in logs and "bits_per_dim" not in logs
    assert float(logs["adversarial_gradient_norm"]) > 0.0
    assert model.config.preset.likelihood


def test_a_group_must_fit_a_replica():
    config = tiny_config("gan", discriminator_batch="mixed", mixed_group=8)
    with make_strategy("mirrored", 2).scope():
        with pytest.raises(ValueError, match="whole mixed groups.*batch_size=8 on 2"):
            build_model(config, (8, 8, 1), 17)
