"""Likelihood of a set of images under a model: the bound and its tightening."""

import dataclasses

import numpy as np
import tensorflow as tf

from ade_tf.config import requires
from ade_tf.data import evaluation_batches
from ade_tf.example_draws import ExampleDraws, content_indices
from ade_tf.metrics import bits_per_dim
from ade_tf.objectives import LikelihoodTerms
from ade_tf.randomness import fold

__all__ = ["LikelihoodScores", "LikelihoodScorer", "full_batches"]


@dataclasses.dataclass(frozen=True)
class LikelihoodScores:
    """Scores of each image of a split, float64 arrays `[N]`, in bits per dimension.

    Attributes:
      bits_per_dim: The bound, or -F_k for more than one importance sample.
      kl: KL(q(z|x) || p(z)); zero without a z, None for importance samples.
    """

    bits_per_dim: np.ndarray
    kl: np.ndarray | None


class LikelihoodScorer:
    """Scores splits, of a conditional model given their labels; traced once.

    Batches are filled up to one size, so that nothing is traced again, and the filling
    is dropped; an image's score depends on the seed and its position alone.

    Args:
      model: An `AdaptiveDensityEstimator` with a likelihood.
      batch_size: Images per pass.
      progress: Called with `(done, total)` passes after each.
      by_content: Whether an image's score depends on the seed and its own values, in
        whatever set it stands (see `content_indices`), not on its position.

    Raises:
      ValueError: If the model's preset has no likelihood.
    """

    def __init__(
        self, model, batch_size: int = 100, progress=None, by_content: bool = False
    ):
        requires(model.config, "a score in bits per dimension", "likelihood")
        self._model = model
        self._batch_size = batch_size
        self._progress = progress or (lambda done, total: None)
        self._by_content = by_content
        self._bound = tf.function(self._bound_step, autograph=False)
        self._weights = tf.function(self._weights_step, autograph=False)

    def terms(self, images, seed, indices, labels) -> LikelihoodTerms:
        """Returns the terms of a batch at the draws that its score has.

        Args:
          images: `[B, H, W, C]`.
          seed: An int32 Tensor `[2]`, from `fold`.
          indices: The images' positions, int64 `[B]`.
          labels: Of a conditional model, else None.
        """
        if self._by_content:
            indices = content_indices(images)
        batch = self._model.batch(images, labels, indices)
        return self._model.likelihood_terms(batch, ExampleDraws(seed, batch.indices))

    def check_samples(self, num_samples: int) -> None:
        """Refuses importance samples of weights that are estimates.

        Raises:
          ValueError: If there are several and the log-det is an estimate: the noise of
            a weight would make F_k greater than it is.
        """
        if num_samples > 1 and self._model.feature_map.estimated_log_det:
            raise ValueError(
                "importance samples need an exact log-det, which residual blocks have "
                f"for small images. Received: {num_samples} samples of images "
                f"{self._model.image_shape}"
            )

    def _bound_step(self, *arguments):
        terms = self.terms(*arguments)
        loss = terms.loss_nats()
        return loss, terms["kl"].nats if "kl" in terms else tf.zeros_like(loss)

    def _weights_step(self, *arguments):
        return self.terms(*arguments).log_weights_nats()

    def bound(
        self, split, seed: int = 0, limit: int = 0, progress=None, first: int = 0
    ) -> LikelihoodScores:
        """Scores the single-sample bound on -ln p(x), of a conditional model p(x | c).

        One dequantisation noise and one z per image; the KL in closed form where q is
        Gaussian (at every level, given the levels above), else at that z.

        Args:
          split: A `Split`.
          seed: Seed of noise and z.
          limit: Number of images; 0 for all.
          progress: In place of the scorer's own.
          first: Position of the first image.
        """

        def score(images, indices, labels):
            yield self._bound(images, fold(seed), indices, labels)

        losses, kls = [], []
        part = first, limit
        for (loss, kl), count in self._passes(split, part, 1, score, progress):
            losses.append(loss.numpy()[:count])
            kls.append(kl.numpy()[:count])
        return LikelihoodScores(self._per_dim(losses), self._per_dim(kls))

    def importance_weighted(
        self,
        split,
        num_samples: int,
        seed: int = 0,
        limit: int = 0,
        progress=None,
        first: int = 0,
    ) -> LikelihoodScores:
        """Scores -F_k, with k draws of noise and z per image (arXiv 1509.00519, eq. 8).

        Memory does not grow with k: the sum of the weights is kept as it comes.
        Arguments as in `bound`, errors as of `check_samples`.
        """
        self.check_samples(num_samples)

        def score(images, indices, labels):
            for k in range(num_samples):
                draw = fold(seed, "importance", k)
                yield self._weights(images, draw, indices, labels)

        losses, total = [], -np.inf
        passes = self._passes(split, (first, limit), num_samples, score, progress)
        for done, (weights, count) in enumerate(passes, 1):
            total = np.logaddexp(total, weights.numpy()[:count].astype(np.float64))
            if done % num_samples == 0:
                losses.append(np.log(num_samples) - total)
                total = -np.inf
        return LikelihoodScores(self._per_dim(losses), None)

    def _passes(self, split, part, passes_per_batch, score, progress):
        """Yields each pass's result with the number of real images in it."""
        progress = progress or self._progress
        first, limit = part
        count = min(limit or len(split), len(split) - first)
        total = -(-count // self._batch_size) * passes_per_batch
        done = 0
        for batch, real in full_batches(split, self._batch_size, limit, first):
            labels = self._model.own_labels(batch["label"])
            for result in score(batch["image"], batch["index"], labels):
                yield result, real
                done += 1
                progress(done, total)

    def _per_dim(self, nats):
        values = np.concatenate(nats).astype(np.float64)
        return bits_per_dim(-values, self._model.dims)


def full_batches(split, batch_size: int, limit: int = 0, first: int = 0):
    """Yields the batches of a split in its order, the last one filled up.

    Args:
      split: A `Split`.
      batch_size: Images of every batch; the last repeats its first image.
      limit: Number of images; 0 for all.
      first: Position of the first image.

    Yields:
      A batch of `evaluation_batches`, `batch_size` images, and the number of images
      that count.
    """
    part = {"first": first, "limit": limit}
    for batch in evaluation_batches(split, batch_size=batch_size, **part):
        real = int(batch["index"].shape[0])
        missing = batch_size - real
        full = {
            name: tf.concat([part, tf.repeat(part[:1], missing, 0)], 0)
            for name, part in batch.items()
        }
        yield full, real
