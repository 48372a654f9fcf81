"""Whether samples are of the class they were asked for."""

from ade_tf.evaluation.context import LABELS
from ade_tf.metrics import share_standard_error

__all__ = ["evaluate_label_accuracy"]


def evaluate_label_accuracy(evaluation, split: str) -> list[dict]:
    """Counts the samples that the classifier of the data's labels takes for their own.

    The classifier's answer is its most probable class. The same share of the real
    images of a split says what can be had.

    Args:
      evaluation: The `Evaluation` of a model with samples of classes, by the
        extractor `classifier`.
      split: `train`, `validation` or `test`: the real images beside it.

    Returns:
      One record: the share of samples, in [0, 1], with its standard error, the share of
      samples of each class (`by_class`, None where none was drawn), and the share of
      real images (`real_accuracy`).
    """
    labels = evaluation.sample_labels
    right = evaluation.features_of_classes().classes == labels
    share = float(right.mean())
    found = evaluation.reference_features(split)
    real = found.classes == evaluation.split_images(split).labels
    classes = [right[labels == c] for c in range(evaluation.model.num_classes)]
    options = evaluation.options
    return [
        evaluation.record(
            "label_accuracy",
            share,
            split=split,
            num_examples=len(right),
            standard_error=share_standard_error(share, len(right)),
            with_extractor=True,
            by_class=[float(part.mean()) if len(part) else None for part in classes],
            real_accuracy=float(real.mean()),
            num_reference=len(real),
            temperature=options.temperature,
            noise=options.noise,
            labels=LABELS,
        )
    ]
