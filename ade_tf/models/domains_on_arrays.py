"""Methods of a model of two domains that take arrays and datasets."""

import functools
from typing import Any, Self

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ade_tf.config import RunConfig
from ade_tf.data.arrays import as_split
from ade_tf.models.ade import AdaptiveDensityEstimator
from ade_tf.models.batch import DOMAINS
from ade_tf.models.construction import levels_of
from ade_tf.models.initialization import (
    INITIALIZATION_IMAGES,
    initialize_from_data,
    initialize_from_split,
)

__all__ = ["DomainsOnArrays", "check_names"]


class DomainsOnArrays(AdaptiveDensityEstimator):
    """What a model of two domains does with arrays; see `TwoDomainModel`."""

    @classmethod
    def from_preset(
        cls,
        preset: str,
        images: ArrayLike,
        images_b: ArrayLike,
        **settings: Any,
    ) -> Self:
        """Builds a model for images of two domains, ready to be fitted to them.

        Args:
          preset: `cyclegan` or `alignflow`.
          images: Some or all of the training images of A, `[N, H, W, C]` or
            `[N, H, W]`.
          images_b: Those of B, of the same shape and number of levels.
          **settings: As of `AdaptiveDensityEstimator.from_preset`.

        Raises:
          TypeError: If a setting has the wrong type.
          ValueError: If a setting is unknown, out of range or without effect, or the
            images do not fit the settings or each other.
        """
        arrays = {"dataset": "array", "dataset_b": "array"}
        config = RunConfig.from_flat({**arrays, **settings, "preset": preset})
        levels = levels_of(np.asarray(images), config.data)
        first = as_split(images, levels=levels)
        shape = first.images.shape[1:]
        second = as_split(images_b, levels=levels, image_shape=shape)
        model = cls.from_run_config(config, shape, levels)
        model.initialize(first, second)
        return model

    def initialize(self, *splits) -> None:
        """Lets the images of A and B set the ActNorms (`initialize_from_split`)."""
        for own, split in zip(self.domains(), splits, strict=True):
            initialize_from_split(own, split)

    def translate(
        self, images: ArrayLike, to: str = "b", *, batch_size: int = 100
    ) -> np.ndarray:
        """Returns images of one domain as ones of the other, `[N, H, W, C]`.

        Args:
          images: Images of the domain that is not `to`, taken in the middle of their
            levels.
          to: `b` or `a`.
          batch_size: Number of images per pass.

        Raises:
          ValueError: If there is no such domain, or the images do not fit the model.
        """
        if to not in DOMAINS:
            raise ValueError(f"to must be `a` or `b`. Received: to={to!r}")
        run = self._translators[DOMAINS.index(to)]
        found = self._passes(run, self.as_split(images), batch_size)
        return self._as_images(found)

    @functools.cached_property
    def _translators(self):
        return tuple(
            tf.function(
                lambda batch, to=to: self.translated(batch.images, to), autograph=False
            )
            for to in (0, 1)
        )

    def _training_batches(self, x, y, batch_size, start):
        settings, new = self.config.training, start == 0 and self._lacks_actnorms()
        if isinstance(x, tf.data.Dataset):
            check_names(x.element_spec)
            if new:
                some = x.unbatch().batch(INITIALIZATION_IMAGES).take(1)
                (first,) = some.as_numpy_iterator()
                for own, name in zip(self.domains(), ("image", "image_b"), strict=True):
                    initialize_from_data(own, first[name], settings.seed)
            known = int(x.cardinality().numpy())
            return (x, None) if known < 1 else (x.repeat(), known)
        if y is None:
            raise ValueError("fit takes images of A and of B. Received: y=None")
        splits = [self.as_split(images) for images in (x, y)]
        if new:
            self.initialize(*splits)
        return self.stream(splits, start, batch_size)


def check_names(data) -> None:
    """Checks that the data of a step, or its specification, are of two domains.

    Raises:
      ValueError: If not.
    """
    if not isinstance(data, dict) or not {"image", "image_b"} <= data.keys():
        raise ValueError(
            'a dataset of two domains gives {"image": ..., "image_b": ...}. '
            f"Received: {data}"
        )
