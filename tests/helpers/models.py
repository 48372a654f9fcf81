"""Small models of real digits, for tests that need a whole one."""

import functools

import numpy as np

from ade_tf.config import RunConfig
from ade_tf.data import load_dataset
from ade_tf.models import build_model, initialize_from_data

TINY = dict(
    dataset="digits",
    flow_steps=(2,),
    coupling_width=8,
    width=8,
    latent_size=4,
    discriminator_width=8,
    position_maps=True,
    actnorm="position",
    num_steps=8,
    batch_size=8,
    log_every=1,
    validation_images=20,
    checkpoint_every=3,
)


@functools.cache
def digits():
    """Returns the digits data set, loaded once."""
    return load_dataset("digits")


def tiny_config(preset="av_ade", **settings):
    """Returns a configuration that a CPU trains in no time.

    Settings that cannot act in the preset are left out.
    """
    return RunConfig.from_stored({**TINY, "preset": preset, **settings})


def tiny_model(preset="av_ade", *, perturbed=True, **settings):
    """Returns an initialised model of digits, its weights moved off their start."""
    config = tiny_config(preset, **settings)
    data = digits()
    model = build_model(config, data.image_shape, data.levels, data.num_classes)
    labels = model.own_labels(data.train.labels[:64])
    initialize_from_data(model, data.train.images[:64], labels=labels)
    if perturbed:
        perturb(model)
    return model


def perturb(model, scale=0.05, seed=3):
    """Adds noise to every trainable weight: zero-initialised layers hide mistakes."""
    generator = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        noise = generator.normal(0.0, scale, variable.shape)
        variable.assign(variable.numpy() + noise.astype(np.float32))


def batch(size=8, start=0):
    """Returns a batch of training digits as the pipeline gives it."""
    split = digits().train
    part = slice(start, start + size)
    images = split.images[part].astype(np.float32)
    return {"image": images, "label": split.labels[part]}
