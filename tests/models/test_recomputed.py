"""Models that store no activations of f train as those that do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data import training_stream
from ade_tf.export import export_model
from ade_tf.models import build_model, initialize_from_data
from ade_tf.strategies import make_strategy
from tests.helpers.models import batch, digits, tiny_config, tiny_model
from tests.models.test_replicas import determined

SETTINGS = dict(flow_steps=(2, 1), coupling_dropout=0.3)
MAF = dict(
    feature_map="autoregressive", autoregressive_steps=2, autoregressive_dropout=0.3
)


def pair(preset="av_ade", **settings):
    """Returns a model and one of the same weights that stores no activations of f."""
    models = []
    for flag in (False, True):
        # Keras numbers the names of layers from here on.
        keras.utils.clear_session()
        models.append(tiny_model(preset, recompute_features=flag, **settings))
    for old, new in zip(*(model.variables for model in models), strict=True):
        assert old.path == new.path and old.shape == new.shape
        new.assign(old)
    return models


def compile_with_sgd(model):
    """Adam's first step would turn rounding into a visible difference."""
    count = 1 if model.discriminator is None else 2
    model.compile(*(keras.optimizers.SGD(0.1) for _ in range(count)))


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("av_ade", dict(SETTINGS, adversarial_gradient_in_feature_map=True)),
        ("flow", dict(SETTINGS, conditional=True, feature_map="real_nvp")),
        ("flow", dict(feature_map="residual", residual_blocks=2, residual_width=8)),
        ("flow", MAF),
        ("flow", dict(SETTINGS, flow_steps=(1,), condition="visible")),
    ],
    ids=["av_ade", "flow", "residual", "autoregressive", "visible"],
)
def test_a_training_step_is_that_of_the_model(preset, settings):
    plain, recomputed = pair(preset, **settings)
    logs = []
    before = [v.numpy() for v in plain.variables]
    for model in (plain, recomputed):
        compile_with_sgd(model)
        step = model.train_step
        if model is recomputed:
            # In a graph, as in a run; what it is held against needs none.
            step = tf.function(step)
        logs.append({name: float(value) for name, value in step(batch()).items()})
    for name, value in logs[0].items():
        np.testing.assert_allclose(logs[1][name], value, rtol=1e-4, atol=1e-5)
    moved = 0.0
    for old, here, there in zip(
        before, plain.variables, recomputed.variables, strict=True
    ):
        change = np.abs(here.numpy() - old).max()
        moved = max(moved, change)
        values = [determined(here, v.numpy()) for v in (there, here)]
        np.testing.assert_allclose(*values, rtol=0, atol=1e-6, err_msg=here.path)
    # A thousand times the tolerance.
    assert moved > 1e-3


@pytest.mark.long
def test_two_replicas_do_what_one_does_without():
    strategy = make_strategy("mirrored", 2)
    one = trained(make_strategy("single", 1), recompute_features=False)
    two = trained(strategy, recompute_features=True)
    for here, there in zip(one.variables, two.variables, strict=True):
        replicas = strategy.experimental_local_results(there.value)
        assert len(replicas) == 2
        np.testing.assert_array_equal(*replicas, err_msg=there.path)
        np.testing.assert_allclose(
            here.numpy(), replicas[0], rtol=0, atol=1e-5, err_msg=there.path
        )


def trained(strategy, **settings):
    data = digits()
    config = tiny_config(**SETTINGS, update="joint", **settings)
    with strategy.scope():
        model = build_model(config, data.image_shape, data.levels, data.num_classes)
        initialize_from_data(model, data.train.images[:64])
        compile_with_sgd(model)
    stream = training_stream(data.train, batch_size=8, seed=0)
    model.fit(stream, steps_per_epoch=2, verbose=0)
    return model


@pytest.mark.long
def test_a_checkpoint_of_either_restores_into_the_other(tmp_path):
    plain, recomputed = pair(**SETTINGS)
    for source, target in ((plain, recomputed), (recomputed, plain)):
        saved = tf.train.Checkpoint(model=source).save(str(tmp_path / "weights"))
        for variable in target.variables:
            variable.assign(tf.zeros_like(variable))
        status = tf.train.Checkpoint(model=target).restore(saved)
        status.assert_consumed().assert_existing_objects_matched()
        for old, new in zip(source.variables, target.variables, strict=True):
            np.testing.assert_array_equal(old.numpy(), new.numpy())
        assert any(np.any(v.numpy()) for v in target.feature_map.trainable_variables)


def test_a_run_may_be_resumed_with_the_other_value():
    config = tiny_config(recompute_features=False)
    assert not config.differences(tiny_config(recompute_features=True))


@pytest.mark.long
def test_an_exported_model_gives_the_same(tmp_path):
    images, found = digits().train.images[:4], []
    for model, name in zip(
        pair("flow", **SETTINGS), ("plain", "recomputed"), strict=True
    ):
        export_model(model, tmp_path / name)
        loaded = tf.saved_model.load(str(tmp_path / name))
        found.append(loaded.log_prob(images, 3).numpy())
    np.testing.assert_allclose(*found, rtol=1e-5)
