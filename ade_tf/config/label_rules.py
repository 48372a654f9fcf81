"""What settings demand of each other where labels are missing or are modelled."""

from ade_tf.config.requirements import missing

__all__ = ["check_labels"]


def check_labels(config) -> None:
    """Checks the settings of a `RunConfig` that say what labels are for.

    Raises:
      ValueError: If one contradicts another.
    """
    bound, conditional = config["bound"], config["conditional"]
    if bound in ("semi_supervised", "multimodal"):
        _check_bound(config, bound, conditional == (bound == "semi_supervised"))
    if not config["labelled"] or config["only_labelled"]:
        return
    if missing(config, "classifier"):
        raise ValueError(
            "labelled leaves images without a label: it needs only_labelled, or a "
            "model of images of which some have none, with a classifier_weight or "
            "bound `semi_supervised` or `multimodal`. "
            f"Received: labelled={config['labelled']}, bound={bound!r}, "
            f"conditional={conditional}"
        )


def _check_bound(config, bound, fits):
    preset = config.preset
    if not (preset.latent and preset.likelihood) or preset.adversary:
        raise ValueError(
            f"bound `{bound}` needs a preset with a z and a likelihood, without an "
            f"adversary. Received: preset={config['preset']!r}"
        )
    if not fits:
        kind = "an unconditional" if config["conditional"] else "a conditional"
        raise ValueError(
            f"bound `{bound}` needs {kind} model. "
            f"Received: conditional={config['conditional']}"
        )
    if bound == "multimodal":
        reason = missing(config, "gaussian", "vector", "normal prior", "whole images")
        if reason is not None:
            raise ValueError(f"bound `multimodal`, a product of Gaussians, {reason}")
    elif config["mmd_weight"]:
        raise ValueError(
            "mmd_weight needs codes given the label of every image. "
            f"Received: mmd_weight={config['mmd_weight']}, bound={bound!r}"
        )
