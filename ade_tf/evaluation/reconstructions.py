"""How much of an image is left when it is encoded and decoded, as records."""

import numpy as np

from ade_tf.extractors import collect
from ade_tf.metrics import share_standard_error

__all__ = ["evaluate_reconstructions"]


def evaluate_reconstructions(evaluation, split: str) -> list[dict]:
    """Compares images with their reconstructions f^-1(mu(z)) from the code z.

    Args:
      evaluation: The `Evaluation` of a model with an encoder, by the extractor
        `classifier`.
      split: `train`, `validation` or `test`.

    Returns:
      Two records: `class_kept`, the share of reconstructions that the classifier of the
      data's labels takes for the class of their image, in [0, 1], with its standard
      error and the same share of the images themselves (`real_accuracy`); and
      `reconstruction_rmse`, the root of the mean squared difference of values, in
      levels.
    """
    images = evaluation.split_images(split)
    model, size = evaluation.model, evaluation.options.batch_size
    labels = model.own_labels(images.labels)
    rebuilt = model.reconstruct(images.images, labels, batch_size=size)
    found = collect(evaluation.extractor, rebuilt, levels=model.levels, batch_size=size)
    kept, real = (
        float((part.classes == images.labels).mean())
        for part in (found, evaluation.reference_features(split))
    )
    differences = rebuilt.astype(np.float64) - np.asarray(images.images)
    known = dict(split=split, num_examples=len(images))
    return [
        evaluation.record(
            "class_kept",
            kept,
            standard_error=share_standard_error(kept, len(images)),
            with_extractor=True,
            real_accuracy=real,
            **known,
        ),
        evaluation.record(
            "reconstruction_rmse", np.sqrt((differences**2).mean()), **known
        ),
    ]
