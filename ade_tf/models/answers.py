"""What a trained model answers: codes, images of codes, samples, in levels."""

import tensorflow as tf

from ade_tf.config import requires
from ade_tf.example_draws import ExampleDraws
from ade_tf.models.batch import Batch
from ade_tf.randomness import Draws, MeanDraws

__all__ = [
    "classify",
    "complete",
    "decode",
    "encode",
    "quantize",
    "read_codes",
    "reconstruct",
    "resample",
    "sample",
]


def encode(model, batch: Batch) -> tf.Tensor:
    """Returns a code of images, `[B, latent_size]`: the posterior mean of z.

    A hierarchical z is the path of means, each level's given the means above it; with
    the posterior `iaf`, it is where the mean of its base leads. Noise is replaced by
    its mean: with uniform noise, images are taken in the middle of their levels; with
    `variational`, where the mean of its base leads.

    Raises:
      ValueError: If the model has no encoder.
    """
    requires(model.config, "a code", "encoder")
    draws = MeanDraws(batch.count)
    x = model.dequantize(batch, draws).value
    return model.infer(x, draws.normal([model.latent_size]), batch.condition).z


def classify(model, batch: Batch) -> tf.Tensor:
    """Returns p(c | x) of images by the classifier, `[B, K]`, draws at their means.

    Raises:
      ValueError: If the model has no classifier.
    """
    return tf.nn.softmax(model.class_logits(batch, MeanDraws(batch.count)))


def decode(model, z, condition=None) -> tf.Tensor:
    """Returns the images f^-1(mu(z)), quantised, `[B, H, W, C]`.

    Args:
      model: An `AdaptiveDensityEstimator` with a z.
      z: Codes, `[B, latent_size]`.
      condition: Of a conditional model, that of these images (`model.condition`).
    """
    density = model.decoder.density(z, condition)
    if density.discrete:
        draws = ExampleDraws(0, tf.range(tf.shape(z)[0]))
        y = density.draw(draws.of("features")).value
    else:
        y = density.mean()
    return _images(model, y, condition)


def reconstruct(model, batch: Batch) -> tf.Tensor:
    """Returns f^-1(mu(z)) of the codes z of images (`encode`), quantised."""
    return decode(model, encode(model, batch), batch.condition)


def read_codes(model, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns what q(k, v | x) says of images: q(k | x), `[B, K]`, and the mean of v.

    Images are taken in the middle of their levels.

    Raises:
      ValueError: If the model's prior has no codes.
    """
    requires(model.config, "a reading of codes", "codes")
    x = model.dequantize(batch, MeanDraws(batch.count)).value
    outputs = model.code_reader(model.to_unit(x), batch.condition)
    classes = model.prior.code_classes
    return tf.nn.softmax(outputs[:, :classes]), outputs[:, classes:]


def sample(
    model, draws: Draws, temperature=1.0, noise=False, condition=None, codes=None
) -> tf.Tensor:
    """Returns quantised samples, one for each example of the draws, `[B, H, W, C]`.

    With a z: f^-1(mu(z)), z ~ p(z), as the adversary sees them; with `noise`,
    y ~ p(y | z) in place of mu(z). Without a z: f^-1(y), y ~ N(0, I). The temperature
    is a factor on the standard deviations of z (at every level) and y. For flows with
    other than additive couplings it is a heuristic (arXiv 1807.03039).

    Args:
      model: An `AdaptiveDensityEstimator`.
      draws: The random numbers, such as `ExampleDraws(seed, indices)`, with which the
        i-th sample depends on the seed and i alone.
      temperature: Factor on the standard deviations.
      noise: Whether to draw y instead of taking its mean.
      condition: Of a conditional model, that of the samples (`model.condition`).
      codes: Density of z in place of the prior (`model.sample_arguments`).
    """
    y = model.draw_features(draws, temperature, noise, condition, codes)
    return _images(model, y, condition)


def complete(
    model, batch: Batch, rows: int, draws: Draws, temperature=1.0
) -> tf.Tensor:
    """Returns images drawn below their first rows, which are given, `[B, H, W, C]`.

    Without a z they follow p(x_below | x_above). With a z for each row, those of the
    rows given are drawn from q(z_t | x_<=t, z_<t), an approximation.

    Args:
      model: An `AdaptiveDensityEstimator` that draws rows in turn, of whole images.
      batch: The images, of which only the first rows are read.
      rows: Number of rows that are given, 0 .. H-1.
      draws: The random numbers, one example for each image.
      temperature: As in `sample`.

    Raises:
      ValueError: If the model does not draw rows of whole images in turn, or not so
        many can be given.
    """
    requires(model.config, "a completion of rows", "rows in turn", "whole images")
    height = model.image_shape[0]
    if not 0 <= rows < height:
        raise ValueError(
            f"of {height} rows, 0 to {height - 1} can be given. Received: rows={rows}"
        )
    z = None
    if model.latent_size:
        noise = draws.of("z").normal([model.latent_size])
        found = model.infer(batch.images, noise, batch.condition).z
        given = tf.range(model.latent_size) < rows * (model.latent_size // height)
        z = tf.where(given, found, temperature * noise)
    density = model.feature_density(z, batch.condition)
    return density.complete(batch.images, rows, draws.of("features"), temperature).value


def _images(model, y, condition):
    """Returns f^-1(y), quantised; where a part is given, put together with it."""
    x, _ = model.feature_map.forward_and_log_det(y, condition)
    x = quantize(x, model.part_levels)
    if model.image_condition is None:
        return x
    return model.image_condition.join(condition, x)


def resample(
    model, batch: Batch, level: int, noise: bool, draws: Draws, temperature=1.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns images drawn anew from a level of the z of images on, and their z.

    The levels of z above it are kept, those of the images (`encode`); it and those
    below it are drawn from the prior given these, and then the image.

    Args:
      model: An `AdaptiveDensityEstimator` with an encoder.
      batch: The images.
      level: The level, 1 the coarsest. With 0 the whole z is kept, and the image is
        drawn from p(x | z).
      noise: Whether, with a level, to draw y ~ p(y | z) in place of its mean.
      draws: The random numbers, one example for each image.
      temperature: As in `sample`.

    Raises:
      ValueError: If the model has no encoder, or its z not so many levels.
    """
    requires(model.config, "a redraw from z", "encoder")
    z, condition = encode(model, batch), batch.condition
    # A vector z is its only level.
    split = getattr(model.decoder, "split", lambda z: [z])
    values = list(split(z))
    if not 0 <= level <= len(values):
        raise ValueError(
            f"of {len(values)} levels of z, 1 to {len(values)} can be drawn anew, or 0 "
            f"for none. Received: level={level}"
        )
    for place in range(level - 1 if level else len(values), len(values)):
        prior = model.prior.level_densities(values, condition)[place]
        values[place] = prior.draw(draws.of(f"level_{place}"), temperature).value
    z = tf.concat([tf.reshape(v, [batch.count, -1]) for v in values], axis=1)
    y = model.features_of(z, draws, temperature, noise or not level, condition)
    return _images(model, y, condition), z


def quantize(x, levels: int) -> tf.Tensor:
    """Returns x floored and clipped to 0 .. levels-1; continuous data as it is."""
    if levels == 0:
        return x
    return tf.clip_by_value(tf.floor(x), 0.0, levels - 1.0)
