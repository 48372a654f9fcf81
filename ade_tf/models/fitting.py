"""Keras's `fit` and `evaluate` for the model."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from ade_tf.config import requires
from ade_tf.data.arrays import as_batches, as_split, first_images
from ade_tf.data.labelled import training_part
from ade_tf.data.pipeline import stream_of_domains
from ade_tf.data.splits import Split
from ade_tf.models.averaging import averaged_weights, use_averaged_weights
from ade_tf.models.initialization import (
    INITIALIZATION_IMAGES,
    initialize_from_split,
    is_initialized,
)
from ade_tf.models.trained_model import TrainedModel
from ade_tf.progress import say
from ade_tf.strategies import shared_batches

__all__ = ["FittedModel"]


class FittedModel(TrainedModel):
    """A model that can be fitted to arrays and datasets."""

    def fit(
        self,
        x: ArrayLike | tf.data.Dataset,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        verbose: int | str = "auto",
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        validation_data: Any = None,
        steps_per_epoch: int | None = None,
        **keywords: Any,
    ) -> keras.callbacks.History:
        """Trains the model for the rest of its `num_steps`.

        The model counts its steps over all calls, and schedules, warm-ups and
        `likelihood_only_steps` follow this count. Before its first step, the data
        initialise the ActNorms (`initialize_from_data`). At the end, the moving average
        replaces the weights, as in Keras with `use_ema`.

        Args:
          x: Images, `[N, H, W, C]` in 0 .. levels - 1, or a `tf.data.Dataset` of
            batches: images, pairs `(images, labels)` or `{"image": ..., "label": ...}`;
            a `tf.distribute.DistributedDataset` has the last form, float32 and int32.
          y: Labels of an array, integers `[N]`, for a model that uses them; with a
            classifier, -1 where one is missing. The settings `labelled` and
            `random_flip` are for arrays.
          batch_size: Batch size for arrays. If None, that of the settings. All batches
            are full: the images are reshuffled without end, and an epoch is the next
            N / batch_size steps, rounded up.
          epochs: Number of epochs. If None, as many as the remaining steps allow, the
            last one shortened; with `steps_per_epoch`, one.
          verbose: As in Keras.
          callbacks: As in Keras.
          validation_data: Images, a pair `(images, labels)`, or a dataset. After every
            epoch, `evaluate` scores them with the averaged weights.
          steps_per_epoch: Number of steps per epoch. If None, the number of batches of
            the array or the dataset; if that is unknown, all remaining steps.
          **keywords: Other arguments of `keras.Model.fit`.

        Returns:
          The history of Keras. The value of a term is that of the last step of the
          epoch.

        Raises:
          ValueError: If no steps are left, or the images do not fit the model.
          FloatingPointError: If more than `max_skipped_updates` updates were not
            finite.
        """
        settings = self.config.training
        start = int(self.step.numpy())
        left = settings.num_steps - start
        if left < 1:
            raise ValueError(
                "a model trains for the num_steps that it was built with; another "
                "begins with its weights by initialize_from=RUN, or is built with "
                f"more. Received: num_steps={settings.num_steps}, all of them made"
            )
        if validation_data is not None:
            needs = ("likelihood", "one domain")
            requires(self.config, "a score of validation images", *needs)
        if isinstance(x, tf.distribute.DistributedDataset):
            batches, known = self._distributed(x, start), None
        else:
            batches, known = self._training_batches(x, y, batch_size, start)
        steps = min(steps_per_epoch or known or left, left)
        epochs = epochs or (1 if steps_per_epoch else -(-left // steps))
        last = start + min(left, steps * epochs)
        own = [_SkippedUpdates(start), *(callbacks or [])]
        own += [_AdversaryJoins(start), _EndOfPlan(start, last)]
        history = super().fit(
            shared_batches(batches, self.distribute_strategy),
            epochs=epochs,
            verbose=verbose,
            callbacks=own,
            validation_data=validation_data,
            steps_per_epoch=steps,
            shuffle=False,
            **keywords,
        )
        use_averaged_weights(self)
        return history

    def evaluate(
        self,
        x: ArrayLike | tf.data.Dataset,
        y: ArrayLike | None = None,
        batch_size: int | None = None,
        verbose: int | str = 0,
        *,
        return_dict: bool = False,
        **keywords: Any,
    ) -> float | list[float] | dict[str, float]:
        """Returns the mean bound on -ln p(x) in bits per dimension, and its KL.

        Args:
          x: As in `fit`. A dataset is read into memory.
          y: As in `fit`.
          batch_size: Number of images per pass. If None, 100.
          verbose: Ignored.
          return_dict: Whether to return `{"bits_per_dim": ..., "kl": ...}` instead of a
            list.
          **keywords: Ignored. Keras passes some of them in `fit`.

        Returns:
          `[bits_per_dim, kl]`, or a dictionary. A model without z has no `kl`, and
          bits/dim are then returned as a float.

        Raises:
          ValueError: If the model has no likelihood, or the images do not fit it.
        """
        del verbose, keywords
        split = self.as_split(x, y)
        with averaged_weights(self):
            scores = self.scorer(batch_size or 100).bound(split)
        found = {"bits_per_dim": float(np.mean(scores.bits_per_dim))}
        if self.latent_size:
            found["kl"] = float(np.mean(scores.kl))
        if return_dict:
            return found
        return list(found.values()) if len(found) > 1 else found["bits_per_dim"]

    def as_split(
        self, images: ArrayLike | tf.data.Dataset, labels: ArrayLike | None = None
    ) -> Split:
        """Checks images and labels, and returns them as the model takes them.

        Args:
          images: As `x` of `fit`.
          labels: As `y` of `fit`.

        Raises:
          ValueError: If the images do not fit the model, or a conditional model gets no
            labels or labels outside its classes.
        """
        unlabelled = labels is None and not isinstance(images, tf.data.Dataset)
        if self.conditional and unlabelled:
            self.condition(None)
        split = as_split(
            images, labels, levels=self.levels, image_shape=self.image_shape
        )
        self.own_labels(split.labels)
        return split

    def _distributed(self, batches, start):
        if start == 0 and self._lacks_actnorms():
            raise ValueError(
                "data that are distributed cannot initialise the ActNorms: call "
                "initialize_from_data first. Received: a distributed dataset"
            )
        return batches

    def _training_batches(self, x, y, batch_size, start):
        """Returns the batches, and the number per epoch, or None if it is unknown.

        The batches are as `shared_batches` takes them.
        """
        if isinstance(x, tf.data.Dataset):
            batches, known = as_batches(x), int(x.cardinality().numpy())
            if start == 0 and self._lacks_actnorms():
                first = first_images(x, INITIALIZATION_IMAGES)
                initialize_from_split(self, Split(*first))
            if known < 1:
                return batches, None
            return batches.repeat(), known
        if self.num_classes and y is None:
            raise ValueError(
                "a model that uses labels is fitted to images with labels. "
                "Received: y=None"
            )
        split = as_split(
            *(x, y),
            levels=self.levels,
            image_shape=self.image_shape,
            lowest=0 if self.classifier is None else -1,
        )
        split = training_part(split, self.config, self.num_classes)
        self.training_labels(split.labels)
        if start == 0 and self._lacks_actnorms():
            initialize_from_split(self, split)
        return self.stream([split], start, batch_size)

    def stream(
        self, splits: Sequence[Split], start: int, batch_size: int | None = None
    ) -> tuple[Callable[..., tf.data.Dataset], int]:
        """Returns the batches of a run of these images, and how many see all of them.

        Args:
          splits: A `Split` of the images of each domain.
          start: Step of the first batch.
          batch_size: Size of the batches. If None, that of the settings.

        Returns:
          The batches as `shared_batches` takes them, and their number in an epoch.
        """
        settings = self.config.training
        size = batch_size or settings.batch_size
        batches = functools.partial(
            stream_of_domains,
            splits,
            batch_size=size,
            seed=settings.seed,
            start_step=start,
            random_flip=self.config.data.random_flip,
        )
        return batches, -(-max(map(len, splits)) // size)

    def _lacks_actnorms(self):
        """Whether the data are still to set the ActNorms, as no other run does."""
        config = self.config
        given = config.objective.generator_from or config.training.initialize_from
        return not given and not is_initialized(self)


class _Counting(keras.callbacks.Callback):
    """A callback that counts the steps itself, without reading the model."""

    def __init__(self, start):
        super().__init__()
        self.step = start

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.after_step(logs)

    def after_step(self, logs):
        raise NotImplementedError


class _SkippedUpdates(_Counting):
    """Reports skipped updates, and stops the training if there are too many."""

    def after_step(self, logs):
        if not float(logs["skipped"]):
            return
        model = self.model
        skipped = int(model.skipped_updates.numpy())
        # Keras sorts the terms by name; the first that went wrong is asked for.
        bad = next(n for n in model.term_names if not tf.math.is_finite(logs[n]))
        message = (
            f"step {self.step}: `{bad}` is not finite; update skipped "
            f"({skipped} so far)"
        )
        limit = model.config.training.max_skipped_updates
        if skipped > limit:
            raise FloatingPointError(
                f"at most {limit} updates may be skipped (max_skipped_updates). "
                f"Received: {message}"
            )
        say(message)


class _AdversaryJoins(_Counting):
    """Activates the adversary after the `likelihood_only_steps` of a `fit`."""

    def on_train_begin(self, logs=None):
        self.after_step(logs)

    def after_step(self, logs):
        config = self.model.config
        active = (
            config.preset.adversary
            and self.step >= config.objective.likelihood_only_steps
        )
        if active != self.model.adversary_active:
            self.model.adversary_active = active
            self.model.make_train_function(force=True)


class _EndOfPlan(_Counting):
    """Stops the training after the last planned step."""

    def __init__(self, start, last):
        super().__init__(start)
        self._last = last

    def after_step(self, logs):
        if self.step >= self._last:
            self.model.stop_training = True
