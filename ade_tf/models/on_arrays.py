"""What a model answers for arrays of images, as arrays."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ade_tf.config import requires
from ade_tf.example_draws import ExampleDraws
from ade_tf.metrics import bits_per_dim
from ade_tf.models.answers import decode, encode, reconstruct
from ade_tf.models.fitting import FittedModel
from ade_tf.models.sampler import Sampler
from ade_tf.models.scoring import LikelihoodScorer, full_batches
from ade_tf.randomness import fold

__all__ = ["OnArrays"]


class OnArrays(FittedModel):
    """The verbs of a model: arrays in, arrays out, in passes of bounded memory.

    Images are `[N, H, W, C]` in 0 .. levels - 1 (of one channel also `[N, H, W]`), or a
    `tf.data.Dataset` as `fit` takes it. A conditional model is given their labels,
    integers `[N]`. A verb that the preset has no part for is refused by a ValueError.
    """

    def call(self, images: ArrayLike, labels: ArrayLike | None = None) -> tf.Tensor:
        """Returns the bound on -ln p(x) of a batch in bits per dimension, `[B]`.

        Its noise is that of seed 0 at the images' positions in the batch.
        """
        requires(self.config, "a score in bits per dimension", "likelihood")
        indices = tf.range(tf.shape(images)[0], dtype=tf.int64)
        batch = self.batch(images, labels, indices)
        terms = self.likelihood_terms(batch, ExampleDraws(fold(0), indices))
        return bits_per_dim(-terms.loss_nats(), self.dims)

    def predict(
        self,
        x: ArrayLike | tf.data.Dataset,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        callbacks: Any = None,
    ) -> np.ndarray:
        """Returns the bits per dimension of images, see `bits_per_dim`."""
        del verbose, steps, callbacks
        return self.bits_per_dim(x, batch_size=batch_size or 100)

    def bits_per_dim(
        self,
        images: ArrayLike | tf.data.Dataset,
        labels: ArrayLike | None = None,
        *,
        num_samples: int = 1,
        seed: int = 0,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Returns -ln p(x) of each image in bits per dimension, bounded from above.

        Args:
          images: The images.
          labels: Of a conditional model.
          num_samples: 1 for the single-sample bound; with k above 1, -F_k, which is
            tighter (arXiv 1509.00519, equation 8).
          seed: Of noise and z; an image's draws depend on it and its position alone.
          batch_size: Images per pass.

        Returns:
          float64 `[N]`. Their mean is the score of the set.
        """
        scorer = self.scorer(batch_size)
        split = self.as_split(images, labels)
        if num_samples == 1:
            return scorer.bound(split, seed).bits_per_dim
        return scorer.importance_weighted(split, num_samples, seed).bits_per_dim

    def log_prob(
        self,
        images: ArrayLike | tf.data.Dataset,
        labels: ArrayLike | None = None,
        **keywords: int,
    ) -> np.ndarray:
        """Returns a lower bound on ln p(x) of each image in nats, float64 `[N]`.

        Arguments as in `bits_per_dim`.
        """
        bits = self.bits_per_dim(images, labels, **keywords)
        return -bits * self.dims * np.log(2.0)

    def sample(
        self,
        num: int = 1,
        labels: ArrayLike | None = None,
        *,
        temperature: float = 1.0,
        noise: bool = False,
        seed: int = 0,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Returns images drawn from the model, uint8 `[num, H, W, C]`.

        They are float32 of a model of continuous data. The i-th depends on the seed and
        i alone.

        Args:
          num: How many.
          labels: Of a conditional model, their classes: one, or integers `[num]`.
          temperature: Factor on the standard deviations of z and y, at least 0.
          noise: Whether y is drawn from p(y | z), where mu(z) is taken otherwise.
          seed: Seed of the draws.
          batch_size: Samples per pass.
        """
        if num < 1:
            raise ValueError(f"num must be at least 1. Received: num={num}")
        if not temperature >= 0.0:
            raise ValueError(
                f"temperature must be at least 0. Received: temperature={temperature}"
            )
        classes = None
        if labels is not None or self.conditional:
            self.condition(None if labels is None else np.ravel(labels))
            rows = np.broadcast_to(np.asarray(labels), [num])

            def classes(first, count):
                return rows[first : first + count]

        sampler = Sampler(self, min(num, batch_size), seed, noise)
        return sampler.samples(num, temperature, classes)

    def encode(
        self,
        images: ArrayLike | tf.data.Dataset,
        labels: ArrayLike | None = None,
        *,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Returns the mean of q(z | x) of each image, float32 `[N, latent_size]`.

        Of a z in levels it is the path of means.
        """
        requires(self.config, "codes of images", "encoder")
        return self._passes(self._encode, self.as_split(images, labels), batch_size)

    def reconstruct(
        self,
        images: ArrayLike | tf.data.Dataset,
        labels: ArrayLike | None = None,
        *,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Returns f^-1(mu(z)) of the codes z of images, like the images."""
        requires(self.config, "reconstructions", "encoder")
        split = self.as_split(images, labels)
        found = self._passes(self._reconstruct, split, batch_size)
        return self._as_images(found)

    def decode(self, z: ArrayLike, labels: ArrayLike | None = None) -> np.ndarray:
        """Returns f^-1(mu(z)) of codes `[N, latent_size]`, images `[N, H, W, C]`."""
        requires(self.config, "images of codes", "z")
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_size:
            raise ValueError(
                f"codes must have the shape [N, {self.latent_size}]. "
                f"Received: shape={z.shape}"
            )
        condition = self.condition(labels)
        return self._as_images(self._decode(tf.constant(z), condition).numpy())

    def scorer(self, batch_size: int) -> LikelihoodScorer:
        """Returns the scorer of passes of a size, traced once."""
        return self._scorers(batch_size)

    @functools.cached_property
    def _scorers(self):
        return functools.lru_cache(4)(lambda size: LikelihoodScorer(self, size))

    @functools.cached_property
    def _encode(self):
        return tf.function(lambda batch: encode(self, batch), autograph=False)

    @functools.cached_property
    def _decode(self):
        return tf.function(lambda *given: decode(self, *given), autograph=False)

    @functools.cached_property
    def _reconstruct(self):
        return tf.function(lambda batch: reconstruct(self, batch), autograph=False)

    def _passes(self, run, split, batch_size):
        found = []
        for part, real in full_batches(split, min(batch_size, len(split))):
            labels = self.own_labels(part["label"])
            batch = self.batch(part["image"], labels, part["index"])
            found.append(run(batch).numpy()[:real])
        return np.concatenate(found)

    def _as_images(self, values):
        return values.astype(np.uint8 if self.levels else np.float32)
