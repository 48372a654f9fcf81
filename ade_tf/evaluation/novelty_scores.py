"""Scores of novelty from bits per dimension, and how well they tell sets apart."""

import dataclasses

import numpy as np

from ade_tf.metrics.roc import roc_area

__all__ = ["NoveltyScores", "group_means", "score_novelty"]

_LARGE_GAP = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class NoveltyScores:
    """Scores of groups of usual and of novel images; a high score says novel.

    Attributes:
      usual: Name of a score -> its values, `[groups]`, on usual images.
      novel: The same on novel images.
      areas: Name of a score -> its ROC area and the area's standard error.
      typical: The bits per dimension that count as typical.
      usual_bits_per_dim: Of each single usual image.
      novel_bits_per_dim: Of each single novel image.
    """

    usual: dict[str, np.ndarray]
    novel: dict[str, np.ndarray]
    areas: dict[str, tuple[float, float]]
    typical: float
    usual_bits_per_dim: np.ndarray
    novel_bits_per_dim: np.ndarray

    @property
    def reference_is_biased(self) -> bool:
        """Whether usual images as such are half a standard deviation off `typical`."""
        bits = self.usual_bits_per_dim
        return abs(bits.mean() - self.typical) > _LARGE_GAP * bits.std()


def score_novelty(
    usual, novel, *, typical: float, group_size: int = 1, seed: int = 0, with_kl: bool
) -> NoveltyScores:
    """Scores groups of M images in up to three ways and compares two sets by each.

        bits_per_dim = mean of the group's bits/dim
        typicality   = | bits_per_dim - typical |                (arXiv 1906.02994)
        kl           = mean of the group's KL(q(z|x) || p(z)), bits/dim

    A density is high where images are simple, also where no image of its kind was ever
    seen, so that few bits do not make an image usual; the test of typicality asks for
    the bits that images of the kind take. There, `typical` is the mean over training
    images.

    Args:
      usual: `LikelihoodScores` of images of the model's own kind.
      novel: `LikelihoodScores` of others.
      typical: Bits per dimension of a typical image.
      group_size: M; what remains after the last whole group is left out.
      seed: Of the order in which images are grouped.
      with_kl: Whether the model has a posterior.

    Raises:
      ValueError: If a set has fewer images than a group, or a score is not finite.
    """
    scored = []
    for scores in (usual, novel):
        bits = group_means(scores.bits_per_dim, group_size, seed)
        found = {"bits_per_dim": bits, "typicality": np.abs(bits - typical)}
        if with_kl:
            found["kl"] = group_means(scores.kl, group_size, seed)
        scored.append(found)
    first, second = scored
    areas = {name: roc_area(first[name], second[name]) for name in first}
    return NoveltyScores(
        first, second, areas, typical, usual.bits_per_dim, novel.bits_per_dim
    )


def group_means(values, group_size: int, seed: int = 0) -> np.ndarray:
    """Returns the means of random groups of `group_size` values, each used once.

    Raises:
      ValueError: If there are fewer values than a group takes.
    """
    values = np.asarray(values, np.float64)
    groups = len(values) // group_size
    if not groups:
        raise ValueError(
            f"A group takes group_size images. Received: group_size={group_size} "
            f"for {len(values)} images"
        )
    order = np.random.default_rng(seed).permutation(len(values))
    return values[order[: groups * group_size]].reshape(groups, group_size).mean(1)
