"""Two claims about adversaries, measured on digits with the library's own losses.

1. The better the discriminator, the smaller the gradient of the saturating loss; the
   other losses keep theirs.
2. The Wasserstein estimate falls as samples get better, where the Jensen-Shannon
   estimate of the cross-entropy stays near its bound ln 2.
"""

import json
import math
import pathlib
import time

import keras
import numpy as np
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.data import load_dataset, training_stream
from ade_tf.files import replace_file
from ade_tf.metrics import GaussianStatistics, frechet_distance
from ade_tf.models import build_model
from ade_tf.networks import DISCRIMINATORS
from ade_tf.objectives import ADVERSARIES, PENALTIES
from ade_tf.randomness import BatchDraws, fold
from experiments.studies.adversaries_page import adversary_page, adversary_picture

__all__ = ["adversary_study"]

# Which discriminator serves which losses: name -> its game, penalty, weight.
_GAMES = {
    "cross-entropy": ("log_ratio", "none", 0.0),
    "hinge": ("hinge", "none", 0.0),
    "least squares": ("least_squares", "none", 0.0),
    "Wasserstein": ("wasserstein", "interpolates", 10.0),
    "relativistic": ("relativistic", "r1_r2", 0.1),
}
_OF_CROSS_ENTROPY = ("saturating", "non_saturating", "log_ratio")
_WIDTH = 16
_BATCH = 64
# Generator steps after which samples are taken; behind the last come real digits.
_RUNGS = (0, 50, 100, 200, 400, 800, 1600)
_STARVED_AT = 50
_LADDER_STEPS = 200
_STARVATION_STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 400)
# Discriminators of each game; their median is shown.
_REPETITIONS = 3


def adversary_study(out, *, seed=0, command="") -> dict:
    """Measures both claims; writes `adversaries.json`, `.md` and `.png`.

    Args:
      out: Directory, made if missing.
      seed: Seed of networks, samples and noise.
      command: The command line, for the page.

    Returns:
      What is in the JSON.
    """
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    data = load_dataset("digits")
    model, rungs = _train_generator(data, seed)
    found = {
        "seed": seed,
        "command": command,
        "starved_at": _STARVED_AT,
        "ladder_steps": _LADDER_STEPS,
        "starvation": _starvation(model, rungs[_STARVED_AT], data, seed),
        "ladder": _ladder(model, rungs, data, seed),
    }
    found["minutes"] = (time.monotonic() - began) / 60
    content = json.dumps(found, indent=1) + "\n"
    replace_file(out / "adversaries.json", content.encode())
    replace_file(out / "adversaries.png", adversary_picture(found))
    replace_file(out / "adversaries.md", adversary_page(found).encode())
    return found


def _train_generator(data, seed):
    """Returns a GAN and its decoder's weights after each of `_RUNGS` steps."""
    config = RunConfig.from_flat(
        dict(
            preset="gan",
            width=_WIDTH,
            discriminator_width=_WIDTH,
            position_maps=True,
            logit_alpha=0.025,
            penalty="r1",
            beta_1=0.5,
            beta_2=0.9,
            average_decay=0.0,
            schedule="constant",
            batch_size=_BATCH,
            num_steps=_RUNGS[-1],
            seed=seed,
        )
    )
    model = build_model(config, data.image_shape, data.levels)
    step = tf.function(model.train_step, autograph=False)
    stream = iter(training_stream(data.train, batch_size=_BATCH, seed=seed))
    rungs = {}
    for count in range(_RUNGS[-1] + 1):
        if count in _RUNGS:
            rungs[count] = [v.numpy() for v in model.decoder.variables]
        if count < _RUNGS[-1]:
            step(next(stream))
    return model, rungs


class _Judge:
    """A discriminator that is trained on real images and samples that stand still."""

    def __init__(self, model, game, penalty, weight, seed):
        self._model, self._seed = model, seed
        self._game, self._penalty, self._weight = ADVERSARIES[game], penalty, weight
        self.network = self._new_network()
        self._optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.9)
        self._optimizer.build(self.network.trainable_variables)
        self._state = self.network.variables + self._optimizer.variables
        self._optimizer_start = [v.numpy() for v in self._optimizer.variables]
        self._step = tf.function(self._one_step, autograph=False)
        self._norm = tf.function(self._generator_gradient, autograph=False)

    def restart(self, number):
        """Begins anew, from the weights of this number."""
        keras.utils.set_random_seed(self._seed + number)
        fresh = [v.numpy() for v in self._new_network().variables]
        for variable, value in zip(
            self._state, fresh + self._optimizer_start, strict=True
        ):
            variable.assign(value)

    def _new_network(self):
        return DISCRIMINATORS["dcgan"](
            self._model.image_shape, width=_WIDTH, position_maps=True
        )

    def train(self, real, fake, first, last):
        """Makes the steps from `first` to `last` on two sets of images."""
        real, fake = tf.constant(real, tf.float32), tf.constant(fake, tf.float32)
        for step in range(first, last):
            self._step(real, fake, tf.constant(step))

    def _one_step(self, real, fake, step):
        draws = BatchDraws(fold(self._seed, "judge", step), _BATCH)
        to_unit = self._model.to_unit
        real, fake = (
            to_unit(_picked(images, draws) + draws.uniform(images.shape[1:]))
            for images in (real, fake - 0.5)
        )
        with tf.GradientTape() as tape:
            logits = tf.split(self.network(tf.concat([real, fake], 0)), 2)
            loss = self._game.discriminator_loss(*logits)
            mix = draws.uniform([1, 1, 1])
            if self._penalty != "none":
                penalty = PENALTIES[self._penalty](self.network, real, fake, mix)
                loss += self._weight * penalty
        variables = self.network.trainable_variables
        gradients = tape.gradient(loss, [v.value for v in variables])
        self._optimizer.apply(gradients, variables)

    def loss(self, real, fake):
        """Returns the discriminator's loss, without penalty, on two sets of images."""
        draws = BatchDraws(fold(self._seed, "held out"), len(real))
        real, fake = (
            tf.cast(x, tf.float32) + draws.uniform(x.shape[1:])
            for x in (real, fake - 0.5)
        )
        logits = (self.network(self._model.to_unit(x)) for x in (real, fake))
        return float(self._game.discriminator_loss(*logits))

    def generator_gradient(self, adversary, real):
        """Returns the norm of an adversary's gradient in the decoder's weights."""
        return float(self._norm(adversary, tf.constant(real, tf.float32)))

    def _generator_gradient(self, adversary, real):
        model = self._model
        draws = BatchDraws(fold(self._seed, "gradient"), tf.shape(real)[0])
        real = self.network(model.to_unit(real + draws.uniform(real.shape[1:])))
        variables = model.decoder.trainable_variables
        with tf.GradientTape() as tape:
            fake = self.network(model.to_unit(model.generate(draws)))
            loss = ADVERSARIES[adversary].generator_loss(fake, real)
        found = tape.gradient(loss, [v.value for v in variables])
        return tf.linalg.global_norm([g for g in found if g is not None])


def _starvation(model, weights, data, seed):
    """Returns `loss -> gradient norms` and the discriminator's steps of each."""
    _set(model, weights)
    fake = _samples(model, 4096, seed)
    found = {"steps": list(_STARVATION_STEPS), "gradient_norms": {}}
    real = data.train.images[:1024]
    for name, (game, penalty, weight) in _GAMES.items():
        judge = _Judge(model, game, penalty, weight, seed)
        losses = _OF_CROSS_ENTROPY if name == "cross-entropy" else (game,)
        norms = np.zeros([len(losses), _REPETITIONS, len(_STARVATION_STEPS)])
        for number in range(_REPETITIONS):
            judge.restart(number)
            done = 0
            for place, step in enumerate(_STARVATION_STEPS):
                judge.train(data.train.images, fake, done, step)
                done = step
                for row, loss in enumerate(losses):
                    norm = judge.generator_gradient(loss, real)
                    norms[row, number, place] = norm
        medians = np.median(norms, axis=1).tolist()
        found["gradient_norms"].update(zip(losses, medians, strict=True))
        print(f"discriminators by {name}: trained", flush=True)
    return found


def _ladder(model, rungs, data, seed):
    """Returns a record of estimates for each rung, the worst samples first."""
    judges = {
        name: _Judge(model, *_GAMES[name], seed)
        for name in ("Wasserstein", "cross-entropy")
    }
    half = len(data.train.images) // 2
    held_out = np.concatenate([data.validation.images, data.test.images])
    real, held_real = data.train.images[:half], held_out[:250]
    records = []
    for rung in (*_RUNGS, None):
        if rung is None:
            fake, held_fake = data.train.images[half:] + 0.5, held_out[250:] + 0.5
        else:
            _set(model, rungs[rung])
            samples = _samples(model, half + 250, seed)
            fake, held_fake = samples[:half], samples[half:]
        losses = {}
        for name, judge in judges.items():
            judge.restart(0)
            judge.train(real, fake[:half], 0, _LADDER_STEPS)
            losses[name] = judge.loss(held_real, held_fake)
        record = {
            "generator_steps": rung,
            "wasserstein": -losses["Wasserstein"],
            "jensen_shannon_nats": math.log(2) - losses["cross-entropy"] / 2,
            "frechet_of_pixels": _frechet(held_real, held_fake - 0.5, data.levels),
        }
        records.append(record)
        print(record, flush=True)
    return records


def _picked(images, draws):
    count = tf.cast(tf.shape(images)[0], tf.float32)
    index = tf.cast(draws.uniform([]) * count, tf.int32)
    return tf.gather(images, index)


def _set(model, weights):
    for variable, value in zip(model.decoder.variables, weights, strict=True):
        variable.assign(value)


def _samples(model, count, seed):
    """Returns f^-1(mu(z)), without noise."""
    z = tf.random.stateless_normal([count, model.latent_size], fold(seed, "samples"))
    mu = model.decoder.density(z).mean()
    return model.feature_map.forward_and_log_det(mu)[0].numpy()


def _frechet(real, fake, levels):
    first, second = (
        GaussianStatistics.of(x.reshape(len(x), -1) * (2.0 / levels))
        for x in (real, fake)
    )
    return frechet_distance(first, second)
