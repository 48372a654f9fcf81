"""The direct Glow's training step, density and samples, as the benchmark times them."""

import functools

import tensorflow as tf

from experiments.bench.direct_glow import DirectGlow

__all__ = ["direct_calls"]


def direct_calls(model, images) -> dict:
    """Returns what `model_calls` does, by the direct Glow with the model's weights.

    A training step is loss, gradients and an operation of Adam for each variable,
    without the model's norm of the gradients and its log.

    Args:
      model: A model whose configuration `DirectGlow.check` lets pass.
      images: Tensor `[B, H, W, C]` in 0 .. levels-1.
    """
    glow = DirectGlow(model)
    update = _adam(glow.variables, model.config.training)

    def noisy(images):
        return images + tf.random.uniform(images.shape)

    @functools.partial(tf.function, autograph=False)
    def train(images):
        x = noisy(images)
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(glow.log_prob(x)) / model.dims
        update(tape.gradient(loss, glow.variables))
        return loss

    log_prob = tf.function(lambda images: glow.log_prob(noisy(images)), autograph=False)
    draw = tf.function(lambda: glow.sample(int(images.shape[0])), autograph=False)
    return {
        "train": lambda: train(images),
        "log_prob": lambda: log_prob(images),
        "sample": draw,
    }


def _adam(variables, settings):
    """Returns a function of the gradients that makes an update."""
    moments = [[tf.Variable(tf.zeros_like(v)) for v in variables] for _ in range(2)]
    betas = (settings.beta_1, settings.beta_2)
    powers = [tf.Variable(beta) for beta in betas]

    def update(gradients):
        first, second = (power.read_value() for power in powers)
        for variable, m, v, gradient in zip(
            variables, *moments, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=first,
                beta2_power=second,
                lr=settings.learning_rate,
                beta1=betas[0],
                beta2=betas[1],
                epsilon=1e-7,
                grad=gradient,
            )
        for power, beta in zip(powers, betas, strict=True):
            power.assign(power * beta)

    return update
