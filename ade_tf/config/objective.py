"""Settings of the objective: the losses, their weights and their order."""

import dataclasses

from ade_tf.config.bounds import BOUNDS
from ade_tf.config.games import ADVERSARIES, GAMES, PENALTIES
from ade_tf.config.settings import setting, slot

__all__ = ["ObjectiveConfig"]


@dataclasses.dataclass(frozen=True)
class ObjectiveConfig:
    """What is minimised: L_C in nats per dimension plus weighted further terms."""

    update: str = setting(
        "alternating",
        "`alternating`: an update by the likelihood, then one by the adversary; "
        "`joint`: one update by the gradient of their sum.",
        choices=("alternating", "joint"),
        needs="both losses",
    )
    train_likelihood: bool = setting(
        True,
        "Whether L_C trains the model; off in `flow_gan` only, which is then trained "
        "by the adversary alone and still has its bits per dimension measured.",
    )
    generator_from: str = setting(
        "",
        "Directory of a run whose decoder and feature map are taken and kept as they "
        "are: only the encoder and sigma of p(y | z) are trained, as for the "
        "approximate bits per dimension of a GAN; empty: all is trained.",
    )
    bound: str = slot(
        BOUNDS,
        "elbo",
        "Bound on -ln p(x) that the likelihood minimises.",
        needs="likelihood",
    )
    games: tuple[str, ...] = setting(
        ("image",),
        "What discriminators judge, comma-separated: images; pairs of an image and its "
        "code, (x, q(z|x)) against (x~, z) (BiGAN); codes, q(z|x) against p(z) "
        "(adversarial autoencoder).",
        choices=GAMES,
        needs="adversary",
    )
    reconstruction_weight: float = setting(
        0.0,
        "Weight of the squared error of images in [-1, 1] that are encoded and decoded "
        "again, in the mean over values, beside a game of pairs.",
        minimum=0.0,
        needs="pairs",
    )
    mmd_weight: float = setting(
        0.0,
        "Weight of the maximum mean discrepancy between codes of images and the prior, "
        "against L_C in nats per image (InfoVAE: alpha + lambda - 1 of its paper, with "
        "kl_weight = 1 - alpha).",
        minimum=0.0,
        needs=("encoder", "likelihood", "vector"),
    )
    adversary: str = slot(
        ADVERSARIES,
        "log_ratio",
        "Losses of the discriminator and of the generator: L_Q is `log_ratio`.",
        needs="adversary",
    )
    adversarial_weight: float = setting(
        1.0,
        "Weight of L_Q (nats) against L_C (nats per dimension).",
        minimum=0.0,
        needs="adversary",
    )
    adversarial_gradient_in_feature_map: bool | None = setting(
        None,
        "Whether L_Q trains the feature map's parameters too; unset: only in "
        "`flow_gan`. Its gradient always passes through the map to the decoder.",
    )
    likelihood_only_steps: int = setting(
        0,
        "First steps in which the adversary rests.",
        minimum=0,
        needs="both losses",
    )
    discriminator_steps: int = setting(
        1,
        "Discriminator updates per step, each on new samples.",
        minimum=1,
        needs="adversary",
    )
    penalty: str = slot(
        PENALTIES,
        "none",
        "Gradient penalty of the discriminator: `r1` on real images, `r2` on samples, "
        "`r1_r2` their sum, `interpolates` between the two.",
        needs="adversary",
    )
    discriminator_clip: float = setting(
        0.0,
        "Bound on |weight| of the discriminator, kept by clipping after each of its "
        "updates (for `wasserstein`; its paper: 0.01); 0: none.",
        minimum=0.0,
        needs="adversary",
    )
    dequantize_samples: bool = setting(
        True,
        "Add centred uniform noise one level wide to samples before the discriminator "
        "sees them, so that the dequantisation noise of real images is no clue.",
        needs="adversary",
    )
