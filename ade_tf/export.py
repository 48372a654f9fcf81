"""SavedModels that load with TensorFlow alone."""

import inspect
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from ade_tf.example_draws import ExampleDraws
from ade_tf.files import check_writable, read_by_tensorflow, replaced_directory
from ade_tf.metrics import bits_per_dim
from ade_tf.models import AdaptiveDensityEstimator, decode, encode, sample
from ade_tf.randomness import fold
from ade_tf.runs import load_run

__all__ = ["export_model", "export_run"]


def export_run(
    run_dir: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    weights: str = "averaged",
) -> list[str]:
    """Exports the model of a run as a SavedModel, with the weights of evaluation.

    Args:
      run_dir: Directory of the run.
      out: Directory of the SavedModel; must be new or empty, or be replaced.
      overwrite: Whether a SavedModel found there is replaced, once the new one is
        whole.
      weights: `averaged` or `raw`, as of `load_run`.

    Returns:
      The names of the endpoints.

    Raises:
      ValueError: If `run_dir` holds no trained run, or one whose weights are not
        finite, if `out` holds something, or TensorFlow could not load from there.
      OSError: If it cannot be written; what was there is as it was.
    """
    place = _checked_out(out, overwrite)
    check_writable(place / "saved_model.pb")
    return export_model(load_run(run_dir, weights).model, place)


def _checked_out(out, overwrite) -> pathlib.Path:
    """Returns the directory to write to, if that can be done and loaded from."""
    out = pathlib.Path(os.path.expanduser(out)) if out else None
    if out is None or (out.exists() and not out.is_dir()):
        raise ValueError(
            f"out must be a new or empty directory. Received: {str(out)!r}"
        )
    if out.exists() and any(out.iterdir()):
        if not overwrite:
            raise ValueError(
                "out must be a new or empty directory (or overwrite replaces the "
                f"SavedModel there). Received: {str(out)!r}"
            )
        if not (out / "saved_model.pb").exists():
            raise ValueError(
                "only a SavedModel is overwritten, and there is something else. "
                f"Received: {str(out)!r}"
            )
    with read_by_tensorflow(out.absolute()) as readable:
        if readable != out.absolute():
            raise ValueError(
                "TensorFlow loads no SavedModel from a path with [ or \\. "
                f"Received: {str(out.absolute())!r}"
            )
    return out


def export_model(
    model: AdaptiveDensityEstimator, out: str | os.PathLike[str]
) -> list[str]:
    """Exports a model as a SavedModel.

    The endpoints depend on the parts of the model. Every model has
    `sample(num, temperature, seed)`. A likelihood adds `log_prob(images, seed)`, the
    single-sample bound in nats, and `bits_per_dim(images)`, the same at seed 0 in bits
    per dimension. An encoder adds `encode(images)`, the posterior mean (for a
    hierarchical z, the path of means), and a decoder adds `decode(z)`. Images are uint8
    `[B, H, W, C]` (float32 for continuous data), num and seed are int32 scalars, and
    temperature is a float32 scalar.

    The endpoints of a conditional model also take labels, int32 `[B]` in
    0 .. num_classes-1; other values raise an error. They are
    `log_prob(images, labels, seed)`, `bits_per_dim(images, labels)`,
    `encode(images, labels)`, `decode(z, labels)`, and
    `sample(labels, temperature, seed)`, which draws one sample for each label.

    Args:
      model: An `AdaptiveDensityEstimator`.
      out: Directory of the SavedModel, which takes its name when it is whole; one that
        is there is replaced.

    Returns:
      The names of the endpoints.

    Raises:
      ValueError: If a weight is not finite.
      OSError: If it cannot be written.
    """
    _check_finite(model)
    functions = _given_labels(model) if model.conditional else _without_labels(model)
    if not model.config.preset.likelihood:
        del functions["log_prob"], functions["bits_per_dim"]
    if model.encoder is None:
        del functions["encode"]
    if model.decoder is None:
        del functions["decode"]
    specs = _specs(model)
    archive = keras.export.ExportArchive()
    archive.track(model)
    for name, function in functions.items():
        signature = [
            specs[argument] for argument in inspect.signature(function).parameters
        ]
        function = tf.autograph.experimental.do_not_convert(function)
        archive.add_endpoint(name, function, input_signature=signature)
    with replaced_directory(out) as directory:
        archive.write_out(str(directory), verbose=False)
    return list(functions)


def _check_finite(model):
    kinds = [
        (v.path, v.numpy()) for v in model.variables if v.dtype.startswith("float")
    ]
    bad = [path for path, value in kinds if not np.isfinite(value).all()]
    if bad:
        raise ValueError(
            "a model that is exported has finite weights. Received: "
            f"{len(bad)} of {len(kinds)} variables that are not, {bad[0]!r} first"
        )


def _specs(model):
    """Returns what each argument of an endpoint is."""
    images = tf.TensorSpec([None, *model.image_shape], _kind(model), "images")
    return {
        "images": images,
        "labels": tf.TensorSpec([None], tf.int32, "labels"),
        "num": tf.TensorSpec([], tf.int32, "num"),
        "seed": tf.TensorSpec([], tf.int32, "seed"),
        "temperature": tf.TensorSpec([], tf.float32, "temperature"),
        "z": tf.TensorSpec([None, model.latent_size], tf.float32, "z"),
    }


def _without_labels(model):
    def log_prob(images, seed):
        return _log_prob(model, images, seed)

    return {
        "log_prob": log_prob,
        "bits_per_dim": lambda images: bits_per_dim(log_prob(images, 0), model.dims),
        "sample": lambda num, temperature, seed: _drawn(model, num, temperature, seed),
        "encode": lambda images: encode(model, model.batch(images)),
        "decode": lambda z: tf.cast(decode(model, z), _kind(model)),
    }


def _given_labels(model):
    def checked(labels, examples):
        return _checked(model, labels, tf.shape(examples)[0])

    def log_prob(images, labels, seed):
        return _log_prob(model, images, seed, checked(labels, images))

    def drawn(labels, temperature, seed):
        labels = checked(labels, labels)
        return _drawn(model, tf.shape(labels)[0], temperature, seed, labels)

    return {
        "log_prob": log_prob,
        "bits_per_dim": lambda images, labels: bits_per_dim(
            log_prob(images, labels, 0), model.dims
        ),
        "sample": drawn,
        "encode": lambda images, labels: encode(
            model, model.batch(images, checked(labels, images))
        ),
        "decode": lambda z, labels: tf.cast(
            decode(model, z, model.condition(checked(labels, z))), _kind(model)
        ),
    }


def _log_prob(model, images, seed, labels=None):
    indices = tf.range(tf.shape(images, tf.int64)[0], dtype=tf.int64)
    batch = model.batch(images, labels, indices)
    terms = model.likelihood_terms(batch, ExampleDraws(_seed(seed), batch.indices))
    return -terms.loss_nats()


def _drawn(model, num, temperature, seed, labels=None):
    draws = ExampleDraws(_seed(seed), tf.range(num))
    condition = model.condition(labels)
    found = sample(model, draws, temperature, condition=condition)
    return tf.cast(found, _kind(model))


def _checked(model, labels, count):
    """Returns labels that are refused, when the graph runs, unless they fit."""
    where = f"labels must be in 0 .. {model.num_classes - 1}"
    each = "labels must be one for each image"
    checks = [
        tf.debugging.assert_non_negative(labels, where),
        tf.debugging.assert_less(labels, model.num_classes, where),
        tf.debugging.assert_equal(tf.shape(labels)[0], count, each),
    ]
    with tf.control_dependencies(checks):
        return tf.identity(labels)


def _kind(model):
    return tf.uint8 if model.levels else tf.float32


def _seed(seed):
    return fold(tf.stack([tf.cast(seed, tf.int32), 0]))
