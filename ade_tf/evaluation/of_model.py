"""Scoring a model in memory on arrays of images."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from ade_tf.data.registry import ImageData
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.evaluate import choose_metrics, score
from ade_tf.evaluation.metric import METRICS
from ade_tf.evaluation.options import EvaluationOptions
from ade_tf.models import AdaptiveDensityEstimator
from ade_tf.models.averaging import averaged_weights
from ade_tf.runs import LoadedRun

__all__ = ["evaluate"]


def evaluate(
    model: AdaptiveDensityEstimator,
    test: ArrayLike | tuple[ArrayLike, ArrayLike],
    train: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None,
    *,
    metrics: Sequence[str] = ("bits_per_dim",),
    **options: Any,
) -> list[dict[str, Any]]:
    """Scores a model like `experiments.evaluate`, without writing anything.

    Args:
      model: An `AdaptiveDensityEstimator`.
      test: Images that the model was not trained on, `[N, H, W, C]` in 0 .. levels - 1,
        or a pair `(images, labels)`.
      train: Images that the model was trained on, in the same form. Required by metrics
        that compare samples with images, or that look for copies.
      metrics: Names of metrics, keys of `ade_tf.evaluation.METRICS`, or `("all",)`.
      **options: Other fields of `EvaluationOptions`, such as `num_samples`,
        `extractor`, `importance_samples` or `seed`.

    Returns:
      One dictionary per score, with `metric`, `value`, `standard_error`, `split` and
      the way in which it was measured.

    Raises:
      TypeError: If an option is unknown or has the wrong type.
      ValueError: If an option is out of range, the images do not fit the model, or a
        metric cannot be computed.
    """
    chosen = EvaluationOptions(metrics=tuple(metrics), **options)
    wanted = tuple(METRICS) if chosen.metrics == ("all",) else chosen.metrics
    if train is None:
        splits = [chosen.splits_of(METRICS[name]) for name in wanted]
        more = [name for name in wanted if METRICS[name].extractor]
        if more or any("train" in found for found in splits):
            raise ValueError(
                "metrics of samples or of the training images need `train`. "
                f"Received: metrics={','.join(wanted)}, train=None"
            )
    data = _data(model, test, train)
    run = LoadedRun(model, model.config, None, int(model.step.numpy()))
    records = []
    with averaged_weights(model):
        evaluation = Evaluation(run, data, chosen)
        names, _ = choose_metrics(evaluation)
        for name in names:
            for split in chosen.splits_of(METRICS[name]):
                records += score(evaluation, name, split)
    return records


def _data(model, test, train):
    test = _split(model, test)
    given = test if train is None else _split(model, train)
    largest = max(int(split.labels.max()) for split in (test, given))
    num_classes = model.num_classes or (largest + 1 if largest else 0)
    return ImageData(
        name=model.config.data.dataset,
        levels=model.levels,
        class_names=tuple(map(str, range(num_classes))),
        train=given,
        validation=test,
        test=test,
        description=f"{len(test)} test images",
    )


def _split(model, images):
    return model.as_split(*(images if isinstance(images, tuple) else (images,)))
