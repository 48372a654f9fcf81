"""What every metric is given: the model, images, samples and features."""

import dataclasses
import functools
import math

import numpy as np

from ade_tf.config import missing
from ade_tf.data import ImageData, Split
from ade_tf.evaluation.metric import OUTPUTS, SPLITS
from ade_tf.evaluation.options import FeatureOptions
from ade_tf.extractors import EXTRACTORS, FeatureSet, cached_features, collect
from ade_tf.models import DOMAINS, LikelihoodScorer, Sampler
from ade_tf.progress import Passes
from ade_tf.runs import LoadedRun
from ade_tf.strategies import make_strategy

__all__ = ["LABELS", "Evaluation", "check_finite", "joined_splits", "test_split"]

# How the classes of samples are chosen.
LABELS = "drawn from the frequencies of the training images"
_GIVEN = "the condition of test images, drawn at random"
_OF_GIVEN = 1


class Evaluation:
    """A run under evaluation. Samples are drawn and features computed once.

    Args:
      run: The trained run; None where images alone are compared.
      data: Its images.
      options: The choices.

    Attributes:
      run: The `LoadedRun`, or None.
      model: Its model, with the weights that evaluation uses.
      data: The `ImageData`.
      options: The options.
      step: The training step of the weights.
      per_image: `split -> name -> array [N]` that metrics add for `--per_image`.
    """

    def __init__(self, run: LoadedRun | None, data: ImageData, options: FeatureOptions):
        self.run = run
        self.model = run and run.model
        self.data = data
        self.options = options
        self.step = run and run.step
        self.per_image = {}
        self._samples = None
        self._features = {}
        self._shared = {}

    @functools.cached_property
    def domain_b(self) -> "Evaluation":
        """The evaluation of the second domain's model, by its images.

        Raises:
          ValueError: If there are no such images.
        """
        if self.data.domain_b is None:
            raise ValueError("needs images of both domains. Received: one")
        found = Evaluation(self.run, self.data.domain_b, self.options)
        found.model = self.model.domain_b
        return found

    @property
    def domains(self) -> "tuple[Evaluation, Evaluation]":
        """The evaluations of both domains."""
        return self, self.domain_b

    def translated_features(self, split: str, to: int) -> FeatureSet:
        """Returns the features of a split's images, translated to a domain.

        Args:
          split: The split, of the other domain.
          to: Place of the domain in `DOMAINS`; its own extractor computes them.
        """
        if (split, to) not in self._features:
            own, batch_size = self.domains[to], self.options.batch_size
            if reason := own.weakness_of_extractor():
                raise ValueError(reason)
            images = self.domains[1 - to].split_images(split).images
            images = self.model.translate(images, DOMAINS[to], batch_size=batch_size)
            self._features[split, to] = own._collected(images, f"to {DOMAINS[to]}")
        return self._features[split, to]

    def take_step(self, step: int) -> None:
        """Takes it that the model's weights are now those of a step."""
        self.step, self.per_image, self._samples = step, {}, None
        # Kept are the features of real images, by the name of their split.
        self._features = {k: v for k, v in self._features.items() if type(k) is str}
        if "domain_b" in vars(self):
            self.domain_b.take_step(step)

    def split_images(self, split: str) -> Split:
        """Returns the images of a split, or of several joined by `+`."""
        return joined_splits(self.data, split)

    @functools.cached_property
    def sample_labels(self) -> np.ndarray | None:
        """Classes of samples, of a model that has such, int32 `[N]`, else None.

        They are drawn with replacement from the labels of the training images.
        """
        if missing(self.model.config, "samples of classes"):
            return None
        generator = np.random.default_rng([self.options.seed, _OF_GIVEN])
        labels = self.data.train.labels
        return generator.choice(labels, self.options.num_samples).astype(np.int32)

    @functools.cached_property
    def _given_places(self) -> np.ndarray:
        """Test images that samples are given a part of, `[N]`."""
        generator = np.random.default_rng([self.options.seed, _OF_GIVEN])
        return generator.integers(len(self.data.test), size=self.options.num_samples)

    def _given(self, first, count):
        """Returns what samples of a model that is given something are given."""
        part = slice(first, first + count)
        if self.model.image_condition is None:
            return self.sample_labels[part]
        return self.data.test.images[self._given_places[part]]

    @property
    def of_samples(self) -> dict:
        """What records of samples say of what these are given."""
        if self.model.image_condition is not None:
            return {"given": _GIVEN}
        return {"labels": LABELS} if self.model.conditional else {}

    def samples(self) -> np.ndarray:
        """Returns the protocol's samples, uint8 `[N, H, W, C]` in 0 .. levels-1.

        Continuous data gives float32. Their number, temperature, noise and seed are
        those of the options; they are drawn at the first call.
        """
        if self._samples is None:
            self._samples = self._draw(self.model.takes_condition)
        return self._samples

    @functools.cached_property
    def _sampler(self):
        options = self.options
        batch = min(options.batch_size, options.num_samples)
        return Sampler(self.model, batch, options.seed, options.noise)

    def _draw(self, given):
        options = self.options
        return self._sampler.samples(
            options.num_samples,
            options.temperature,
            self._given if given else None,
            Passes("samples", unit="images"),
        )

    @functools.cached_property
    def scorer(self) -> LikelihoodScorer:
        """The scorer of the model's likelihood, traced once."""
        return LikelihoodScorer(self.model, self.options.batch_size)

    def shared(self, make):
        """Returns `make(model)`, made once: a graph that all splits share."""
        if make not in self._shared:
            self._shared[make] = make(self.model)
        return self._shared[make]

    @functools.cached_property
    def extractor(self):
        """The `Extractor` of the options, loaded (or trained) at its first use."""
        options = self.options
        return EXTRACTORS[options.extractor](
            path=options.extractor_path,
            data=self.data,
            cache_dir=options.resolved_cache_dir,
            progress=self.progress("extractor"),
        )

    def weakness_of_extractor(self) -> str | None:
        """Returns why the extractor's scores would mean nothing, or None."""
        accuracy = self.extractor.accuracy
        if accuracy is None or not accuracy.poor:
            return None
        return (
            "needs an extractor that knows the images: a classifier must get "
            f"{accuracy.least:.1%} of the validation images right, clearly more than "
            "chance (extractor `random` needs no labels). "
            f"Received: {self.extractor.name}, {accuracy.words()}"
        )

    @functools.cached_property
    def _strategy(self):
        return make_strategy(self.options.strategy, self.options.batch_size)

    def features_of(self, images, name: str) -> FeatureSet:
        """Returns the features of images on disk, from the cache if it has them."""
        return cached_features(
            self.extractor,
            images,
            self.data.levels,
            self.options.resolved_cache_dir,
            batch_size=self.options.batch_size,
            strategy=self._strategy,
            progress=self.progress(f"features of {name}"),
        )

    def reference_features(self, split: str) -> FeatureSet:
        """Returns the features of the real images of a split, or of several."""
        if split not in self._features:
            images = self.split_images(split).images
            self._features[split] = self.features_of(images, split)
        return self._features[split]

    def sample_features(self) -> FeatureSet:
        """Returns the features of the samples."""
        if None not in self._features:
            self._features[None] = self._collected(self.samples(), "samples")
        return self._features[None]

    def features_of_classes(self) -> FeatureSet:
        """Returns the features of samples of the `sample_labels`.

        Those of a conditional model are its samples.
        """
        if self.model.conditional:
            return self.sample_features()
        return self._collected(self._draw(given=True), "samples")

    def _collected(self, images, name):
        return collect(
            self.extractor,
            images,
            levels=self.model.levels,
            batch_size=self.options.batch_size,
            strategy=self._strategy,
            progress=self.progress(f"features of {name}"),
        )

    def progress(self, name: str) -> Passes:
        """Returns a progress line, to be called with `(done, total)`."""
        return Passes(name)

    @property
    def origin(self) -> dict:
        """What every record says of weights and data."""
        origin = {"step": self.step, "dataset": self.data.name}
        if self.run and self.run.weights != "averaged":
            origin["weights"] = self.run.weights
        return origin

    def record(
        self,
        metric: str,
        value: float,
        *,
        split: str,
        num_examples: int,
        standard_error: float | None = None,
        name: str | None = None,
        with_extractor: bool = False,
        **more,
    ) -> dict:
        """Returns a score with what is needed to compare it.

        Args:
          metric: What is measured, a key of `OUTPUTS`.
          value: The score.
          split: The images it was measured on.
          num_examples: Number of images (or samples) scored.
          standard_error: Of the value, where one exists.
          name: What it may be called; None: by its label.
          with_extractor: Whether it is one of the extractor's features.
          **more: What else belongs to it.

        Raises:
          ValueError: If the score is not finite.
        """
        check_finite(metric, value)
        record = {
            "metric": metric,
            "name": name or OUTPUTS[metric][1].label,
            "value": float(value),
            "standard_error": standard_error,
            "split": split,
            "num_examples": int(num_examples),
            "seed": self.options.seed,
            "protocol": self.options.protocol,
            **self.origin,
        }
        if with_extractor:
            extractor = self.extractor
            record["extractor"] = {"name": extractor.name, "sha256": extractor.sha256}
            if extractor.accuracy is not None:
                record["extractor_accuracy"] = dataclasses.asdict(extractor.accuracy)
        return record | more


def joined_splits(data: ImageData, split: str) -> Split:
    """Returns the images of a split, or of several joined by `+`, in that order."""
    parts = [getattr(data, name) for name in split.split("+")]
    if len(parts) == 1:
        return parts[0]
    return Split(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def test_split(data: ImageData) -> str:
    """Returns `test`, or all splits of a source without test images of its own.

    Splits are drawn from such a source for training; to others it is one set.
    """
    return "+".join(SPLITS) if "test" in data.drawn else "test"


def check_finite(metric: str, value: float) -> None:
    """Refuses a score that is none.

    Raises:
      ValueError: If the value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"{metric} must be finite. Received: {metric}={value}")
