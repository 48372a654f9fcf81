"""Posteriors q(z | x) made flexible by inverse autoregressive flow."""

import keras
import tensorflow as tf

from ade_tf.bijectors.sigmoidal import Sigmoidal
from ade_tf.bijectors.transforms import in_order
from ade_tf.config.choices import look_up
from ade_tf.config.flows import COUPLINGS
from ade_tf.distributions.density import Draw, Reparameterized, sum_positions
from ade_tf.distributions.posterior import DiagonalGaussian
from ade_tf.networks import AutoregressiveNetwork

__all__ = ["InverseAutoregressive"]


class InverseAutoregressive(keras.layers.Layer):
    """Posterior by inverse autoregressive flow.

        z_0 = m + s * eps,   eps ~ N(0, I)
        z_t = T(z_(t-1); theta_t(z_(t-1), h)),   T(z; a, r) = a + exp(2 tanh(r / 2)) z
        ln q(z_T | x) = ln N(eps; 0, I) - sum_i (ln s + sum_t ln dT / dz)_i

    (arXiv 1606.04934, equations 10 and 11.) theta_t comes from an
    `AutoregressiveNetwork`, so that dz_t / dz_(t-1) is triangular; the order is
    reversed from step to step, and the context h comes from the encoder. The paper's
    own stable form has a gate in place of exp(l), a sigmoid without a lower bound.
    Here |l| is below 2, as in the couplings. T can also be a spline, or `sigmoidal`
    (NAF, arXiv 1804.00779). Of `affine` and `spline` every step is the identity at
    first, and q starts as the Gaussian of `DiagonalGaussian`; of `sigmoidal` nearly.
    The KL has no closed form and is taken at the draw.

    Args:
      latent_shape: Dimensions of a vector z, or `(h, w, maps)`.
      iaf_steps: Number T of steps, at least 1.
      iaf_width: Hidden channels of the networks, and channels of h.
      iaf_coupling: Name of T, a key of `COUPLINGS`.
      blocks: Hidden layers of the networks.
      dtype: Keras dtype policy of the networks; z and its sums are of their weights'
        type.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        latent_shape,
        *,
        iaf_steps=2,
        iaf_width=64,
        iaf_coupling="affine",
        blocks=2,
        dtype="float32",
    ):
        # Parameters and z are not rounded, the networks' own activations are.
        super().__init__(dtype=dtype, autocast=False)
        if iaf_steps < 1:
            raise ValueError(
                "an inverse autoregressive flow has at least 1 step. "
                f"Received: iaf_steps={iaf_steps}"
            )
        self._base = DiagonalGaussian(latent_shape)
        self._transform = look_up("iaf_coupling", iaf_coupling, COUPLINGS)()
        self._width = iaf_width
        shape = self._base.latent_shape
        self._maps = shape if len(shape) == 3 else (1, 1, *shape)
        self._networks = tuple(
            AutoregressiveNetwork(
                self._maps,
                self._transform.parameters_per_entry,
                context_size=iaf_width,
                width=iaf_width,
                blocks=blocks,
                reverse=step % 2 == 1,
                dtype=dtype,
            )
            for step in range(iaf_steps)
        )
        self.built = True

    @property
    def parameters_size(self) -> int:
        """Values that the encoder puts out for each image (and position): m, r, h."""
        return self._base.parameters_size + self._width

    def call(self, parameters) -> Reparameterized:
        """Returns q(z | x) for a batch of the encoder's outputs.

        Its density is known at its draws alone: that of another value would take as
        many passes as z has dimensions.

        Args:
          parameters: Float Tensor, `[B, parameters_size]` or
            `[B, h, w, parameters_size]`: m, the raw ln s, then h.
        """
        size = self._base.parameters_size
        base = self._base(parameters[..., :size])
        context = tf.reshape(parameters[..., size:], [-1, *self._maps[:2], self._width])
        return _Flow(base, context, self._maps, self._networks, self._transform)


class _Flow(Reparameterized):
    """The density that the steps make of the Gaussian they start from."""

    def __init__(self, base, context, maps, networks, transform):
        self.noise_shape = base.noise_shape
        self._base = base
        self._context = context
        self._maps = maps
        self._networks = networks
        self._transform = transform

    def from_noise(self, noise, temperature=1.0) -> Draw:
        z, log_q = self._base.from_noise(noise, temperature)
        z = tf.reshape(z, [-1, *self._maps])
        for network in self._networks:
            z, log_det = self._step(z, in_order(network(z, self._context)))
            log_q -= sum_positions(log_det)
        return Draw(tf.reshape(z, [-1, *self.noise_shape]), log_q)

    def _step(self, z, raw):
        if isinstance(self._transform, Sigmoidal):
            # Its other direction has no closed form.
            return self._transform.inverse_and_log_det(z, raw)
        # The direction that shifts last, as IAF does.
        return self._transform.forward_and_log_det(z, -raw)
