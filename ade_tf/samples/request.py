"""What a mode is asked to show."""

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from ade_tf.data import ImageData, Split
from ade_tf.data.loose import load_loose_images
from ade_tf.models import Sampler, labels_in_turn
from ade_tf.progress import Passes
from ade_tf.runs import LoadedRun, load_images_of_run

__all__ = ["Request"]

_BATCH = 500


@dataclasses.dataclass(frozen=True, eq=False)
class Request:
    """A picture that is asked for.

    Attributes:
      run: The trained run.
      options: The `PictureOptions`.
    """

    run: LoadedRun
    options: object

    @property
    def model(self):
        """The run's model."""
        return self.run.model

    @functools.cached_property
    def data(self) -> ImageData:
        """The run's images."""
        run = self.run
        return load_images_of_run(run.directory, run.config.data, self.options)

    @property
    def classes(self):
        """The classes shown, in turn: those asked for, or all of the model's."""
        names = self.run.class_names
        asked = [names.index(str(label)) for label in self.options.label]
        return asked or range(self.model.num_classes)

    @functools.cached_property
    def _test(self) -> Split:
        """The test images, float32; of the classes asked for, if any are."""
        split = self.data.test
        wanted = slice(None)
        if self.options.label:
            wanted = np.isin(split.labels, self.classes)
        if not len(split.labels[wanted]):
            raise ValueError(
                "there must be test images of the classes asked for. "
                f"Received: label={','.join(map(str, self.options.label))}"
            )
        return Split(split.images[wanted].astype(np.float32), split.labels[wanted])

    def test_images(self, count: int) -> tuple:
        """Returns the first test images and, for a conditional model, their labels."""
        labels = self.model.own_labels(self._test.labels[:count])
        return self._test.images[:count], labels

    def given_images(self, count: int) -> np.ndarray:
        """Returns images of which a part is given: the first of those asked for.

        They are of the shape of what is given, or whole.
        """
        model, options = self.model, self.options
        shape = model.image_shape
        if model.image_condition is not None:
            shape = model.image_condition.given_shape
        data = self.run.config.data
        found = load_loose_images(options.given, data, shape, model.levels)
        print(f"given     {found.how}", flush=True)
        return found.split.images[:count].astype(np.float32)

    def test_pairs(self, count: int) -> tuple:
        """Returns the first and the second images of pairs of test images.

        Those of a conditional model are of one class, the classes in turn; their labels
        come third, else None.
        """
        images, labels = self.test_images(None if self.model.conditional else 2 * count)
        if labels is None:
            return images[0::2], images[1::2], None
        pairs = _pairs_by_class(labels.numpy(), self.classes)[:count]
        if not pairs:
            raise ValueError(
                "pairs need two test images of a class that is asked for. "
                f"Received: label={','.join(map(str, self.options.label))}"
            )
        first, second = np.transpose(pairs)
        return images[first], images[second], tf.gather(labels, first)

    def batches(
        self, count: int, temperature=None, classes=None, progress=None
    ) -> Iterator[np.ndarray]:
        """Yields samples in batches, `[B, H, W, C]`, from the first asked for.

        Args:
          count: Number of samples.
          temperature: Factor on the standard deviations; None: as the options say.
          classes: Where they are of classes, these in turn; None: all `classes`.
            Those of a model with a `condition` are given that of test images, in turn.
          progress: Called with `(done, count)` samples after each batch.
        """
        temperature = self.options.temperature if temperature is None else temperature
        classes = self.classes if classes is None else classes

        def labels(first, count):
            return labels_in_turn(count, classes, first)

        def conditions(first, count):
            images = self._test.images
            return images[np.arange(first, first + count) % len(images)]

        given = labels if self.of_classes else None
        if self.model.image_condition is not None:
            given = conditions
        return self._sampler(min(count, _BATCH)).batches(
            count, temperature, given, progress, self.options.first
        )

    @property
    def of_classes(self):
        """Whether samples are of classes: where labels are a modality, if asked for."""
        return self.model.conditional or bool(self.options.label)

    def samples(self, count: int, temperature=None) -> np.ndarray:
        """Returns what `batches` yields, `[count, H, W, C]`."""
        progress = Passes("samples", unit="images")
        batches = self.batches(count, temperature, progress=progress)
        return np.concatenate([*batches])

    @functools.cached_property
    def _sampler(self):
        """Function of a batch size: its `Sampler`, one for all temperatures."""
        options = self.options
        return functools.cache(
            lambda size: Sampler(self.model, size, options.seed, options.noise)
        )


def _pairs_by_class(labels, classes):
    """Returns pairs of positions with one label, by turns of the classes."""
    found = [np.flatnonzero(labels == label) for label in classes]
    found = [places[: len(places) // 2 * 2].reshape(-1, 2) for places in found]
    longest = max(map(len, found))
    return [pairs[i] for i in range(longest) for pairs in found if i < len(pairs)]
