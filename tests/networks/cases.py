"""One table of all networks, for the tests that every network must pass."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from ade_tf.networks import (
    CONDITIONERS,
    DISCRIMINATORS,
    NETWORKS,
    Decoder,
    Encoder,
    TopDownDecoder,
)
from ade_tf.networks.top_down import level_scales

LATENT_SIZE = 5


@dataclasses.dataclass(frozen=True)
class Case:
    """A network: `build(image_shape, **keywords)` and the shapes it maps between."""

    build: Callable
    input_shape: Callable
    output_shape: Callable
    drops: bool = True


def image(shape):
    return tuple(shape)


def _case(make, sizes, input_shape, output_shape, *, drops=True, **fixed):
    def build(shape, **keywords):
        return make(shape, *sizes, **{"width": 3, **fixed, **keywords})

    return Case(build, input_shape, output_shape, drops)


CASES = {}
for name, make in CONDITIONERS.items():
    CASES[f"conditioner_{name}"] = _case(make, [4], image, lambda s: (*s[:2], 4))
for name in NETWORKS:
    CASES[f"encoder_{name}"] = _case(Encoder, [7], image, lambda s: (7,), network=name)
for name in NETWORKS:
    for sigma in ("pixel", "from_z"):
        CASES[f"decoder_{name}_{sigma}"] = _case(
            Decoder,
            [LATENT_SIZE],
            lambda s: (LATENT_SIZE,),
            image,
            network=name,
            sigma=sigma,
        )
CASES["decoder_top_down"] = _case(
    TopDownDecoder,
    [2],
    lambda s: (sum(2 * h * w for h, w, _ in level_scales(s, (2,), 1)),),
    image,
    levels=(2,),
)
for name, make in DISCRIMINATORS.items():
    CASES[f"discriminator_{name}"] = _case(make, [], image, lambda s: (), drops=False)
    CASES[f"discriminator_{name}_spectral"] = _case(
        make, [], image, lambda s: (), drops=False, spectral_norm=True
    )


class Holder(keras.Model):
    """A Keras model with one network, to save."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.built = True

    def call(self, *inputs):
        return self.network(*inputs)


def perturb(layer, scale=0.3):
    """Adds noise to every trainable variable, so that no zero hides a fault."""
    for variable in layer.trainable_variables:
        noise = np.random.normal(0.0, scale, variable.shape)
        variable.assign(variable.numpy() + noise)


def inputs_for(case, image_shape, batch=3, dtype="float32"):
    return tf.random.normal([batch, *case.input_shape(image_shape)], dtype=dtype)


def outputs_of(result):
    """The main output: mu of a decoder's pair."""
    return result[0] if isinstance(result, tuple) else result
