"""SavedModels that load with TensorFlow alone."""

import pathlib

import keras
import tensorflow as tf

from ade_tf.metrics import bits_per_dim
from ade_tf.models import bound_terms, decode, encode, sample
from ade_tf.randomness import fold
from ade_tf.runs import load_run

__all__ = ["export_model", "export_run"]


def export_run(run_dir, out) -> list[str]:
    """Exports the model of a run, with the weights that evaluation uses.

    Args:
      run_dir: Directory of the run.
      out: Directory of the SavedModel; must be new or empty.

    Returns:
      The names of the endpoints.

    Raises:
      ValueError: If `run_dir` holds no trained run or `out` holds something.
    """
    out = pathlib.Path(out) if out else None
    if out is None or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise ValueError(
            f"out must be a new or empty directory. Received: {str(out or '')!r}"
        )
    return export_model(load_run(run_dir).model, out)


def export_model(model, out) -> list[str]:
    """Exports a model's endpoints; which ones exist depends on its parts.

    With a likelihood: `log_prob(images, seed)`, the single-sample bound in nats, and
    `bits_per_dim(images)`, the same at seed 0 in bits per dimension. Always:
    `sample(num, temperature, seed)`. With an encoder: `encode(images)`, the posterior
    mean (of a hierarchical z, the path of means); with a decoder: `decode(z)`. Images
    are uint8 `[B, H, W, C]` (float32 for continuous data); num and seed are int32
    scalars, temperature is a float32 scalar.

    Args:
      model: An `AdaptiveDensityEstimator`.
      out: Directory of the SavedModel.

    Returns:
      The names of the endpoints.
    """
    kind = tf.uint8 if model.levels else tf.float32
    images = tf.TensorSpec([None, *model.image_shape], kind, "images")
    seed = tf.TensorSpec([], tf.int32, "seed")

    def log_prob(images, seed):
        indices = tf.range(tf.shape(images, tf.int64)[0], dtype=tf.int64)
        terms = bound_terms(model, images, _seed(seed), indices)
        return -terms.loss_nats(1.0)

    endpoints = {}
    if model.config.preset.likelihood:
        endpoints["log_prob"] = (log_prob, [images, seed])
        endpoints["bits_per_dim"] = (
            lambda images: bits_per_dim(log_prob(images, 0), model.dims),
            [images],
        )
    endpoints["sample"] = (
        lambda num, temperature, seed: tf.cast(
            sample(model, num, temperature, _seed(seed)), kind
        ),
        [
            tf.TensorSpec([], tf.int32, "num"),
            tf.TensorSpec([], tf.float32, "temperature"),
            seed,
        ],
    )
    if model.encoder is not None:
        endpoints["encode"] = (lambda images: encode(model, images), [images])
    if model.decoder is not None:
        endpoints["decode"] = (
            lambda z: tf.cast(decode(model, z), kind),
            [tf.TensorSpec([None, model.latent_size], tf.float32, "z")],
        )
    archive = keras.export.ExportArchive()
    archive.track(model)
    for name, (function, signature) in endpoints.items():
        function = tf.autograph.experimental.do_not_convert(function)
        archive.add_endpoint(name, function, input_signature=signature)
    archive.write_out(str(out), verbose=False)
    return list(endpoints)


def _seed(seed):
    return fold(tf.stack([tf.cast(seed, tf.int32), 0]))
