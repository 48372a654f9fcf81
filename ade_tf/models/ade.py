"""The adaptive density estimator: one Keras model, trained by two losses."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.config.bounds import BOUNDS
from ade_tf.config.games import ADVERSARIES, PENALTIES
from ade_tf.metrics import bits_per_dim
from ade_tf.models.averaging import MovingAverage
from ade_tf.models.latent_variable_model import LatentVariableModel
from ade_tf.models.updates import clip_weights, guarded_update, mean_over_replicas
from ade_tf.objectives import Game
from ade_tf.randomness import BatchDraws, fold

__all__ = ["AdaptiveDensityEstimator", "Term", "Update"]


class Term(NamedTuple):
    """A loss, and what it trains.

    Attributes:
      name: What its draws are for.
      loss: Function `(batch, draws)` that returns a scalar and its logs.
      trains: Names of the parts whose variables follow its gradient.
    """

    name: str
    loss: Callable
    trains: tuple[str, ...]


class Update(NamedTuple):
    """A step of an optimiser by the sum of the gradients of some terms.

    Attributes:
      name: Of the gradient's norm in the logs.
      terms: The `Term`s.
    """

    name: str
    terms: tuple[Term, ...]


class AdaptiveDensityEstimator(LatentVariableModel):
    """A latent-variable model of images whose decoder ends in an invertible network.

        z ~ N(0, I);  y | z ~ N(mu(z), sigma);  x = f^-1(y)

        L_C = -E_q ln p(f(x)|z) + KL(q(z|x) || p(z)) - ln |det df/dx|
        L_Q = -E_z ln [D(x~) / (1 - D(x~))],  x~ = f^-1(mu(z))

    (Lucas et al., arXiv 1901.01091.) The preset says which parts and losses there are;
    without a z, y ~ N(0, I). A `train_step` makes these updates, in this order:

        update          minimises                       trains
        discriminator   the adversary's loss and        the game's discriminator,
                        penalty, of each game             `discriminator_steps` times
        likelihood      L_C, in nats per dimension      prior, posterior, decoder,
                                                          dequantizer, feature map
        adversarial     `adversarial_weight` * L_Q,     the decoder; the feature map by
                        of each game                      `..._gradient_in_feature_map`

    The gradient of L_Q passes through f^-1. L_Q is the adversary `log_ratio`; the
    others of `ADVERSARIES` take its place. With `update=joint` the last two are one
    update by the sum of the gradients. Games are played without dropout, as samples are
    drawn. Every draw is a function of the seed, the step, its purpose and the position
    in the global batch.

    With `conditional` the batch has a condition for every part. Samples take those of
    the real images at their positions, so that both have the same classes; a penalty
    differentiates D(., c) at these.

    With `average_decay`, `average` follows the weights of all parts but discriminators;
    `fit` ends with those of training, `use_averaged_weights` puts the average in their
    place.

    Args:
      config: The run's resolved configuration; the others are as those of a
        `LatentVariableModel`.

    Raises:
      ValueError: As a `LatentVariableModel` does.
    """

    def __init__(
        self, config: RunConfig, image_shape, levels: int, num_classes: int = 0
    ):
        super().__init__(config, image_shape, levels, num_classes)
        self.step = self._counter("step")
        self.skipped_updates = self._counter("skipped_updates")
        self.adversary_active = config.preset.adversary
        self.games = self._games()
        self.bound = BOUNDS[config.objective.bound](**config.of("bound"))
        self.average = None
        # In the order of their computation, known once a step is traced.
        self.term_names = ()
        self.built = True

    def _counter(self, name):
        return self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name=name,
        )

    def _games(self):
        if self.discriminator is None:
            return ()
        objective = self.config.objective
        return (
            Game(
                "image",
                self.discriminator,
                real=lambda batch, draws: (
                    self.to_unit(self.dequantize(batch, draws).value),
                ),
                fake=lambda batch, draws: (
                    self.to_unit(self.generate(draws, batch.condition)),
                ),
                adversary=ADVERSARIES[objective.adversary].load(),
                penalty=PENALTIES[objective.penalty].load(),
                **self.config.of("penalty"),
                **self.config.of("discriminator_batch"),
            ),
        )

    def updates(self) -> tuple[Update, ...]:
        """Returns the updates of a step that follow those of the discriminators."""
        everything = ("posterior", "decoder", "feature_map", "prior", "dequantizer")
        generator = ("decoder",)
        if self.config.objective.adversarial_gradient_in_feature_map:
            generator = ("decoder", "feature_map")
        terms = []
        if self._trains_likelihood:
            terms.append(Term("likelihood", self._likelihood_loss, everything))
        if self.adversary_active:
            terms.append(Term("adversarial", self._adversarial_loss, generator))
        if len(terms) == 2 and self.config.objective.update == "joint":
            return (Update("joint", tuple(terms)),)
        return tuple(Update(term.name, (term,)) for term in terms)

    @property
    def _trains_likelihood(self):
        return self.config.preset.likelihood and self.config.objective.train_likelihood

    def compile(self, generator_optimizer, discriminator_optimizer=None, **keywords):
        """Attaches and builds the optimisers and the moving average of the weights.

        The average's decay per step is spread over the updates of a step with all its
        losses.

        Args:
          generator_optimizer: Of all parts but discriminators.
          discriminator_optimizer: Of the discriminator, where there is one.
          **keywords: Passed to `keras.Model.compile`.

        Raises:
          ValueError: If XLA is to compile the step of several replicas.
        """
        compiled = self.config.training.jit_compile
        replicas = self.distribute_strategy.num_replicas_in_sync
        if compiled and replicas > 1:
            raise ValueError(
                "jit_compile is for one replica. "
                f"Received: jit_compile=True, {replicas} replicas"
            )
        super().compile(generator_optimizer, jit_compile=compiled, **keywords)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator_variables)
        if discriminator_optimizer is not None:
            discriminator_optimizer.build(self.discriminator.trainable_variables)
        if self.config.training.average_decay:
            decay = self.config.training.average_decay ** (1.0 / len(self.updates()))
            self.average = MovingAverage(self.generator_variables, decay)

    def _maybe_symbolic_build(self, **keywords):
        # All parts are built. Keras would take a batch and reduce it over the replicas,
        # which fails for dictionaries on several workers (Keras 3.15).
        pass

    @property
    def generator_variables(self) -> list:
        """Trainable variables of all parts but discriminators, in a fixed order."""
        return self._variables_of(
            ("posterior", "decoder", "feature_map", "prior", "dequantizer")
        )

    def _variables_of(self, names):
        layers = [getattr(self, name) for name in names]
        return [v for layer in layers if layer for v in layer.trainable_variables]

    def train_step(self, data):
        """Makes the updates of one step; returns the logged terms.

        Args:
          data: `{"image": [B, H, W, C] in 0 .. levels-1, "label": [B]}`, a replica's
            part; an unconditional model does not look at the labels.

        Returns:
          `name -> scalar`: the contributions to L_C in bits per dimension
          (`bits_per_dim = reconstruction + kl - log_det`, with the network's dropout),
          losses of the adversary (in nats for a cross-entropy), gradient norms, and
          `skipped`, the updates left out.
        """
        batch = self.batch(data["image"], data.get("label"))
        logs = {"skipped": 0.0}
        for game in self.games if self.adversary_active else ():
            for turn in range(self.config.objective.discriminator_steps):
                self._train_discriminator(game, batch, turn, logs)
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

    def _train_discriminator(self, game, batch, turn, logs):
        draws = self._draws("discriminator", batch.count, turn)
        # Drawn before the spectral norm moves and the tape runs.
        real, fake = game.real(batch, draws), game.fake(batch, draws)
        if self.config["spectral_norm"]:
            game.discriminator.update_spectral_norm()
        with tf.GradientTape() as tape:
            loss, found = game.discriminator_loss_of(real, fake, batch, draws)
        logs.update(found)
        variables = game.discriminator.trainable_variables
        gradients = tape.gradient(loss, [v.value for v in variables])
        self._apply(
            "discriminator", self.discriminator_optimizer, gradients, variables, logs
        )
        if self.config.objective.discriminator_clip:
            clip_weights(variables, self.config.objective.discriminator_clip)

    def _train(self, update, batch, logs):
        found = [self.gradients(term, batch, logs) for term in update.terms]
        gradients = [_sum(parts) for parts in zip(*found, strict=True)]
        variables, optimizer = self.generator_variables, self.generator_optimizer
        if self.average is not None:
            self.average.take_in(variables, optimizer.iterations.value)
        self._apply(update.name, optimizer, gradients, variables, logs)

    def gradients(self, term: Term, batch, logs) -> list:
        """Returns a term's gradients, like `generator_variables`; None for the rest.

        Args:
          term: A `Term`.
          batch: The `Batch`.
          logs: Takes in what the term logs.
        """
        draws = self._draws(term.name, batch.count)
        with tf.GradientTape() as tape:
            loss, found = term.loss(batch, draws)
        logs.update(found)
        trained = {id(v) for v in self._variables_of(term.trains)}
        variables = [v for v in self.generator_variables if id(v) in trained]
        found = iter(tape.gradient(loss, [v.value for v in variables]))
        return [
            next(found) if id(v) in trained else None for v in self.generator_variables
        ]

    def _likelihood_loss(self, batch, draws):
        """Returns L_C in nats per dimension, as trained, and its terms in bits."""
        loss, terms = self.bound(
            self._terms_with_dropout,
            batch,
            draws,
            step=self.step.value,
            mean=mean_over_replicas,
        )
        logs = {own.name: self._bits(own.nats) for own in terms}
        if "kl" in terms and len(terms["kl"].units_nats) > 1:
            for level, kl in enumerate(terms["kl"].units_nats, 1):
                logs[f"kl_{level}"] = self._bits(tf.reduce_sum(kl, axis=1))
        logs["bits_per_dim"] = self._bits(terms.loss_nats())
        return loss / self.dims, logs

    def _terms_with_dropout(self, batch, draws):
        with draws.scope():
            return self.likelihood_terms(batch, draws)

    def _adversarial_loss(self, batch, draws):
        """Returns the weighted sum of L_Q over the games, and the logs."""
        weight, total, logs = self.config.objective.adversarial_weight, 0.0, {}
        for game in self.games:
            loss, found = game.generator_loss(batch, draws)
            total += weight * loss
            logs.update(found)
        return total, logs

    def _bits(self, nats):
        return bits_per_dim(-tf.reduce_mean(nats), self.dims)

    def _apply(self, name, optimizer, gradients, variables, logs):
        norm, skipped = guarded_update(
            optimizer,
            gradients,
            variables,
            clip_norm=self.config.training.clip_norm,
            check=self.config.training.check_gradients,
        )
        logs[f"{name}_gradient_norm"] = norm
        logs["skipped"] += skipped

    def _draws(self, purpose, count, turn=0):
        context = tf.distribute.get_replica_context()
        shard = (context.replica_id_in_sync_group, context.num_replicas_in_sync)
        seed = fold(self.config.training.seed, purpose, turn, self.step.value)
        return BatchDraws(seed, count, shard)


def _sum(parts):
    found = [part for part in parts if part is not None]
    return sum(found[1:], found[0]) if found else None
