"""Forms of the posterior q(z | x), with their settings."""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.config.settings import setting

__all__ = ["POSTERIORS"]


@dataclasses.dataclass(frozen=True)
class IafSettings:
    """Settings of inverse autoregressive flow."""

    iaf_steps: int = setting(
        2, "Steps of `iaf`, in alternating order (of each level).", minimum=1
    )
    iaf_width: int = setting(
        64,
        "Hidden channels of the networks of `iaf`, and channels of the context that "
        "the encoder gives them.",
        minimum=1,
    )


# Every entry takes `latent_shape`, that of a vector or of one level of maps, `dtype`
# and its settings. What it makes has `parameters_size` and `draw(parameters, eps)`.
POSTERIORS = {
    "gaussian": Choice("ade_tf.distributions.posterior:DiagonalGaussian"),
    "iaf": Choice("ade_tf.distributions.iaf:InverseAutoregressive", IafSettings),
}
