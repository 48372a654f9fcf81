"""What a request or a setting needs of a model, with one message for all of them."""

from ade_tf.config.densities import DECODERS
from ade_tf.config.presets import PRESETS

__all__ = ["NEEDS", "missing", "quoted", "requires"]


def _preset(config):
    return PRESETS[config["preset"]]


def _promises(*names):
    return lambda config: all(getattr(_preset(config), name) for name in names)


def _has(name):
    return lambda config: bool(config[name])


def _is(name, value):
    return lambda config: config[name] == value


def _plays(config, game):
    return _preset(config).adversary and game in config["games"]


def _decoder_is(config, trait):
    return trait in DECODERS[config["decoder"] or "gaussian"].traits


def _bound_is(config, *names):
    return _preset(config).likelihood and config["bound"] in names


def _draws_rows(config):
    return _decoder_is(config, "rows") or (
        _decoder_is(config, "discrete") and not _preset(config).latent
    )


# What may be needed: how it is said, whether a configuration has it, and the setting
# (or several) that the message quotes.
NEEDS = {
    "likelihood": ("a preset with a likelihood", _promises("likelihood"), "preset"),
    "trained bound": (
        "a kl_weight above 0, or its bound is not trained",
        _has("kl_weight"),
        "kl_weight",
    ),
    "adversary": ("a preset with an adversary", _promises("adversary"), "preset"),
    "both losses": (
        "a preset with both losses",
        _promises("likelihood", "adversary"),
        "preset",
    ),
    "flow": ("a preset with a flow", _promises("flow"), "preset"),
    "z": ("a preset with a z", _promises("latent"), "preset"),
    "no z": (
        "a preset without a z",
        lambda config: not _preset(config).latent,
        "preset",
    ),
    "decoder": (
        "a preset with a decoder",
        lambda config: _preset(config).latent or _preset(config).decoder,
        "preset",
    ),
    "features": (
        "a density of continuous features",
        lambda config: not _decoder_is(config, "discrete"),
        "decoder",
    ),
    "rows in turn": (
        "an image drawn from its first row on: decoder `recurrent`, or `pixel_cnn` "
        "without a z",
        _draws_rows,
        ("preset", "decoder"),
    ),
    "a given part": (
        "images of which a part is given: a `condition`, decoder `recurrent`, or "
        "`pixel_cnn` without a z",
        lambda config: bool(config["condition"]) or _draws_rows(config),
        ("preset", "decoder", "condition"),
    ),
    "image condition": ("a model with a condition", _has("condition"), "condition"),
    "whole images": ("a model of whole images", _is("condition", ""), "condition"),
    "encoder": (
        "an encoder: a preset with a z and a likelihood, or a game of pairs",
        lambda config: (
            _preset(config).latent
            and (_preset(config).likelihood or _plays(config, "pair"))
        ),
        "preset",
    ),
    "images judged": (
        "a preset with an adversary, and a game of images or of pairs",
        lambda config: _plays(config, "image") or _plays(config, "pair"),
        ("preset", "games"),
    ),
    "pairs": ("a game of pairs", lambda config: _plays(config, "pair"), "games"),
    "gaussian": ("posterior `gaussian`", _is("posterior", "gaussian"), "posterior"),
    "codes": ("prior `codes`", _is("prior", "codes"), "prior"),
    "normal prior": ("prior `normal`", _is("prior", "normal"), "prior"),
    "vector": (
        "one vector z",
        lambda config: (
            config["latent_levels"] == (0,) and not _decoder_is(config, "rows")
        ),
        ("latent_levels", "decoder"),
    ),
    "classes": (
        "a flow without condition, or bound `semi_supervised` or `multimodal`",
        lambda config: (
            _bound_is(config, "semi_supervised", "multimodal")
            or _preset(config).flow
            and not (config["conditional"] or config["condition"])
        ),
        ("preset", "conditional", "condition", "bound"),
    ),
    "classifier": (
        "a classifier: a classifier_weight above 0, or bound `semi_supervised` or "
        "`multimodal`",
        lambda config: (
            config["classifier_weight"] > 0
            or _bound_is(config, "semi_supervised", "multimodal")
        ),
        ("classifier_weight", "bound"),
    ),
    "semi-supervised": (
        "bound `semi_supervised`",
        lambda config: _bound_is(config, "semi_supervised"),
        "bound",
    ),
    "modalities": (
        "bound `multimodal`",
        lambda config: _bound_is(config, "multimodal"),
        "bound",
    ),
    "labelled": ("labelled above 0", _has("labelled"), "labelled"),
    "samples of classes": (
        "a conditional model, or bound `multimodal`",
        lambda config: config["conditional"] or _bound_is(config, "multimodal"),
        ("conditional", "bound"),
    ),
    "one domain": (
        "a preset of one domain",
        lambda config: not _preset(config).second_domain,
        "preset",
    ),
    "two domains": ("a preset of two domains", _promises("second_domain"), "preset"),
    "translators": (
        "preset `cyclegan`, which is no bijection by itself",
        lambda config: _preset(config).second_domain == "translators",
        "preset",
    ),
    "cycles": ("a cycle_weight above 0", _has("cycle_weight"), "cycle_weight"),
    "samples": (
        "a preset that draws images of no others",
        lambda config: _preset(config).second_domain != "translators",
        "preset",
    ),
    "conditional": ("a conditional model", _has("conditional"), "conditional"),
    "unconditional": (
        "an unconditional model",
        lambda config: not (config["conditional"] or config["condition"]),
        ("conditional", "condition"),
    ),
}


def missing(config, *needs) -> str | None:
    """Returns the first need that a model does not meet, in words, or None.

    Args:
      config: The model's `RunConfig`, or all of its settings by name.
      *needs: Keys of `NEEDS`.
    """
    for need in needs:
        words, met, setting = NEEDS[need]
        if not met(config):
            names = (setting,) if isinstance(setting, str) else setting
            return f"needs {words}. Received: {quoted(config, names)}"
    return None


def quoted(config, names) -> str:
    """Returns settings and their values as messages quote them."""
    return ", ".join(f"{name}={config[name]!r}" for name in names)


def requires(config, request: str, *needs) -> None:
    """Checks that a model has what a request needs.

    Args:
      config: The model's `RunConfig`.
      request: What is asked for, as the beginning of the message.
      *needs: As for `missing`.

    Raises:
      ValueError: If one is not met.
    """
    reason = missing(config, *needs)
    if reason is not None:
        raise ValueError(f"{request} {reason}")
