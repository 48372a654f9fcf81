"""Small models of real digits, for tests that need a whole one."""

import functools

import numpy as np
import tensorflow as tf

from ade_tf import models
from ade_tf.config import PRESETS, RunConfig
from ade_tf.data import load_dataset
from ade_tf.example_draws import ExampleDraws
from ade_tf.models import build_model, initialize_from_data

# Those of one domain.
ONE_DOMAIN = [name for name in PRESETS if not PRESETS[name].second_domain]
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

# For continuous data, [1, 1, C].
MLP = dict(
    network="mlp",
    width=8,
    latent_size=2,
    coupling_network="mlp",
    coupling_width=8,
    flow_steps=(2,),
    flow_squeeze=False,
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


def bound_terms(model, images, seed, indices, labels=None):
    """Returns the terms of the bound on images, their draws by seed and position."""
    batch = model.batch(images, labels, indices)
    return model.likelihood_terms(batch, ExampleDraws(seed, indices))


def log_weights(model, images, seed, indices, labels=None):
    """Returns ln p(x, z) - ln q(z | x) of images at a draw."""
    return bound_terms(model, images, seed, indices, labels).log_weights_nats()


def encode(model, images, labels=None):
    """Returns the codes of images given as arrays."""
    return models.encode(model, model.batch(images, labels))


def decode(model, z, labels=None):
    """Returns the images of codes, of classes given as labels."""
    return models.decode(model, z, model.condition(labels))


def reconstruct(model, images, labels=None):
    """Returns the reconstructions of images given as arrays."""
    return models.reconstruct(model, model.batch(images, labels))


def sample(model, num, temperature, seed, noise=False, first=0, labels=None):
    """Returns the samples from `first` on, of classes given as labels."""
    draws = ExampleDraws(seed, first + tf.range(num))
    return models.sample(model, draws, temperature, noise, model.condition(labels))


def term_of(model, name):
    """Returns the term of a name of the model's updates."""
    terms = [term for update in model.updates() for term in update.terms]
    return next(term for term in terms if term.name == name)


def gradients_of(model, name, images, labels=None, logs=None):
    """Returns the gradients of a term, like `generator_variables`."""
    logs = {} if logs is None else logs
    return model.gradients(term_of(model, name), model.batch(images, labels), logs)


def train_discriminator(model, images, logs=None):
    """Makes one update of the discriminator of the model's only game."""
    (game,) = model.games
    logs = {"skipped": 0.0} if logs is None else logs
    model._train_discriminator(game, model.batch(images), 0, logs)
    return logs
