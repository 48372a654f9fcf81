"""What values of settings demand of each other; what can act at all is derived."""

from ade_tf.config.densities import DECODERS, POSTERIORS, PRIORS
from ade_tf.config.flows import FEATURE_MAPS, LOG_DETS
from ade_tf.config.games import ADVERSARIAL_SCHEDULES, ADVERSARIES
from ade_tf.config.label_rules import check_labels
from ade_tf.config.requirements import quoted

__all__ = ["check_rules"]


def check_rules(config) -> None:
    """Checks the settings of a `RunConfig` against each other.

    Raises:
      ValueError: If one contradicts another.
    """
    _check_feature_map(config)
    _check_decoder(config)
    _check_games(config)
    _check_steps(config)
    if config["discriminator_batch"] == "mixed":
        _check_mixed(config)
    _check_likelihood(config)
    _check_latents(config)
    _check_codes(config)
    if config["growth_steps"]:
        _check_growth(config)
    if config.preset.second_domain and config["prior"] != "normal":
        raise ValueError(
            "the features of two domains have one prior, `normal`. "
            f"Received: prior={config['prior']!r}"
        )
    check_labels(config)
    _check_condition(config)


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
    slow = {"sequential": "one value after the other", "iterative": "by iteration"}
    for trait, way in slow.items() if preset.adversary else ():
        if trait in FEATURE_MAPS[feature_map].traits:
            raise ValueError(
                f"feature_map `{feature_map}` makes samples {way}, too slowly for a "
                f"game. Received: preset={name!r}"
            )
    log_det = LOG_DETS[config["log_det"]]
    random = feature_map == "residual" and "estimate" in log_det.traits
    if random and config["bound"] == "iwae":
        raise ValueError(
            "bound `iwae` needs log_det `exact`: the noise of an estimate would make "
            f"it greater than it is. Received: log_det={config['log_det']!r}"
        )
    in_map = config["adversarial_gradient_in_feature_map"]
    if preset.flow and preset.adversary and not preset.latent and in_map is False:
        raise ValueError(
            f"preset `{name}` trains its feature map by the adversary; there is "
            "nothing else to train. "
            f"Received: adversarial_gradient_in_feature_map={in_map}"
        )
    if in_map and not (preset.flow and preset.adversary):
        raise ValueError(
            "adversarial_gradient_in_feature_map needs a preset with a flow and an "
            f"adversary. Received: preset={name!r}"
        )


def _check_latents(config):
    levels, network = config["latent_levels"], config["network"]
    if levels == (0,):
        return
    if network == "mlp":
        raise ValueError(
            "latent_levels needs a network with maps. Received: "
            f"network={network!r}, latent_levels={levels}"
        )
    if len(levels) > 1 and 0 in levels:
        raise ValueError(
            "latent_levels has at least 1 level at each scale it names (or is 0). "
            f"Received: latent_levels={','.join(map(str, levels))}"
        )
    for slot, table in (("prior", PRIORS), ("posterior", POSTERIORS)):
        if "vector" in table[config[slot]].traits:
            raise ValueError(
                f"{slot} `{config[slot]}` is of one vector z. Received: "
                f"latent_levels={','.join(map(str, levels))}"
            )


def _check_decoder(config):
    name, preset = config["decoder"], config.preset
    discrete = bool(name) and "discrete" in DECODERS[name].traits
    if preset.decoder and not discrete:
        raise ValueError(
            f"preset `{config['preset']}` promises a density of grey levels. "
            f"Received: decoder={name!r}"
        )
    if discrete and (preset.flow or preset.adversary):
        raise ValueError(
            f"decoder `{name}` is a density of grey levels: it has no feature map, and "
            "is sampled one piece after the other, too slowly for a game. Received: "
            f"preset={config['preset']!r}"
        )
    if discrete and "rows" in DECODERS[name].traits:
        _check_rows(config)
    elif discrete and config["network"] == "mlp":
        raise ValueError(
            f"decoder `{name}` needs a network with maps. "
            f"Received: network={config['network']!r}"
        )
    if discrete and config["generator_from"]:
        raise ValueError(
            f"generator_from needs decoder `gaussian`. Received: decoder={name!r}"
        )


def _check_codes(config):
    preset, games = config.preset, config["games"]
    plain = preset.latent and preset.adversary and not preset.likelihood
    if config["prior"] == "codes" and not (plain and games == ("image",)):
        raise ValueError(
            "prior `codes` has a category, which no posterior draws: it needs preset "
            "`gan` and the game of images. "
            f"Received: preset={config['preset']!r}, games={','.join(games)}"
        )


def _check_growth(config):
    growing = {
        "network": ("conv", "residual"),
        "decoder": ("gaussian",),
        "latent_levels": ((0,),),
        "condition": ("",),
    }
    if config.preset.adversary:
        growing |= {"discriminator": ("dcgan", "residual"), "games": (("image",),)}
    for name, choices in growing.items():
        if config[name] not in choices:
            listed = " or ".join(map(str, choices))
            raise ValueError(
                f"growth_steps needs {name} {listed}. Received: {name}={config[name]!r}"
            )


def _check_condition(config):
    condition, games = config["condition"], config["games"]
    if condition and config["conditional"]:
        raise ValueError(
            "a model is given labels (conditional) or a part of the image (condition). "
            f"Received: conditional=True, condition={condition!r}"
        )
    if condition and config.preset.adversary and "pair" in games:
        raise ValueError(
            "a discriminator of pairs takes no condition that is an image. "
            f"Received: condition={condition!r}, games={','.join(games)}"
        )


def _check_rows(config):
    needed = {"network": "mlp", "latent_levels": (0,), "prior": "normal"}
    given = {name: config[name] for name in needed}
    if given != needed or not config.preset.latent:
        raise ValueError(
            f"decoder `{config['decoder']}` needs a preset with a z, network `mlp` for "
            "its rows, which are the levels of z, and prior `normal`, which it bends "
            f"itself. Received: {quoted(config, ('preset', *needed))}"
        )


def _check_games(config):
    games, preset = config["games"], config.preset
    if len(set(games)) < len(games):
        raise ValueError(
            f"games must name each once. Received: games={','.join(games)}"
        )
    several = config["discriminator_steps"] > 1
    if preset.adversary and config["share_samples"] and several:
        raise ValueError(
            "share_samples is for one discriminator update per step. "
            f"Received: discriminator_steps={config['discriminator_steps']}"
        )
    schedule = config["adversarial_schedule"]
    if preset.adversary and "relative" in ADVERSARIAL_SCHEDULES[schedule].traits:
        _check_relative(config)
    if not preset.adversary or games == ("image",):
        return
    if not preset.latent or config["latent_levels"] != (0,):
        raise ValueError(
            "games of codes need a preset with a z, one vector. Received: "
            f"games={','.join(games)}, preset={config['preset']!r}, "
            f"latent_levels={config['latent_levels']}"
        )
    if "code" in games and not preset.likelihood:
        raise ValueError(
            "a game of codes needs a preset with a likelihood: nothing else ties a "
            f"code to its image. Received: games={','.join(games)}, "
            f"preset={config['preset']!r}"
        )
    if config["discriminator_batch"] == "mixed":
        raise ValueError(
            "discriminator_batch=mixed is for the game of images. "
            f"Received: games={','.join(games)}"
        )


def _check_relative(config):
    needed = {"update": "joint", "train_likelihood": True}
    if {name: config[name] for name in needed} != needed:
        raise ValueError(
            f"adversarial_schedule `{config['adversarial_schedule']}` compares the "
            "gradients of both losses in one update: it needs update=joint and "
            f"train_likelihood. Received: {quoted(config, needed)}"
        )


def _check_steps(config):
    steps = config["num_steps"]
    for name in ("likelihood_only_steps", "warmup_steps"):
        if config[name] >= steps:
            raise ValueError(
                f"{name} must be below num_steps. Received: {name}={config[name]}, "
                f"num_steps={steps}"
            )
    for name in ("max_hours", "checkpoint_minutes"):
        if config[name] and config["strategy"] == "multi_worker":
            raise ValueError(
                f"{name} is for one process: the clocks of several workers would stop "
                f"them after different steps. Received: {name}={config[name]}, "
                "strategy='multi_worker'"
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
    apart = {"minibatch_statistics": "none", "feature_matching_weight": 0.0}
    for name, none in apart.items():
        if config[name] != none:
            raise ValueError(
                "with discriminator_batch=mixed a batch is no sample of one side: "
                f"{name} must be {none}. Received: {name}={config[name]!r}"
            )
    if penalty != "none":
        raise ValueError(
            "a gradient penalty is of single images: with discriminator_batch=mixed it "
            f"must be none (use spectral_norm). Received: penalty={penalty!r}"
        )


def _check_likelihood(config):
    name, preset = config["preset"], config.preset
    trained, rest = config["train_likelihood"], config["likelihood_only_steps"]
    classifies = name == "flow" and config["classifier_weight"]
    free = preset.flow and preset.adversary and not preset.latent
    if not trained and not free and not classifies:
        raise ValueError(
            "train_likelihood can be off in `flow_gan` and `alignflow` only (`gan` is "
            "the adversary alone with a z), and in `flow` with a classifier_weight. "
            f"Received: preset={name!r}, train_likelihood=False"
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
