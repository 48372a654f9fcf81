"""Building a model from a preset and images, a configuration, or a file."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ade_tf.config import RunConfig, missing
from ade_tf.config.data import DataConfig
from ade_tf.data.arrays import as_split, first_images
from ade_tf.models import optimizers
from ade_tf.models.given_generator import freeze_generator
from ade_tf.models.initialization import INITIALIZATION_IMAGES, initialize_from_split
from ade_tf.models.on_arrays import OnArrays

__all__ = ["ConstructedModel", "levels_of"]

_AVERAGE = ("vector", "taken")


class ConstructedModel(OnArrays):
    """A model that is compiled when it is built, and that Keras can save and load."""

    @classmethod
    def from_preset(
        cls,
        preset: str,
        images: ArrayLike | tf.data.Dataset,
        labels: ArrayLike | None = None,
        **settings: Any,
    ) -> Self:
        """Builds a model for images, ready to be fitted to them.

        Args:
          preset: Name of a preset, such as `av_ade`, `v_ade`, `flow`, `vae` or `gan`.
          images: Some or all of the training images, `[N, H, W, C]` or `[N, H, W]`, or
            a `tf.data.Dataset` as in `fit`. The first 512 images initialise the
            ActNorms (`initialize_from_data`).
          labels: Labels of the images, integers `[N]`. Required by a `conditional`
            model or a classifier, which takes -1 where one is missing.
          **settings: Settings of a run by name, such as `num_steps`, `coupling` or
            `conditional`. They are the flags of `experiments.train` and have the same
            defaults. `levels` is the number of grey levels: it defaults to 256 for
            integer images, and float images need either `levels` or `continuous=True`.

        Returns:
          A compiled model.

        Raises:
          TypeError: If a setting has the wrong type.
          ValueError: If a setting is unknown, out of range or without effect, or the
            images do not fit the settings.
        """
        named = {"dataset": "array", **settings, "preset": preset}
        config = RunConfig.from_flat(named)
        if isinstance(images, tf.data.Dataset):
            first = first_images(images, INITIALIZATION_IMAGES)
            images, labels = first if config.needs_labels else (first[0], labels)
        levels = levels_of(np.asarray(images), config.data)
        lowest = 0 if missing(config, "classifier") else -1
        split = as_split(images, labels, levels=levels, lowest=lowest)
        num_classes = int(split.labels.max()) + 1 if labels is not None else 0
        model = cls.from_run_config(config, split.images.shape[1:], levels, num_classes)
        if not config.objective.generator_from:
            initialize_from_split(model, split)
        return model

    @classmethod
    def from_run_config(
        cls,
        config: RunConfig,
        image_shape: Sequence[int],
        levels: int,
        num_classes: int = 0,
    ) -> Self:
        """Builds and compiles the model of a configuration (see `build_model`)."""
        _check_groups(config)
        keras.utils.set_random_seed(config.training.seed)
        model = cls(config, image_shape, levels, num_classes)
        if config.objective.generator_from:
            freeze_generator(model)
        model.compile()
        return model

    def compile(
        self,
        generator_optimizer: keras.Optimizer | None = None,
        discriminator_optimizer: keras.Optimizer | None = None,
        **keywords: Any,
    ) -> None:
        """Creates the optimisers and the moving average of the weights.

        Args:
          generator_optimizer: Optimiser of all parts except discriminators. If None, it
            is made from the settings.
          discriminator_optimizer: Optimiser of the discriminators. If None, it is made
            from the settings.
          **keywords: Passed to `keras.Model.compile`.

        Raises:
          ValueError: If the step of several replicas is to be compiled with XLA.
        """
        settings = self.config.training
        if generator_optimizer is None:
            generator_optimizer = optimizers.generator_optimizer(settings, self.step)
        if discriminator_optimizer is None and self.config.preset.adversary:
            discriminator_optimizer = optimizers.discriminator_optimizer(
                settings, self.step
            )
        super().compile(generator_optimizer, discriminator_optimizer, **keywords)

    def get_config(self) -> dict[str, Any]:
        """Returns the configuration from which `from_config` builds the model."""
        return {
            "settings": self.config.to_flat(),
            "image_shape": list(self.image_shape),
            "levels": self.levels,
            "num_classes": self.num_classes,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Builds and compiles the model that `get_config` describes."""
        images = (config[name] for name in ("image_shape", "levels", "num_classes"))
        return cls.from_run_config(RunConfig.from_stored(config["settings"]), *images)

    def get_compile_config(self) -> None:
        """Returns None: the settings determine how the model is compiled."""
        return None

    def save_own_variables(self, store: Any) -> None:
        """Saves the counters and the moving average. Called by Keras."""
        super().save_own_variables(store)
        if self.average is not None:
            for name in _AVERAGE:
                store[f"average_{name}"] = getattr(self.average, name).numpy()

    def load_own_variables(self, store: Any) -> None:
        """Loads what `save_own_variables` saved. Called by Keras."""
        kept = {name: store[name] for name in store.keys()}
        found = {n: kept.pop(f"average_{n}", None) for n in _AVERAGE}
        super().load_own_variables(kept)
        if self.average is not None and found["vector"] is not None:
            for name in _AVERAGE:
                getattr(self.average, name).assign(found[name])


def levels_of(images: np.ndarray, settings: DataConfig) -> int:
    """Returns the grey levels of images in memory, by the `DataConfig` or their type.

    Raises:
      ValueError: If neither says.
    """
    if settings.continuous:
        return 0
    if settings.levels or images.dtype.kind in "biu":
        return settings.levels or 256
    raise ValueError(
        "float images need `levels` (their values are whole) or `continuous`. "
        f"Received: images of {images.dtype} with neither"
    )


def _check_groups(config):
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    group, batch = config["mixed_group"], config.training.batch_size
    if config.model.discriminator_batch == "mixed" and batch % (replicas * group):
        raise ValueError(
            "every replica's batch must hold whole mixed groups. Received: "
            f"mixed_group={group}, batch_size={batch} on {replicas} replicas"
        )
