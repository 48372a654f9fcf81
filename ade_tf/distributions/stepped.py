"""Posteriors q(z | x) that are a Gaussian bent by steps of the encoder's own."""

import tensorflow as tf

from ade_tf.distributions.density import Draw, Reparameterized
from ade_tf.distributions.posterior import DiagonalGaussian

__all__ = ["SteppedPosterior"]


class SteppedPosterior:
    """A normalizing flow of a vector z, each step the image's own.

        z_0 = m + s * eps,   eps ~ N(0, I);   z_t = f_t(z_(t-1); theta_t(x))
        ln q(z_T | x) = ln N(z_0; m, s) - sum_t ln |det df_t / dz|

    (arXiv 1505.05770, equation 13.) A subclass has `sizes`, the number of values of
    each parameter of a step, and `step`. The density is known at draws alone, and the
    KL is taken there.

    Args:
      latent_shape: Dimensions of z.
      steps: Number T of steps, at least 1.

    Raises:
      ValueError: If z is no vector, or there are no steps.
    """

    def __init__(self, latent_shape, steps):
        self._base = DiagonalGaussian(latent_shape)
        if len(self._base.latent_shape) != 1:
            raise ValueError(
                "planar and radial flows are of one vector z. "
                f"Received: latent_shape={latent_shape}"
            )
        if steps < 1:
            raise ValueError(f"a flow has at least 1 step. Received: steps={steps}")
        self._steps = steps
        self.latent_size = self._base.latent_size

    @property
    def sizes(self) -> list[int]:
        """Numbers of values of a step's parameters, in their order."""
        raise NotImplementedError

    def step(self, z, *parameters):
        """Returns f(z) and ln |det df/dz|, `[B, d]` and `[B]`, of one step."""
        raise NotImplementedError

    @property
    def parameters_size(self) -> int:
        """Values that the encoder puts out for each image."""
        return self._base.parameters_size + self._steps * sum(self.sizes)

    def __call__(self, parameters) -> Reparameterized:
        """Returns q(z | x) of the encoder's outputs, `[B, parameters_size]`."""
        size = self._base.parameters_size
        base = self._base(parameters[:, :size])
        steps = [
            tf.split(own, self.sizes, axis=1)
            for own in tf.split(parameters[:, size:], self._steps, axis=1)
        ]
        return _Bent(base, self.step, steps)


class _Bent(Reparameterized):
    def __init__(self, base, step, steps):
        self.noise_shape = base.noise_shape
        self._base, self._step, self._steps = base, step, steps

    def from_noise(self, noise, temperature=1.0) -> Draw:
        z, log_q = self._base.from_noise(noise, temperature)
        total = tf.reduce_sum(log_q, axis=1)
        for parameters in self._steps:
            z, log_det = self._step(z, *parameters)
            total -= log_det
        # The log-dets are of all dimensions together: one unit.
        return Draw(z, total[:, None])
