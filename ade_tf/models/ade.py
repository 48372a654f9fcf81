"""The adaptive density estimator: one Keras model, trained by two losses."""

import functools

import keras
import tensorflow as tf

from ade_tf.config import RunConfig, requires
from ade_tf.config.bounds import BOUNDS
from ade_tf.config.games import ADVERSARIAL_SCHEDULES
from ade_tf.metrics import bits_per_dim
from ade_tf.models.added_losses import (
    class_logits_with_dropout,
    classifier_loss,
    feature_matching_loss,
    information_loss,
    mmd_loss,
    reconstruction_loss,
)
from ade_tf.models.batch import Batch, DomainBatch
from ade_tf.models.construction import ConstructedModel
from ade_tf.models.games import games_of
from ade_tf.models.latent_variable_model import LatentVariableModel
from ade_tf.models.trained_model import GENERATOR_PARTS, Term, Update
from ade_tf.models.updates import mean_over_replicas
from ade_tf.randomness import BatchDraws

__all__ = ["AdaptiveDensityEstimator"]


@keras.saving.register_keras_serializable("ade_tf")
class AdaptiveDensityEstimator(ConstructedModel):
    """A latent-variable model of images whose decoder ends in an invertible network.

        z ~ N(0, I);  y | z ~ N(mu(z), sigma);  x = f^-1(y)

        L_C = -E_q ln p(f(x)|z) + KL(q(z|x) || p(z)) - ln |det df/dx|
        L_Q = -E_z ln [D(x~) / (1 - D(x~))],  x~ = f^-1(mu(z))

    (Lucas et al., arXiv 1901.01091.) The preset decides which parts and losses exist.
    Without a z, y ~ N(0, I). A `train_step` makes these updates, in this order:

        update          minimises                       trains
        discriminator   the adversary's loss and        the game's discriminator,
                        penalty, of each game             `discriminator_steps` times
        likelihood      L_C, in nats per dimension      prior, posterior, decoder,
                                                          dequantizer, feature map
                        and `mmd_weight` * MMD            the posterior
                        and `classifier_weight` * C       feature map, classifier
        adversarial     `adversarial_weight` * L_Q      what makes the game's samples
                        and `feature_matching_weight`     or codes, see below
                        * |E h(x) - E h(x~)|^2,
                        of each game
                        and `information_weight`        decoder, code reader
                          * -E ln q(c | x~)

        game            real side           fake side           trains
        image           x                   x~                  decoder
        pair            x, z ~ q(z | x)     x~, z ~ p(z)        decoder, posterior
        code            z ~ p(z)            z ~ q(z | x)        posterior

    C = -ln p(c | x) is the loss of a classifier, in nats; 0 of an image without a
    label. It is linear on the features in a hybrid of p(x) and p(c | x) (arXiv
    1906.02735, section 5.4), and q(c | x) or p(c | z) with the bounds `semi_supervised`
    and `multimodal`, whose L_C trains it, too.

    The feature map is trained by games of images and pairs with
    `adversarial_gradient_in_feature_map`. In a game of pairs (BiGAN, arXiv 1605.09782)
    the posterior wants its real pairs to be taken for fake ones, and
    `reconstruction_weight` adds the error of x encoded and decoded.

    The gradient of L_Q passes through f^-1. L_Q is the adversary `log_ratio`; another
    entry of `ADVERSARIES` can replace it. With `update=joint`, the last two updates are
    one, with the sum of their gradients. With `share_samples`, the discriminator learns
    in the adversarial update, from its samples. Games are played without dropout, like
    sampling. Every draw is a function of the seed, the step, its purpose and the
    position in the global batch.

    `adversarial_schedule` can move `adversarial_weight` over the steps, or make it the
    ratio of the norms of both gradients. With `augmentation`, discriminators of images
    and pairs see both sides changed at random, by the same law.

    With `conditional`, every part also receives the class of each image. Samples take
    the classes of the real images at the same positions, so that both have the same
    classes, and a penalty differentiates D(., c) at these.

    With `growth_steps`, decoder and discriminator grow by resolution, see `Growth`; the
    game's real images have what of their resolution has grown.

    With `average_decay`, `average` follows the weights of all parts except
    discriminators, and `fit` ends by replacing the weights with their average. Use
    `from_preset`, `build_model` or `load` to make a model.

    Args:
      config: The resolved configuration of a run.
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data.
      num_classes: Classes of the data, for a conditional model or a classifier.

    Raises:
      ValueError: If the configuration does not fit the images or the classes.
    """

    needs: tuple[str, ...] = ("one domain",)

    def __init__(
        self, config: RunConfig, image_shape, levels: int, num_classes: int = 0
    ):
        requires(config, type(self).__name__, *self.needs)
        super().__init__(config, image_shape, levels, num_classes)
        self.adversary_active = config.preset.adversary
        self._schedule = ADVERSARIAL_SCHEDULES[config.objective.adversarial_schedule]
        self._adversarial_weight = self._schedule(
            config.objective.adversarial_weight,
            config.training.num_steps,
            **config.of("adversarial_schedule"),
        )
        self.games = games_of(self)
        self.bound = BOUNDS[config.objective.bound](**config.of("bound"))
        # In the order of their computation, known once a step is traced.
        self.term_names: tuple[str, ...] = ()
        self.built = True

    def train_step(self, data: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Makes the updates of one step and returns the logged terms.

        Args:
          data: The replica's part of a batch, `{"image": [B, H, W, C] in
            0 .. levels-1, "label": [B]}`. An unconditional model ignores the labels.

        Returns:
          `name -> scalar`: the contributions to L_C in bits per dimension
          (`bits_per_dim = reconstruction + kl - log_det`, with the network's dropout),
          losses of the adversary (in nats for a cross-entropy), gradient norms, and
          `skipped`, the number of skipped updates.
        """
        batch = self.training_batch(data)
        logs = {"skipped": 0.0}
        objective = self.config.objective
        if self.growth is not None and not objective.generator_from:
            self.growth.update(self.step.value)
        alone = self.adversary_active and not objective.share_samples
        for game in self.games if alone else ():
            for turn in range(objective.discriminator_steps):
                self._train_discriminator(game, batch, turn, logs)
        for own in self.domains():
            own.feature_map.update_spectral_norm()
        for update in self.updates():
            self._train(update, batch, logs)
        self.skipped_updates.assign_add(tf.cast(logs["skipped"], tf.int64))
        self.step.assign_add(1)
        self.term_names = tuple(logs)
        workers = tf.distribute.MultiWorkerMirroredStrategy
        if isinstance(tf.distribute.get_strategy(), workers):
            # There Keras takes the mean over axis 0.
            logs = {name: tf.reshape(value, [1]) for name, value in logs.items()}
        return logs

    def training_batch(self, data: dict[str, tf.Tensor]) -> Batch | DomainBatch:
        """Returns the `Batch` of a step's data."""
        return self.batch(data["image"], self.training_labels(data.get("label")))

    def updates(self) -> tuple[Update, ...]:
        """Returns the updates of a step that follow those of the discriminators."""
        likelihood, quality = self.likelihood_of_step(), self.quality_of_step()
        if likelihood and quality and self.config.objective.update == "joint":
            return (Update("joint", (*likelihood, *quality)),)
        found = {"likelihood": likelihood, "adversarial": quality}
        return tuple(Update(n, tuple(terms)) for n, terms in found.items() if terms)

    def likelihood_of_step(self) -> list[Term]:
        """Returns the terms that the likelihood's update minimises."""
        objective, likelihood = self.config.objective, []
        if self.trains_likelihood:
            likelihood.append(Term("likelihood", self.likelihood_loss, GENERATOR_PARTS))
        if objective.mmd_weight:
            likelihood.append(Term("mmd", self._own(mmd_loss), ("posterior",)))
        if objective.classifier_weight:
            parts = ("feature_map", "posterior", "classifier")
            likelihood.append(Term("classifier", self._own(classifier_loss), parts))
        return likelihood

    def quality_of_step(self) -> list[Term]:
        """Returns the terms that the adversarial update minimises."""
        objective, quality, relative = self.config.objective, [], None
        matched = objective.feature_matching_weight
        if "relative" in self._schedule.traits:
            relative = objective.adversarial_weight
        for game in self.games if self.adversary_active else ():
            shared = game if objective.share_samples else None
            if objective.adversarial_weight or shared or not matched:
                loss = functools.partial(self._adversarial_loss, game)
                name = game.label("adversarial")
                quality.append(Term(name, loss, game.trains, shared, relative))
            if matched:
                loss = self._own(feature_matching_loss, game)
                name = game.label("feature_matching")
                quality.append(Term(name, loss, game.trains))
        if quality and objective.reconstruction_weight:
            loss, parts = self._own(reconstruction_loss), ("decoder", "posterior")
            quality.append(Term("reconstruction", loss, parts))
        if self.code_reader is not None:
            parts = ("decoder", "code_reader")
            quality.append(Term("information", self._own(information_loss), parts))
        return quality

    @property
    def trains_likelihood(self) -> bool:
        """Whether L_C is minimised."""
        return self.config.preset.likelihood and self.config.objective.train_likelihood

    def likelihood_loss(
        self, batch: Batch, draws: BatchDraws, domain: LatentVariableModel | None = None
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns L_C in nats per dimension, as trained, and its terms in bits.

        It is that of the model or, where given, of another of its `domains`.
        """
        model = domain or self

        def terms_with_dropout(batch, draws):
            with draws.scope():
                return model.likelihood_terms(batch, draws)

        loss, terms = self.bound(
            terms_with_dropout,
            batch,
            draws,
            step=self.step.value,
            mean=mean_over_replicas,
            class_logits=self._own(class_logits_with_dropout),
        )
        logs = {own.name: self._bits(own.nats) for own in terms}
        if "kl" in terms and len(terms["kl"].units_nats) > 1:
            for level, kl in enumerate(terms["kl"].units_nats, 1):
                logs[f"kl_{level}"] = self._bits(tf.reduce_sum(kl, axis=1))
        logs["bits_per_dim"] = self._bits(terms.loss_nats())
        return loss / self.dims, logs

    def _adversarial_loss(self, game, batch, draws):
        """Returns a game's weighted L_Q, with `share_samples` both losses; its logs."""
        weight = self._adversarial_weight(self.step.value)
        if self.config.objective.share_samples:
            (loss, against), logs = game.shared_losses(batch, draws, self.step.value)
            return (weight * loss, against), logs
        loss, logs = game.generator_loss(batch, draws)
        return weight * loss, logs

    def _own(self, loss, *arguments):
        return functools.partial(loss, self, *arguments)

    def _bits(self, nats):
        return bits_per_dim(-tf.reduce_mean(nats), self.dims)
