"""How well a model's own classifier knows the classes of a split, as records."""

from ade_tf.metrics import expected_calibration_error, mean_and_standard_error

__all__ = ["evaluate_classification"]


def evaluate_classification(evaluation, split: str) -> list[dict]:
    """Returns the records of the accuracy of p(c | x) and of its calibration error.

    Args:
      evaluation: The `Evaluation` of a model with a classifier.
      split: `train`, `validation` or `test`.
    """
    images = evaluation.split_images(split)
    size = evaluation.options.batch_size
    probabilities = evaluation.model.classify(images.images, batch_size=size)
    right = probabilities.argmax(1) == images.labels
    accuracy, error = mean_and_standard_error(right.astype(float), "accuracy")
    calibration = expected_calibration_error(probabilities, images.labels)
    known = dict(split=split, num_examples=len(images))
    return [
        evaluation.record("accuracy", accuracy, standard_error=error, **known),
        evaluation.record("calibration_error", calibration, **known),
    ]
