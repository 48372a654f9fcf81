"""A model whose parts are moved by updates: optimisers, gradients and random draws."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models.averaging import MovingAverage
from ade_tf.models.latent_variable_model import LatentVariableModel
from ade_tf.models.updates import balanced, clip_weights, guarded_update
from ade_tf.objectives import Game
from ade_tf.randomness import BatchDraws, fold

__all__ = ["GENERATOR_PARTS", "Term", "TrainedModel", "Update"]

GENERATOR_PARTS = (
    *("posterior", "decoder", "feature_map", "prior", "dequantizer"),
    "classifier",
    "code_reader",
)


class Term(NamedTuple):
    """A loss, and what it trains.

    Attributes:
      name: What its draws are for.
      loss: Function `(batch, draws)` that returns a scalar and its logs.
      trains: Names of the parts whose variables follow its gradient.
      game: Whose discriminator learns from the same samples, or None. The loss is then
        a pair, the second what the discriminator minimises.
      relative: The norm of its gradient as a multiple of that of the update's first
        term, in the variables that both train; None: as it is.
    """

    name: str
    loss: Callable
    trains: tuple[str, ...]
    game: Game | None = None
    relative: float | None = None


class Update(NamedTuple):
    """A step of an optimiser by the sum of the gradients of some terms.

    Attributes:
      name: Of the gradient's norm in the logs.
      terms: The `Term`s.
    """

    name: str
    terms: tuple[Term, ...]


class TrainedModel(LatentVariableModel):
    """A latent-variable model with the means to train its parts.

    A subclass has `games`, whose discriminators are trained by a loss of their own, and
    `updates()`, which train all other parts, `generator_parts` by name.

    Args:
      config: As of a `LatentVariableModel`, with the others.
    """

    games: tuple[Game, ...] = ()
    generator_parts: tuple[str, ...] = GENERATOR_PARTS

    def __init__(
        self, config: RunConfig, image_shape, levels: int, num_classes: int = 0
    ):
        super().__init__(config, image_shape, levels, num_classes)
        self.step = self._counter("step")
        self.skipped_updates = self._counter("skipped_updates")
        self.average = None

    def updates(self) -> tuple[Update, ...]:
        """Returns the updates of a step that follow those of the discriminators."""
        raise NotImplementedError

    def _counter(self, name):
        return self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name=name,
        )

    def compile(self, generator_optimizer, discriminator_optimizer=None, **keywords):
        """Attaches and builds the optimisers and the moving average of the weights.

        The average's decay per step is spread over the updates of a step with all its
        losses.

        Args:
          generator_optimizer: Of all parts but discriminators.
          discriminator_optimizer: Of the games' discriminators, where there are such.
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
        if self.config.objective.mmd_weight and replicas > 1:
            raise ValueError(
                "mmd_weight compares the codes of a whole batch: it is for one "
                f"replica. Received: {replicas} replicas"
            )
        super().compile(generator_optimizer, jit_compile=compiled, **keywords)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator_variables)
        if discriminator_optimizer is not None:
            layers = [game.discriminator for game in self.games]
            discriminator_optimizer.build(
                [v for layer in layers for v in layer.trainable_variables]
            )
        if self.config.training.average_decay:
            decay = self.config.training.average_decay ** (1.0 / len(self.updates()))
            self.average = MovingAverage(self.generator_variables, decay)

    @property
    def generator_variables(self) -> list:
        """Trainable variables of all parts but discriminators, in a fixed order."""
        return self._variables_of(self.generator_parts)

    def _variables_of(self, names):
        layers = [getattr(self, name) for name in names]
        return [v for layer in layers if layer for v in layer.trainable_variables]

    def _train_discriminator(self, game, batch, turn, logs):
        name = game.label("discriminator")
        draws = self._draws(name, batch.count, turn)
        # Drawn before the spectral norm moves and the tape runs.
        real, fake = game.real(batch, draws), game.fake(batch, draws)
        if self.config["spectral_norm"]:
            game.discriminator.update_spectral_norm()
        with tf.GradientTape() as tape:
            loss, found = game.discriminator_loss(
                real, fake, batch, draws, self.step.value
            )
        logs.update(found)
        self._follow(game, tape, loss, logs)

    def _follow(self, game, tape, loss, logs):
        """Makes the update of a game's discriminator."""
        variables = game.discriminator.trainable_variables
        gradients = tape.gradient(loss, [v.value for v in variables])
        name, optimizer = game.label("discriminator"), self.discriminator_optimizer
        self._apply(name, optimizer, gradients, variables, logs)
        if self.config.objective.discriminator_clip:
            clip_weights(variables, self.config.objective.discriminator_clip)

    def _train(self, update, batch, logs):
        found = []
        for term in update.terms:
            tape, loss, against = self._recorded(term, batch, logs)
            own = self._gradients(term, tape, loss)
            if term.relative is not None:
                own, factor = balanced(own, found[0], term.relative)
                logs[f"{term.name}_factor"] = factor
            found.append(own)
            if term.game is not None:
                self._follow(term.game, tape, against, logs)
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
        tape, loss, _ = self._recorded(term, batch, logs)
        return self._gradients(term, tape, loss)

    def _recorded(self, term, batch, logs):
        """Returns the tape of a term, its loss and that of the other side, if any."""
        draws, shared = self._draws(term.name, batch.count), term.game is not None
        if shared and self.config["spectral_norm"]:
            term.game.discriminator.update_spectral_norm()
        with tf.GradientTape(persistent=shared) as tape:
            loss, found = term.loss(batch, draws)
        logs.update(found)
        return (tape, *loss) if shared else (tape, loss, None)

    def _gradients(self, term, tape, loss):
        trained = {id(v) for v in self._variables_of(term.trains)}
        variables = [v for v in self.generator_variables if id(v) in trained]
        found = iter(tape.gradient(loss, [v.value for v in variables]))
        return [
            next(found) if id(v) in trained else None for v in self.generator_variables
        ]

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
