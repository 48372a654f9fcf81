"""Settings of the objective: the losses, their weights and their order."""

import dataclasses

from ade_tf.config.bounds import BOUNDS
from ade_tf.config.games import (
    ADVERSARIAL_SCHEDULES,
    ADVERSARIES,
    AUGMENTATIONS,
    GAMES,
    PENALTIES,
)
from ade_tf.config.settings import setting, slot

__all__ = ["ObjectiveConfig"]


@dataclasses.dataclass(frozen=True)
class ObjectiveConfig:
    """What is minimised: L_C in nats per dimension plus weighted further terms."""

    update: str = setting(
        "alternating",
        "`alternating` makes one update with the likelihood and then one with the "
        "adversary. `joint` makes one update with the sum of their gradients.",
        choices=("alternating", "joint"),
        needs="both losses",
    )
    train_likelihood: bool = setting(
        True,
        "Whether L_C trains the model. It can be disabled only for `flow_gan`, which "
        "is then trained by the adversary alone, and for `flow` with a "
        "classifier_weight; bits per dimension are still measured.",
    )
    generator_from: str = setting(
        "",
        "Directory of a run whose decoder and feature map are copied and kept fixed. "
        "Only the encoder and the sigma of p(y | z) are trained, for example to "
        "approximate the bits per dimension of a GAN. If empty, everything is trained.",
    )
    bound: str = slot(
        BOUNDS,
        "elbo",
        "Bound on -ln p(x) that the likelihood part of training minimises. "
        "`semi_supervised`: of a conditional model, the sum over all classes where the "
        "label is missing (M2). `multimodal`: bounds on p(x), p(c) and p(x, c), labels "
        "being a second modality (MVAE).",
        needs="likelihood",
    )
    games: tuple[str, ...] = setting(
        ("image",),
        "What discriminators judge, comma-separated: images; pairs of an image and its "
        "code, (x, q(z|x)) against (x~, z) (BiGAN); codes, q(z|x) against p(z) "
        "(adversarial autoencoder).",
        choices=GAMES,
        needs=("adversary", "one domain"),
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
    classifier_weight: float = setting(
        0.0,
        "Weight of -ln p(c | x), in nats, against L_C in nats per dimension; images "
        "without a label count 0. Above 0 a flow has a linear classifier on its "
        "features f(x): 1 / (lambda D) for the loss of Residual Flow, -lambda ln p(x) "
        "- ln p(c | f(x)). With bound `semi_supervised` the classifier is q(c | x), "
        "with `multimodal` p(c | z), z ~ q(z | x). Needs data with labels.",
        minimum=0.0,
        needs=("likelihood", "classes", "one domain"),
    )
    cycle_weight: float = setting(
        10.0,
        "Weight of the mean absolute error, in [-1, 1], of images translated to the "
        "other domain and back, against L_Q.",
        minimum=0.0,
        needs="translators",
    )
    identity_weight: float = setting(
        0.5,
        "Weight of that error of images which a translator is given of the domain that "
        "it leads to, as a share of cycle_weight.",
        minimum=0.0,
        needs=("translators", "cycles"),
    )
    information_weight: float = setting(
        1.0,
        "Weight of -E ln q(c | x~), in nats, that codes c of samples can be read off "
        "them by the network q, against L_Q (InfoGAN).",
        minimum=0.0,
        needs="codes",
    )
    adversary: str = slot(
        ADVERSARIES,
        "",
        "Losses of the discriminator and the generator. `log_ratio` is L_Q; if empty, "
        "it is taken, or `least_squares` for two domains.",
        needs="adversary",
    )
    adversarial_weight: float = setting(
        1.0,
        "Weight of L_Q (in nats) relative to L_C (in nats per dimension). With "
        "adversarial_schedule `balanced`, that of their gradients.",
        minimum=0.0,
        needs="adversary",
    )
    feature_matching_weight: float = setting(
        0.0,
        "Weight of |E h(x) - E h(x~)|^2, with h the features that the last layer of a "
        "discriminator sees and means over the batch, beside L_Q (improved GAN: in its "
        "place, with an adversarial_weight of 0).",
        minimum=0.0,
        needs="adversary",
    )
    adversarial_schedule: str = slot(
        ADVERSARIAL_SCHEDULES,
        "constant",
        "Course of adversarial_weight: `constant`; `linear`, in equal steps from it to "
        "last_adversarial_weight; `balanced`, at each step such that the gradient of "
        "L_Q has adversarial_weight times the norm of that of L_C, in the weights that "
        "both train.",
        needs="both losses",
    )
    adversarial_gradient_in_feature_map: bool | None = setting(
        None,
        "Whether L_Q also trains the parameters of the feature map. If unset, only in "
        "`flow_gan`. Its gradient always flows through the map to the decoder.",
    )
    likelihood_only_steps: int = setting(
        0,
        "Number of first steps that train without the adversary.",
        minimum=0,
        needs="both losses",
    )
    discriminator_steps: int = setting(
        1,
        "Number of discriminator updates per step, each on new samples.",
        minimum=1,
        needs="adversary",
    )
    share_samples: bool = setting(
        False,
        "Whether the discriminator and the generator learn from the same samples, made "
        "and judged once, by updates at the same time. Otherwise the discriminator "
        "learns first, from samples of its own.",
        needs="adversary",
    )
    augmentation: str = slot(
        AUGMENTATIONS,
        "none",
        "Random changes of real images and samples before the discriminator, which "
        "gradients pass through.",
        needs="images judged",
    )
    penalty: str = slot(
        PENALTIES,
        "none",
        "Gradient penalty of the discriminator: `r1` on real images, `r2` on samples, "
        "`r1_r2` the sum of both, `interpolates` on points between the two.",
        needs="adversary",
    )
    discriminator_clip: float = setting(
        0.0,
        "Maximum absolute value of the weights of the discriminator, which are clipped "
        "after each of its updates. The paper of `wasserstein` uses 0.01. 0 disables "
        "clipping.",
        minimum=0.0,
        needs="adversary",
    )
    dequantize_samples: bool = setting(
        True,
        "Add centred uniform noise, one level wide, to samples before the "
        "discriminator sees them. Otherwise it could recognise real images by their "
        "dequantisation noise.",
        needs="adversary",
    )
