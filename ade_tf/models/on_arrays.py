"""Methods of the model that take and return arrays."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ade_tf.config import requires
from ade_tf.data.arrays import as_split
from ade_tf.data.images import as_stack, to_values, type_of_levels
from ade_tf.data.splits import Split
from ade_tf.example_draws import ExampleDraws
from ade_tf.metrics import bits_per_dim
from ade_tf.models.answers import (
    classify,
    complete,
    decode,
    encode,
    reconstruct,
    resample,
)
from ade_tf.models.batch import one_hot_labels
from ade_tf.models.fitting import FittedModel
from ade_tf.models.sampler import Sampler
from ade_tf.models.scoring import LikelihoodScorer, full_batches
from ade_tf.randomness import fold

__all__ = ["OnArrays"]


class OnArrays(FittedModel):
    """Methods that take and return arrays, and work in batches of bounded memory.

    Images are `[N, H, W, C]` in 0 .. levels - 1 (with one channel also `[N, H, W]`), or
    a `tf.data.Dataset` as in `fit`. A conditional model also needs their labels,
    integers `[N]`; one with a `condition` reads that off the images. A method raises a
    ValueError if the preset lacks the part it needs.
    """

    def call(self, images: ArrayLike, labels: ArrayLike | None = None) -> tf.Tensor:
        """Returns the bound on -ln p(x) of a batch in bits per dimension, `[B]`.

        The noise is drawn with seed 0 and depends on the position in the batch.
        """
        indices = tf.range(tf.shape(images)[0], dtype=tf.int64)
        terms = self.scorer(100).terms(images, fold(0), indices, labels)
        return bits_per_dim(-terms.loss_nats(), self.dims)

    def predict(
        self,
        x: ArrayLike | tf.data.Dataset,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        callbacks: Any = None,
    ) -> np.ndarray:
        """Returns the bits per dimension of images (see `bits_per_dim`)."""
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
        """Returns an upper bound on -ln p(x) of each image in bits per dimension.

        Args:
          images: The images.
          labels: Labels of the images, for a conditional model.
          num_samples: 1 for the single-sample bound. With k above 1, the bound is -F_k,
            which is tighter (arXiv 1509.00519, equation 8).
          seed: Seed of the noise and of z. The draws of an image depend only on the
            seed and the image's position.
          batch_size: Number of images per pass.

        Returns:
          float64 `[N]`. The mean is the score of the set.
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
        given: ArrayLike | None = None,
        temperature: float = 1.0,
        noise: bool = False,
        seed: int = 0,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Draws images from the model, `[num, H, W, C]`.

        They are uint8, uint16 of more than 256 levels, or float32 of continuous data.
        The i-th sample depends only on the seed and i.

        Args:
          num: Number of samples.
          labels: Classes of the samples: one class, or integers `[num]`. Required by
            a conditional model, whose they must be; where labels are a modality
            (bound `multimodal`), z is then drawn from q(z | c).
          given: Of a model with a `condition`, images of which that is read, one or
            `[num, H, W, C]`, or what is given alone (of the shape
            `image_condition.given_shape`).
          temperature: Factor on the standard deviations of z and y, at least 0.
          noise: Whether to draw y from p(y | z) instead of taking its mean mu(z).
          seed: Seed of the draws.
          batch_size: Number of samples per pass.
        """
        _check_num(num)
        _check_temperature(temperature)
        rows = self._rows_given(labels, given, num)

        def given_of(first, count):
            return rows[first : first + count]

        sampler = self._samplers(min(num, batch_size), seed, noise)
        return sampler.samples(num, temperature, None if rows is None else given_of)

    def encode(
        self,
        images: ArrayLike | tf.data.Dataset,
        labels: ArrayLike | None = None,
        *,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Returns the mean of q(z | x) of each image, float32 `[N, latent_size]`.

        For a z with levels, this is the path of means.
        """
        requires(self.config, "codes of images", "encoder")
        return self._passes(self._encode, self.as_split(images, labels), batch_size)

    def classify(
        self, images: ArrayLike | tf.data.Dataset, *, batch_size: int = 100
    ) -> np.ndarray:
        """Returns p(c | x) of each image by the classifier, float32 `[N, K]`."""
        requires(self.config, "classes of images", "classifier")
        split = as_split(images, levels=self.levels, image_shape=self.image_shape)
        # Not even a conditional model is told the labels.
        unlabelled = Split(split.images, np.zeros(len(split), np.int32))
        return self._passes(self._classify, unlabelled, batch_size)

    def reconstruct(
        self,
        images: ArrayLike | tf.data.Dataset,
        labels: ArrayLike | None = None,
        *,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Returns the reconstruction f^-1(mu(z)) of each image from its code z."""
        requires(self.config, "reconstructions", "encoder")
        split = self.as_split(images, labels)
        found = self._passes(self._reconstruct, split, batch_size)
        return self._as_images(found)

    def decode(
        self,
        z: ArrayLike,
        labels: ArrayLike | None = None,
        *,
        given: ArrayLike | None = None,
    ) -> np.ndarray:
        """Returns the images f^-1(mu(z)) of codes z, `[N, latent_size]`.

        Labels and what is given are as in `sample`.
        """
        requires(self.config, "images of codes", "z")
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_size:
            raise ValueError(
                f"codes must have the shape [N, {self.latent_size}]. "
                f"Received: shape={z.shape}"
            )
        condition = self.condition(self._rows_given(labels, given, len(z)))
        return self._as_images(self._decode(tf.constant(z), condition).numpy())

    def complete(
        self,
        images: ArrayLike | tf.data.Dataset,
        rows: int | None = None,
        num: int = 1,
        labels: ArrayLike | None = None,
        *,
        temperature: float = 1.0,
        seed: int = 0,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Draws the rest of images of which a part is given.

        Args:
          images: The images, of which only what is given is read.
          rows: Number of first rows that are given, 0 .. H-1, to a model that draws
            rows in turn; None for one with a `condition`, which is what is given
            (`images` are then as `given` of `sample`, `[N, ...]`).
          num: Number of completions of each image.
          labels: Labels of the images, for a conditional model.
          temperature: As in `sample`.
          seed: Seed of the draws.
          batch_size: Number of images per pass, each completed `num` times.

        Returns:
          uint8 `[N, num, H, W, C]`.
        """
        requires(self.config, "a completion", "a given part")
        if (rows is None) != (self.image_condition is not None):
            raise ValueError(
                "either the model has a condition, or first rows are given. Received: "
                f"condition={self.config.model.condition!r}, rows={rows}"
            )
        draws = num, temperature, seed
        if rows is not None:
            return self._redraw((complete, rows), images, labels, draws, batch_size)
        _check_num(num)
        _check_temperature(temperature)
        if isinstance(images, tf.data.Dataset):
            images = self.as_split(images).images
        own = self._rows_given(labels, images)

        def given_of(first, count):
            return own[np.arange(first, first + count) // num]

        count = len(own) * num
        sampler = self._samplers(min(count, batch_size * num), seed, False)
        drawn = sampler.samples(count, temperature, given_of)
        return drawn.reshape(-1, num, *self.image_shape)

    def resample(
        self,
        images: ArrayLike | tf.data.Dataset,
        level: int = 0,
        num: int = 1,
        labels: ArrayLike | None = None,
        *,
        noise: bool = False,
        temperature: float = 1.0,
        seed: int = 0,
        batch_size: int = 100,
    ) -> np.ndarray:
        """Draws images anew from a level of the z of given ones on.

        Args:
          images: The images.
          level: Level of z, 1 the coarsest, that is drawn anew from the prior, with
            what lies below it; with 0, z is kept and x ~ p(x | z).
          num: Number of redraws of each image.
          labels: Labels of the images, for a conditional model.
          noise: As in `sample`, where z is drawn.
          temperature: As in `sample`.
          seed: Seed of the draws.
          batch_size: Number of images per pass, each redrawn `num` times.

        Returns:
          uint8 `[N, num, H, W, C]`.
        """
        draws = num, temperature, seed
        answer = _redrawn, level, noise
        return self._redraw(answer, images, labels, draws, batch_size)

    def _redraw(self, answer, images, labels, draws, batch_size):
        """Returns `num` draws for each image by an answer with its arguments."""
        num, temperature, seed = draws
        _check_num(num)
        _check_temperature(temperature)
        draws = tf.constant(temperature, tf.float32), fold(seed)
        run = self._redrawers(*answer, num)
        split = self.as_split(images, labels)
        found = self._passes(lambda batch: run(batch, *draws), split, batch_size)
        return self._as_images(found)

    def scorer(self, batch_size: int) -> LikelihoodScorer:
        """Returns the scorer for a batch size; it is traced only once."""
        return self._scorers(batch_size)

    @functools.cached_property
    def _scorers(self):
        return functools.lru_cache(4)(lambda size: LikelihoodScorer(self, size))

    @functools.cached_property
    def _samplers(self):
        return functools.lru_cache(4)(functools.partial(Sampler, self))

    @functools.cached_property
    def _encode(self):
        return tf.function(lambda batch: encode(self, batch), autograph=False)

    @functools.cached_property
    def _classify(self):
        return tf.function(lambda batch: classify(self, batch), autograph=False)

    @functools.cached_property
    def _decode(self):
        return tf.function(
            lambda z, condition: decode(self, z, condition), autograph=False
        )

    @functools.cached_property
    def _reconstruct(self):
        return tf.function(lambda batch: reconstruct(self, batch), autograph=False)

    @functools.cached_property
    def _redrawers(self):
        def redrawer(answer, *arguments):
            *arguments, num = arguments

            def run(batch, temperature, seed):
                copies = tf.tile(tf.range(num, dtype=tf.int64), [batch.count])
                batch = batch.repeat(num)
                draws = ExampleDraws(seed, batch.indices * num + copies)
                drawn = answer(self, batch, *arguments, draws, temperature)
                return tf.reshape(drawn, [-1, num, *self.image_shape])

            return tf.function(run, autograph=False)

        return functools.lru_cache(4)(redrawer)

    def _passes(self, run, split, batch_size):
        found = []
        for part, real in full_batches(split, min(batch_size, len(split))):
            labels = self.own_labels(part["label"])
            batch = self.batch(part["image"], labels, part["index"])
            found.append(run(batch).numpy()[:real])
        return np.concatenate(found)

    def _rows_given(self, labels, given, count=None):
        """Returns what each image is given, `[count, ...]`, or None if nothing is."""
        if self.image_condition is None:
            if given is not None:
                requires(self.config, "what is given", "image condition")
            if labels is None and not self.conditional:
                return None
            self.sample_arguments(None if labels is None else np.ravel(labels))
            return np.broadcast_to(np.asarray(labels), [count])
        one_hot_labels(labels, 0)
        if given is not None:
            given = np.asarray(given)
            given = given[None] if given.shape in self._one_image else given
            given = to_values(as_stack(given, "given"), self.levels, "given")
        self.condition(None if given is None else given[:1])
        return np.broadcast_to(given, [count or len(given), *given.shape[1:]])

    @property
    def _one_image(self):
        return (self.image_shape, self.image_condition.given_shape)

    def _as_images(self, values):
        return values.astype(type_of_levels(self.levels))


def _redrawn(*arguments):
    return resample(*arguments)[0]


def _check_num(num):
    if num < 1:
        raise ValueError(f"num must be at least 1. Received: num={num}")


def _check_temperature(temperature):
    if not temperature >= 0.0:
        raise ValueError(
            f"temperature must be at least 0. Received: temperature={temperature}"
        )
