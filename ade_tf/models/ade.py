"""The adaptive density estimator: one Keras model, trained by two losses."""

import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.metrics import bits_per_dim
from ade_tf.models.averaging import MovingAverage
from ade_tf.models.latent_variable_model import LatentVariableModel
from ade_tf.models.updates import clip_weights, guarded_update, mean_over_replicas
from ade_tf.networks.condition import repeat_condition
from ade_tf.objectives import (
    ADVERSARIES,
    PENALTIES,
    MixedBatch,
    RecordedPasses,
    SeparateBatch,
    free_bits_kl,
)
from ade_tf.randomness import Draws, fold

__all__ = ["AdaptiveDensityEstimator"]


class AdaptiveDensityEstimator(LatentVariableModel):
    """A latent-variable model of images whose decoder ends in an invertible network.

        z ~ N(0, I);  y | z ~ N(mu(z), sigma);  x = f^-1(y)

        L_C = -E_q ln p(f(x)|z) + KL(q(z|x) || p(z)) - ln |det df/dx|
        L_Q = -E_z ln [D(x~) / (1 - D(x~))],  x~ = f^-1(mu(z))

    (Lucas et al., arXiv 1901.01091.) The preset says which parts and losses there are;
    without a z, y ~ N(0, I). Each `train_step` updates, in this order:

    1. the discriminator, by its loss (of the `adversary`; by default the
       cross-entropy) and penalty, `discriminator_steps` times;
    2. encoder, decoder and feature map by L_C, in nats per dimension;
    3. the decoder by `adversarial_weight` * L_Q, whose gradient passes through f^-1;
       the feature map's own parameters too if
       `adversarial_gradient_in_feature_map`.

    L_Q is the adversary `log_ratio`; the others of `ADVERSARIES` take its place. With
    `update=joint`, 2 and 3 are one update by the sum of the gradients. The passes
    of 1 and 3 run without dropout, as sampling does. Every draw is a function of the
    seed, the step, its purpose and the position in the global batch.

    With `conditional` the batch's labels are a condition to every part. The samples of
    1 and 3 take those of the real images at their positions, so that both have the
    same classes; a penalty differentiates D(., c) at these.

    With `average_decay`, `average` follows the weights of encoder, decoder and feature
    map; `fit` ends with those of training, `use_averaged_weights` puts the average in
    their place.

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
        self.adversary = ADVERSARIES[config.objective.adversary]
        self.adversary_active = config.preset.adversary
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

    def compile(self, generator_optimizer, discriminator_optimizer=None, **keywords):
        """Attaches and builds the optimisers and the moving average of the weights.

        The average's decay per step is spread over the updates of a step with all its
        losses.

        Args:
          generator_optimizer: Of encoder, decoder and feature map.
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
            updates = 2 if self._alternating else 1
            decay = self.config.training.average_decay ** (1.0 / updates)
            self.average = MovingAverage(self.generator_variables, decay)

    def _maybe_symbolic_build(self, **keywords):
        # All parts are built. Keras would take a batch and reduce it over the replicas,
        # which fails for dictionaries on several workers (Keras 3.15).
        pass

    @property
    def generator_variables(self) -> list:
        """Trainable variables of encoder, decoder and feature map, in this order."""
        layers = [self.encoder, self.decoder, self.feature_map]
        return [v for layer in layers if layer for v in layer.trainable_variables]

    @property
    def adversarial_variables(self) -> list:
        """The variables that L_Q trains."""
        layers = [self.decoder]
        if self.config.objective.adversarial_gradient_in_feature_map:
            layers.append(self.feature_map)
        return [v for layer in layers if layer for v in layer.trainable_variables]

    def train_step(self, data):
        """Makes the updates of one step; returns the logged terms.

        Args:
          data: `{"image": [B, H, W, C] in 0 .. levels-1, "label": [B]}`, a replica's
            part; an unconditional model does not look at the labels.

        Returns:
          `name -> scalar`: the parts of L_C in bits per dimension (`bits_per_dim =
          reconstruction + kl - log_det`, with the network's dropout), losses of the
          adversary (in nats for a cross-entropy), gradient norms, and `skipped`, the
          updates left out.
        """
        images = tf.cast(data["image"], tf.float32)
        labels = self.own_labels(data.get("label"))
        logs = {}
        if self.adversary_active:
            for turn in range(self.config.objective.discriminator_steps):
                self._update_discriminator(images, turn, logs, labels)
        likelihood = self._trains_likelihood
        if likelihood and self.adversary_active and not self._alternating:
            gradients = _sum(
                self._likelihood_gradients(images, logs, labels),
                self._adversarial_gradients(images, logs, labels),
            )
            self._update_generator("joint", gradients, logs)
        else:
            if likelihood:
                gradients = self._likelihood_gradients(images, logs, labels)
                self._update_generator("likelihood", gradients, logs)
            if self.adversary_active:
                gradients = self._adversarial_gradients(images, logs, labels)
                self._update_generator("adversarial", gradients, logs)
        self.skipped_updates.assign_add(tf.cast(logs["skipped"], tf.int64))
        self.step.assign_add(1)
        self.term_names = tuple(logs)
        workers = tf.distribute.MultiWorkerMirroredStrategy
        if isinstance(tf.distribute.get_strategy(), workers):
            # There Keras takes the mean over axis 0.
            logs = {name: tf.reshape(value, [1]) for name, value in logs.items()}
        return logs

    @property
    def _trains_likelihood(self):
        return self.config.preset.likelihood and self.config.objective.train_likelihood

    @property
    def _alternating(self):
        """Whether a step makes two updates, of the likelihood and by the adversary."""
        both = self._trains_likelihood and self.config.preset.adversary
        return both and self.config.objective.update == "alternating"

    def _update_discriminator(self, images, turn, logs, labels=None):
        objective = self.config.objective
        draws = self._draws("discriminator", turn)
        judge = self._judge(labels)
        real = self.to_unit(self.dequantize(images, draws))
        fake = self.to_unit(self.generate(tf.shape(images)[0], draws, labels))
        if self.config["spectral_norm"]:
            self.discriminator.update_spectral_norm()
        batch = self._adversarial_batch(tf.shape(images)[0], draws)
        with tf.GradientTape() as tape:
            if objective.penalty == "none":
                logits = batch.split(judge(batch.join(real, fake)))
            else:
                # Apart, so that the penalty can share the passes.
                judge = RecordedPasses(judge)
                logits = judge(real), judge(fake)
            loss = batch.discriminator_loss(self.adversary, *logits)
            logs["discriminator_loss"] = loss
            logs["real_logit"], logs["fake_logit"] = map(tf.reduce_mean, logits)
            if objective.penalty != "none":
                mix = draws.uniform([tf.shape(images)[0], 1, 1, 1])
                penalty = PENALTIES[objective.penalty](judge, real, fake, mix)
                loss += self.config["penalty_weight"] * penalty
                logs["penalty"] = penalty
        variables = self.discriminator.trainable_variables
        gradients = tape.gradient(loss, [v.value for v in variables])
        self._apply(
            "discriminator", self.discriminator_optimizer, gradients, variables, logs
        )
        if objective.discriminator_clip:
            clip_weights(variables, objective.discriminator_clip)

    def _likelihood_gradients(self, images, logs, labels=None):
        draws = self._draws("likelihood")
        x = self.dequantize(images, draws)
        eps = None
        if self.decoder is not None:
            eps = draws.normal([tf.shape(x)[0], self.latent_size])
        with tf.GradientTape() as tape, draws.scope():
            terms = self.likelihood_terms(x, eps, labels)
            loss = self._likelihood_loss(terms) / self.dims
        logs["reconstruction"] = self._bits(-terms.reconstruction_nats)
        logs["log_det"] = self._bits(-terms.log_det_nats)
        if self.decoder is not None:
            logs["kl"] = self._bits(-terms.kl_nats)
        if len(terms.kl_units_nats) > 1:
            for level, kl in enumerate(terms.kl_units_nats, 1):
                logs[f"kl_{level}"] = self._bits(-tf.reduce_sum(kl, axis=1))
        logs["bits_per_dim"] = self._bits(-terms.loss_nats())
        return tape.gradient(loss, [v.value for v in self.generator_variables])

    def _likelihood_loss(self, terms):
        """Returns the mean of L_C over the batch, in nats, as it is trained."""
        weight, free_bits = self._kl_weight(), self.config.objective.free_bits
        if not free_bits:
            return tf.reduce_mean(terms.loss_nats(weight))
        kl = free_bits_kl(terms.kl_units_nats, free_bits, mean_over_replicas)
        return tf.reduce_mean(terms.loss_nats(0.0)) + weight * kl

    def _adversarial_gradients(self, images, logs, labels=None):
        objective = self.config.objective
        draws = self._draws("adversarial")
        judge = self._judge(labels)
        with tf.GradientTape() as tape:
            fake = self.to_unit(self.generate(tf.shape(images)[0], draws, labels))
            if self.adversary.paired or self._mixed:
                real = self.to_unit(self.dequantize(images, draws))
                batch = self._adversarial_batch(tf.shape(images)[0], draws)
                real, fake = batch.split(judge(batch.join(real, fake)))
                loss = batch.generator_loss(self.adversary, fake, real)
            else:
                loss = self.adversary.generator_loss(judge(fake))
            weighted = objective.adversarial_weight * loss
        logs["adversarial_loss"] = loss
        trained = {id(v) for v in self.adversarial_variables}
        variables = [v for v in self.generator_variables if id(v) in trained]
        found = iter(tape.gradient(weighted, [v.value for v in variables]))
        return [
            next(found) if id(v) in trained else None for v in self.generator_variables
        ]

    @property
    def _mixed(self):
        return self.config.model.discriminator_batch == "mixed"

    def _judge(self, labels):
        """Returns D(., c) as a function of images.

        It takes whole sets of images, one behind the other, each with these labels.
        """
        condition = self.condition(labels)
        if condition is None:
            return self.discriminator

        def judge(images):
            own = repeat_condition(condition, tf.shape(images)[0])
            return self.discriminator(images, own)

        return judge

    def _adversarial_batch(self, count, draws):
        """Returns how real images and samples stand before the discriminator."""
        if not self._mixed:
            return SeparateBatch()
        return MixedBatch(draws.uniform([count, 2]), self.config["mixed_group"])

    def _bits(self, log_prob_nats):
        return bits_per_dim(tf.reduce_mean(log_prob_nats), self.dims)

    def _kl_weight(self):
        objective = self.config.objective
        if not objective.kl_warmup_steps:
            return objective.kl_weight
        share = tf.cast(self.step.value, tf.float32) / objective.kl_warmup_steps
        return objective.kl_weight * tf.minimum(1.0, 0.1 + 0.9 * share)

    def _update_generator(self, name, gradients, logs):
        variables, optimizer = self.generator_variables, self.generator_optimizer
        if self.average is not None:
            self.average.take_in(variables, optimizer.iterations.value)
        self._apply(name, optimizer, gradients, variables, logs)

    def _apply(self, name, optimizer, gradients, variables, logs):
        norm, skipped = guarded_update(
            optimizer,
            gradients,
            variables,
            clip_norm=self.config.training.clip_norm,
            check=self.config.training.check_gradients,
        )
        logs[f"{name}_gradient_norm"] = norm
        logs["skipped"] = logs.get("skipped", 0.0) + skipped

    def _draws(self, purpose, turn=0):
        context = tf.distribute.get_replica_context()
        shard = (context.replica_id_in_sync_group, context.num_replicas_in_sync)
        seed = fold(self.config.training.seed, purpose, turn, self.step.value)
        return Draws(seed, shard)


def _sum(first, second):
    return [
        a if b is None else b if a is None else a + b
        for a, b in zip(first, second, strict=True)
    ]
