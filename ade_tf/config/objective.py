"""Settings of the objective: the losses, their weights and their order."""

import dataclasses

from ade_tf.config.settings import setting
from ade_tf.losses import GENERATOR_LOSSES, PENALTIES

__all__ = ["ObjectiveConfig"]


@dataclasses.dataclass(frozen=True)
class ObjectiveConfig:
    """What is minimised: L_C in nats per dimension plus weighted further terms."""

    update: str = setting(
        "alternating",
        "`alternating`: an update by the likelihood, then one by the adversary; "
        "`joint`: one update by the gradient of their sum.",
        choices=("alternating", "joint"),
    )
    kl_weight: float = setting(
        1.0, "Weight of the KL term inside L_C (1 is the evidence bound).", minimum=0.0
    )
    kl_warmup_steps: int = setting(
        0, "Steps over which the KL weight rises linearly from a tenth.", minimum=0
    )
    generator_loss: str = setting(
        "log_ratio", "Adversarial loss of the generator.", choices=GENERATOR_LOSSES
    )
    adversarial_weight: float = setting(
        1.0, "Weight of L_Q (nats) against L_C (nats per dimension).", minimum=0.0
    )
    adversarial_gradient_in_feature_map: bool | None = setting(
        None,
        "Whether L_Q trains the feature map's parameters too; unset: only in "
        "`flow_gan`. Its gradient always passes through the map to the decoder.",
    )
    likelihood_only_steps: int = setting(
        0, "First steps in which the adversary rests.", minimum=0
    )
    discriminator_steps: int = setting(
        1, "Discriminator updates per step, each on new samples.", minimum=1
    )
    penalty: str = setting(
        "none",
        "Gradient penalty of the discriminator: `r1` on real images, `interpolates` "
        "between real and generated ones.",
        choices=PENALTIES,
    )
    penalty_weight: float = setting(
        1.0, "Weight of the gradient penalty against the cross-entropy.", minimum=0.0
    )
    dequantize_samples: bool = setting(
        True,
        "Add centred uniform noise one level wide to samples before the discriminator "
        "sees them, so that the dequantisation noise of real images is no clue.",
    )
