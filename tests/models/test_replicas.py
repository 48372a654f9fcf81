import numpy as np
import pytest

from ade_tf.data import training_stream
from ade_tf.data.labelled import training_part
from ade_tf.models import build_model, initialize_from_data
from ade_tf.strategies import make_strategy, shared_batches
from tests.helpers.eager import eagerly
from tests.helpers.models import digits, tiny_config

SETTINGS = dict(
    coupling_dropout=0.3,
    encoder_dropout=0.3,
    decoder_dropout=0.3,
    spectral_norm=True,
    clip_norm=0.5,
    weight_decay=0.01,
    flow_steps=(1,),
)


def trained(strategy, **settings):
    data = digits()
    config = tiny_config(**SETTINGS, **settings)
    with strategy.scope():
        model = build_model(config, data.image_shape, data.levels, data.num_classes)
        labels = model.own_labels(data.train.labels[:64])
        initialize_from_data(model, data.train.images[:64], labels=labels)
    before = [v.numpy() for v in model.variables]
    split = training_part(data.train, config, data.num_classes)
    stream = training_stream(split, batch_size=8, seed=0)
    model.fit(stream, steps_per_epoch=3, verbose=0)
    return model, before


def test_distributed_batches_want_a_model_that_the_data_have_set():
    data, config = digits(), tiny_config("flow", num_steps=1)
    strategy = make_strategy("mirrored", 2)
    with strategy.scope():
        model = build_model(config, data.image_shape, data.levels)
    stream = training_stream(data.train, batch_size=8, seed=0)
    with pytest.raises(ValueError, match="initialize_from_data first"):
        model.fit(shared_batches(stream, strategy), verbose=0)
    assert int(model.step.numpy()) == 0


TOP_DOWN = dict(latent_levels=(1, 1), latent_size=2, posterior="iaf", iaf_width=8)


def determined(variable, value):
    """Returns a value without what rounding decides in it.

    Of vectors with nearly equal singular values only the span is: here, the projection
    on it.
    """
    if "_norm" in variable.path and variable.path.endswith("/u"):
        return value @ value.T
    return value


RESIDUAL = dict(feature_map="residual", residual_blocks=2, residual_width=8)


@pytest.mark.parametrize(
    "settings",
    [
        dict(update="alternating"),
        dict(preset="gan", conditional=True, network="mlp", discriminator="mlp"),
        dict(
            preset="vae",
            conditional=True,
            bound="semi_supervised",
            network="mlp",
            classifier_weight=1.0,
            free_bits=0.1,
            labelled=600,
        ),
        dict(preset="vae", bound="multimodal", network="mlp", labelled=600),
        dict(preset="flow", condition="visible", visible="frame"),
        pytest.param(dict(condition="coarse"), marks=pytest.mark.long),
        dict(preset="gan", games=("pair",), reconstruction_weight=1.0),
        dict(preset="vae", decoder="recurrent", network="mlp"),
        dict(preset="flow", classifier_weight=1.0, **RESIDUAL),
        dict(
            preset="gan",
            prior="codes",
            code_classes=2,
            code_dims=1,
            growth_steps=1,
            feature_matching_weight=1.0,
        ),
        pytest.param(
            dict(preset="av_gde", games=("code",), update="joint"),
            marks=pytest.mark.long,
        ),
        pytest.param(
            dict(conditional=True, update="joint", penalty="r1_r2"),
            marks=pytest.mark.long,
        ),
        pytest.param(
            dict(update="joint", penalty="interpolates"), marks=pytest.mark.long
        ),
        pytest.param(
            dict(
                update="joint",
                adversarial_schedule="balanced",
                augmentation="colour_translation_cutout",
            ),
            marks=pytest.mark.long,
        ),
        pytest.param(
            dict(update="joint", free_bits=0.3, **TOP_DOWN), marks=pytest.mark.long
        ),
    ],
    ids=lambda settings: "-".join(map(str, settings)),
)
def test_two_replicas_do_what_one_does(settings):
    strategy = make_strategy("mirrored", 2)
    # The replicas stand in a graph, as in a run.
    with eagerly():
        one, before = trained(make_strategy("single", 1), **settings)
    two, _ = trained(strategy, **settings)
    assert int(one.step.numpy()) == int(two.step.numpy()) == 3
    moved = 0.0
    for old, here, there in zip(before, one.variables, two.variables, strict=True):
        replicas = strategy.experimental_local_results(there.value)
        assert len(replicas) == 2
        np.testing.assert_array_equal(*replicas, err_msg=there.path)
        np.testing.assert_allclose(
            determined(here, here.numpy()),
            determined(here, replicas[0].numpy()),
            rtol=0,
            atol=1e-5,
            err_msg=there.path,
        )
        if here.trainable:
            moved = max(moved, np.abs(here.numpy() - old).max())
    # A hundred times the tolerance: nothing agrees by standing still.
    assert moved > 1e-3
