"""SavedModels that load with TensorFlow alone."""

import inspect
import itertools
import json
import os
import pathlib
import tarfile
import tempfile
import time
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ade_tf.endpoints import make_endpoints
from ade_tf.files import (
    check_writable,
    expanded,
    read_by_tensorflow,
    replaced_directory,
)
from ade_tf.models import AdaptiveDensityEstimator
from ade_tf.runs import load_run
from ade_tf.runs.records import read_records
from ade_tf.versions import package_versions

__all__ = ["ExportSize", "export_model", "export_run", "measure_export"]

# Types in which images and labels come, the signature's first.
_IMAGES = (tf.float32, tf.uint8, tf.uint16, tf.int32, tf.int64, tf.float64)
_KINDS = {"images": _IMAGES, "condition": _IMAGES, "labels": (tf.int32, tf.int64)}
# Of an evaluation's record, what an exported model says of itself.
_RECORDED = (
    "split",
    "value",
    "standard_error",
    "num_examples",
    "importance_samples",
    "step",
)


class ExportSize(NamedTuple):
    """What a SavedModel takes.

    Attributes:
      disk_bytes: All of its files.
      gzip_bytes: The directory as a `.tar.gz`.
      load_seconds: Its loading in a process that has imported TensorFlow.
    """

    disk_bytes: int
    gzip_bytes: int
    load_seconds: float


def export_run(
    run_dir: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    weights: str = "averaged",
) -> list[str]:
    """Exports the model of a run as a SavedModel, with the weights of evaluation.

    Its `ade_tf.json` (see `export_model`) also holds `dataset`, the `step` of the
    weights, and `bits_per_dim`, a list of what evaluations of the run found.

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
    run = load_run(run_dir, weights)
    return export_model(run.model, place, _of_run(run))


def _checked_out(out, overwrite) -> pathlib.Path:
    """Returns the directory to write to, if that can be done and loaded from."""
    out = expanded(out) if out else None
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
    model: AdaptiveDensityEstimator,
    out: str | os.PathLike[str],
    description: dict | None = None,
) -> list[str]:
    """Exports a model's endpoints; which ones exist depends on its parts.

    With a likelihood: `serving_default(images)`, which scores images as they come, a
    dict of `bits_per_dim` and `log_prob`, each `[B]`; `log_prob(images, seed)`, the
    single-sample bound in nats, and `bits_per_dim(images)`, the same at seed 0 in bits
    per dimension. Always: `sample(num, temperature, seed)`, which is `serving_default`
    where there is no likelihood. With an encoder: `encode(images)`, the posterior mean
    (of a hierarchical z, the path of means); with a decoder: `decode(z)`;
    with a classifier: `classify(images)`, the probabilities of the classes `[B, K]`.
    Of two domains: `translate_to_b(images)`, images of A as ones of B, and
    `translate_to_a(images)`; those of translators have no `sample`, and the first is
    `serving_default`.

    The noise and the z of a score are drawn by the seed and the image's own values
    (`content_indices`): an image has one score, whatever its place and neighbours in a
    request, and its label. Over seeds each score is an unbiased estimate of the image's
    bound; over different images the draws are independent, so that the mean of a set is
    one of the set's bound and its error falls with the number of images.

    Images `[B, H, W, C]` hold whole levels, 0 .. levels-1, as uint8, int32, int64,
    float32 or float64; what is not whole, such as images scaled to [0, 1], or beyond
    the levels is refused when the graph runs. The signatures, which `saved_model_cli`
    and TensorFlow Serving call, take float32. Continuous data are any finite numbers.
    num, at least 1, and seed, at least 0, are int32 scalars, temperature, at least 0,
    is a float32 scalar.

    A conditional model is asked for images of given classes, int32 `[B]` in
    0 .. num_classes-1 (others are refused): `serving_default(images, labels)`,
    `log_prob(images, labels, seed)`, `bits_per_dim(images, labels)`,
    `encode(images, labels)`, `decode(z, labels)` and, with one sample for each label,
    `sample(labels, temperature, seed)`; `classify(images)` is told no class. Where
    labels are a modality, all but `classify` are of images alone.

    A model with a `condition` scores and encodes whole images, given that part of them.
    It draws and decodes given that part alone, of `image_condition.given_shape`, in
    levels as images are: `sample(condition, temperature, seed)`, one sample for each,
    and `decode(z, condition)`; both return whole images.

    The asset `ade_tf.json` says what the model is: `preset`, `image_shape`, `levels`,
    `num_classes`, `latent_size`, `endpoints`, the versions of `packages`; with a
    condition, `condition` and `condition_shape`.

    Args:
      model: An `AdaptiveDensityEstimator`.
      out: Directory of the SavedModel, which takes its name when it is whole; one that
        is there is replaced.
      description: What else the asset says, names to JSON values.

    Returns:
      The names of the endpoints.

    Raises:
      ValueError: If a weight is not finite.
      OSError: If it cannot be written.
    """
    _check_finite(model)
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    signatures = {}
    for name, function in make_endpoints(model).items():
        function, signatures[name] = _traced(function, _specs(model))
        setattr(module, name, function)
    names = list(signatures)
    first = "sample" if "sample" in signatures else "translate_to_b"
    signatures.setdefault("serving_default", signatures[first])
    found = {
        "format": "ade_tf model",
        "packages": package_versions(),
        "preset": model.config.model.preset,
        "image_shape": list(model.image_shape),
        "levels": model.levels,
        "num_classes": model.num_classes,
        "latent_size": model.latent_size,
        "endpoints": names,
    }
    if model.image_condition is not None:
        found["condition"] = model.config.model.condition
        found["condition_shape"] = list(model.image_condition.given_shape)
    with tempfile.TemporaryDirectory() as directory:
        asset = pathlib.Path(directory, "ade_tf.json")
        asset.write_text(json.dumps(found | (description or {}), indent=1) + "\n")
        module.description = tf.saved_model.Asset(str(asset))
        with replaced_directory(out) as place:
            tf.saved_model.save(module, str(place), signatures)
    return names


def measure_export(out: str | os.PathLike[str]) -> ExportSize:
    """Measures a SavedModel: its size on the disk and packed, and its loading.

    Args:
      out: Its directory.
    """
    files = [path for path in pathlib.Path(out).rglob("*") if path.is_file()]
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.add(out, arcname="model")
        gzip_bytes = packed.tell()
    start = time.perf_counter()
    tf.saved_model.load(str(out))
    seconds = time.perf_counter() - start
    return ExportSize(sum(f.stat().st_size for f in files), gzip_bytes, seconds)


def _traced(function, specs):
    """Returns a function as `tf.function`, and its graph for the signature."""
    arguments = [specs[name] for name in inspect.signature(function).parameters]
    if not {"images", "condition"} & {spec.name for spec in arguments}:
        function = tf.function(function, arguments, autograph=False)
        return function, function.get_concrete_function()
    # A signature turns arrays into its type and cuts off fractions without a word; so
    # there is a graph for each type, a cast before the pass that all share.
    function = tf.function(function, autograph=False)
    kinds = [_KINDS.get(spec.name, (spec.dtype,)) for spec in arguments]
    graphs = [
        function.get_concrete_function(
            *(
                tf.TensorSpec(spec.shape, kind, spec.name)
                for spec, kind in zip(arguments, chosen, strict=True)
            )
        )
        for chosen in itertools.product(*kinds)
    ]
    return function, graphs[0]


def _specs(model):
    """Returns what each argument of an endpoint is."""
    images = tf.TensorSpec([None, *model.image_shape], tf.float32, "images")
    given = model.image_condition
    shape = model.image_shape if given is None else given.given_shape
    return {
        "images": images,
        "condition": tf.TensorSpec([None, *shape], tf.float32, "condition"),
        "labels": tf.TensorSpec([None], tf.int32, "labels"),
        "num": tf.TensorSpec([], tf.int32, "num"),
        "seed": tf.TensorSpec([], tf.int32, "seed"),
        "temperature": tf.TensorSpec([], tf.float32, "temperature"),
        "z": tf.TensorSpec([None, model.latent_size], tf.float32, "z"),
    }


def _of_run(run):
    scores = {}
    for record in read_records(run.directory.metrics, missing_ok=True):
        if record.get("metric") == "bits_per_dim":
            kept = {name: record.get(name) for name in _RECORDED}
            scores[kept["split"], kept["importance_samples"]] = kept
    return {
        "dataset": run.config.data.dataset,
        "step": run.step,
        "bits_per_dim": list(scores.values()),
    }


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
