"""One set of images against another, without any model."""

import pathlib

import numpy as np

from ade_tf.data import load_dataset
from ade_tf.drawing.tables import describe_record, records_table
from ade_tf.evaluation.context import Evaluation, joined_splits, test_split
from ade_tf.evaluation.evaluate import describe_extractor, warn_of_few
from ade_tf.evaluation.metric import METRICS
from ade_tf.evaluation.options import QUALITY_METRICS, ComparisonOptions
from ade_tf.evaluation.quality import rows, score_records
from ade_tf.files import check_writable
from ade_tf.runs.records import append_record

__all__ = ["compare_images"]


def compare_images(options: ComparisonOptions) -> list[dict]:
    """Scores a set of images against another; prints and returns the records.

    Args:
      options: The choices.

    Returns:
      The records, as added to `options.out` one metric after the other.

    Raises:
      OSError: If `options.out` cannot be written, before anything is loaded.
      ValueError: If a data set or the extractor cannot be loaded, the images do not go
        together, there are too few, or a score is not finite.
    """
    if options.out:
        check_writable(options.out, added=True)
    how = options.image_arguments()
    reference = load_dataset(options.reference, data_dir=options.data_dir, **how)
    images = load_dataset(options.images, data_dir=options.data_dir, **how)
    _check_together(reference, images)
    evaluation = Evaluation(None, reference, options)
    split = options.reference_split or test_split(reference)
    num_real = len(evaluation.split_images(split))
    chosen = _subset(joined_splits(images, options.images_split).images, options)
    rules = options.rules
    rules.check_counts(len(chosen), num_real)
    extractor = evaluation.extractor
    if reason := evaluation.weakness_of_extractor():
        raise ValueError(f"a comparison of images {reason}")
    names = _metrics(options, extractor)
    print(f"protocol  {rules.name}: {rules.summary}")
    print(describe_extractor(extractor), flush=True)
    warn_of_few(len(chosen), num_real)
    # A file may be sorted by class, and parts of it must not be.
    order = np.random.default_rng(options.seed).permutation(len(chosen))
    generated = rows(evaluation.features_of(chosen, "the images"), order)
    asked = {"images": options.images, "images_split": options.images_split}
    if options.out:
        pathlib.Path(options.out).parent.mkdir(parents=True, exist_ok=True)
    records = []
    for name in names:
        for record in score_records(name, evaluation, generated, split, **asked):
            print(describe_record(record), flush=True)
            if options.out:
                append_record(options.out, record)
            records.append(record)
    if len(records) > 1:
        print(f"\n{records_table(records)}", flush=True)
    return records


def _subset(images, options):
    count = options.num_samples
    if count is None or count == len(images):
        return images
    if count > len(images):
        raise ValueError(
            f"num_samples must be at most the number of images. Received: "
            f"num_samples={count} of {len(images)} images"
        )
    generator = np.random.default_rng(options.seed)
    return images[np.sort(generator.choice(len(images), count, replace=False))]


def _metrics(options, extractor):
    if options.metrics != ("all",):
        return options.metrics
    names = []
    for name in QUALITY_METRICS:
        if METRICS[name].extractor == "probabilities" and extractor.num_classes is None:
            print(f"left out  {name}: the extractor has no class probabilities")
        else:
            names.append(name)
    return names


def _check_together(reference, images):
    hints = {"levels": " (an `npz` names its own in the array `levels`)"}
    for name in ("levels", "image_shape"):
        first, second = getattr(reference, name), getattr(images, name)
        if first != second:
            raise ValueError(
                f"Images that are compared have one {name}{hints.get(name, '')}. "
                f"Received: {first} of {reference.name!r}, {second} of {images.name!r}"
            )
    if not reference.levels:
        raise ValueError(
            "Features are of images with grey levels. "
            f"Received: continuous data, {reference.name!r}"
        )
