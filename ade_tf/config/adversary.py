"""What the settings of the adversary demand of each other and of the preset."""

from ade_tf.config.model import ModelConfig
from ade_tf.config.objective import ObjectiveConfig
from ade_tf.objectives import ADVERSARIES

__all__ = ["check_adversary"]

_OF_THE_ADVERSARY = (
    (ModelConfig, "discriminator_batch"),
    (ObjectiveConfig, "adversary"),
    (ObjectiveConfig, "penalty"),
    (ObjectiveConfig, "discriminator_clip"),
)


def check_adversary(config) -> None:
    """Checks that every setting of the adversary can act in this `RunConfig`.

    Raises:
      ValueError: If one cannot.
    """
    name, preset = config.model.preset, config.preset
    model, objective = config.model, config.objective
    for part, setting in _OF_THE_ADVERSARY:
        value = getattr(model if part is ModelConfig else objective, setting)
        if not preset.adversary and value != getattr(part(), setting):
            raise ValueError(
                f"{setting} needs a preset with an adversary. Received: "
                f"preset={name!r}, {setting}={value!r}"
            )
    weight = objective.penalty_weight
    if objective.penalty == "none" and weight != ObjectiveConfig().penalty_weight:
        raise ValueError(
            f"penalty_weight needs a penalty. Received: penalty='none', "
            f"penalty_weight={weight}"
        )
    if model.discriminator_batch == "mixed":
        _check_mixed(model, objective, config.training.batch_size)
    elif model.mixed_group != ModelConfig().mixed_group:
        raise ValueError(
            "mixed_group needs discriminator_batch=mixed. Received: "
            f"discriminator_batch={model.discriminator_batch!r}, "
            f"mixed_group={model.mixed_group}"
        )
    if not objective.train_likelihood and name != "flow_gan":
        raise ValueError(
            "train_likelihood can be off in `flow_gan` only (`gan` is the adversary "
            f"alone with a z). Received: preset={name!r}, train_likelihood=False"
        )
    if not objective.train_likelihood and objective.likelihood_only_steps:
        raise ValueError(
            "likelihood_only_steps needs train_likelihood. Received: "
            f"likelihood_only_steps={objective.likelihood_only_steps}"
        )


def _check_mixed(model, objective, batch_size):
    if batch_size % model.mixed_group:
        raise ValueError(
            "mixed_group must divide batch_size. Received: "
            f"mixed_group={model.mixed_group}, batch_size={batch_size}"
        )
    if ADVERSARIES[objective.adversary].paired:
        raise ValueError(
            "discriminator_batch=mixed guesses a ratio, but a paired adversary "
            f"compares single images. Received: adversary={objective.adversary!r}"
        )
    if objective.penalty != "none":
        raise ValueError(
            "a gradient penalty is of single images: with discriminator_batch=mixed it "
            f"must be none (use spectral_norm). Received: penalty={objective.penalty!r}"
        )
