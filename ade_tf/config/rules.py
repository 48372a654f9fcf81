"""What values of settings demand of each other; what can act at all is derived."""

from ade_tf.config.games import ADVERSARIES

__all__ = ["check_rules"]


def check_rules(config) -> None:
    """Checks the settings of a `RunConfig` against each other.

    Raises:
      ValueError: If one contradicts another.
    """
    _check_feature_map(config)
    _check_steps(config)
    if config["discriminator_batch"] == "mixed":
        _check_mixed(config)
    _check_likelihood(config)
    levels, network = config["latent_levels"], config["network"]
    if levels != (0,) and network == "mlp":
        raise ValueError(
            "latent_levels needs a network with maps. Received: "
            f"network={network!r}, latent_levels={levels}"
        )
    if len(levels) > 1 and 0 in levels:
        raise ValueError(
            "latent_levels has at least 1 level at each scale it names (or is 0). "
            f"Received: latent_levels={','.join(map(str, levels))}"
        )


def _check_feature_map(config):
    name, preset = config["preset"], config.preset
    feature_map = config["feature_map"]
    if preset.flow and feature_map == "identity":
        raise ValueError(
            f"preset `{name}` promises a flow as its feature map. "
            f"Received: feature_map={feature_map!r}"
        )
    if not preset.flow and feature_map not in ("", "identity"):
        raise ValueError(
            f"preset `{name}` promises the identity as its feature map. "
            f"Received: feature_map={feature_map!r}"
        )
    in_map = config["adversarial_gradient_in_feature_map"]
    if name == "flow_gan" and in_map is False:
        raise ValueError(
            "preset `flow_gan` trains its feature map by the adversary; there is "
            "nothing else to train. "
            f"Received: adversarial_gradient_in_feature_map={in_map}"
        )
    if in_map and not (preset.flow and preset.adversary):
        raise ValueError(
            "adversarial_gradient_in_feature_map needs a preset with a flow and an "
            f"adversary. Received: preset={name!r}"
        )


def _check_steps(config):
    steps = config["num_steps"]
    for name in ("likelihood_only_steps", "warmup_steps"):
        if config[name] >= steps:
            raise ValueError(
                f"{name} must be below num_steps. Received: {name}={config[name]}, "
                f"num_steps={steps}"
            )


def _check_mixed(config):
    group, batch_size = config["mixed_group"], config["batch_size"]
    if batch_size % group:
        raise ValueError(
            "mixed_group must divide batch_size. Received: "
            f"mixed_group={group}, batch_size={batch_size}"
        )
    adversary, penalty = config["adversary"], config["penalty"]
    if ADVERSARIES[adversary].load().paired:
        raise ValueError(
            "discriminator_batch=mixed guesses a ratio, but a paired adversary "
            f"compares single images. Received: adversary={adversary!r}"
        )
    if penalty != "none":
        raise ValueError(
            "a gradient penalty is of single images: with discriminator_batch=mixed it "
            f"must be none (use spectral_norm). Received: penalty={penalty!r}"
        )


def _check_likelihood(config):
    name, preset = config["preset"], config.preset
    trained, rest = config["train_likelihood"], config["likelihood_only_steps"]
    if not trained and name != "flow_gan":
        raise ValueError(
            "train_likelihood can be off in `flow_gan` only (`gan` is the adversary "
            f"alone with a z). Received: preset={name!r}, train_likelihood=False"
        )
    if not trained and rest:
        raise ValueError(
            "likelihood_only_steps needs train_likelihood. Received: "
            f"likelihood_only_steps={rest}"
        )
    fitted = preset.latent and preset.likelihood and not preset.adversary
    if config["generator_from"] and not fitted:
        raise ValueError(
            "generator_from needs a preset with a z and a likelihood, without an "
            f"adversary. Received: preset={name!r}"
        )
    if config["generator_from"] and config["initialize_from"]:
        raise ValueError(
            "the first weights are given by generator_from or by initialize_from. "
            f"Received: {config['generator_from']!r}, {config['initialize_from']!r}"
        )
    validations = config["validate_every"]
    if config["keep_best"] and not (preset.likelihood and validations):
        raise ValueError(
            "keep_best needs a preset with a likelihood and validate_every above 0. "
            f"Received: preset={name!r}, validate_every={validations}"
        )
