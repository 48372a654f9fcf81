"""Whether the codes of a model are the factors that its images were drawn from."""

from ade_tf.data.shapes import FACTORS, shape_factors
from ade_tf.evaluation.latent import codes_step, of_split
from ade_tf.metrics import mutual_information_gap

__all__ = ["evaluate_mutual_information_gap"]


def evaluate_mutual_information_gap(evaluation, split: str) -> list[dict]:
    """Returns the record of the mutual information gap of the images' codes.

    See `mutual_information_gap`; codes are those of `encode`.

    Args:
      evaluation: The `Evaluation` of a model of `shapes` with an encoder.
      split: `train`, `validation` or `test`.

    Returns:
      One record: the gap, with that of each factor (`by_factor`) and the code that says
      most of it (`code_of_factor`).
    """
    codes = of_split(evaluation, split, codes_step)[0]
    found = mutual_information_gap(codes, shape_factors()[split])
    return [
        evaluation.record(
            "mutual_information_gap",
            found.score,
            split=split,
            num_examples=len(codes),
            by_factor=dict(zip(FACTORS, found.gaps.tolist(), strict=True)),
            code_of_factor=dict(zip(FACTORS, found.codes.tolist(), strict=True)),
        )
    ]
